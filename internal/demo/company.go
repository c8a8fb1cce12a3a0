package demo

import (
	"math/rand/v2"
	"slices"
	"time"
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
