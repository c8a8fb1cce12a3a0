package console_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
	"muster/internal/server/console/browsertest"
)

// A scene is a page in a state.
type scene struct {
	name, path string
	role       access.Role // "" = owner
}

// pages are all pages of the company of adminapitest: it has a source that reads well and one that does not, a target in each state, and plans that wait.
var pages = []scene{
	{"overview", "", ""},
	{"inbox", "inbox", ""},
	{"leavers", "leavers", ""},
	{"people", "people", ""},
	{"people-none", "people?q=zzz", ""},
	{"groups", "groups", ""},
	{"person", "people/0olivia0000000000000000000", ""},
	{"person-left", "people/2mia0000000000000000000000", ""},
	{"why", "people/0olivia0000000000000000000/why", ""},
	{"close", "people/0olivia0000000000000000000/close", ""},
	{"close-auditor", "people/0olivia0000000000000000000/close", access.Auditor},
	{"reopen", "people/0olivia0000000000000000000/reopen", ""},
	{"group", "groups/3staff00000000000000000000", ""},
	{"group-brings", "groups/3staff00000000000000000000?member=olivia.berg", ""},
	{"group-brings-nobody", "groups/3staff00000000000000000000?member=ben.ito", ""},
	{"plan-first", "plans/plan-chat", ""},
	{"plan-hold", "plans/hold-wiki", ""},
	{"plan-operator", "plans/hold-wiki", access.Operator},
	{"sources", "sources", ""},
	{"source", "sources/corp", ""},
	{"source-partial", "sources/hr", ""},
	{"targets", "targets", ""},
	{"target", "targets/wiki", ""},
	{"target-stopped", "targets/old", ""},
	{"links", "targets/wiki/links", ""},
	{"drift", "targets/wiki/drift", ""},
	{"waiting", "targets/wiki/waiting", ""},
	{"records", "sources/corp/records", ""},
	{"records-missing", "sources/hr/records?what=missing", ""},
	{"records-none", "sources/corp/records?what=waiting", ""},
	{"history-writes-chosen", "history?tab=writes&target=wiki&class=missing", ""},
	{"report", "targets/wiki/report?list=unknown", ""},
	{"run-loading", "runs/run-corp", ""},
	{"run-failed", "runs/run-hr", ""},
	{"history-runs", "history", ""},
	{"history-writes", "history?tab=writes", ""},
	{"history-acts", "history?tab=acts", ""},
	{"history-plans", "history?tab=plans", ""},
	{"settings", "settings", ""},
	{"error", "targets/nowhere", ""},
}

// shots is where pictures of pages are written, "" = nowhere.
var shots = os.Getenv("MUSTER_SHOTS")

// A site is the console of a service, with a browser that is signed in.
type site struct {
	*browsertest.Tab
	keeper *access.Keeper
	house  *adminapitest.House
	role   access.Role
}

func open(t *testing.T, house *adminapitest.House, svc adminapi.Service) *site {
	t.Helper()
	srv := httptest.NewServer(console.New(console.Config{Service: svc, Keeper: house.Keeper, Now: func() time.Time { return adminapitest.Now }}))
	t.Cleanup(srv.Close)
	return &site{Tab: browsertest.Open(t, srv.URL), keeper: house.Keeper, house: house}
}

// as signs in as somebody of a role.
func (s *site) as(t *testing.T, role access.Role) {
	t.Helper()
	if role == "" {
		role = access.Owner
	}
	if s.role == role {
		return
	}
	id := s.house.Person(role)
	code, _, err := s.keeper.NewCode(t.Context(), access.Caller{Person: id, Handle: string(role), Roles: []access.Role{role}}, id)
	if err != nil {
		t.Fatal(err)
	}
	s.Go(adminapi.WelcomePath(code.Reveal()))
	s.Press("Go in")
	s.Wait(`location.pathname === "/console/"`)
	s.role = role
}

// U1, U2: every page in both themes and three widths: nothing sticks out, nothing is serious for axe, no fault in the console of the browser.
func TestGallery(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, staffed{h.Service, h})
	s.Allow("404 (Not Found)") // of the page that is not there
	for _, p := range slices.Concat(pages, hallPages, sandboxPages, outboxPages) {
		t.Run(p.name, func(t *testing.T) {
			s.as(t, p.role)
			check(t, s, p)
		})
	}
}

func check(t *testing.T, s *site, p scene) {
	t.Helper()
	s.Size(1440, 900)
	s.Requests()
	s.Go("/console/" + p.path)
	if n := s.Requests(); n > 10 {
		t.Errorf("%s: %d requests, at most 10 are meant", p.name, n)
	}
	for _, theme := range []string{"light", "dark"} {
		s.Theme(theme)
		for _, fault := range s.Axe() {
			t.Errorf("%s, %s: %s", p.name, theme, fault)
		}
		if shots != "" {
			s.Shot(filepath.Join(shots, fmt.Sprintf("%s-%s-1440.png", p.name, theme)), true)
		}
	}
	for _, width := range []int64{1440, 768, 360} {
		if width < 1440 {
			s.Size(width, 800)
		}
		if out := s.Overflow(); out != "" {
			t.Errorf("%s at %d: %s", p.name, width, out)
		}
		if shots != "" && width == 360 {
			s.Shot(filepath.Join(shots, fmt.Sprintf("%s-dark-360.png", p.name)), true)
			s.Theme("light")
			s.Shot(filepath.Join(shots, fmt.Sprintf("%s-light-360.png", p.name)), true)
		}
	}
	if strings.Contains(s.Text(), "undefined") {
		t.Errorf("%s says undefined", p.name)
	}
}
