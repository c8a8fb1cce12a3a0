package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muster/internal/source/ldap/ldaptest"
)

// Where things stand in the directory of the company.
const (
	baseDN    = "DC=corp,DC=example"
	peopleDN  = "OU=People," + baseDN
	groupsDN  = "OU=Groups," + baseDN
	serviceDN = "OU=Service," + baseDN
	canaryDN  = "CN=muster," + serviceDN
	scopeDN   = "CN=Wiki," + groupsDN
)

// An account is what the sandbox holds for a person before Muster comes.
type account int

const (
	noAccount    account = iota
	rightAccount         // holds what the directory says
	wrongName            // a name from before a marriage, or misspelt
	wrongEmail
	shouting   // the username in capitals
	oldAccount // the person left, the account is still open
	closedAccount
	reusedAccount // the account is closed, and somebody with its name works here now
)

// A person is an employee in the directory.
type person struct {
	login, given, family, display, mail, title string
	cn, city, team                             string
	contractor                                 bool // a member by primary group alone
	disabled                                   bool
	expires                                    time.Time
	account                                    account
	number                                     int
}

func (p *person) dn() string {
	return "CN=" + escapeRDN(p.cn) + ",OU=" + escapeRDN(p.city) + "," + peopleDN
}

// A company is the sample company: people, and groups with their members as DNs, both in the order of the directory.
type company struct {
	people []*person
	groups []*group
}

type group struct {
	name    string
	members []string
}

func (g *group) dn() string { return groupDN(g.name) }

func groupDN(name string) string { return "CN=" + escapeRDN(name) + "," + groupsDN }

// A team is where people work. Parts are teams within it.
type team struct {
	name  string
	size  int
	wiki  bool // uses the wiki
	parts []team
}

var teams = []team{
	{"Engineering", 6, true, []team{{"Platform", 22, true, nil}, {"Mobile", 18, true, nil}, {"Data", 16, true, nil}, {"Security", 9, true, nil}}},
	{"Design", 18, true, nil},
	{"Sales", 4, true, []team{{"Sales EMEA", 16, true, nil}, {"Sales APAC", 12, true, nil}, {"Sales Americas", 14, true, nil}}},
	{"Marketing", 17, true, nil},
	{"Finance", 14, true, nil},
	{"Legal", 7, true, nil},
	{"People & Culture", 9, true, nil},
	{"Support", 30, true, nil},
	{"Research", 21, true, nil},
	{"Operations", 30, true, nil},
	{"Facilities", 14, false, nil},
	{"Canteen", 11, false, nil},
}

const (
	contractors    = "Contractors"
	numContractors = 12
	groupsRID      = 1600 // the first group's; the next group has the next number
	peopleRID      = 2000 // the first person's
	contractorsRID = 2601
)

var (
	cities = []string{"Berlin", "Lisboa", "Ōsaka 大阪", "Zürich"}
	titles = []string{"Engineer", "Analyst", "Manager", "Specialist", "Lead", "Assistant", "Consultant", ""}
)

// newCompany makes the company up. The same seed makes the same company.
func newCompany(seed uint64) *company {
	dice := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a sample company is no secret
	c := &company{}
	names := namer{dice: dice, logins: map[string]bool{}, cns: map[string]bool{}, mails: map[string]bool{}, odd: slices.Clone(oddNames)}
	for _, t := range teams {
		c.staff(&names, t)
	}
	for range numContractors {
		c.hire(&names, "").contractor = true
	}
	c.settle(dice)
	c.gather()
	return c
}

// staff hires the people of a team and its parts.
func (c *company) staff(names *namer, t team) {
	for range t.size {
		c.hire(names, t.name)
	}
	for _, part := range t.parts {
		c.staff(names, part)
	}
}

func (c *company) hire(names *namer, team string) *person {
	p := names.next()
	p.team, p.number = team, len(c.people)
	p.city = cities[names.dice.IntN(len(cities))]
	p.title = titles[names.dice.IntN(len(titles))]
	c.people = append(c.people, p)
	return p
}

// usesWiki reports whether a person is in the scope group, enabled or not.
func (p *person) usesWiki() bool {
	return p.contractor || !slices.ContainsFunc(teams, func(t team) bool { return t.name == p.team && !t.wiki })
}

// A share is how many people share a fate.
type share struct {
	n   int
	set func(*person)
}

// settle decides who has left, and what the wiki holds for whom. The order of people is that of chance, their numbers are not.
func (c *company) settle(dice *rand.Rand) {
	var in, out []*person
	for _, p := range c.people {
		if p.usesWiki() {
			in = append(in, p)
		} else {
			out = append(out, p)
		}
	}
	dice.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	has := func(a account) func(*person) { return func(p *person) { p.account = a } }
	for _, s := range []share{
		{13, func(p *person) { p.disabled, p.account = true, oldAccount }},
		{1, func(p *person) { p.expires, p.account = time.Date(2024, 3, 31, 22, 0, 0, 0, time.UTC), oldAccount }},
		{4, func(p *person) { p.disabled, p.account = true, closedAccount }},
		{12, func(p *person) { p.disabled = true }},
		{2, has(reusedAccount)},
		{12, has(wrongName)},
		{8, has(wrongEmail)},
		{1, func(p *person) { p.mail, p.account = "", wrongEmail }},
		{1, has(shouting)},
		{131, has(rightAccount)},
		{1, func(p *person) { p.expires = time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC) }},
	} {
		for _, p := range in[:s.n] {
			s.set(p)
		}
		in = in[s.n:]
	}
	out[3].account, out[17].account = rightAccount, rightAccount // not in the scope: Muster does not know whose they are
	out[5].disabled = true
}

// entries returns the directory as entries, a parent before what is below it.
func (c *company) entries() []ldaptest.Entry {
	out := []ldaptest.Entry{
		ldaptest.NewEntry(baseDN, "objectClass", "domainDNS"),
		unit(peopleDN), unit(groupsDN), unit(serviceDN), unit("OU=Computers," + baseDN),
		service("muster", serviceDN, "Muster reads the directory as this account"),
		service("svc-backup", serviceDN, "a service account outside of the people's base"),
	}
	for _, city := range cities {
		out = append(out, unit("OU="+escapeRDN(city)+","+peopleDN))
	}
	out = append(out,
		service("svc-scanner", "OU="+cities[0]+","+peopleDN, "a service account among the people, in no group"),
		computer("LAPTOP-0042", "OU="+cities[0]+","+peopleDN), computer("SRV-WIKI", "OU=Computers,"+baseDN),
		ldaptest.NewEntry("CN=Parcel Service,OU="+cities[0]+","+peopleDN, "objectClass", "contact", "sn", "Service", "mail", "parcels@example.com"),
	)
	for _, p := range c.people {
		out = append(out, p.entry())
	}
	for i, g := range c.groups {
		e := ldaptest.NewEntry(g.dn(), "objectClass", "group", "sAMAccountName", g.name, "objectSid", sid(groupsRID+uint32(i)))
		if g.name == contractors {
			e.Set("objectSid", sid(contractorsRID))
		}
		if len(g.members) > 0 {
			e.Set("member", g.members...)
		}
		out = append(out, e)
	}
	return out
}

// ldif returns the directory as LDIF.
func (c *company) ldif() string { return writeLDIF(c.entries()) }

func unit(dn string) ldaptest.Entry {
	return ldaptest.NewEntry(dn, "objectClass", "organizationalUnit")
}

// demoPassword is the password of the account that Muster reads with. The directory is on loopback and holds nobody who lives.
const demoPassword = "reads-only"

func service(name, parent, what string) ldaptest.Entry {
	e := ldaptest.NewEntry("CN="+name+","+parent, "objectClass", "user", "sAMAccountName", name, "userPrincipalName", name+"@corp.example", "description", what)
	if "CN="+name+","+parent == canaryDN {
		e.Set("userPassword", demoPassword)
	}
	return e
}

func computer(name, parent string) ldaptest.Entry {
	return ldaptest.NewEntry("CN="+name+","+parent, "objectClass", "computer", "sAMAccountName", name+"$", "userAccountControl", "4096")
}

// entry returns a person as AD keeps them.
func (p *person) entry() ldaptest.Entry {
	flags := "512"
	if p.disabled {
		flags = "514"
	}
	e := ldaptest.NewEntry(p.dn(), "objectClass", "user", "sn", p.family, "givenName", p.given, "displayName", p.display,
		"sAMAccountName", p.login, "userPrincipalName", p.login+"@corp.example", "employeeID", strconv.Itoa(10000+p.number), "l", p.city,
		"userAccountControl", flags, "objectSid", sid(peopleRID+uint32(p.number)))
	for _, a := range [][2]string{{"mail", p.mail}, {"title", p.title}, {"department", p.team}} {
		if a[1] != "" {
			e.Set(a[0], a[1])
		}
	}
	if p.contractor {
		e.Set("primaryGroupID", strconv.Itoa(contractorsRID))
	}
	if !p.expires.IsZero() {
		e.Set("accountExpires", strconv.FormatInt(fileTime(p.expires), 10))
	}
	return e
}

// fileTime writes a time as AD does: in units of 100 ns since 1601.
func fileTime(t time.Time) int64 { return (t.Unix() + 11_644_473_600) * 10_000_000 }

// A namer makes people with names, usernames and addresses of their own.
type namer struct {
	dice               *rand.Rand
	logins, cns, mails map[string]bool
	odd                [][2]name
	made               int
}

func (n *namer) next() *person {
	n.made++
	given, family := givenNames[n.dice.IntN(len(givenNames))], familyNames[n.dice.IntN(len(familyNames))]
	if n.made%20 == 7 && len(n.odd) > 0 {
		given, family = n.odd[0][0], n.odd[0][1]
		n.odd = n.odd[1:]
	}
	p := &person{given: given.text, family: family.text, display: given.text + " " + family.text}
	p.login = unique(n.logins, short(given.plain[:1]+family.plain, 18), "")
	p.cn = unique(n.cns, short(p.display, 60), " ")
	p.mail = unique(n.mails, strings.ReplaceAll(given.plain+"."+family.plain, "'", ""), "") + "@example.com"
	return p
}

// unique returns s, with a number behind it if s is taken.
func unique(taken map[string]bool, s, space string) string {
	out := s
	for i := 2; taken[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s%s%d", s, space, i)
	}
	taken[strings.ToLower(out)] = true
	return out
}

// short cuts s to at most n characters.
func short(s string, n int) string {
	for utf8.RuneCountInString(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}
