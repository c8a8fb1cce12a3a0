package console_test

import (
	"slices"
	"testing"

	"muster/internal/access"
	"muster/internal/server/console/consoletest"
)

// The states that a page is looked at in.
const (
	empty   = "empty"   // there is nothing to show yet
	loading = "loading" // something is under way
	partial = "partial" // one source and one target of the company are broken, the rest is there
	broken  = "error"   // what the page asks for cannot be had
	many    = "many"    // more than fits, with long names
)

var states = []string{empty, loading, partial, broken, many}

// A room is a page of the console, with an address of which it is an example.
type room struct {
	route, path string
	but         map[string]string // states in which it makes no sense to look at it, and why
	role        access.Role       // "" = owner
}

// onFrame are pages that show only what every page needs: if that cannot be had, they fail with it.
var onFrame = []string{"inbox", "leavers", "sources", "targets"}

// named are pages of something that somebody configured or made; they are empty where nothing came of it yet.
var named = []string{"sources/{name}", "targets/{name}", "targets/{name}/waiting", "sources/{name}/records", "targets/{name}/links", "targets/{name}/drift", "clients/{name}", "clients/{name}/setup"}

// kind returns the service that a room is looked at with in a state.
func (r room) kind(state string) string {
	if state == empty && slices.Contains(named, r.route) {
		return "fresh"
	}
	if state == broken && slices.Contains(onFrame, r.route) {
		return "down"
	}
	return state
}

// Why a page is not looked at in a state.
const (
	noList    = "a form about one person: there is no list in it"
	noWait    = "it says what is so now, and nothing on it goes on by itself"
	noNothing = "its subject is never empty: without one there is no such page"
	noService = "it fails as the other address of this page does, or as the inbox"
	always    = "what codes mean is part of the program: it is always there"
	noData    = "it stands before the door: it shows no data"
)

func but(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// rooms are all pages. The owner sees them, unless a role is named: then an action is explained that is not theirs.
var rooms = []room{
	{route: "{$}", path: ""},
	{route: "inbox", path: "inbox", but: but(loading, noWait)},
	{route: "leavers", path: "leavers"},
	{route: "people", path: "people"},
	{route: "people", path: "people?q=zzz", but: but(loading, noWait, broken, noService, many, noNothing, partial, noWait)},
	{route: "groups", path: "groups"},
	{route: "people/{id}", path: "people/" + olivia},
	{route: "people/{id}", path: "people/" + mia, but: but(empty, noNothing, broken, noService, many, noNothing)},
	{route: "people/{id}", path: "people/1ben0000000000000000000000", but: but(empty, noNothing, broken, noService, many, noNothing)}, // wanted at wiki, without an account there
	{route: "people/{id}/why", path: "people/" + olivia + "/why"},
	{route: "people/{id}/close", path: "people/" + olivia + "/close", but: but(loading, noWait)},
	{route: "people/{id}/close", path: "people/" + olivia + "/close", role: access.Auditor, but: but(empty, noList, loading, noWait, broken, noService, many, noList)},
	{route: "people/{id}/reopen", path: "people/" + olivia + "/reopen", but: but(empty, noList, loading, noWait, many, noList)},
	{route: "groups/{id}", path: "groups/" + staff},
	{route: "groups/{id}/why", path: "groups/" + staff + "/why"},
	{route: "plans/{id}", path: "plans/plan-chat"},
	{route: "plans/{id}", path: "plans/hold-wiki", but: but(broken, noService)},
	{route: "plans/{id}", path: "plans/hold-wiki", role: access.Operator, but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "sources", path: "sources"},
	{route: "sources/{name}", path: "sources/corp"},
	{route: "sources/{name}", path: "sources/hr", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "targets", path: "targets"},
	{route: "targets/{name}", path: "targets/wiki"},
	{route: "targets/{name}", path: "targets/wiki?range=7d", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "sources/{name}", path: "sources/corp?range=1h", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "targets/{name}", path: "targets/old", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "targets/{name}/links", path: "targets/wiki/links", but: but(loading, noWait)},
	{route: "targets/{name}/drift", path: "targets/wiki/drift", but: but(loading, noWait)},
	{route: "targets/{name}/report", path: "targets/wiki/report?list=unknown", but: but(loading, noWait)},
	{route: "targets/{name}/waiting", path: "targets/wiki/waiting", but: but(loading, noWait)},
	{route: "sources/{name}/records", path: "sources/corp/records", but: but(loading, noWait)},
	{route: "sources/{name}/records", path: "sources/hr/records?what=missing", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "runs/{id}", path: "runs/run-wiki"},
	{route: "runs/{id}", path: "runs/run-hr", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "runs/{id}/rows", path: "runs/run-corp/rows?what=changed", but: but(loading, noWait)},
	{route: "history", path: "history"},
	{route: "history", path: "history?tab=writes", but: but(loading, noWait)},
	{route: "history", path: "history?tab=acts", but: but(loading, noWait)},
	{route: "history", path: "history?tab=plans", but: but(loading, noWait)},
	{route: "begin", path: "begin", but: but(loading, noWait, many, noList)},
	{route: "begin", path: "begin?source=scim&target=slack", but: but(loading, noWait, broken, noService, many, noList, partial, noWait)},
	{route: "begin", path: "begin", role: access.Admin, but: but(empty, noNothing, loading, noWait, broken, noService, many, noList)},
	{route: "settings", path: "settings", but: but(loading, noWait)},
	{route: "users", path: "users", but: but(loading, noWait)},
	{route: "people/{id}/manage", path: "people/" + string(carla.ID) + "/manage", but: but(empty, noList, loading, noWait, many, noList)},
	{route: "people/{id}/manage", path: "people/" + olivia + "/manage", but: but(empty, noList, loading, noWait, broken, noService, many, noList)},
	{route: "people/{id}/posts", path: "people/1ben0000000000000000000000/posts", but: but(loading, noWait)},
	{route: "roles", path: "roles", but: but(empty, "there is always an owner", loading, noWait, broken, "roles are read with who asks: without them nobody is signed in")},
	{route: "deletions", path: "deletions"},
	{route: "teams", path: "teams", but: but(loading, noWait)},
	{route: "teams/{ref}", path: "teams/staff", but: but(loading, noWait)},
	{route: "teams/{ref}", path: "teams/staff?tab=channels", role: access.Auditor, but: but(loading, noWait, broken, noService)},
	{route: "teams/{ref}", path: "teams/staff?tab=groups", but: but(loading, noWait, broken, noService)},
	{route: "teams/{ref}", path: "teams/staff:news?tab=posts", but: but(loading, noWait, broken, noService)},
	{route: "teams/{ref}", path: "teams/staff:news?tab=posts&thread=post-1", but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "imports", path: "imports"},
	{route: "imports/{id}", path: "imports/load-2", but: but(loading, "the next one")},
	{route: "imports/{id}", path: "imports/load-4", but: but(empty, noNothing, partial, noWait, broken, noService, many, noNothing)},
	{route: "imports/{id}", path: "imports/load-3?level=warning", role: access.Auditor, but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "clients", path: "clients", but: but(loading, noWait)},
	{route: "clients/{name}", path: "clients/entra", but: but(loading, noWait)},
	{route: "clients/{name}/setup", path: "clients/entra/setup?provider=entra", but: but(loading, noWait, many, noNothing)},
	{route: "sample", path: "sample", but: but(many, "there is one sample company")},
	{route: "problems", path: "problems", but: but(empty, always, loading, noWait, broken, always, many, always)},
	{route: "problems/{code}", path: "problems/source_base", but: but(empty, always, loading, noWait, broken, always, many, always)},
	{route: "outbox", path: "outbox", but: but(loading, noWait)},
	{route: "outbox", path: "outbox?state=waiting", role: access.Auditor, but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "sandbox", path: "sandbox", but: but(loading, noWait)},
	{route: "sandbox", path: "sandbox?failed=yes", role: access.Auditor, but: but(empty, noNothing, loading, noWait, broken, noService, many, noNothing)},
	{route: "clients/{name}/setup", path: "clients/entra/setup?copy=yes&provider=okta", but: but(empty, "without a copy there is no such page", loading, noWait, broken, noService, many, noNothing)},
	{route: "sign-in", path: "sign-in", role: nobody, but: but(empty, noData, loading, noData, broken, noData, many, noData)},
	{route: "welcome", path: "welcome?code=C0DE", role: nobody, but: but(empty, noData, loading, noData, broken, noData, many, noData)},
	{route: "invitation", path: "invitation?token=INVITED", but: but(empty, noData, loading, noData, broken, noData, many, noData)},
	{route: "invitation", path: "invitation?token=used", but: but(empty, noData, loading, noData, broken, noData, many, noData)},
	{route: "{rest...}", path: "nowhere", but: but(empty, noData, loading, noData, broken, noData, many, noData)},
}

// No pages: what they are.
var noPages = map[string]string{
	"assets/{name}": "scripts and styles", "begin/check": "leads to begin", "palette": "a part of every page: see TestPalette", "live": "the stream", "posts/{id}/files/{number}": "a file to keep",
	"targets/{name}/series.csv": "a file to keep", "sources/{name}/series.csv": "a file to keep",
}

// U1: every page of the console is in the gallery, in each state that makes sense for it; of the others it is said why.
func TestEveryPageIsInTheGallery(t *testing.T) {
	all, err := consoletest.Routes(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]map[string]bool{}
	for _, r := range rooms {
		if seen[r.route] == nil {
			seen[r.route] = map[string]bool{}
		}
		for _, s := range states {
			if r.but[s] == "" {
				seen[r.route][s] = true
			}
		}
		for s := range r.but {
			if !slices.Contains(states, s) {
				t.Errorf("%s: there is no state %s", r.path, s)
			}
		}
		if !all[r.route] && r.route != "invitation" {
			t.Errorf("%s is no page any more", r.route)
		}
	}
	for route := range all {
		if seen[route] == nil && noPages[route] == "" {
			t.Errorf("the page %s is not in the gallery: add a line to rooms", route)
		}
	}
	for route, in := range seen {
		if len(in) == 0 {
			t.Errorf("%s is looked at in no state", route)
		}
	}
}
