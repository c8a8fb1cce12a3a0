package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/ingest"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/source"
	"muster/internal/store"
)

// planTargets are the targets for which everybody is planned at the same time.
var planTargets = []string{"one", "two", "three", "four"}

// BenchmarkPlans plans everybody for four targets in this process, with nothing on the wire: the first plan, against a bare insert of its lines, and a plan
// where nothing is to be done.
func BenchmarkPlans(b *testing.B) {
	s := full(b)
	for range b.N {
		benchPlans(b, s.people, b.ReportMetric)
	}
}

// plans is what the two plannings of a crowd came to.
type plans struct{ first, floor, still result }

func benchPlans(tb testing.TB, people int, metric report) plans {
	tb.Helper()
	dir := tb.TempDir()
	t := task{Data: dir, Count: people}
	child(tb, "crowd", t)
	p := plans{first: child(tb, "plans", t)}
	p.floor = child(tb, "lines", task{From: filepath.Join(dir, "muster.db"), To: filepath.Join(dir, "floor.db")})
	p.still = child(tb, "still", t)
	metric(p.first.Seconds, "s-first")
	metric(p.first.Busy, "cpu-s-first")
	metric(p.floor.CPU, "cpu-s-insert")
	metric(p.still.Busy, "cpu-s-still")
	metric(p.first.Seconds/p.floor.Seconds, "of-insert")
	metric(float64(p.first.Peak)/1024, "peak-MB-first")
	metric(p.still.Seconds, "s-still")
	metric(float64(p.still.Written), "bytes-still")
	metric(float64(p.still.Peak)/1024, "peak-MB-still")
	figures.add(fmt.Sprintf("first plan of %d accounts × %d targets, stored", people, len(planTargets)), seconds(p.first.Seconds),
		fmt.Sprintf("%s = insert of %d lines", seconds(p.floor.Seconds), p.floor.Counts["line"]), fmt.Sprintf("%.2f", p.first.Seconds/p.floor.Seconds), "≤ 3")
	figures.add("  peak memory", megabytes(p.first.Peak), "", "", "≤ 512 MB")
	figures.add("  everything in step: list, compare, plan everybody", seconds(p.still.Seconds), "", "", "≤ 15 s")
	figures.add("  feed moved; written (the records of the runs)", fmt.Sprintf("%t; %d kB", p.still.Moved, p.still.Written/1024), "", "", "false")
	figures.add("  peak memory", megabytes(p.still.Peak), "", "", "≤ 512 MB")
	return p
}

// TestPlans tells the story at a tiny size: that everybody is planned is checked, and that nothing is written where nothing is to be done.
func TestPlans(t *testing.T) {
	p := benchPlans(t, 120, func(float64, string) {})
	if want := 120 * len(planTargets); p.first.Counts["create"] != want || p.floor.Counts["line"] != want {
		t.Errorf("the first plans count %v, and %v lines are stored; want %d", p.first.Counts, p.floor.Counts, want)
	}
	if p.still.Moved || p.still.Written > 128<<10 {
		t.Errorf("with nothing to do the feed moved (%t), and %d bytes were written", p.still.Moved, p.still.Written)
	}
	figures = nil
}

// A shelf is a target in this process that keeps nothing in memory: it has the accounts of a crowd, or none, and nothing is ever written to it.
type shelf struct{ accounts int }

var errShelf = errors.New("nothing but a list was asked for")

func (shelf) Check(context.Context) (connector.Features, error) {
	return connector.Features{FindBy: []attr.Path{"userName"}, Disable: true, Required: []attr.Path{"userName"}}, nil
}

func (s shelf) List(_ context.Context, _ connector.Kind, yield func(connector.Remote) error) error {
	for i := range s.accounts {
		if err := yield(connector.Remote{ID: remoteOf(i), Kind: connector.User, Active: true, Attrs: accountOf(i)}); err != nil {
			return err
		}
	}
	return nil
}

func (shelf) Get(context.Context, connector.Kind, connector.RemoteID) (connector.Remote, error) {
	return connector.Remote{}, errShelf
}

func (shelf) Apply(context.Context, connector.Op) (connector.Remote, error) {
	return connector.Remote{}, errShelf
}

func remoteOf(i int) connector.RemoteID {
	return connector.RemoteID(fmt.Sprintf("%08x-%06d", uint32(i)*2654435761, i))
}

// accountOf is the account of somebody as the rules want it.
func accountOf(i int) attr.Set {
	given, family := givenNames[i%len(givenNames)], familyNames[i%len(familyNames)]
	uid := fmt.Sprintf("p%06d", i)
	return attr.Set{
		"userName": {uid}, `emails[type eq "work"].value`: {uid + "@example.com"}, "displayName": {given + " " + family}, "name.givenName": {given},
		"name.familyName": {family}, "title": {fmt.Sprintf("Clerk of the %dth desk", i%97)},
	}
}

// A crowd is a source in this process.
type crowd int

func (crowd) Check(context.Context) (source.Report, error) { return source.Report{}, nil }

func (n crowd) Pull(_ context.Context, _ source.Cursor, yield func(source.Batch) error) error {
	var b source.Batch
	for i := range int(n) {
		a := accountOf(i)
		b.Records = append(b.Records, source.Record{
			Kind: source.Person, Key: source.Key(remoteOf(i)), Base: "people", Name: personDN(i),
			Attrs: attr.Set{
				"uid": a["userName"], "mail": a[`emails[type eq "work"].value`], "displayName": a["displayName"], "givenName": a["name.givenName"], "sn": a["name.familyName"],
				"title": a["title"], "departmentNumber": {fmt.Sprint(i % 40)},
			},
		})
		if len(b.Records) == 500 {
			if err := yield(b); err != nil {
				return err
			}
			b = source.Batch{}
		}
	}
	b.Complete = []source.Base{"people"}
	return yield(b)
}

// office is an engine between a crowd and four shelves.
func office(ctx context.Context, t task, accounts int) (*store.Store, *engine.Engine, error) {
	s, err := store.Open(ctx, filepath.Join(t.Data, "muster.db"), store.Options{})
	if err != nil {
		return nil, nil, err
	}
	src, err := mapping.CompileSource(mapping.SourceRules{Name: "corp", People: mapping.Rules{
		"username": {Expr: "record.uid"}, "email": {Expr: "lower(record.mail)"}, "name": {Expr: "record.displayName"}, "givenName": {Expr: "record.givenName"},
		"familyName": {Expr: "record.sn"}, "department": {Expr: "record.departmentNumber"},
	}})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	log := slog.New(slog.DiscardHandler)
	c := engine.Config{
		Store: s, Now: time.Now, Log: log, Door: &ingest.Door{Store: s, Rules: []ingest.Rules{{Source: "corp", Mapping: src}}, Now: time.Now, Log: log},
		Sources: []engine.Source{{Name: "corp", Open: func(map[source.Base]source.Pin) (source.Source, error) { return crowd(t.Count), nil }}},
	}
	for _, name := range planTargets {
		c.Targets = append(c.Targets, engine.Target{Name: name, Mode: engine.Live, Connector: shelf{accounts}, Rules: officeRules(name)})
	}
	e, err := engine.New(c)
	if err == nil {
		err = e.Start(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, e, nil
}

func officeRules(name string) mapping.TargetRules {
	return mapping.TargetRules{Name: name, People: mapping.ObjectRules{
		Match: []attr.Path{"userName"}, Create: true, Update: true, WhenRemoved: plan.Disable,
		Attributes: mapping.Rules{
			"userName": {Expr: "person.username"}, `emails[type eq "work"].value`: {Expr: "person.email"}, "displayName": {Expr: "person.name"},
			"name.givenName": {Expr: "person.givenName"}, "name.familyName": {Expr: "person.familyName"}, "title": {Expr: "source.corp.title", Default: attr.Values{"-"}},
		},
	}}
}

// fillOffice reads the crowd.
func fillOffice(ctx context.Context, t task) (r result, err error) {
	s, e, err := office(ctx, t, 0)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	done, err := e.Read(ctx, "corp", "")
	return result{Counts: done.Counts, Outcome: string(done.Outcome)}, err
}

// firstPlans makes the first plan of each target, all at the same time.
func firstPlans(ctx context.Context, t task) (r result, err error) {
	s, e, err := office(ctx, t, 0)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return previews(ctx, s, e, t.Data)
}

// previews plans everybody for each target, and reports how long that took and what it left.
func previews(ctx context.Context, s *store.Store, e *engine.Engine, data string) (r result, err error) {
	before, err := s.Head(ctx)
	if err != nil {
		return r, err
	}
	wrote, err := ahead(data)
	if err != nil {
		return r, err
	}
	used, err := cpu()
	if err != nil {
		return r, err
	}
	all := make([]run.Plan, len(planTargets))
	began := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	for i, name := range planTargets {
		g.Go(func() (err error) {
			all[i], err = e.Preview(gctx, name)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return r, err
	}
	r = result{Seconds: time.Since(began).Seconds(), Counts: map[string]int{}}
	if r.Busy, err = cpu(); err != nil {
		return r, err
	}
	r.Busy -= used
	for _, p := range all {
		for what, n := range p.Counts {
			r.Counts[what] += n
		}
	}
	after, err := s.Head(ctx)
	if err != nil {
		return r, err
	}
	r.Moved = before != after
	r.Written, err = ahead(data)
	r.Written -= wrote
	return r, err
}

// stillPlans plans everybody for targets that are in step: their accounts are linked, listed and planned once outside the time, and then again.
func stillPlans(ctx context.Context, t task) (r result, err error) {
	s, e, err := office(ctx, t, t.Count)
	if err != nil {
		return r, err
	}
	if err = linkAll(ctx, s); err == nil {
		_, err = previews(ctx, s, e, t.Data)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return r, err
	}
	if s, e, err = office(ctx, t, t.Count); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if r, err = previews(ctx, s, e, t.Data); err == nil && len(r.Counts) > 0 {
		err = fmt.Errorf("something is to be done though everything is in step: %v", r.Counts)
	}
	return r, err
}

// linkAll remembers of everybody that they have their account at each target, as if it had been made long ago.
func linkAll(ctx context.Context, s *store.Store) error {
	at := time.Now().Add(-time.Hour)
	for after := directory.ID(""); ; {
		var page []directory.Object
		err := s.View(ctx, func(v directory.Reader) (err error) {
			page, err = v.ListObjects(ctx, directory.Person, after, 1000)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].ID
		err = s.Update(ctx, "bench", func(tx directory.Tx) error {
			var links []link.Link
			for _, o := range page {
				var i int
				if _, err := fmt.Sscanf(o.Handle(), "p%d", &i); err != nil {
					return err
				}
				for _, name := range planTargets {
					links = append(links, link.Link{
						Target: name, Object: o.ID, Kind: connector.User, Remote: remoteOf(i), State: link.Linked, Origin: link.Created, Active: true,
						Applied: accountOf(i), Since: at, Confirmed: at,
					})
				}
			}
			return link.In(tx).Put(ctx, links...)
		})
		if err != nil {
			return err
		}
	}
}

// insertLines is the floor of storing plans: their lines into an empty table.
func insertLines(ctx context.Context, t task) (result, error) {
	return insertTables(ctx, t, []rows{{"plan", "id", 500}, {"line", "rowid", 500}})
}
