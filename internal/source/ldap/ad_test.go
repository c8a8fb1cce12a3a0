package ldap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"muster/internal/secret"
	"muster/internal/source"
	"muster/internal/source/ldap"
	"muster/internal/source/ldap/ldaptest"
	"muster/internal/source/sourcetest"
)

const (
	adBase   = "DC=corp,DC=example"
	adCanary = "CN=muster,OU=Service," + adBase
	nobody   = source.Key("00000000-0000-0000-0000-00000000dead")
)

// domain is a small directory in the manner of Active Directory, as LDIF.
const domain = `dn: OU=People,DC=corp,DC=example
objectClass: organizationalUnit

dn: OU=Groups,DC=corp,DC=example
objectClass: organizationalUnit

dn: OU=Service,DC=corp,DC=example
objectClass: organizationalUnit

dn: CN=muster,OU=Service,DC=corp,DC=example
objectClass: user
sAMAccountName: muster
userPrincipalName: muster@corp.example
userPassword: secret

dn: CN=Ek\, Anna,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: anna
mail: anna@example.com
primaryGroupID: 1700

dn: CN=Ben Ito,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: ben
userAccountControl: 514

dn: CN=Cleo,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: cleo
accountExpires: 133801632000000000

dn: CN=PC7,OU=People,DC=corp,DC=example
objectClass: computer
sAMAccountName: PC7$

dn: CN=Supplier,OU=People,DC=corp,DC=example
objectClass: contact

dn: CN=Inner,OU=Groups,DC=corp,DC=example
objectClass: group
member: CN=Ek\, Anna,OU=People,DC=corp,DC=example
member: CN=PC7,OU=People,DC=corp,DC=example
member: CN=muster,OU=Service,DC=corp,DC=example

dn: CN=Outer,OU=Groups,DC=corp,DC=example
objectClass: group
member: CN=Inner,OU=Groups,DC=corp,DC=example
member: CN=Ben Ito,OU=People,DC=corp,DC=example

dn: CN=Primary,OU=Groups,DC=corp,DC=example
objectClass: group
objectSid:: AQUAAAAAAAUVAAAA3PTcO4M9K0aCi6YopAYAAA==
member: CN=Outer,OU=Groups,DC=corp,DC=example

dn: CN=Nobody,OU=Groups,DC=corp,DC=example
objectClass: group
`

func adConfig(s *ldaptest.Server) ldap.Config {
	return ldap.Config{
		Name: "corp", Servers: []string{s.URL()}, Bind: "muster@corp.example", Password: secret.New("secret"), Canary: adCanary,
		People:  []ldap.Area{{Base: "people", DN: "OU=People," + adBase}},
		Groups:  []ldap.Area{{Base: "groups", DN: "OU=Groups," + adBase}},
		Timeout: 20 * time.Second,
	}
}

func guid(t *testing.T, s *ldaptest.Server, dn string) source.Key {
	t.Helper()
	e, err := s.Entry(dn)
	if err != nil {
		t.Fatal(err)
	}
	return source.Key(ldaptest.GUID(e.Get("objectGUID")))
}

// closeCycle makes Inner hold Primary, which holds Outer, which holds Inner.
func closeCycle(t *testing.T, s *ldaptest.Server) {
	t.Helper()
	if err := s.Modify("CN=Inner,OU=Groups,"+adBase, func(e *ldaptest.Entry) { e.Add("member", "CN=Primary,OU=Groups,"+adBase) }); err != nil {
		t.Fatal(err)
	}
}

func TestSuiteOnAD(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	closeCycle(t, s)
	key := func(cn, ou string) source.Key { return guid(t, s, "CN="+cn+",OU="+ou+","+adBase) }
	anna, ben, cleo := key(`Ek\, Anna`, "People"), key("Ben Ito", "People"), key("Cleo", "People")
	inner, outer, primary, none := key("Inner", "Groups"), key("Outer", "Groups"), key("Primary", "Groups"), key("Nobody", "Groups")
	f := sourcetest.Fixture{
		Bases: []source.Base{"people", "groups"}, Absent: nobody,
		People: map[source.Key]string{
			anna: `CN=Ek\, Anna,OU=People,` + adBase, ben: "CN=Ben Ito,OU=People," + adBase, cleo: "CN=Cleo,OU=People," + adBase,
		},
		Groups: map[source.Key]string{},
		Members: map[source.Key]map[source.Key]struct{}{
			inner: keys(anna, primary), outer: keys(inner, ben), primary: keys(outer, anna), none: keys(),
		},
		Broken: func(t *testing.T) (source.Source, string) {
			cfg := adConfig(s)
			cfg.Password = secret.New("wrong")
			return open(t, cfg), "bind"
		},
	}
	for k, cn := range map[source.Key]string{inner: "Inner", outer: "Outer", primary: "Primary", none: "Nobody"} {
		f.Groups[k] = "CN=" + cn + ",OU=Groups," + adBase
	}
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		f.Source = open(t, adConfig(s))
		return f
	})
	r := mustPull(t, open(t, adConfig(s)))
	if !r.Records[ben].Disabled || r.Records[anna].Disabled || !r.Records[anna].Expires.IsZero() {
		t.Errorf("disabled: ben %v, anna %v; anna expires %v", r.Records[ben].Disabled, r.Records[anna].Disabled, r.Records[anna].Expires)
	}
	if want := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); !r.Records[cleo].Expires.Equal(want) {
		t.Errorf("cleo expires %v, want %v", r.Records[cleo].Expires, want)
	}
	if got := r.Records[anna].Attrs.First("objectguid"); got != string(anna) {
		t.Errorf("objectGUID as text: %q, want %q", got, anna)
	}
}

// crowd adds n people beside those of the domain, and returns their DNs.
func crowd(t *testing.T, s *ldaptest.Server, n int) []string {
	t.Helper()
	dns := make([]string, n)
	for i := range dns {
		dns[i] = fmt.Sprintf("CN=Person %05d,OU=People,%s", i, adBase)
		if err := s.Add(ldaptest.NewEntry(dns[i], "objectClass", "user", "sAMAccountName", fmt.Sprintf("p%05d", i))); err != nil {
			t.Fatal(err)
		}
	}
	return dns
}

func underPeople(r ldaptest.Request) bool {
	return strings.HasPrefix(r.Base, "OU=People") && r.Scope != 0
}

func TestNoFaultIsMistakenForAbsence(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	crowd(t, s, 1200)
	type faultCase struct {
		name, code string
		faults     ldaptest.Faults
	}
	tests := []faultCase{
		{"server closes at once", "cut", ldaptest.Faults{Down: true}},
		{"bind refused", "bind", ldaptest.Faults{RefuseBind: ldapv3.LDAPResultInvalidCredentials}},
		{"busy at bind", "busy", ldaptest.Faults{RefuseBind: ldapv3.LDAPResultBusy}},
		{"everything empty", "base", ldaptest.Faults{Empty: true}},
		{"people empty", "empty", ldaptest.Faults{Only: underPeople, Empty: true}},
		{"everything hidden but the bases", "empty", ldaptest.Faults{Hide: func(e ldaptest.Entry) bool { return strings.HasPrefix(e.DN, "CN=") }}},
		{"the canary hidden", "canary", ldaptest.Faults{Hide: func(e ldaptest.Entry) bool { return e.DN == adCanary }}},
		{"cut after 0 entries", "cut", ldaptest.Faults{Only: underPeople, CutAfter: 1}},
		{"cut within the first page", "cut", ldaptest.Faults{Only: underPeople, CutAfter: 500}},
		{"cut within the second page", "cut", ldaptest.Faults{Only: underPeople, CutAfter: 1100}},
		{"size limit within the first page", "size_limit", ldaptest.Faults{Only: underPeople, SizeLimit: 700}},
		{"size limit within the second page", "size_limit", ldaptest.Faults{Only: underPeople, SizeLimit: 1001}},
		{"size limit of one", "size_limit", ldaptest.Faults{SizeLimit: 1}},
		{"no paging control in the answer", "paging", ldaptest.Faults{Only: underPeople, DropPaging: true}},
		{"a reference with the first page", "referral", ldaptest.Faults{Only: underPeople, ReferOnPage: 1}},
		{"a reference with the second page", "referral", ldaptest.Faults{Only: underPeople, ReferOnPage: 2}},
		{"ids hidden", "attribute", ldaptest.Faults{HideAttrs: []string{"objectGUID"}, Only: underPeople}},
		{"account flags hidden", "attribute", ldaptest.Faults{HideAttrs: []string{"userAccountControl"}}},
		{"expiry hidden", "attribute", ldaptest.Faults{HideAttrs: []string{"accountExpires"}}},
	}
	codes := map[uint16]string{
		1: "rights", 3: "time_limit", 4: "size_limit", 10: "referral", 11: "size_limit", 50: "rights", 51: "busy", 52: "busy", 53: "server", 80: "server",
	}
	for code, want := range codes {
		for page := 1; page <= 2; page++ {
			tests = append(tests, faultCase{
				fmt.Sprintf("result %d at page %d", code, page), want, ldaptest.Faults{Only: underPeople, Code: code, Page: page},
			})
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.Set(tt.faults)
			defer s.Set(ldaptest.Faults{})
			r := wantIncomplete(t, open(t, adConfig(s)), tt.code)
			if len(r.Whole) > 0 && tt.code != "canary" {
				t.Errorf("%d groups came whole", len(r.Whole))
			}
		})
	}
	if r := mustPull(t, open(t, adConfig(s))); len(people(r)) != 1203 || len(r.Complete) != 2 {
		t.Errorf("healthy again: %d people, complete %v", len(people(r)), r.Complete)
	}
}

// A right lost on userAccountControl must not re-enable the disabled: they are present, and nothing else is said.
func TestUnknownStateIsNotEnabled(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	s.Set(ldaptest.Faults{HideAttrs: []string{"userAccountControl"}})
	r := wantIncomplete(t, open(t, adConfig(s)), "attribute")
	if len(people(r)) != 0 {
		t.Errorf("records of people whose state is unknown: %v", people(r))
	}
	var seen []source.Key
	for _, b := range r.Batches {
		seen = append(seen, b.Seen...)
	}
	if len(seen) != 3 {
		t.Errorf("%d people seen, want 3", len(seen))
	}
}

func TestSilentServer(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	s.Set(ldaptest.Faults{Only: underPeople, Delay: time.Minute})
	cfg := adConfig(s)
	cfg.Timeout = 100 * time.Millisecond
	start := time.Now()
	wantIncomplete(t, open(t, cfg), "time_limit")
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v to give up", took)
	}
}

func TestSecondServerTakesOver(t *testing.T) {
	t.Parallel()
	down, up := ldaptest.NewServer(t, domain), ldaptest.NewServer(t, domain)
	down.Set(ldaptest.Faults{Down: true})
	cfg := adConfig(up)
	cfg.Servers = []string{down.URL(), up.URL()}
	mustPull(t, open(t, cfg))

	// A refused password is not tried on every server: that would lock the account.
	down.Set(ldaptest.Faults{RefuseBind: ldapv3.LDAPResultInvalidCredentials})
	wantIncomplete(t, open(t, cfg), "bind")
}

func TestRangesOfLargeGroups(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	dns := crowd(t, s, 25000)
	sizes := []int{1499, 1500, 1501, 3000, 9999, 25000}
	addGroups(t, s, dns, sizes...)
	r := mustPull(t, open(t, adConfig(s)))
	if g, torn := r.Torn(); torn {
		t.Errorf("the memberships of %s come in parts, or it is said to be whole too late", r.Records[g].Name)
	}
	byName := map[string]source.Key{}
	for k, rec := range r.Records {
		byName[rec.Name] = k
	}
	for _, n := range sizes {
		g := byName[groupOf(n)]
		want := map[source.Key]struct{}{}
		for _, dn := range dns[:n] {
			want[byName[dn]] = struct{}{}
		}
		if d := cmp.Diff(len(want), len(r.Members[g])); d != "" || !r.Whole[g] || !cmp.Equal(want, r.Members[g]) {
			t.Errorf("group of %d: whole %v, members (-want +got):\n%s", n, r.Whole[g], d)
		}
	}
}

// groupOf is the DN of the group of n members that addGroups adds.
func groupOf(n int) string { return fmt.Sprintf("CN=Of %d,OU=Groups,%s", n, adBase) }

func addGroups(t *testing.T, s *ldaptest.Server, dns []string, sizes ...int) {
	t.Helper()
	for _, n := range sizes {
		e := ldaptest.NewEntry(groupOf(n), "objectClass", "group")
		e.Set("member", dns[:n]...)
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRangesCutShort(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	addGroups(t, s, crowd(t, s, 5000), 1499, 4999)
	third := func(q ldaptest.Request) bool {
		return q.Base == groupOf(4999) && strings.Contains(strings.Join(q.Attributes, " "), "range=3000-")
	}
	for name, f := range map[string]ldaptest.Faults{
		"the third range refused":  {Only: third, Code: ldapv3.LDAPResultBusy},
		"the group gone meanwhile": {Only: third, Empty: true},
		"cut at the third range":   {Only: third, CutAfter: 1},
		"ranges without values":    {CutRange: true},
	} {
		t.Run(name, func(t *testing.T) {
			s.Set(f)
			defer s.Set(ldaptest.Faults{})
			r := wantIncomplete(t, open(t, adConfig(s)), "range")
			if r.Whole[guid(t, s, groupOf(4999))] {
				t.Error("the group that was cut came whole")
			}
			if f.CutAfter == 0 && !r.Whole[guid(t, s, groupOf(1499))] {
				t.Error("the group before it did not come whole")
			}
		})
	}
}

func TestDomainRootAsBase(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	cfg := adConfig(s)
	cfg.People[0].DN = adBase
	r := mustPull(t, open(t, cfg))
	if len(people(r)) != 4 || len(r.Complete) != 2 {
		t.Errorf("%d people, complete %v", len(people(r)), r.Complete)
	}
	if !hasNote(r, "CN=Configuration") {
		t.Errorf("notes %q do not name the configuration partition", r.Notes)
	}
	s.Set(ldaptest.Faults{Only: func(q ldaptest.Request) bool { return q.Base == adBase }, ReferOnPage: 1})
	wantIncomplete(t, open(t, cfg), "referral")
}

func TestRenamedBaseOnAD(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	before := mustPull(t, open(t, adConfig(s)))
	cfg := adConfig(s)
	cfg.Pins = before.Pins
	if err := s.Rename("OU=People,"+adBase, "OU=Staff,OU=Service,"+adBase); err != nil {
		t.Fatal(err)
	}
	after := mustPull(t, open(t, cfg))
	if !hasNote(after, "is followed there") {
		t.Errorf("notes: %q", after.Notes)
	}
	if d := cmp.Diff(before.Members, after.Members); d != "" {
		t.Errorf("members (-before +after):\n%s", d)
	}
	if d := cmp.Diff(before.Whole, after.Whole); d != "" {
		t.Errorf("whole groups (-before +after):\n%s", d)
	}
}

func TestLocateOnAD(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	anna, ben, pc := guid(t, s, `CN=Ek\, Anna,OU=People,`+adBase), guid(t, s, "CN=Ben Ito,OU=People,"+adBase), guid(t, s, "CN=PC7,OU=People,"+adBase)
	if err := errors.Join(s.Rename("CN=Ben Ito,OU=People,"+adBase, "CN=Ben,OU=Service,"+adBase), s.Delete(`CN=Ek\, Anna,OU=People,`+adBase)); err != nil {
		t.Fatal(err)
	}
	src := open(t, adConfig(s))
	found, err := src.Locate(t.Context(), source.Person, []source.Key{anna, ben, pc})
	got := map[source.Key]string{}
	for _, f := range found {
		got[f.Record.Key] = string(f.Record.Base) + " " + f.Where
	}
	if d := cmp.Diff(map[source.Key]string{ben: " CN=Ben,OU=Service," + adBase, pc: " CN=PC7,OU=People," + adBase}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for name, f := range map[string]ldaptest.Faults{
		"canary hidden": {Hide: func(e ldaptest.Entry) bool { return e.DN == adCanary }},
		"no paging":     {DropPaging: true}, "empty": {Empty: true}, "down": {Down: true}, "busy": {Code: 51}, "ids hidden": {HideAttrs: []string{"objectGUID"}},
		"a reference": {ReferOnPage: 1}, "a size limit": {SizeLimit: 1},
	} {
		s.Set(f)
		if found, err := src.Locate(t.Context(), source.Person, []source.Key{anna, ben, pc}); err == nil {
			t.Errorf("%s: Locate returned %d sightings and no error", name, len(found))
		}
		s.Set(ldaptest.Faults{})
	}
}

func TestCheckOnAD(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, domain)
	cfg := adConfig(s)
	cfg.Now = func() time.Time { return time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC) }
	rep, err := open(t, cfg).Check(t.Context())
	if err != nil || rep.Kind != "Active Directory" || rep.People != 3 || rep.Disabled != 2 || rep.Groups != 4 {
		t.Errorf("%+v, %v", rep, err)
	}
	if !strings.Contains(rep.Guessed["members"], "primaryGroupID") || !strings.Contains(rep.Guessed["people.filter"], "objectCategory=person") {
		t.Errorf("guessed: %v", rep.Guessed)
	}
	wantPlaces(t, cfg, adCanary, source.Place{DN: adBase, People: 4, Groups: 4}, source.Place{DN: "OU=Groups," + adBase, Depth: 1, Groups: 4},
		source.Place{DN: "OU=People," + adBase, Depth: 1, People: 3}, source.Place{DN: "OU=Service," + adBase, Depth: 1, People: 1})
	s.Set(ldaptest.Faults{Hide: func(e ldaptest.Entry) bool { return strings.HasPrefix(e.DN, "CN=Deleted Objects") }})
	rep, err = open(t, cfg).Check(t.Context())
	var fix string
	for _, w := range rep.Warnings {
		if strings.Contains(w.What, "Deleted Objects") {
			fix = w.Fix
		}
	}
	if !strings.Contains(fix, `dsacls "CN=Deleted Objects,DC=corp,DC=example" /G "`) || !strings.Contains(fix, ":LCRP") || err != nil {
		t.Errorf("the command to grant: %q, %v", fix, err)
	}
}
