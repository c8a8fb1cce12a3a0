package e2e

import "time"

// P8, P9, P10: groups are found, made, renamed and removed, and their members are those of the source.
func groupsFollow() map[string]func(*story) {
	return map[string]func(*story){
		"P8: a group of that name is there": func(s *story) {
			s.seed("wiki", "una-stranger", true)
			s.seedGroup("wiki", "wiki-found", "una-stranger")
			ids := s.groupIDs("wiki", "wiki-found")
			s.hired("una", "wiki")
			s.company.group("wiki-found", cn("una"))
			s.sync()
			s.members("wiki", "wiki-found", "una")
			s.sameGroup("wiki", "wiki-found", ids)
			s.is("wiki", "una-stranger", active) // taken out of the group, and otherwise left alone
		},
		"P9: deleted at the source": func(s *story) {
			s.hired("vic", "wiki")
			s.company.group("wiki-brief", cn("vic"))
			s.sync()
			s.members("wiki", "wiki-brief", "vic")
			s.company.Delete(group("wiki-brief"))
			s.sync()
			s.members("wiki", "wiki-brief", "vic") // one read is no proof
			s.pass(group("wiki-brief"), 11*time.Minute)
			s.sync()
			s.noGroup("wiki", "wiki-brief")
			s.is("wiki", "vic", active)
		},
		"P9: leaves the scope by another attribute than its name": func(s *story) {
			s.hired("wim", "wiki")
			s.company.group("handbook", cn("wim"))
			s.sync()
			s.noGroup("wiki", "handbook")
			s.company.Replace(group("handbook"), "description", "wiki")
			s.sync()
			s.members("wiki", "handbook", "wim")
			s.company.Replace(group("handbook"), "description")
			s.sync()
			s.noGroup("wiki", "handbook")
			s.company.Replace(group("handbook"), "description", "wiki")
			s.sync()
			s.members("wiki", "handbook", "wim")
		},
		"P9: leaves a filter on its name by a rename": func(s *story) {
			s.hired("xia", "wiki")
			s.company.group("wiki-moved", cn("xia"))
			s.sync()
			s.company.Rename(group("wiki-moved"), "cn=moved")
			s.sync()
			s.members("wiki", "wiki-moved", "xia") // a person is asked
			s.release("wiki", "moved")
			s.noGroup("wiki", "wiki-moved")
			s.noGroup("wiki", "moved")
		},
		"P9: emptied, or left alone, when it leaves": func(s *story) {
			s.hired("yan")
			s.set("yan", "roomNumber", "shop 7")
			s.set("yan", "departmentNumber", "desk")
			s.company.group("shop-front", cn("yan"))
			s.company.group("desk-front", cn("yan"))
			s.sync()
			s.members("shop", "shop-front", "yan")
			s.members("desk", "desk-front", "yan")
			for _, name := range []string{"shop-front", "desk-front"} {
				s.company.Delete(group(name))
			}
			s.sync()
			for _, name := range []string{"shop-front", "desk-front"} {
				s.pass(group(name), 11*time.Minute)
			}
			s.sync()
			s.members("shop", "shop-front")
			s.members("desk", "desk-front", "yan")
		},
		"P10: changed on the group": func(s *story) {
			s.hired("zac", "wiki")
			s.hired("zed", "wiki")
			s.company.group("wiki-zoo", cn("zac"))
			s.sync()
			s.members("wiki", "wiki-zoo", "zac")
			s.company.AddMembers(group("wiki-zoo"), cn("zed"))
			s.costs(1, "wiki", "wiki-zoo")
			s.members("wiki", "wiki-zoo", "zac", "zed")
			s.company.RemoveMembers(group("wiki-zoo"), cn("zac"))
			s.sync()
			s.members("wiki", "wiki-zoo", "zed")
		},
		"P10: changed on the person": func(s *story) {
			s.hired("abe", "wiki")
			s.hired("ace", "wiki")
			s.company.group("wiki-ark", cn("ace"))
			s.sync()
			s.company.enroll(cn("abe"), "wiki-ark")
			s.sync()
			s.members("wiki", "wiki-ark", "abe", "ace")
			s.company.withdraw(cn("abe"), "wiki-ark")
			s.sync()
			s.members("wiki", "wiki-ark", "ace")
		},
		"P10: members that the source does not have": func(s *story) {
			for _, part := range []string{"wiki", "desk"} {
				s.seed(part, "bea-stranger", true)
				s.seedGroup(part, part+"-mixed", "bea-stranger")
			}
			s.hired("bix", "wiki")
			s.hired("boz", "wiki")
			for _, name := range []string{"bix", "boz"} {
				s.set(name, "departmentNumber", "desk")
			}
			s.company.group("wiki-mixed", cn("bix"), cn("boz"))
			s.company.group("desk-mixed", cn("bix"), cn("boz"))
			s.sync()
			s.members("wiki", "wiki-mixed", "bix", "boz")
			s.members("desk", "desk-mixed", "bea-stranger", "bix", "boz")
			for _, name := range []string{"wiki-mixed", "desk-mixed"} {
				s.company.RemoveMembers(group(name), cn("boz"))
			}
			s.sync()
			s.members("wiki", "wiki-mixed", "bix")
			s.members("desk", "desk-mixed", "bea-stranger", "bix", "boz") // merge never takes out
		},
		"P10: a member who gets an account later": func(s *story) {
			s.hired("col", "wiki")
			s.hired("cat")
			s.company.group("wiki-late", cn("col"), cn("cat"))
			s.sync()
			s.members("wiki", "wiki-late", "col")
			s.company.AddMembers(group("wiki"), cn("cat"))
			s.sync()
			s.members("wiki", "wiki-late", "cat", "col")
		},
		"P10: groups in groups are no members": func(s *story) {
			s.hired("deb", "wiki")
			s.hired("don", "wiki")
			s.company.group("wiki-inner", cn("deb"))
			s.company.group("wiki-outer", group("wiki-inner"), cn("don"))
			s.sync()
			s.members("wiki", "wiki-inner", "deb")
			s.members("wiki", "wiki-outer", "don")
		},
		"P9: renamed": func(s *story) {
			s.hired("eve", "wiki")
			s.company.group("wiki-born", cn("eve"))
			s.sync()
			for _, x := range s.renaming("wiki") {
				ids := s.groupIDs(x.name, "wiki-born")
				defer func() { s.sameGroup(x.name, "wiki-wed", ids) }()
			}
			s.company.Rename(group("wiki-born"), "cn=wiki-wed")
			s.sync()
			for _, x := range s.renaming("wiki") {
				s.members(x.name, "wiki-wed", "eve")
				s.noGroup(x.name, "wiki-born")
			}
		},
	}
}
