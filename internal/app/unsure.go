package app

import (
	"fmt"

	"muster/internal/config"
	"muster/internal/server/adminapi"
)

// unsure says of which sources and targets it is not known whether every leaver is closed, even if none is open: silence is not closure.
func (m *Muster) unsure(s adminapi.Status) []adminapi.Unsure {
	out := []adminapi.Unsure{}
	for _, x := range s.Sources {
		read := false
		for _, c := range m.read() {
			read = read || c.Name == x.Name
		}
		if read && (x.Complete.IsZero() || x.Problem != nil) {
			out = append(out, adminapi.Unsure{Source: x.Name, Why: x.Name + " was not read whole: who left there since is not known", Fix: "muster source test " + x.Name})
		}
	}
	for _, x := range s.Targets {
		u := adminapi.Unsure{Target: x.Name}
		switch {
		case x.State == "draft" || x.Mode != string(config.Live):
			u.Why, u.Fix = x.Name+" does not serve everybody yet: its plan says who left and has an account there", "muster plan show "+x.Name
		case x.Stopped != nil:
			u.Why, u.Fix = x.Name+" is stopped: it confirms nothing", "muster target test "+x.Name
		case x.Paused != nil:
			u.Why, u.Fix = fmt.Sprintf("%s is paused: nothing is sent there, and it confirms nothing", x.Name), "muster resume "+x.Name
		default:
			continue
		}
		out = append(out, u)
	}
	return out
}
