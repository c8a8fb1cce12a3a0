package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
	"muster/internal/server/console/consoletest"
)

// looks is how often a page is made; the slowest counts.
const looks = 3

// benchPages opens every page of the console where everybody is in step at one target, and another one's first plan has a line for each of them.
func (w *world) benchPages(tb testing.TB, metric report) {
	w.served(tb, "fast")
	w.planned(tb, "slow")
	r := w.pages(tb)
	names := slices.SortedFunc(maps.Keys(r.Pages), func(a, b string) int { return cmp.Or(cmp.Compare(r.Pages[b].CPU, r.Pages[a].CPU), cmp.Compare(a, b)) })
	figures.add(fmt.Sprintf("pages of the console, %d people: time, and of it processor time", w.people), "", "", "", "≤ 200 ms")
	for _, name := range names {
		x := r.Pages[name]
		metric(1000*x.Took, strings.NewReplacer(" ", "-", ",", "").Replace(name)+"-ms")
		figures.add("  "+name, fmt.Sprintf("%.0f ms, %.0f ms", 1000*x.Took, 1000*x.CPU), "", "", "")
	}
	figures.add("  peak memory", megabytes(r.Peak), "", "", "")
}

// pages opens them where an identity provider may write too, whose pages are among them.
func (w *world) pages(tb testing.TB) result {
	return w.once("pages", func() result {
		text, err := os.ReadFile(w.path("muster.yaml"))
		if err != nil {
			tb.Fatal(err)
		}
		w.write(tb, "pages.yaml", strings.Replace(string(text), "sources:\n", "sources:\n  - {name: idp, type: scim}\n", 1))
		t := w.muster("", "-pages")
		t.Config = w.path("pages.yaml")
		return child(tb, "pages", t)
	})
}

// unmeasured are addresses of the console whose time says nothing, and why.
var unmeasured = map[string]string{
	"{rest...}": "there is no such page", "welcome": "it takes a code, once", "invitation": "it takes a code, once", "assets/{name}": "the same bytes for everybody", "live": "it goes on", "sample": "it is there only where nobody is", "sign-in": "it shows nothing of what is kept",
	"targets/{name}/series.csv": "a file, of what its page shows", "sources/{name}/series.csv": "a file, of what its page shows",
	"posts/{id}/files/{number}": "a file, as it was kept", "begin/check": "it leads to begin",
}

// everyPage says which pages of the console were not opened.
func (w *world) everyPage(t *testing.T) {
	t.Helper()
	routes, err := consoletest.Routes("../server/console")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range w.pages(t).Pages {
		delete(routes, x.Route)
	}
	for route := range routes {
		if unmeasured[route] == "" {
			t.Errorf("how long the page %s takes is not measured: add it to pagesOf", route)
		}
	}
}

// A look is how many seconds a page took, and how many of a processor, and by which route it was found.
type look struct {
	Took, CPU float64
	Route     string
}

// openPages makes every page a few times. The slowest counts.
func openPages(ctx context.Context, t task) (r result, err error) {
	m, err := app.Open(ctx, cli.Options{Data: t.Data, ConfigFile: t.Config})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	cookie, err := signIn(ctx, m)
	if err != nil {
		return r, err
	}
	pages, err := pagesOf(ctx, m)
	if err != nil {
		return r, err
	}
	if err := furnish(ctx, m, pages); err != nil {
		return r, err
	}
	r.Pages = map[string]look{}
	for name, path := range pages {
		for range looks {
			x, err := openPage(ctx, m, cookie, path)
			if err != nil {
				return r, fmt.Errorf("%s: %w", name, err)
			}
			worst := r.Pages[name]
			r.Pages[name] = look{max(worst.Took, x.Took), max(worst.CPU, x.CPU), x.Route}
		}
	}
	return r, nil
}

func signIn(ctx context.Context, m *app.Muster) (string, error) {
	owner, _, err := m.Keeper.Owner(ctx)
	if err != nil {
		return "", err
	}
	code, _, err := m.Keeper.NewCode(ctx, owner, owner.Person)
	if err != nil {
		return "", err
	}
	cookie, _, err := m.Keeper.Redeem(ctx, code.Reveal(), secret.String{}, "bench")
	return "__Host-muster=" + cookie.Reveal(), err
}

// ask asks a console that remembers nothing from before.
func ask(ctx context.Context, m *app.Muster, path, cookie string) (*httptest.ResponseRecorder, string) {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	req.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	console.New(console.Config{Service: m, Keeper: m.Keeper}).ServeHTTP(w, req)
	return w, strings.TrimPrefix(req.Pattern, "GET "+console.Root)
}

func openPage(ctx context.Context, m *app.Muster, cookie, path string) (look, error) {
	before, err := cpu()
	if err != nil {
		return look{}, err
	}
	began := time.Now()
	w, route := ask(ctx, m, console.Root+path, cookie)
	took := time.Since(began).Seconds()
	if w.Code != http.StatusOK {
		return look{}, fmt.Errorf("answered %d: %.2000s", w.Code, w.Body)
	}
	after, err := cpu()
	return look{took, after - before, route}, err
}

// pagesOf names the pages, with one of each sort.
func pagesOf(ctx context.Context, m *app.Muster) (map[string]string, error) {
	pages := map[string]string{
		"overview": "", "inbox": "inbox", "leavers": "leavers", "people": "people", "people by a common word": "people?q=clerk", "people by a rare word": "people?q=p0777",
		"people by a letter": "people?q=a", "people by two words": "people?q=anna+ek", "people by nothing that fits": "people?q=zzzz",
		"people deactivated": "people?state=deactivated", "people at a target": "people?target=slow", "people by a word at a target": "people?q=clerk&target=slow",
		"groups": "groups", "groups by a word": "groups?q=group04", "sources": "sources", "source": "sources/corp", "targets": "targets", "target": "targets/fast", "target in draft": "targets/slow", "links": "targets/fast/links", "drift": "targets/fast/drift", "going live": "targets/slow/report", "going live, unknown": "targets/slow/report?list=unknown",
		"history": "history", "history of writes": "history?tab=writes", "history of acts": "history?tab=acts", "history of plans": "history?tab=plans", "settings": "settings",
		"records": "sources/corp/records", "records that wait": "sources/corp/records?what=waiting", "waiting": "targets/fast/waiting", "users": "users", "roles": "roles", "outbox": "outbox", "problems": "problems", "problem": "problems/source_base",
		"sandbox": "sandbox", "deletions": "deletions", "imports": "imports", "clients": "clients", "client": "clients/idp", "client, set-up": "clients/idp/setup?provider=entra", "teams": "teams",
		"team": "teams/staff", "connect your own": "begin", "going anywhere": "palette?q=clerk",
	}
	err := m.Store.View(ctx, func(v directory.Reader) error {
		for kind, name := range map[directory.Kind]string{directory.Person: "person", directory.Group: "group"} {
			some, err := v.Browse(ctx, directory.Look{Kind: kind, Limit: 100})
			if err != nil {
				return err
			}
			id := string(some[len(some)-1].ID)
			pages[name] = folder(kind) + id
			pages[name+", why"] = folder(kind) + id + "/why?target=fast"
			for _, part := range []string{"close", "reopen", "manage", "posts"} {
				if kind == directory.Person {
					pages[name+", "+part] = folder(kind) + id + "/" + part
				}
			}
		}
		plans, err := run.Of(v).Plans(ctx, "slow", run.First, run.Waiting, 1)
		if err != nil || len(plans) != 1 {
			return fmt.Errorf("%d first plans of slow: %w", len(plans), err)
		}
		pages["plan"], pages["plan, those to create"] = "plans/"+plans[0].ID, "plans/"+plans[0].ID+"?act=create&kind=user"
		pages["plan, by a name"] = "plans/" + plans[0].ID + "?name=p0777"
		runs, err := run.Of(v).Runs(ctx, "fast", 1)
		if err != nil || len(runs) != 1 {
			return fmt.Errorf("%d runs of fast: %w", len(runs), err)
		}
		pages["run"] = "runs/" + runs[0].ID
		reads, err := run.Of(v).Runs(ctx, "corp", 50)
		if err != nil || len(reads) == 0 {
			return fmt.Errorf("%d reads of corp: %w", len(reads), err)
		}
		pages["run, what was added"] = "runs/" + reads[len(reads)-1].ID + "/rows?what=added"
		return nil
	})
	return pages, err
}

// furnish makes what pages are about that the story has none of: a team with everybody whom a page shows, and a file that was checked.
func furnish(ctx context.Context, m *app.Muster, pages map[string]string) error {
	by := access.Caller{Handle: "bench", Roles: []access.Role{access.Owner}}
	if _, err := m.NewPlace(ctx, adminapi.NewPlace{Ref: "staff"}, by); err != nil {
		return err
	}
	begun, err := m.Load(ctx, adminapi.LoadRequest{Name: "bad.jsonl", Hold: true}, strings.NewReader(`{"type":"version","version":1}`+"\n"+`{"type":"nothing"}`+"\n"), by)
	if err != nil {
		return err
	}
	for _, id := range begun.Runs {
		if _, err := m.Run(ctx, id, time.Minute); err != nil {
			return err
		}
	}
	loads, err := m.LoadHistory(ctx)
	if err != nil || len(loads) == 0 {
		return fmt.Errorf("%d loads: %w", len(loads), err)
	}
	pages["import"] = "imports/" + loads[0].ID
	return nil
}

func folder(kind directory.Kind) string {
	if kind == directory.Group {
		return "groups/"
	}
	return "people/"
}
