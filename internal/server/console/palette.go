package console

import (
	"net/http"
	"strings"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// A jump is one line of the palette: somewhere to go.
type jump struct{ sort, label, hint, href string }

// jumpsShown is how many people, and how many groups, the palette finds.
const jumpsShown = 6

// places are the pages that the navigation does not name.
var places = []jump{
	{"Page", "Open leavers", "", Root + "leavers"},
	{"Page", "Groups", "", Root + "groups"},
	{"Page", "Users", "managed here", Root + "users"},
	{"Page", "Roles", "", Root + "roles"},
	{"Page", "Teams and channels", "", Root + "teams"},
	{"Page", "Imports", "", Root + "imports"},
	{"Page", "SCIM clients", "", Root + "clients"},
	{"Page", "Mails", "", Root + "outbox"},
	{"Page", "Problem codes", "", problemsPath},
	{"Page", "Writes", "what was sent", Root + "history?tab=writes"},
	{"Page", "Acts", "who did what", Root + "history?tab=acts"},
	{"Page", "Plans", "", Root + "history?tab=plans"},
	{"Page", "Connect your own", "", beginPath},
}

func (c *console) paletteRoutes() {
	c.mux.HandleFunc("GET "+Root+"palette", func(w http.ResponseWriter, r *http.Request) {
		v, ok := c.visit(w, r, access.View)
		if !ok {
			return
		}
		found, err := c.jumps(v)
		if err != nil {
			c.fail(w, v, err)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := paletteFound(found).Render(v.ctx(), w); err != nil {
			c.Log.Error("palette not sent", "error", err)
		}
	})
}

// jumps finds people, groups, systems and pages by what was typed; nothing by nothing.
func (c *console) jumps(v *visit) ([]jump, error) {
	words := strings.Fields(strings.ToLower(v.query("q")))
	if len(words) == 0 {
		return nil, nil
	}
	var out []jump
	for _, kind := range []directory.Kind{directory.Person, directory.Group} {
		page, err := c.Service.Browse(v.ctx(), adminapi.BrowseQuery{Kind: string(kind), Text: v.query("q"), Limit: jumpsShown})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			out = append(out, jump{title(string(kind)), o.Name, hintOf(o), objectHref(o)})
		}
	}
	for _, j := range append(systems(v), places...) {
		if j.fits(words) {
			out = append(out, j)
		}
	}
	return out, nil
}

// hintOf says who somebody is, and that they are not active if so.
func hintOf(o adminapi.Object) string {
	hint := fullName(o)
	if hint == o.Name {
		hint = ""
	}
	if o.State == directory.Active {
		return hint
	}
	return strings.TrimSpace(hint + " " + string(o.State))
}

// systems are the pages of each source and target.
func systems(v *visit) []jump {
	var out []jump
	for _, s := range v.status.Sources {
		out = append(out, jump{"Source", s.Name, s.Type, Root + "sources/" + s.Name})
	}
	for _, t := range v.status.Targets {
		out = append(out, jump{"Target", t.Name, t.Type, Root + "targets/" + t.Name})
	}
	return out
}

// fits reports whether each word begins a word of a line.
func (j jump) fits(words []string) bool {
	text := " " + strings.ToLower(j.sort+" "+j.label+" "+j.hint)
	for _, w := range words {
		if !strings.Contains(text, " "+w) {
			return false
		}
	}
	return true
}
