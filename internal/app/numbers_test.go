package app_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"muster/internal/app"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
)

// A visitor reads pages of the console as the owner.
type visitor struct {
	*testing.T
	site   http.Handler
	cookie *http.Cookie
	seen   map[string]int
}

func visit(t *testing.T, m *app.Muster) *visitor {
	t.Helper()
	who, _, err := m.Keeper.Owner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, _, err := m.Keeper.NewCode(t.Context(), who, who.Person)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := m.Keeper.Redeem(t.Context(), code.Reveal(), secret.String{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{T: t, site: console.New(console.Config{Service: m, Keeper: m.Keeper}), cookie: &http.Cookie{Name: "__Host-muster", Value: cookie.Reveal()}, seen: map[string]int{}}
}

func (v *visitor) page(path string) string {
	v.Helper()
	r := httptest.NewRequestWithContext(v.Context(), http.MethodGet, path, nil)
	r.AddCookie(v.cookie)
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		v.Errorf("%s answers %d", path, w.Code)
	}
	return w.Body.String()
}

var (
	anchors = regexp.MustCompile(`<a [^>]*>`)
	hrefs   = regexp.MustCompile(` href="([^"]*)"`)
	counts  = regexp.MustCompile(` data-n="(\d+)"`)
	rows    = regexp.MustCompile(`<(tr|li) data-row`)
)

// rows counts the rows of a page and of those that follow.
func (v *visitor) rows(path string) int {
	v.Helper()
	n := 0
	for path != "" {
		text := v.page(strings.SplitN(path, "#", 2)[0])
		n, path = n+len(rows.FindAllString(text, -1)), ""
		for _, a := range anchors.FindAllString(text, -1) {
			if strings.Contains(a, " data-next") {
				path = html.UnescapeString(hrefs.FindStringSubmatch(a)[1])
			}
		}
	}
	return n
}

// follow follows each number of a page.
func (v *visitor) follow(path string) {
	v.Helper()
	for _, a := range anchors.FindAllString(v.page(path), -1) {
		if m := counts.FindStringSubmatch(a); m != nil {
			want, _ := strconv.Atoi(m[1])
			href := html.UnescapeString(hrefs.FindStringSubmatch(a)[1])
			v.seen[path]++
			if got := v.rows(href); got != want {
				v.Errorf("%s: a number says %d, and %s has %d rows", path, want, href, got)
			}
		}
	}
}

// U9: every number of how things stand leads to exactly that many rows.
func TestNumbers(t *testing.T) {
	m := openCompany(t)
	if _, err := m.Disable(t.Context(), "u02", adminapi.Closing{Reason: "left"}, owner); err != nil {
		t.Fatal(err)
	}
	if c, err := m.Closing(t.Context(), "u02", patience); err != nil || !c.Targets[0].Done() {
		t.Fatalf("u02 is not closed: %+v, %v", c, err)
	}
	v := visit(t, m)
	plans, err := m.Plans(t.Context(), adminapi.PlanQuery{Target: "wiki", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := m.Runs(t.Context(), adminapi.RunQuery{Name: "wiki", Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]int{"": 7, "sources": 4, "sources/corp": 4, "targets": 4, "targets/wiki": 6, "plans/" + plans[0].ID: 4}
	ship, err := m.Object(t.Context(), "group", "ship")
	if err != nil {
		t.Fatal(err)
	}
	pages["groups/"+string(ship.ID)] = 3
	reads, err := m.Runs(t.Context(), adminapi.RunQuery{Name: "corp", Limit: 20})
	if err != nil || len(reads) == 0 {
		t.Fatalf("%d reads, %v", len(reads), err)
	}
	pages["runs/"+reads[len(reads)-1].ID] = 2 // people and groups added, and memberships
	wrote := 0
	for _, r := range runs {
		pages["runs/"+r.ID] += 0
		wrote += r.Counts["created"]
	}
	if wrote == 0 {
		t.Fatal("no run created anybody")
	}
	for path, least := range pages {
		v.follow(console.Root + path)
		if n := v.seen[console.Root+path]; n < least {
			t.Errorf("%q has %d numbers that lead somewhere, at least %d are meant", path, n, least)
		}
	}
	n, err := m.Nesting(t.Context(), "wiki", "u04")
	if err != nil || n.Who == nil || len(n.Who.Paths) != 1 || len(n.At) != 1 || n.At[0].Applied == 0 || n.At[0].Wanted-len(n.At[0].Missing)+len(n.At[0].Extra) != n.At[0].Applied {
		t.Errorf("the group stands so: %+v, %v", n, err)
	}
	crew, err := m.Members(t.Context(), "ship", adminapi.MemberQuery{By: "groups", Limit: 100})
	if err != nil || len(crew.Members) != 12 || crew.Members[0].Name != "u00" || strings.Join(crew.Members[0].Path, " ") != "ship wiki" {
		t.Errorf("by groups within it, in the group ship are %+v, %v", crew, err)
	}
	limit, sum := regexp.MustCompile(`href="([^"]*)" data-sum="(\d+)"`), regexp.MustCompile(`data-counts="(\d+)"`)
	for _, x := range limit.FindAllStringSubmatch(v.page(console.Root+"targets/wiki"), -1) {
		if got := sum.FindStringSubmatch(v.page(html.UnescapeString(x[1]))); got == nil || got[1] != x[2] {
			t.Errorf("a limit says that %s were spent, and %s counts %v", x[2], html.UnescapeString(x[1]), got)
		}
	}
	checkInbox(t, m)
}
