package e2e

import "strings"

// P2, P5: what is mapped follows, in one call; what is not mapped causes none.
func valuesFollow() map[string]func(*story) {
	return map[string]func(*story){
		"a mapped value": func(s *story) {
			s.hired("amy", "wiki")
			s.set("amy", "title", "Clerk")
			s.sync()
			s.holds("wiki", "amy", "title", "Clerk")
			s.set("amy", "title", "Counsel")
			for _, w := range s.costs(1, "wiki", "amy") {
				if w.Method != "PATCH" || strings.Contains(w.Body, "familyName") || strings.Contains(w.Body, "userName") {
					s.Errorf("one value has changed, and this was sent: %s %s", w.Method, w.Body)
				}
			}
			s.holds("wiki", "amy", "title", "Counsel")
		},
		"several values at once": func(s *story) {
			s.hired("bill", "wiki")
			s.sync()
			s.set("bill", "title", "Boss")
			s.set("bill", "sn", "Storey")
			s.set("bill", "mail", "bill.storey@example.com")
			s.costs(1, "wiki", "bill")
			s.holds("wiki", "bill", "family", "Storey")
			s.holds("wiki", "bill", "formula", "Storey bill")
			s.holds("wiki", "bill", "mail", "bill.storey@example.com")
		},
		"values that are not mapped": func(s *story) {
			s.hired("cora", "wiki")
			s.sync()
			s.set("cora", "telephoneNumber", "12345")
			s.set("cora", "description", "likes tea")
			s.set("cora", "sn", "Story") // as it was
			s.costs(0, "wiki", "cora")
		},
		"a value is cleared": func(s *story) {
			s.hired("dora", "wiki")
			s.set("dora", "title", "Clerk")
			s.set("dora", "departmentNumber", "4711")
			s.sync()
			s.holds("wiki", "dora", "fallback", "4711")
			s.set("dora", "title")
			s.set("dora", "departmentNumber")
			s.costs(1, "wiki", "dora")
			s.holds("wiki", "dora", "title", "")
			s.holds("wiki", "dora", "fallback", "nobody's")
		},
		"only on creation": func(s *story) {
			s.hired("elsa", "wiki")
			s.set("elsa", "preferredLanguage", "sv")
			s.sync()
			s.holds("wiki", "elsa", "once", "sv")
			s.set("elsa", "preferredLanguage", "fi")
			s.costs(0, "wiki", "elsa")
			s.set("elsa", "preferredLanguage")
			s.costs(0, "wiki", "elsa")
			s.holds("wiki", "elsa", "once", "sv")
		},
		"a constant": func(s *story) {
			s.hired("fred", "wiki")
			s.sync()
			s.holds("wiki", "fred", "constant", "Employee")
		},
		"another user name": func(s *story) {
			s.hired("greg", "wiki")
			s.sync()
			ids := s.ids("wiki", "greg")
			s.set("greg", "login", "gregory")
			s.sync()
			s.is("wiki", "greg", none)
			s.same("wiki", "gregory", ids)
		},
		"a user name that is handed on": func(s *story) {
			s.hired("hans", "wiki")
			s.sync()
			ids := s.ids("wiki", "hans")
			s.set("hans", "login", "harald")
			s.set("hans", "mail", "harald@example.com")
			s.company.join("Hansine", "Storey", "hans", "wiki")
			s.sync()
			s.sync() // the name is free only once the first account has given it up
			s.same("wiki", "harald", ids)
			for x, id := range s.ids("wiki", "hans") {
				if ids[x] == id {
					s.Errorf("two people have the account %s at %s", id, x)
				}
			}
			s.holds("wiki", "hans", "family", "Storey")
		},
		"enabled again, with values and memberships": func(s *story) {
			s.hired("inga", "wiki")
			s.hired("igor", "wiki")
			s.company.group("wiki-ink", cn("inga"))
			s.company.group("wiki-ice", cn("inga"), cn("igor"))
			s.sync()
			s.members("wiki", "wiki-ink", "inga")
			s.company.off(cn("inga"), true)
			s.sync()
			s.is("wiki", "inga", disabled)
			s.company.RemoveMembers(group("wiki-ice"), cn("inga"))
			s.company.group("wiki-oil", cn("inga"))
			s.set("inga", "title", "Painter")
			s.sync()
			s.company.off(cn("inga"), false)
			s.sync()
			s.is("wiki", "inga", active)
			s.holds("wiki", "inga", "title", "Painter")
			s.members("wiki", "wiki-ink", "inga")
			s.members("wiki", "wiki-ice", "igor")
			s.members("wiki", "wiki-oil", "inga")
		},
		"a late manager": func(s *story) {
			s.hired("mara")
			s.hired("max", "wiki")
			s.set("max", "manager", cn("mara"))
			s.sync()
			s.is("wiki", "max", active)
			s.reports("wiki", "max", "") // nobody waits for a manager
			s.in().ok("why", "max").says("mara has no account there")
			s.company.AddMembers(group("wiki"), cn("mara"))
			s.sync()
			s.sync() // now that there is an account to refer to
			s.reports("wiki", "max", "mara")
			s.set("mara", "login", "mareike")
			s.set("mara", "mail", "mareike@example.com")
			s.sync()
			s.costs(0, "wiki", "max") // it is the same account
			s.reports("wiki", "max", "mareike")
			s.company.off(cn("mara"), true)
			s.sync()
			s.sync()
			s.reports("wiki", "max", "")
			s.company.off(cn("mara"), false)
			s.sync()
			s.sync()
			s.reports("wiki", "max", "mareike")
			s.set("max", "manager")
			s.sync()
			s.reports("wiki", "max", "")
		},
		"only letters change their case": func(s *story) {
			s.hired("joan", "wiki")
			s.sync()
			s.set("joan", "mail", "Joan@Example.com")
			s.sync()
			s.costs(0, "wiki", "joan")
		},
	}
}
