package engine_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	scimconnector "muster/internal/connector/scim"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/ingest"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
	"muster/internal/source"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

// A world is a whole Muster around an engine: a directory that the test writes by hand, a store, and a SCIM sandbox.
type world struct {
	t    *testing.T
	now  time.Time
	corp *corp
	hr   *corp // a second source; nil: none

	sources   []string // whose records the rules may refer to
	correlate bool     // the people of hr are those of corp, by username
	store     *store.Store
	target    *scimtest.Server
	dialect   string // of the connector; "" = scim
	rules     mapping.TargetRules
	mode      engine.Mode
	protect   func(string, directory.Object, []directory.Record, link.Link) string
	knife     *knife                                        // ends the process in the middle; nil: never
	answer    func(body string) (status int, answer string) // refuses writes: 0 = no
	before    func(*http.Request)                           // is shown every request of a process to the target; nil: nobody is
	refused   int
	rested    []time.Duration                               // pauses between two tries of the same
	resting   func()                                        // called in each
	wrap      func(connector.Connector) connector.Connector // nil: as it is
	*engine.Engine
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), corp: newCorp(), mode: engine.Live, sources: []string{"corp"}}
	s, err := store.Open(t.Context(), storetest.SQLite(t, t.TempDir()), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.store, w.target = s, scimtest.NewServer(t, scimtest.Config{Token: "s3cret"})
	w.rules = mapping.TargetRules{
		Name: "wiki",
		People: mapping.ObjectRules{
			From: mapping.From{Group: "cn=wiki,dc=corp"}, Match: []attr.Path{"userName"}, Create: true, Update: true, WhenRemoved: plan.Disable,
			Attributes: mapping.Rules{
				"userName": {Expr: "person.username"}, `emails[type eq "work"].value`: {Expr: "person.email"},
				"title": {Expr: "source.corp.title", Default: attr.Values{"-"}, Once: true}, "displayName": {Expr: "person.name"},
			},
		},
		Groups: &mapping.ObjectRules{
			From: mapping.From{Filter: "(cn=wiki*)"}, Match: []attr.Path{"displayName"}, Create: true, Update: true, WhenRemoved: plan.Delete,
			Attributes: mapping.Rules{"displayName": {Expr: "group.name"}},
		},
	}
	return w
}

// start makes the engine, as a new process would.
func (w *world) start() {
	w.t.Helper()
	src, err := mapping.CompileSource(mapping.SourceRules{
		Name:   "corp",
		People: mapping.Rules{"username": {Expr: "record.uid"}, "email": {Expr: "record.mail"}, "name": {Expr: "record.cn"}},
		Groups: mapping.Rules{"name": {Expr: "record.cn"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := w.typ().New(
		connector.Env{HTTP: &http.Client{Transport: w.refusing(w.knife.transport(w.t))}, Log: w.log(), Now: time.Now},
		connector.Settings{"url": secret.New(w.target.URL), "token": secret.New("s3cret")})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.wrap != nil {
		c = w.wrap(c)
	}
	now := func() time.Time { return w.now }
	people := w.knife.store(w.store)
	rules := []ingest.Rules{{Source: "corp", Mapping: src}}
	sources := []engine.Source{{Name: "corp", Open: func(map[source.Base]source.Pin) (source.Source, error) { return w.corp, nil }}}
	if w.hr != nil {
		rules = append(rules, ingest.Rules{Source: "hr", Mapping: w.hrRules()})
		sources = append(sources, engine.Source{Name: "hr", Open: func(map[source.Base]source.Pin) (source.Source, error) { return w.hr, nil }})
	}
	w.Engine, err = engine.New(engine.Config{
		Store: people, Now: now, Log: w.log(), Protect: w.protect, Rest: w.rest,
		Door:    &ingest.Door{Store: people, Rules: rules, Now: now, Log: w.log()},
		Sources: sources,
		Targets: []engine.Target{{Name: "wiki", Mode: w.mode, Connector: c, Rules: w.rules, Known: mapping.Known{Sources: w.sources}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Start(w.t.Context()); err != nil && !w.knife.fell() {
		w.t.Fatal(err)
	}
}

// rest lets time pass.
func (w *world) rest(_ context.Context, d time.Duration) bool {
	w.rested = append(w.rested, d)
	w.now = w.now.Add(d)
	if w.resting != nil {
		w.resting()
	}
	return true
}

func (w *world) typ() connector.Type {
	for _, t := range scimconnector.Types() {
		if t.Name == w.dialect {
			return t
		}
	}
	return scimconnector.Types()[0]
}

// hrRules are the rules of the second source.
func (w *world) hrRules() *mapping.Source {
	w.t.Helper()
	rules := mapping.SourceRules{
		Name: "hr", People: mapping.Rules{"username": {Expr: "record.uid"}, "employee": {Expr: "record.cn"}}, Groups: mapping.Rules{"name": {Expr: "record.cn"}},
	}
	if w.correlate {
		rules.Correlate = []mapping.Key{{Person: "username", Expr: "record.uid"}}
	}
	src, err := mapping.CompileSource(rules)
	if err != nil {
		w.t.Fatal(err)
	}
	return src
}

func (w *world) log() *slog.Logger {
	if os.Getenv("MUSTER_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

// read reads the source and expects an outcome.
func (w *world) read(want run.Outcome) run.Run {
	w.t.Helper()
	r, err := w.Read(w.t.Context(), "corp", "")
	if err != nil {
		w.t.Fatal(err)
	}
	if r.Outcome != want {
		w.t.Fatalf("read of the source ended %s, want %s: %+v", r.Outcome, want, r.Problem)
	}
	return r
}

// live reads the source and approves the first plan whole.
func (w *world) live() {
	w.t.Helper()
	w.start()
	w.read(run.Done)
	p := w.preview()
	if _, err := w.Approve(w.t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
		w.t.Fatal(err)
	}
	w.sync(run.Done)
}

func (w *world) preview() run.Plan {
	w.t.Helper()
	p, err := w.Preview(w.t.Context(), "wiki")
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) sync(want run.Outcome) run.Run {
	w.t.Helper()
	r, err := w.Sync(w.t.Context(), "wiki", "")
	return w.ended(r, err, want)
}

func (w *world) follow(want run.Outcome) run.Run {
	w.t.Helper()
	r, err := w.Follow(w.t.Context(), "wiki", "")
	return w.ended(r, err, want)
}

func (w *world) ended(r run.Run, err error, want run.Outcome) run.Run {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	if r.Outcome != want {
		w.t.Fatalf("run ended %q, want %q: %+v %+v", r.Outcome, want, r.Problem, r.Counts)
	}
	return r
}

// lines returns the lines of a plan, as "verb name".
func (w *world) lines(id string) []string {
	w.t.Helper()
	var out []string
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		lines, err := run.Of(v).Lines(w.t.Context(), id, "", -1, 1000)
		for _, l := range lines {
			out = append(out, string(l.Verb)+" "+l.Name)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// holds returns the holds that wait.
func (w *world) holds() []run.Plan {
	w.t.Helper()
	var out []run.Plan
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		out, err = run.Of(v).Plans(w.t.Context(), "wiki", run.Hold, run.Waiting, 10)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// accounts returns the sandbox's accounts as name → active.
func (w *world) accounts() map[string]bool {
	out := map[string]bool{}
	for _, u := range w.target.Snapshot().Users {
		out[u.UserName] = u.Active
	}
	return out
}

// members returns the names of the members of a group in the sandbox, sorted.
func (w *world) members(group string) []string {
	snap := w.target.Snapshot()
	names := map[string]string{}
	for _, u := range snap.Users {
		names[u.ID] = u.UserName
	}
	g, ok := snap.Group(group)
	if !ok {
		return nil
	}
	var out []string
	for _, id := range g.Members {
		out = append(out, names[id])
	}
	slices.Sort(out)
	return out
}

// A corp is a directory in memory that the test changes between reads.
type corp struct {
	people  map[source.Key]source.Record
	groups  map[source.Key]source.Record
	member  map[source.Key][]source.Key
	deleted []source.Key          // tombstones
	fail    error                 // how Pull ends
	hidden  map[source.Key]bool   // not in reads, and not found by Locate
	moved   map[source.Key]string // not in reads, found elsewhere
	part    map[source.Key]bool   // groups that do not come whole
	locate  error
	manager map[source.Key]source.Key // nil: it states no references
	halfway func()                    // called once in the next read, when all but its end is stored
}

func newCorp() *corp {
	c := &corp{
		people: map[source.Key]source.Record{}, groups: map[source.Key]source.Record{}, member: map[source.Key][]source.Key{},
		hidden: map[source.Key]bool{}, moved: map[source.Key]string{}, part: map[source.Key]bool{},
	}
	c.group("wiki")
	return c
}

func (c *corp) person(name string, groups ...source.Key) {
	c.people[source.Key("p-"+name)] = source.Record{
		Kind: source.Person, Key: source.Key("p-" + name), Base: "people", Name: "uid=" + name + ",dc=corp",
		Attrs: attr.Set{"uid": {name}, "mail": {name + "@example.com"}, "cn": {"Name of " + name}, "title": {"Engineer"}},
	}
	for _, g := range groups {
		c.member["g-"+g] = append(c.member["g-"+g], source.Key("p-"+name))
	}
}

func (c *corp) group(name string) {
	c.groups[source.Key("g-"+name)] = source.Record{
		Kind: source.Group, Key: source.Key("g-" + name), Base: "groups", Name: "cn=" + name + ",dc=corp", Attrs: attr.Set{"cn": {name}},
	}
}

// change edits one person's record.
func (c *corp) change(name string, edit func(*source.Record)) {
	r := c.people[source.Key("p-"+name)]
	r.Attrs = r.Attrs.Clone()
	edit(&r)
	c.people[source.Key("p-"+name)] = r
}

func (c *corp) leave(name string, group source.Key) {
	c.member["g-"+group] = slices.DeleteFunc(c.member["g-"+group], func(k source.Key) bool { return k == source.Key("p-"+name) })
}

func (c *corp) Check(context.Context) (source.Report, error) { return source.Report{}, nil }

func (c *corp) Pull(_ context.Context, _ source.Cursor, yield func(source.Batch) error) error {
	var b source.Batch
	for _, r := range sorted(c.people) {
		if !c.hidden[r.Key] && c.moved[r.Key] == "" {
			b.Records = append(b.Records, r)
		}
	}
	for _, r := range sorted(c.groups) {
		if !c.hidden[r.Key] {
			b.Records = append(b.Records, r)
		}
	}
	if err := yield(b); err != nil {
		return err
	}
	b = source.Batch{Refers: c.refers(b.Records)}
	for _, g := range sorted(c.groups) {
		if c.hidden[g.Key] {
			continue
		}
		for _, m := range c.member[g.Key] {
			b.Members = append(b.Members, source.Membership{Group: g.Key, Member: m, Op: source.Seen})
		}
		if !c.part[g.Key] {
			b.Whole = append(b.Whole, g.Key)
		}
	}
	b.Deleted = c.deleted
	if stop := c.halfway; stop != nil {
		c.halfway = nil
		for range 5 { // more than are read ahead of what is stored
			if err := yield(b); err != nil {
				return err
			}
			b = source.Batch{}
		}
		stop()
	}
	if c.fail == nil {
		b.Complete = []source.Base{"people", "groups"}
	}
	if err := yield(b); err != nil {
		return err
	}
	return c.fail
}

func (c *corp) Locate(_ context.Context, _ source.Kind, keys []source.Key) ([]source.Sighting, error) {
	var out []source.Sighting
	for _, k := range keys {
		if where := c.moved[k]; where != "" {
			r := c.people[k]
			r.Base = ""
			out = append(out, source.Sighting{Record: r, Where: where})
		}
	}
	return out, c.locate
}

func sorted(m map[source.Key]source.Record) []source.Record {
	var out []source.Record
	for _, r := range m {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b source.Record) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}

// refuse has a target of the next start answer writes by itself, where answer gives a status.
func (w *world) refuse(answer func(body string) (int, string)) { w.answer = answer }

func (w *world) refusing(next http.RoundTripper) http.RoundTripper {
	if before := w.before; before != nil {
		to := next
		next = roundTrip(func(r *http.Request) (*http.Response, error) {
			before(r)
			return to.RoundTrip(r)
		})
	}
	answer := w.answer
	if answer == nil {
		return next
	}
	var mu sync.Mutex
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body == nil {
			return next.RoundTrip(r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if status, text := answer(string(body)); status != 0 {
			w.refused++
			return &http.Response{
				StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/scim+json"}},
				Body: io.NopCloser(strings.NewReader(text)), Request: r,
			}, nil
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
		return next.RoundTrip(r)
	})
}
