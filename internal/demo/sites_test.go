package demo

import (
	"testing"

	"muster/internal/scim/scimtest"
)

// X8: whatever single thing is wrong at Slack, Atlassian or Meisterplan, the audit says so.
func TestAuditOfSitesSeesEverything(t *testing.T) {
	t.Parallel()
	w := running(t)
	s := w.staff()
	for _, x := range w.sites {
		good, in := x.Snapshot(), s.within(x.scope)
		who := func(works bool) string {
			for _, p := range s.people {
				if u, ok := good.User(x.userName(p.login)); ok && in[p.id] && p.enabled == works && p.mail != "" && u.Active == works {
					return u.ID
				}
			}
			t.Fatalf("%s has nobody who would do", x.title)
			return ""
		}
		there, left := who(true), who(false)
		robot, _ := good.User("robot")
		set := func(id, name string, v any) func(*scimtest.Snapshot) {
			return func(now *scimtest.Snapshot) { at(now, id).Resource[name] = v }
		}
		for name, wrong := range map[string]func(*scimtest.Snapshot){
			"an account is closed": func(now *scimtest.Snapshot) { at(now, there).Active = false },
			"an account is gone":   func(now *scimtest.Snapshot) { drop(now, there) },
			"another name":         set(there, "name", map[string]any{"givenName": "X", "familyName": "Y"}),
			"another address":      set(there, "emails", []any{map[string]any{"value": "x@example.com", "primary": true}}),
			"a leaver is open":     func(now *scimtest.Snapshot) { at(now, left).Active = true },
			"a second account": func(now *scimtest.Snapshot) {
				now.Users = append(now.Users, scimtest.User{ID: "2", UserName: "second", Active: true})
			},
			"a stranger is changed": set(robot.ID, "name", map[string]any{"givenName": "X"}),
			"a stranger is gone":    func(now *scimtest.Snapshot) { drop(now, robot.ID) },
		} {
			now := copyOf(good)
			if wrong(&now); len(x.audit(s, now)) == 0 {
				t.Errorf("%s: %s: nothing is found wrong", x.title, name)
			}
		}
		if found := x.audit(s, copyOf(good)); len(found) > 0 {
			t.Errorf("%s: nothing is wrong, and %q are found", x.title, found)
		}
		if n := len(x.first.Users); n < 20 {
			t.Errorf("%s holds only %d accounts on the first day", x.title, n)
		}
	}
}
