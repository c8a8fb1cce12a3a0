package e2e

import "time"

// P1: accounts that exist are linked, and what is in doubt is asked.
func accountsAreMatched() map[string]func(*story) {
	return map[string]func(*story){
		"P1: an account of that name is there": func(s *story) {
			s.seed("wiki", "fay-joe", true)
			ids := s.ids("wiki", "fay-joe")
			s.hired("fay-joe", "wiki")
			s.sync()
			s.is("wiki", "fay-joe", active)
			s.same("wiki", "fay-joe", ids)
			s.holds("wiki", "fay-joe", "family", "Story")
			s.holds("wiki", "fay-joe", "mail", "fay-joe@example.com")
		},
		"P1: the account that matches is deactivated": func(s *story) {
			s.seed("wiki", "gwen", false)
			ids := s.ids("wiki", "gwen")
			s.hired("gwen", "wiki")
			s.costs(0, "wiki", "gwen")
			s.is("wiki", "gwen", disabled)
			s.release("wiki", "gwen")
			s.is("wiki", "gwen", active)
			s.same("wiki", "gwen", ids)
		},
		"P1: the account that matches is somebody else's, who is gone": func(s *story) {
			s.hired("hope", "noremove")
			s.sync()
			ids := s.ids("noremove", "hope")
			s.company.RemoveMembers(group("noremove"), cn("hope"))
			s.company.Delete(cn("hope"))
			s.sync()
			s.pass(cn("hope"), 11*time.Minute)
			s.sync()
			s.company.join("Hope", "Another", "hope", "noremove")
			s.costs(0, "noremove", "hope")
			s.holds("noremove", "hope", "family", "Story")
			s.waits("noremove", "hope")
			s.same("noremove", "hope", ids)
		},
		"P1: two people match one account": func(s *story) {
			s.seed("desk", "twin", true)
			s.hired("twin-a")
			s.hired("twin-b")
			for _, name := range []string{"twin-a", "twin-b"} {
				s.set(name, "departmentNumber", "desk")
			}
			s.set("twin-a", "mail", "twin@old.example.com")
			s.set("twin-b", "mail", "twin@old.example.com")
			s.sync()
			s.sync()
			for _, x := range s.parts("desk") {
				if x.match == "" {
					continue
				}
				s.costs(0, x.name, "twin")
				s.is(x.name, "twin", active)
				s.is(x.name, "twin-a", none)
				s.is(x.name, "twin-b", none)
				s.waits(x.name, "twin-a", "twin-b")
			}
		},
	}
}
