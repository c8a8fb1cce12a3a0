package e2e

import (
	"strings"
	"testing"

	"muster/internal/run"
	"muster/internal/testserver"
)

// valuedPeople is a target with every way to compute a value.
const valuedPeople = `    people:
      from: {group: "cn=wiki,ou=Groups,dc=corp,dc=example"}
      attributes:
        userName: person.username
        name.familyName: person.familyName
        'emails[type eq "work"].value': person.email
        title: {expr: source.corp.title}
        nickName: {expr: source.corp.departmentNumber, default: "nobody's"}
        displayName: {expr: "person.familyName + ', ' + person.givenName"}
        preferredLanguage: {expr: source.corp.preferredLanguage, when: create}
        userType: {value: Employee}
`

// P2, P5: what is mapped follows, in one call; what is not mapped causes none.
func TestValuesFollow(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	w := c.town(map[string]string{"wiki": valuedPeople + wikiGroups})
	w.play(map[string]func(*story){
		"a mapped value": func(s *story) {
			s.hired("ann", "wiki")
			s.set("ann", "title", "Clerk")
			s.sync()
			s.holds("wiki", "ann", "title", "Clerk")
			s.set("ann", "title", "Counsel")
			before := len(s.at["wiki"].Writes())
			s.costs(1, "wiki", "ann")
			s.holds("wiki", "ann", "title", "Counsel")
			for _, w := range s.writes("wiki", "ann", before) {
				if w.Method != "PATCH" || strings.Contains(w.Body, "familyName") || strings.Contains(w.Body, "userName") {
					s.Errorf("one value has changed, and this was sent: %s %s", w.Method, w.Body)
				}
			}
		},
		"several values at once": func(s *story) {
			s.hired("bob", "wiki")
			s.sync()
			s.set("bob", "title", "Boss")
			s.set("bob", "sn", "Storey")
			s.set("bob", "mail", "bob.storey@example.com")
			s.costs(1, "wiki", "bob")
			u := s.account("wiki", "bob")
			if familyName(u) != "Storey" || workMail(u) != "bob.storey@example.com" || u.Resource.Text("displayName") != "Storey, bob" {
				s.Errorf("bob is %v", u.Resource)
			}
		},
		"values that are not mapped": func(s *story) {
			s.hired("cyd", "wiki")
			s.sync()
			s.set("cyd", "telephoneNumber", "12345")
			s.set("cyd", "description", "likes tea")
			s.set("cyd", "givenName", "cyd") // as it was
			s.costs(0, "wiki", "cyd")
		},
		"a value is cleared": func(s *story) {
			s.hired("dee", "wiki")
			s.set("dee", "title", "Clerk")
			s.set("dee", "departmentNumber", "4711")
			s.sync()
			s.holds("wiki", "dee", "nickName", "4711")
			s.set("dee", "title")
			s.set("dee", "departmentNumber")
			s.costs(1, "wiki", "dee")
			s.holds("wiki", "dee", "title", "")
			s.holds("wiki", "dee", "nickName", "nobody's")
		},
		"only on creation": func(s *story) {
			s.hired("eli", "wiki")
			s.set("eli", "preferredLanguage", "sv")
			s.sync()
			s.holds("wiki", "eli", "preferredLanguage", "sv")
			s.set("eli", "preferredLanguage", "fi")
			s.costs(0, "wiki", "eli")
			s.set("eli", "preferredLanguage")
			s.costs(0, "wiki", "eli")
			s.holds("wiki", "eli", "preferredLanguage", "sv")
		},
		"a constant": func(s *story) {
			s.hired("fay", "wiki")
			s.sync()
			s.holds("wiki", "fay", "userType", "Employee")
		},
		"another user name": func(s *story) {
			s.hired("gil", "wiki")
			s.sync()
			id := s.account("wiki", "gil").ID
			s.set("gil", "uid", "gilbert")
			s.sync()
			s.is("wiki", "gil", none)
			if got := s.account("wiki", "gilbert").ID; got != id {
				s.Errorf("gil has another account after being renamed: %s, had %s", got, id)
			}
		},
		"a user name that is handed on": func(s *story) {
			s.hired("hal", "wiki")
			s.sync()
			id := s.account("wiki", "hal").ID
			s.set("hal", "uid", "harold")
			s.company.join("Halina", "Story", "hal", "wiki")
			s.sync()
			s.sync() // the name is free only once the first account has given it up
			if s.account("wiki", "harold").ID != id || s.account("wiki", "hal").ID == id {
				s.Errorf("the account of harold is %s, and was %s as hal", s.account("wiki", "harold").ID, id)
			}
			if u := s.account("wiki", "hal"); u.Resource.Text("displayName") != "Story, Halina" {
				s.Errorf("hal is %s now", u.Resource.Text("displayName"))
			}
		},
		"enabled again, with values and memberships": func(s *story) {
			s.hired("ivy", "wiki")
			s.hired("ian", "wiki")
			s.company.group("wiki-ink", cn("ivy"))
			s.company.group("wiki-ice", cn("ivy"), cn("ian"))
			s.sync()
			s.members("wiki", "wiki-ink", "ivy")
			s.company.off(cn("ivy"), true)
			s.sync()
			s.is("wiki", "ivy", disabled)
			s.company.RemoveMembers(group("wiki-ice"), cn("ivy"))
			s.company.group("wiki-oil", cn("ivy"))
			s.set("ivy", "title", "Painter")
			s.sync()
			s.company.off(cn("ivy"), false)
			s.sync()
			s.is("wiki", "ivy", active)
			s.holds("wiki", "ivy", "title", "Painter")
			s.members("wiki", "wiki-ink", "ivy")
			s.members("wiki", "wiki-ice", "ian")
			s.members("wiki", "wiki-oil", "ivy")
		},
		"only letters change their case": func(s *story) {
			s.hired("jon", "wiki")
			s.sync()
			s.set("jon", "mail", "Jon@Example.com")
			s.sync()
			if got := workMail(s.account("wiki", "jon")); got != "Jon@Example.com" && got != "jon@example.com" {
				s.Errorf("the mail is %q", got)
			}
			s.costs(0, "wiki", "jon")
		},
	})
	w.quiet(func() { w.muster("sync", "--full") })
}

// P7: what is switched off is not done, and is told: a warning in the log, and a count in the run.
func TestActionsSwitchedOff(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	from := "    people:\n      from: {group: \"cn=NAME,ou=Groups," + base + "\"}\n"
	target := func(name, rule string) string { return strings.Replace(from, "NAME", name, 1) + rule + names }
	w := c.town(map[string]string{
		"nocreate": target("nocreate", "      create: false\n"),
		"noupdate": target("noupdate", "      update: false\n"),
		"noremove": target("noremove", "      when_removed: nothing\n") + "    groups:\n      from: {filter: \"(cn=kept-*)\"}\n      create: true\n      update: false\n" +
			"      when_removed: nothing\n      attributes: {displayName: group.name}\n",
	})
	suppressed := func(s *story, target string, want int) {
		s.Helper()
		total := 0
		for _, r := range decode[struct{ Items []run.Run }](s.in(), 0, "runs", target, "--limit", "100").Items {
			total += r.Counts["switched_off"]
		}
		if total < want {
			s.Errorf("%d suppressed actions are counted at %s, want %d", total, target, want)
		}
		if text := s.server.log.String(); !strings.Contains(text, `level=WARN msg="action switched off" target=`+target) {
			s.Errorf("no warning about %s in the log:\n%s", target, text)
		}
	}
	w.play(map[string]func(*story){
		"create": func(s *story) {
			s.hired("ann")
			s.sync()
			s.company.AddMembers(group("nocreate"), cn("ann"))
			s.sync()
			s.is("nocreate", "ann", none)
			suppressed(s, "nocreate", 1)
			s.in().ok("why", "ann", "nocreate").says("switched off")
		},
		"update": func(s *story) {
			s.hired("bob", "noupdate")
			s.sync()
			s.is("noupdate", "bob", active)
			s.set("bob", "title", "Boss")
			s.costs(0, "noupdate", "bob")
			suppressed(s, "noupdate", 1)
		},
		"removal goes on where update is off": func(s *story) {
			s.hired("cyd", "noupdate")
			s.sync()
			s.set("cyd", "title", "Boss")
			s.company.off(cn("cyd"), true)
			s.sync()
			s.is("noupdate", "cyd", disabled)
		},
		"removal": func(s *story) {
			for _, name := range []string{"dee", "dov"} {
				s.hired(name, "noremove")
			}
			s.sync()
			s.company.RemoveMembers(group("noremove"), cn("dee"))
			s.company.off(cn("dov"), true)
			s.sync()
			s.is("noremove", "dee", active)
			s.is("noremove", "dov", active)
			suppressed(s, "noremove", 2)
			s.in().ok("leavers").says("dov", "removing is switched off for this target")
			s.in().ok("why", "dee", "noremove").says("switched off")
		},
		"a group": func(s *story) {
			s.hired("eli", "noremove")
			s.company.group("kept-x", cn("eli"))
			s.sync()
			s.members("noremove", "kept-x", "eli")
			s.company.Rename(group("kept-x"), "cn=kept-y")
			s.sync()
			s.noGroup("noremove", "kept-y")
			s.company.Rename(group("kept-y"), "cn=free")
			s.sync()
			s.members("noremove", "kept-x", "eli")
			suppressed(s, "noremove", 2)
		},
	})
}
