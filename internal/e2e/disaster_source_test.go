package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

// X2, P3: what has gone wrong at the sources of others, and hurt people there, hurts nobody here.
func TestDisastersAtTheSource(t *testing.T) {
	t.Parallel()
	c, s := onAD(t)
	c.hire("Pia Odd", "pia", map[string][]string{"givenName": {"Pia"}, "sn": {"Odd"}, "mail": {"pia@example.com"}, "objectGUID": {oddGUID}})
	c.AddMembers(group("staff"), person("Pia Odd"))
	h, w := c.house(), wikiWorld()
	h.edit("    every: 24h", "    every: 24h\n    page_size: 5")
	w.Accounts["pia"] = hired("Pia", "Odd", "pia")
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
	h.holds(w)
	r := &ruin{T: t, company: c, house: h, server: s, world: w}
	r.suffer(atTheSource)
}

// oddGUID has bytes that mean something in a filter.
const oddGUID = "*()\\\x00*()\\\x00&|!=\x01\x02"

var atTheSource = []disaster{
	{1, "the search fails, or finds nothing", func(r *ruin) {
		r.fails(ldaptest.Faults{Code: ldap.LDAPResultTimeLimitExceeded, Page: 2}, "source_time_limit")
		r.fails(ldaptest.Faults{Empty: true, Only: below("ou=People,")}, "source_empty")
		r.fails(ldaptest.Faults{Empty: true}, "source_base")
	}},
	{2, "the server cannot be reached", func(r *ruin) { r.fails(ldaptest.Faults{Down: true}, "source_cut") }},
	{3, "the account may read nothing any more", func(r *ruin) {
		r.fails(ldaptest.Faults{Hide: func(e ldaptest.Entry) bool {
			return e.Get("sAMAccountName") != "" || strings.HasPrefix(e.DN, "ou=Service")
		}}, "source_empty")
	}},
	{4, "the scope is one level, and the people are below", func(r *ruin) {
		r.edit(`people: {base: "ou=People,dc=corp,dc=example"}`, `people: {base: "dc=corp,dc=example", scope: one}`)
		r.want(3, "source", "test", "corp").says("found nothing", "check base, filter and scope")
		r.quiet(func() { r.want(3, "sync") })
		r.edit(`people: {base: "dc=corp,dc=example", scope: one}`, `people: {base: "ou=People,dc=corp,dc=example"}`)
	}},
	{5, "the password is changed, and somebody looks a person up", func(r *ruin) {
		before := decode[adminapi.Object](r.house, 0, "user", "show", "anna")
		r.write("ldap-password", "outdated\n")
		r.quiet(func() { r.want(3, "sync") })
		r.ok("why", "anna", "wiki")
		if now := decode[adminapi.Object](r.house, 0, "user", "show", "anna"); now.ID != before.ID || now.State != before.State {
			r.Errorf("anna was %+v and is %+v", before, now)
		}
		r.write("ldap-password", r.secret+"\n")
	}},
	{6, "wrong credentials are a success with nothing to do", func(r *ruin) {
		r.write("ldap-password", "outdated\n")
		r.want(3, "sync")
		last := decode[struct{ Items []run.Run }](r.house, 0, "runs", "corp").Items[0]
		if last.Outcome == run.Done || last.Problem == nil {
			r.Errorf("the run is %+v, want it not to look like a success", last)
		}
		r.ok("status").says("corp not read whole")
		r.write("ldap-password", r.secret+"\n")
	}},
	{8, "the look-up of each missing person fails", func(r *ruin) {
		gone := []string{"anna", "ben", "dan"}
		for _, name := range gone {
			r.Move(dn(name), "ou=Left,"+base)
		}
		lookups := func(q ldaptest.Request) bool { return strings.Contains(q.Filter, "objectGUID=") }
		r.server.Set(ldaptest.Faults{Only: lookups, Code: ldap.LDAPResultUnavailable})
		for range 2 {
			r.quiet(func() { r.muster("sync") })
		}
		r.server.Set(ldaptest.Faults{})
		for _, name := range gone {
			rdn, _, _ := strings.Cut(dn(name), ",")
			r.Move(rdn+",ou=Left,"+base, "ou=People,"+base)
		}
	}},
	{9, "a filter is edited", func(r *ruin) {
		const people = `people: {base: "ou=People,dc=corp,dc=example"}`
		r.edit(people, `people: {base: "ou=People,dc=corp,dc=example", filter: "(&(objectClass=user)(mail=*@exmaple.com))"}`)
		r.quiet(func() { r.want(3, "sync") })
		r.edit(`, filter: "(&(objectClass=user)(mail=*@exmaple.com))"}`, "}")
		r.edit(`from: {group: "cn=wiki,ou=Groups`, `from: {group: "cn=wiki-admins,ou=Groups`)
		r.quiet(func() { r.muster("sync") })
		r.want(2, "plan", "show", "wiki", "--detailed-exitcode").says("anna")
		r.edit(`from: {group: "cn=wiki-admins,ou=Groups`, `from: {group: "cn=wiki,ou=Groups`)
	}},
	{10, "members come in ranges, and the later ones are missing", func(r *ruin) {
		r.quiet(func() { r.want(3, "sync", "--full") }, ldaptest.Faults{CutRange: true})
	}},
	{12, "a group is the primary one of a member", func(r *ruin) {
		sid := r.Entry(group("wiki-editors"), "objectSid").GetRawAttributeValue("objectSid")
		rid := uint32(sid[len(sid)-4]) | uint32(sid[len(sid)-3])<<8 | uint32(sid[len(sid)-2])<<16 | uint32(sid[len(sid)-1])<<24
		r.Replace(dn("ben"), "primaryGroupID", fmt.Sprint(rid))
		r.RemoveMembers(group("wiki-editors"), dn("ben"))
		r.quiet(func() { r.ok("sync") })
		r.Replace(dn("ben"), "primaryGroupID", domainUsers)
		r.AddMembers(group("wiki-editors"), dn("ben"))
	}},
	{13, "the search ends in the middle, with the entries so far", func(r *ruin) {
		r.fails(ldaptest.Faults{CutAfter: 7, Only: below("ou=People,")}, "source_cut")
		r.fails(ldaptest.Faults{SizeLimit: 7, Only: below("ou=People,")}, "source_size_limit")
	}},
	{14, "a part of the tree is on another server", func(r *ruin) {
		r.fails(ldaptest.Faults{ReferOnPage: 1, Only: below("ou=People,"), Hide: func(e ldaptest.Entry) bool { return e.DN == dn("anna") }}, "source_referral")
	}},
	{15, "people and their OU get another name", func(r *ruin) {
		r.Rename("ou=People,"+base, "ou=Everybody")
		r.Rename("cn=Anna Ek,ou=Everybody,"+base, "cn=Anna Berg")
		r.quiet(func() { r.ok("sync") })
		r.Rename("cn=Anna Berg,ou=Everybody,"+base, "cn=Anna Ek")
		r.Rename("ou=Everybody,"+base, "ou=People")
	}},
	{16, "all ids are other ones at once", func(r *ruin) {
		old := map[string]string{}
		r.server.Each(func(e ldaptest.Entry) bool {
			if strings.HasSuffix(e.DN, ",ou=People,"+base) {
				old[e.DN] = e.Get("objectGUID")
			}
			return true
		})
		write := func(change func(string) string) {
			for dn, id := range old {
				if err := r.server.Modify(dn, func(e *ldaptest.Entry) { e.Set("objectGUID", change(id)) }); err != nil {
					r.Fatal(err)
				}
			}
		}
		write(func(id string) string { return id[3:4] + id[2:3] + id[1:2] + id[:1] + id[4:] }) // the first part in the other byte order
		r.quiet(func() { r.want(3, "sync") })
		write(func(id string) string { return id })
		r.ok("sync")
		if l := strings.TrimSpace(r.ok("leavers").out); l != "" {
			r.Errorf("ids that were never believed are told of as leavers:\n%s", l)
		}
	}},
	{17, "an id has bytes that mean something in a filter", func(r *ruin) {
		r.Move(person("Pia Odd"), "ou=Left,"+base)
		r.world.set("pia", off)
		r.ok("sync")
		r.holds(r.world) // found elsewhere by her id, and so not missing but out of scope
		r.Move("cn=Pia Odd,ou=Left,"+base, "ou=People,"+base)
		r.world.set("pia", on)
	}},
	{30, "a source is taken away, or a target", func(r *ruin) {
		text := r.read("muster.yaml")
		sources, _, _ := strings.Cut(text, "\ntargets:")
		r.write("muster.yaml", sources+"\n")
		r.quiet(func() { r.ok("sync", "-c", "muster.yaml") })
		r.write("muster.yaml", handedOver(text))
		r.quiet(func() { r.muster("sync", "-c", "muster.yaml") })
		r.write("muster.yaml", text)
		r.ok("sync", "-c", "muster.yaml")
	}},
	{32, "one source of two is broken", func(r *ruin) {
		text := r.read("muster.yaml")
		end := strings.Index(text, "targets:")
		r.hire("Una Far", "una", map[string][]string{"givenName": {"Una"}, "sn": {"Far"}})
		r.Move(person("Una Far"), "ou=Branch,"+base)
		r.write("muster.yaml", text[:end]+branch(text, "branch")+text[end:])
		r.ok("sync", "-c", "muster.yaml")
		r.server.Set(ldaptest.Faults{Only: below("ou=Branch,"), Code: ldap.LDAPResultUnavailable})
		r.Replace(dn("anna"), "title", "Editor")
		r.world.set("anna", func(a *account) { a.Title = "Editor" })
		r.want(3, "sync")
		r.holds(r.world)
		r.ok("user", "list").says("una", "anna")
		r.ok("status").says("branch not read whole")
		r.server.Set(ldaptest.Faults{})
		r.Delete("cn=Una Far,ou=Branch," + base)
		r.write("muster.yaml", text)
		r.ok("sync", "-c", "muster.yaml")
	}},
}

// below finds the searches of a part of the tree.
func below(start string) func(ldaptest.Request) bool {
	return func(q ldaptest.Request) bool {
		return strings.HasPrefix(strings.ToLower(q.Base), strings.ToLower(start))
	}
}

// fails checks that a fault makes a read incomplete, under this code, and changes nothing.
func (r *ruin) fails(f ldaptest.Faults, code string) {
	r.Helper()
	r.server.Set(f)
	r.incomplete(r.world, code)
	r.server.Set(ldaptest.Faults{})
	r.ok("sync")
}

// quiet checks that doing something writes nothing to the wiki, while these faults stand.
func (r *ruin) quiet(do func(), faults ...ldaptest.Faults) {
	r.Helper()
	if len(faults) > 0 {
		r.server.Set(faults[0])
		defer r.server.Set(ldaptest.Faults{})
	}
	r.house.quiet(do)
	r.holds(r.world)
}

// branch is a source of that name like the corp of a configuration, with other people and no groups.
func branch(config, name string) string {
	corp := config[strings.Index(config, "  - name: corp"):strings.Index(config, "targets:")]
	corp = strings.ReplaceAll(corp, `    groups: {base: "ou=Groups,dc=corp,dc=example"}`+"\n", "")
	return strings.NewReplacer("name: corp", "name: "+name, `"ou=People,`, `"ou=Branch,`).Replace(corp)
}

// handedOver is a configuration with another source in the place of corp.
func handedOver(config string) string {
	start, end := strings.Index(config, "  - name: corp"), strings.Index(config, "targets:")
	return config[:start] + branch(config, "other") + strings.ReplaceAll(config[end:], "source.corp.", "source.other.")
}
