package ldap_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/source"
	"muster/internal/source/ldap"
	"muster/internal/source/sourcetest"
	"muster/internal/testserver"
)

func mustPull(t *testing.T, s source.Source) sourcetest.Read {
	t.Helper()
	r, err := sourcetest.Pull(t, s)
	if err != nil {
		t.Fatalf("Pull: %v", err)
	}
	return r
}

func people(r sourcetest.Read) map[source.Key]string {
	out := map[source.Key]string{}
	for k, rec := range r.Records {
		if rec.Kind == source.Person {
			out[k] = rec.Name
		}
	}
	return out
}

func hasNote(r sourcetest.Read, part string) bool {
	return strings.Contains(strings.Join(r.Notes, "\n"), part)
}

func TestRecordsOfSlapd(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company(), TLS: true})
	cfg := slapdConfig(s)
	cfg.Attributes = []string{"MAIL", "uid", "createTimestamp"}
	r := mustPull(t, open(t, cfg))
	anna := r.Records[uuid(s, "uid=anna,ou=People,"+slapdBase)]
	if anna.Base != "people" || anna.Disabled || anna.Attrs.First("mail") != "anna@example.com" || anna.Attrs.First("createtimestamp") == "" {
		t.Errorf("anna: %+v", anna)
	}
	if _, ok := anna.Attrs["cn"]; ok {
		t.Error("cn was not asked for and came")
	}
	if leaver := r.Records[uuid(s, "uid=leaver,ou=People,"+slapdBase)]; !leaver.Disabled {
		t.Errorf("the disabled filter does not count: %+v", leaver)
	}
	wiki := r.Records[uuid(s, "cn=wiki,ou=Groups,"+slapdBase)]
	if _, ok := wiki.Attrs["member"]; ok || wiki.Kind != source.Group {
		t.Errorf("wiki: %+v", wiki)
	}
	if !hasNote(r, "1 members lie outside every base") {
		t.Errorf("notes %q say nothing of the guest", r.Notes)
	}
}

func TestEncryptionOnSlapd(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company(), TLS: true})
	for name, change := range map[string]func(*ldap.Config){
		"ldaps":    func(c *ldap.Config) { c.Servers = []string{s.TLSURL} },
		"StartTLS": func(c *ldap.Config) { c.StartTLS = true },
		"second server": func(c *ldap.Config) {
			c.Servers = []string{"ldaps://127.0.0.1:1", s.TLSURL}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := slapdConfig(s)
			cfg.CAFile = s.CAFile
			change(&cfg)
			rep, err := open(t, cfg).Check(t.Context())
			if err != nil || !strings.HasPrefix(rep.TLS, "TLS 1.") || rep.Kind != "OpenLDAP" {
				t.Errorf("Check: %+v, %v", rep, err)
			}
		})
	}
	t.Run("StartTLS refused never falls back", func(t *testing.T) {
		plain := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
		cfg := slapdConfig(plain)
		cfg.StartTLS = true
		wantIncomplete(t, open(t, cfg), "tls")
	})
}

func TestHiddenMembersKeepAGroupFromBeingWhole(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company(), Access: []string{
		"to attrs=userPassword by self write by anonymous auth by * none", `to dn.exact="uid=anna,ou=People,` + slapdBase + `" by * none`,
	}})
	wiki, staff, unix := uuid(s, "cn=wiki,ou=Groups,"+slapdBase), uuid(s, "cn=staff,ou=Groups,"+slapdBase), uuid(s, "cn=unix,ou=Groups,"+slapdBase)
	r := mustPull(t, open(t, slapdConfig(s)))
	if d := cmp.Diff(map[source.Key]bool{staff: true}, r.Whole); d != "" {
		t.Errorf("whole groups, of %s, %s, %s (-want +got):\n%s", wiki, staff, unix, d)
	}
	if !hasNote(r, "within a base cannot be read") {
		t.Errorf("notes %q say nothing of the hidden member", r.Notes)
	}
	l, err := open(t, slapdConfig(s)).Locate(t.Context(), source.Person, []source.Key{uuid(s, "uid=anna,ou=People,"+slapdBase)})
	if err != nil || len(l) != 0 {
		t.Errorf("Locate of a hidden entry with the canary readable: %v, %v", l, err)
	}
}

func TestMembersThatFitNoFilterAreNoDoubt(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	s.Add("cn=printer,ou=People,"+slapdBase, map[string][]string{"objectClass": {"device"}, "cn": {"printer"}})
	s.AddMembers("cn=wiki,ou=Groups,"+slapdBase, "cn=printer,ou=People,"+slapdBase)
	wiki := uuid(s, "cn=wiki,ou=Groups,"+slapdBase)
	if r := mustPull(t, open(t, slapdConfig(s))); !r.Whole[wiki] || len(r.Members[wiki]) != 3 {
		t.Errorf("whole %v with %d members, want a whole group of 3", r.Whole[wiki], len(r.Members[wiki]))
	}
}

func TestCanaryUnreadable(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company(), Access: []string{
		"to attrs=userPassword by self write by anonymous auth by * none", `to dn.subtree="ou=Service,` + slapdBase + `" by * none`,
	}})
	src := open(t, slapdConfig(s))
	wantIncomplete(t, src, "canary")
	if found, err := src.Locate(t.Context(), source.Person, []source.Key{uuid(s, "uid=anna,ou=People,"+slapdBase)}); err == nil {
		t.Errorf("Locate: %v without an error", found)
	}
}

func TestPinnedBaseIsFollowed(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	first := mustPull(t, open(t, slapdConfig(s)))
	if pin := first.Pins["people"]; pin.Key != uuid(s, "ou=People,"+slapdBase) || pin.For != "ou=People,"+slapdBase {
		t.Fatalf("pin of the people base: %+v", pin)
	}
	pinned := slapdConfig(s)
	pinned.Pins = first.Pins

	s.Rename("ou=People,"+slapdBase, "ou=Persons")
	wantIncomplete(t, open(t, slapdConfig(s)), "base")
	r := mustPull(t, open(t, pinned))
	if !hasNote(r, "followed") || r.Pins["people"].DN != "ou=Persons,"+slapdBase {
		t.Errorf("notes %q, pins %v", r.Notes, r.Pins)
	}
	if d := cmp.Diff(len(people(first)), len(people(r))); d != "" {
		t.Errorf("people after the rename:\n%s", d)
	}
	// slapd leaves the old names in its groups. They must not look like members beyond the bases.
	wiki, unix := uuid(s, "cn=wiki,ou=Groups,"+slapdBase), uuid(s, "cn=unix,ou=Groups,"+slapdBase)
	if r.Whole[wiki] || !r.Whole[unix] {
		t.Errorf("whole: wiki with dangling members %v, unix by uid %v; want false, true", r.Whole[wiki], r.Whole[unix])
	}

	// Another entry takes the old name: the pinned one is still meant.
	s.Add("ou=People,"+slapdBase, map[string][]string{"objectClass": {"organizationalUnit"}})
	if again := mustPull(t, open(t, pinned)); len(people(again)) != len(people(first)) {
		t.Errorf("the base of the old name was read: %v", people(again))
	}

	changed := pinned
	changed.People = []ldap.Area{{Base: "people", DN: "ou=Elsewhere," + slapdBase}}
	if r := mustPull(t, open(t, changed)); len(people(r)) != 1 || r.Pins["people"].For != "ou=Elsewhere,"+slapdBase {
		t.Errorf("a pin of another configured DN counts: %v", r.Pins)
	}
}

func TestReplacedBaseIsNoticed(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	s.Add("ou=Short,"+slapdBase, map[string][]string{"objectClass": {"organizationalUnit"}})
	cfg := slapdConfig(s)
	cfg.People = append(cfg.People, ldap.Area{Base: "short", DN: "ou=Short," + slapdBase})
	src := open(t, cfg)
	pin, err := src.Resolve(t.Context(), "ou=Short,"+slapdBase, source.Pin{})
	if err != nil {
		t.Fatal(err)
	}
	s.Delete("ou=Short," + slapdBase)
	cfg.Pins = map[source.Base]source.Pin{"short": pin}
	wantIncomplete(t, open(t, cfg), "base")
	s.Add("ou=Short,"+slapdBase, map[string][]string{"objectClass": {"organizationalUnit"}})
	if r := wantIncomplete(t, open(t, cfg), "base"); len(people(r)) == 0 {
		t.Error("the other base was not read for its joiners and movers")
	}
}

func TestResolveScopeGroup(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	src := open(t, slapdConfig(s))
	dn := "cn=wiki,ou=Groups," + slapdBase
	pin, err := src.Resolve(t.Context(), dn, source.Pin{})
	if err != nil || pin.Key != uuid(s, dn) {
		t.Fatalf("Resolve: %+v, %v", pin, err)
	}
	s.Rename(dn, "cn=handbook")
	if moved, err := src.Resolve(t.Context(), dn, pin); err != nil || moved.DN != "cn=handbook,ou=Groups,"+slapdBase || moved.Key != pin.Key {
		t.Errorf("Resolve after the rename: %+v, %v", moved, err)
	}
	if _, err := src.Resolve(t.Context(), dn, source.Pin{}); err == nil {
		t.Error("Resolve without a pin found what is not there")
	}
}

func TestLocateTellsLeftScopeFromGone(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	anna, ben, cleo := uuid(s, "uid=anna,ou=People,"+slapdBase), uuid(s, "uid=ben,ou=People,"+slapdBase), uuid(s, "uid=cleo,ou=People,"+slapdBase)
	leaver := uuid(s, "uid=leaver,ou=People,"+slapdBase)
	s.Move("uid=anna,ou=People,"+slapdBase, "ou=Elsewhere,"+slapdBase)
	s.Delete("uid=ben,ou=People," + slapdBase)
	cfg := slapdConfig(s)
	cfg.People[0].Filter = "(&(objectClass=inetOrgPerson)(!(uid=cleo)))"
	found, err := open(t, cfg).Locate(t.Context(), source.Person, []source.Key{anna, ben, cleo, leaver})
	if err != nil {
		t.Fatal(err)
	}
	got := map[source.Key]source.Base{}
	for _, f := range found {
		got[f.Record.Key] = f.Record.Base
		if f.Record.Disabled != (f.Record.Key == leaver) {
			t.Errorf("%s disabled: %v", f.Where, f.Record.Disabled)
		}
	}
	if d := cmp.Diff(map[source.Key]source.Base{anna: "", cleo: "", leaver: "people"}, got); d != "" {
		t.Errorf("bases (-want +got):\n%s", d)
	}
}

func TestReferralUnderABase(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company() + "dn: ou=far,ou=People," + slapdBase +
		"\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\nref: ldap://far.example.com/ou=far,ou=People," + slapdBase + "\n\n"})
	r := wantIncomplete(t, open(t, slapdConfig(s)), "referral")
	if !hasNote(r, "far.example.com") || len(people(r)) == 0 {
		t.Errorf("notes %q, %d people", r.Notes, len(people(r)))
	}
	if found, err := open(t, slapdConfig(s)).Locate(t.Context(), source.Person, []source.Key{"00000000-0000-1000-8000-000000000000"}); err == nil {
		t.Errorf("Locate: %v without an error, with a part unread", found)
	}
}

func TestCheckExplains(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	cfg := slapdConfig(s)
	cfg.Canary, cfg.DisabledFilter = "", ""
	cfg.People[0].Filter = "(&(objectClass=inetOrgPerson)(!(shadowExpire=1)))"
	rep, err := open(t, cfg).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rep.Guessed["id_attribute"], "entryUUID") || !strings.Contains(rep.Guessed["groups.filter"], "groupOfNames") {
		t.Errorf("guessed: %v", rep.Guessed)
	}
	var all strings.Builder
	for _, w := range rep.Warnings {
		all.WriteString(w.What + "\n")
	}
	for _, want := range []string{"no canary", "not encrypted", "tests shadowExpire", "nothing says who is disabled", "outside every base"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no warning holds %q:\n%s", want, all.String())
		}
	}
	if rep.Samples[0].Username == "" || rep.Samples[0].Email == "" || !strings.EqualFold(rep.Bound, "dn:uid=muster,ou=Service,"+slapdBase) {
		t.Errorf("sample %+v, bound as %q", rep.Samples[0], rep.Bound)
	}
}

func TestPageLimitOfSlapd(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company(), PageLimit: 2})
	cfg := slapdConfig(s)
	wantIncomplete(t, open(t, cfg), "size_limit")
	cfg.PageSize = 2
	if r := mustPull(t, open(t, cfg)); len(people(r)) != 5 {
		t.Errorf("%d people by pages of two, want 5", len(people(r)))
	}
}
