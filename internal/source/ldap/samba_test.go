package ldap_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/secret"
	"muster/internal/source"
	"muster/internal/source/ldap"
	"muster/internal/source/ldap/ldaptest"
	"muster/internal/source/sourcetest"
	"muster/internal/testserver"
)

// office is a domain controller with a few people and groups.
type office struct {
	*testserver.DomainController
	people, groups          string // organizational units
	anna, ben, cleo         string
	wiki, staff, primary    string
	kAnna, kBen, kCleo      source.Key
	kWiki, kStaff, kPrimary source.Key
}

func startOffice(t *testing.T) *office {
	t.Helper()
	o := &office{DomainController: testserver.Samba(t)}
	o.people, o.groups = o.AddOU("People", ""), o.AddOU("Groups", "")
	service := o.AddOU("Service", "")
	o.AddUser("muster", "muster", service, nil)
	o.anna = o.AddUser("Ek, Anna", "anna", o.people, map[string][]string{"mail": {"anna@example.com"}})
	o.ben = o.AddUser("Ben Itō", "ben", o.people, nil)
	o.cleo = o.AddUser("Cleo", "cleo", o.people, nil)
	o.Add("CN=PC7,"+o.people, map[string][]string{"objectClass": {"computer"}, "sAMAccountName": {"PC7$"}})
	o.wiki = o.AddGroup("Wiki", o.groups, o.anna, "CN=PC7,"+o.people, "CN=muster,"+service)
	o.staff = o.AddGroup("Staff", o.groups, o.ben, o.wiki)
	o.AddMembers(o.wiki, o.staff)
	o.primary = o.AddGroup("Primary", o.groups, o.cleo)
	sid := o.Entry(o.primary, "objectSid").GetRawAttributeValue("objectSid")
	o.Replace(o.cleo, "primaryGroupID", ridOf(sid))
	o.kAnna, o.kBen, o.kCleo = o.key(o.anna), o.key(o.ben), o.key(o.cleo)
	o.kWiki, o.kStaff, o.kPrimary = o.key(o.wiki), o.key(o.staff), o.key(o.primary)
	return o
}

// ridOf returns the last part of a security identifier.
func ridOf(sid []byte) string {
	n := len(sid)
	rid := uint32(sid[n-4]) | uint32(sid[n-3])<<8 | uint32(sid[n-2])<<16 | uint32(sid[n-1])<<24
	return fmt.Sprint(rid)
}

func (o *office) key(dn string) source.Key {
	return source.Key(ldaptest.GUID(string(o.Entry(dn, "objectGUID").GetRawAttributeValue("objectGUID"))))
}

func (o *office) config() ldap.Config {
	return ldap.Config{
		Name: "corp", Servers: []string{o.TLSURL}, CAFile: o.CAFile, Bind: "muster@corp.example", Password: secret.New(testserver.UserPassword),
		Canary: "CN=muster,OU=Service," + o.Base,
		People: []ldap.Area{{Base: "people", DN: o.people}},
		Groups: []ldap.Area{{Base: "groups", DN: o.groups}},
	}
}

func TestOnSamba(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	f := sourcetest.Fixture{
		Bases: []source.Base{"people", "groups"}, Absent: nobody,
		People: map[source.Key]string{o.kAnna: o.anna, o.kBen: o.ben, o.kCleo: o.cleo},
		Groups: map[source.Key]string{o.kWiki: o.wiki, o.kStaff: o.staff, o.kPrimary: o.primary},
		Members: map[source.Key]map[source.Key]struct{}{
			o.kWiki: keys(o.kAnna, o.kStaff), o.kStaff: keys(o.kBen, o.kWiki), o.kPrimary: keys(o.kCleo),
		},
		Broken: func(t *testing.T) (source.Source, string) {
			cfg := o.config()
			cfg.Password = secret.New("wrong")
			return open(t, cfg), "bind"
		},
	}
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		f.Source = open(t, o.config())
		return f
	})
	t.Run("primary group leaves member", func(t *testing.T) {
		if got := o.Entry(o.primary, "member").GetAttributeValues("member"); len(got) > 0 {
			t.Errorf("Primary lists %q itself: the test proves nothing", got)
		}
	})
	t.Run("check", o.testCheck)
	t.Run("from the domain root", o.testDomainRoot)
	t.Run("disable and expiry", o.testStanding)
	t.Run("rename of a base", o.testRename)
	t.Run("move out of scope and delete", o.testMove)
	t.Run("check as administrator", o.testCheckAsAdministrator)
}

func (o *office) testCheck(t *testing.T) {
	rep, err := open(t, o.config()).Check(t.Context())
	if err != nil || rep.Kind != "Active Directory" || !strings.HasPrefix(rep.TLS, "TLS 1.") || rep.People != 3 {
		t.Errorf("%+v, %v", rep, err)
	}
	var fix string
	for _, w := range rep.Warnings {
		if strings.Contains(w.What, "Deleted Objects") {
			fix = w.Fix
		}
	}
	if !strings.Contains(fix, `/G "CORP\muster:LCRP"`) && !strings.Contains(fix, `/G "muster@corp.example:LCRP"`) {
		t.Errorf("an ordinary account may not list deleted objects, yet the command to grant it is %q; bound as %q", fix, rep.Bound)
	}
}

func (o *office) testDomainRoot(t *testing.T) {
	cfg := o.config()
	cfg.People[0].DN = o.Base
	cfg.People[0].Filter = "(&(objectCategory=person)(objectClass=user)(sAMAccountName=*n*))"
	r := mustPull(t, open(t, cfg))
	if !hasNote(r, "CN=Configuration") || len(r.Complete) != 2 {
		t.Errorf("complete %v, notes %q", r.Complete, r.Notes)
	}
}

func (o *office) testStanding(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	o.SetDisabled(o.ben, true)
	o.SetExpiry(o.cleo, at)
	r := mustPull(t, open(t, o.config()))
	if !r.Records[o.kBen].Disabled || !r.Records[o.kCleo].Expires.Equal(at) || r.Records[o.kAnna].Disabled || !r.Records[o.kAnna].Expires.IsZero() {
		t.Errorf("ben %+v, cleo expires %v, anna %+v", r.Records[o.kBen], r.Records[o.kCleo].Expires, r.Records[o.kAnna])
	}
	o.SetDisabled(o.ben, false)
	o.SetExpiry(o.cleo, time.Time{})
	r = mustPull(t, open(t, o.config()))
	if r.Records[o.kBen].Disabled || !r.Records[o.kCleo].Expires.IsZero() {
		t.Errorf("enabled again: ben %v, cleo expires %v", r.Records[o.kBen].Disabled, r.Records[o.kCleo].Expires)
	}
}

func (o *office) testRename(t *testing.T) {
	before := mustPull(t, open(t, o.config()))
	cfg := o.config()
	cfg.Pins = before.Pins
	o.Rename(o.people, "OU=Staff")
	defer o.Rename("OU=Staff,"+o.Base, "OU=People")
	wantIncomplete(t, open(t, o.config()), "base")
	after := mustPull(t, open(t, cfg))
	if d := cmp.Diff(before.Members, after.Members); d != "" || !hasNote(after, "is followed there") || !cmp.Equal(before.Whole, after.Whole) {
		t.Errorf("notes %q, members (-before +after):\n%s", after.Notes, d)
	}
	if got := after.Records[o.kAnna].Name; got != `CN=Ek\, Anna,OU=Staff,`+o.Base {
		t.Errorf("anna stands at %q", got)
	}
}

func (o *office) testMove(t *testing.T) {
	left := o.AddOU("Left", "")
	anna := o.Move(o.anna, left)
	o.Delete(o.ben)
	r := mustPull(t, open(t, o.config()))
	if d := cmp.Diff(keys(o.kStaff), r.Members[o.kWiki]); d != "" || !r.Whole[o.kWiki] || !hasNote(r, "outside every base") {
		t.Errorf("notes %q, members of Wiki (-want +got):\n%s", r.Notes, d)
	}
	found, err := open(t, o.config()).Locate(t.Context(), source.Person, []source.Key{o.kAnna, o.kBen, o.kCleo})
	got := map[source.Key]string{}
	for _, f := range found {
		got[f.Record.Key] = string(f.Record.Base) + " " + strings.ToLower(f.Where)
	}
	if d := cmp.Diff(map[source.Key]string{o.kAnna: " " + strings.ToLower(anna), o.kCleo: "people " + strings.ToLower(o.cleo)}, got); d != "" || err != nil {
		t.Errorf("%v, sightings (-want +got):\n%s", err, d)
	}
}

func (o *office) testCheckAsAdministrator(t *testing.T) {
	cfg := o.config()
	cfg.Bind, cfg.Password = o.BindDN, secret.New(o.Password)
	rep, err := open(t, cfg).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range rep.Warnings {
		if strings.Contains(w.What, "Deleted Objects") {
			t.Errorf("an administrator sees deleted entries, yet: %s", w.What)
		}
	}
}
