package e2e

import (
	"time"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/server/adminapi"
)

// P3, P4, P6: whoever enters the scope gets an account, and whoever leaves it loses it, as the target's rules say.
func peopleEnterAndLeave() map[string]func(*story) {
	return map[string]func(*story){
		"a member of the group": func(s *story) {
			s.hired("ann")
			s.sync()
			s.is("wiki", "ann", none)
			s.company.AddMembers(group("wiki"), cn("ann"))
			s.sync()
			s.is("wiki", "ann", active)
			ids := s.ids("wiki", "ann")
			s.company.RemoveMembers(group("wiki"), cn("ann"))
			s.sync()
			s.is("wiki", "ann", disabled)
			s.company.AddMembers(group("wiki"), cn("ann"))
			s.costs(1, "wiki", "ann")
			s.is("wiki", "ann", active)
			s.same("wiki", "ann", ids)
		},
		"a member of a group in the group": func(s *story) {
			s.hired("bob")
			s.hired("bea")
			s.company.group("squad", cn("bob"))
			s.company.group("tribe", group("squad"), cn("bea"))
			s.sync()
			s.company.AddMembers(group("wiki"), group("tribe"))
			s.sync()
			s.is("wiki", "bob", active)
			s.is("wiki", "bea", active)
			s.company.RemoveMembers(group("tribe"), group("squad"))
			s.sync()
			s.is("wiki", "bob", disabled)
			s.is("wiki", "bea", active)
			s.company.AddMembers(group("wiki"), cn("bob"), cn("bea"))
			s.company.RemoveMembers(group("wiki"), group("tribe"))
			s.sync()
			s.is("wiki", "bob", active)
			s.costs(0, "wiki", "bea")
			s.is("wiki", "bea", active)
		},
		"groups that contain each other": func(s *story) {
			s.hired("cyd")
			s.company.group("ring-1", cn("cyd"))
			s.company.group("ring-2", group("ring-1"))
			s.company.AddMembers(group("ring-1"), group("ring-2"))
			s.company.AddMembers(group("wiki"), group("ring-2"))
			s.sync()
			s.is("wiki", "cyd", active)
		},
		"a value that the filter asks for": func(s *story) {
			s.hired("dee")
			s.sync()
			s.is("desk", "dee", none)
			s.set("dee", "departmentNumber", "desk")
			s.sync()
			s.is("desk", "dee", active)
			s.set("dee", "departmentNumber", "none")
			s.sync()
			s.is("desk", "dee", disabled)
			s.set("dee", "departmentNumber", "DESK")
			s.sync()
			s.is("desk", "dee", active)
		},
		"memberOf in the filter": func(s *story) {
			s.hired("eli", "desk-guests")
			s.sync()
			s.is("desk", "eli", active)
			s.company.RemoveMembers(group("desk-guests"), cn("eli"))
			s.sync()
			s.is("desk", "eli", disabled)
		},
		"a condition": func(s *story) {
			s.hired("fay")
			s.set("fay", "roomNumber", "shop 1")
			s.sync()
			s.is("shop", "fay", active)
			s.set("fay", "roomNumber", "shop 2")
			s.costs(0, "shop", "fay")
			s.set("fay", "roomNumber", "office")
			s.sync()
			s.is("shop", "fay", none)
		},
		"disabled, and enabled": func(s *story) {
			s.hired("gil", "wiki")
			s.set("gil", "departmentNumber", "desk")
			s.set("gil", "roomNumber", "shop")
			s.sync()
			s.company.off(cn("gil"), true)
			s.sync()
			s.is("wiki", "gil", disabled)
			s.is("desk", "gil", disabled)
			s.is("shop", "gil", none)
			s.company.off(cn("gil"), false)
			s.sync()
			s.is("wiki", "gil", active)
			s.is("desk", "gil", active)
			s.is("shop", "gil", active)
		},
		"disabled on entry, enabled while in scope": func(s *story) {
			s.hired("hal", "wiki")
			s.set("hal", "departmentNumber", "desk")
			s.company.off(cn("hal"), true)
			s.sync()
			s.is("wiki", "hal", none)     // provision_disabled is off there
			s.is("desk", "hal", disabled) // and on here
			ids := s.ids("desk", "hal")
			s.company.off(cn("hal"), false)
			s.sync()
			s.is("wiki", "hal", active)
			s.is("desk", "hal", active)
			s.same("desk", "hal", ids)
		},
		"disabled, with an active account that matches": func(s *story) {
			s.seed("wiki", "IVY", true)
			s.hired("ivy", "wiki")
			s.company.off(cn("ivy"), true)
			s.sync()
			s.is("wiki", "ivy", disabled)
		},
		"gone, and concluded to be gone": func(s *story) {
			s.hired("jon", "wiki")
			s.set("jon", "roomNumber", "shop")
			s.sync()
			s.company.Delete(cn("jon"))
			s.sync()
			s.is("wiki", "jon", active)
			s.is("shop", "jon", active)
			s.in().ok("leavers").says("jon", "missing")
			s.sync()
			s.is("wiki", "jon", active) // a second read at once is no second opinion
			s.pass(cn("jon"), 11*time.Minute)
			s.sync()
			s.is("wiki", "jon", disabled)
			s.is("shop", "jon", none)
			s.in().ok("leavers").hides("jon")
		},
		"moved out of every base, and back": func(s *story) {
			s.hired("kay", "wiki")
			s.sync()
			s.company.Move(cn("kay"), "ou=Left,"+base)
			s.sync()
			s.is("wiki", "kay", disabled)
			s.company.Move("cn=kay Story,ou=Left,"+base, "ou=People,"+base)
			s.sync()
			s.is("wiki", "kay", active)
		},
		"back after a deletion there": func(s *story) {
			s.hired("lou")
			s.set("lou", "roomNumber", "shop")
			s.company.group("shop-till", cn("lou"))
			s.sync()
			s.members("shop", "shop-till", "lou")
			s.set("lou", "roomNumber")
			s.sync()
			s.is("shop", "lou", none)
			s.members("shop", "shop-till")
			s.set("lou", "roomNumber", "shop")
			s.sync()
			s.is("shop", "lou", active)
			s.members("shop", "shop-till", "lou")
		},
		"in and out between two reads": func(s *story) {
			s.hired("may")
			s.sync()
			s.company.AddMembers(group("wiki"), cn("may"))
			s.company.RemoveMembers(group("wiki"), cn("may"))
			s.costs(0, "wiki", "may")
			s.is("wiki", "may", none)
		},
		"deleted and made anew under the same name": func(s *story) {
			s.hired("ned", "wiki")
			s.sync()
			ids := s.ids("wiki", "ned")
			s.company.RemoveMembers(group("wiki"), cn("ned"))
			s.company.Delete(cn("ned"))
			s.sync()
			s.pass(cn("ned"), 11*time.Minute)
			s.sync()
			s.is("wiki", "ned", disabled)
			s.hired("ned", "wiki") // another entry, so another person as far as anybody knows
			s.costs(0, "wiki", "ned")
			s.is("wiki", "ned", disabled)
			s.release("wiki", "ned")
			s.is("wiki", "ned", active)
			s.same("wiki", "ned", ids)
		},
		"closed by an operator, and stated by the source": func(s *story) {
			s.hired("oda", "wiki")
			s.sync()
			h := s.in()
			h.ok("disable", "oda", "--reason", "now")
			s.is("wiki", "oda", disabled)
			s.company.Modify(cn("oda"), func(r *ldap.ModifyRequest) { r.Replace("title", []string{"Boss"}) })
			s.sync()
			s.is("wiki", "oda", disabled)
			for _, x := range s.parts("wiki") {
				if e := decode[adminapi.Explanation](h, 0, "why", "oda", x.name); e.Stop == nil {
					s.Errorf("why does not tell who closed oda at %s: %+v", x.name, e)
				}
			}
		},
	}
}
