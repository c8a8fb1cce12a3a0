package ingest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/directory/directorytest"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/source"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

// A spy is a store that counts writes, and can run each transaction twice: once in vain, as after a lost race.
type spy struct {
	directory.Store
	updates int
	twice   bool
	fail    func() error // asked before each write; nil = let it through
}

func (s *spy) Update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	s.updates++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	if s.twice {
		return directorytest.Twice{Store: s.Store}.Update(ctx, by, fn)
	}
	return s.Store.Update(ctx, by, fn)
}

// A tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// A world is a door with its store, and sources that the test writes by hand.
type world struct {
	tester
	ctx   context.Context
	now   time.Time
	store *spy
	door  *ingest.Door
	sites map[string]*site
}

func newWorld(t *testing.T, rules ...mapping.SourceRules) *world {
	t.Helper()
	return openWorld(t, t, t.TempDir(), rules...)
}

// openWorld makes a world in a folder of t, whose failures are reported to r.
func openWorld(t *testing.T, r tester, dir string, rules ...mapping.SourceRules) *world {
	t.Helper()
	return worldOn(t, r, storetest.SQLite(t, dir), rules...)
}

// eachStore runs a test on a world on each kind of database.
func eachStore(t *testing.T, test func(*testing.T, func(...mapping.SourceRules) *world)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		test(t, func(rules ...mapping.SourceRules) *world { return newWorld(t, rules...) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		test(t, func(rules ...mapping.SourceRules) *world { return worldOn(t, t, dsn, rules...) })
	})
}

// worldOn makes a world on a database.
func worldOn(t *testing.T, r tester, dsn string, rules ...mapping.SourceRules) *world {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
	if err != nil {
		r.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{tester: r, ctx: t.Context(), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), store: &spy{Store: s}, sites: map[string]*site{}}
	w.door = &ingest.Door{Store: w.store, Now: func() time.Time { return w.now }}
	if len(rules) == 0 {
		rules = []mapping.SourceRules{plainRules("corp")}
	}
	for _, one := range rules {
		w.rule(one)
		w.sites[one.Name] = newSite(one.Name)
	}
	return w
}

// rule sets the rules of a source.
func (w *world) rule(rules mapping.SourceRules) {
	w.Helper()
	m, err := mapping.CompileSource(rules)
	if err != nil {
		w.Fatal(err)
	}
	for i, r := range w.door.Rules {
		if r.Source == rules.Name {
			w.door.Rules[i].Mapping = m
			return
		}
	}
	w.door.Rules = append(w.door.Rules, ingest.Rules{Source: rules.Name, Mapping: m})
}

func plainRules(name string, keys ...mapping.Key) mapping.SourceRules {
	return mapping.SourceRules{
		Name: name,
		People: mapping.Rules{
			"username": {Expr: "record.uid"}, "email": {Expr: "record.mail"}, "name": {Expr: "record.cn"}, "number": {Expr: "record.number"},
			"title": {Expr: "record.title != '' ? record.title : null"},
		},
		Groups:    mapping.Rules{"name": {Expr: "record.cn"}},
		Correlate: keys,
	}
}

// read reads a source to its end.
func (w *world) read(name string) ingest.Summary {
	w.Helper()
	s := w.sites[name]
	r, err := w.door.Read(name)
	if err != nil {
		w.Fatal(err)
	}
	r.Run = string(directory.NewID())
	cause := s.pull(func(b source.Batch) error { return r.Take(w.ctx, b) })
	if cause != nil && !errors.Is(cause, s.fail) {
		w.Fatal(cause)
	}
	var locate source.Locator = s
	if s.blind {
		locate = nil
	}
	sum, err := r.Close(w.ctx, locate, cause)
	if err != nil {
		w.Fatal(err)
	}
	w.counted(r.Run, sum)
	return sum
}

// counted checks that what a read counts is kept row by row: U9.
func (w *world) counted(id string, sum ingest.Summary) {
	w.Helper()
	counts := sum.Counts()
	for _, what := range []string{"added", "changed", "returned", "absent", "removed", "outside", "memberships_added", "memberships_removed"} {
		w.view(func(v directory.Reader) error {
			rows, err := run.Of(v).Rows(w.ctx, id, what, 0, 10_000)
			if len(rows) != counts[what] {
				w.Errorf("%d rows are kept of %d %s", len(rows), counts[what], what)
			}
			for _, row := range rows {
				if (row.Object == "") == (row.Key == "") || (row.Member != "") != strings.HasPrefix(what, "memberships") {
					w.Errorf("a row of %s says %+v", what, row)
				}
			}
			return err
		})
	}
}

// calm reads a source and fails if the read is not believed.
func (w *world) calm(name string) ingest.Summary {
	w.Helper()
	sum := w.read(name)
	if sum.Problem != nil || sum.Suspicious {
		w.Fatalf("the read is not believed: %+v", sum.Problem)
	}
	return sum
}

func (w *world) after(d time.Duration) { w.now = w.now.Add(d) }

// view reads the store.
func (w *world) view(fn func(directory.Reader) error) {
	w.Helper()
	if err := w.store.View(w.ctx, fn); err != nil {
		w.Fatal(err)
	}
}

func (w *world) head() directory.Rev {
	w.Helper()
	rev, err := w.store.Head(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	return rev
}

// record returns what is stored under a key of a source.
func (w *world) record(name string, key source.Key) directory.Record {
	w.Helper()
	var out directory.Record
	w.view(func(v directory.Reader) error {
		found, err := v.Records(w.ctx, name, []string{string(key)})
		if err == nil && len(found) != 1 {
			return fmt.Errorf("%d records under %s %s", len(found), name, key)
		}
		if err == nil {
			out = found[0]
		}
		return err
	})
	return out
}

// object returns whom a key of a source is bound to.
func (w *world) object(name string, key source.Key) directory.Object {
	w.Helper()
	rec := w.record(name, key)
	if rec.Object == "" {
		w.Fatalf("%s is bound to nobody: %s", key, rec.Waiting)
	}
	var out directory.Object
	w.view(func(v directory.Reader) (err error) {
		out, err = v.Object(w.ctx, rec.Object)
		return err
	})
	return out
}

// objects returns everybody and every group.
func (w *world) objects() []directory.Object {
	w.Helper()
	var out []directory.Object
	w.view(func(v directory.Reader) error {
		for _, kind := range []directory.Kind{directory.Person, directory.Group} {
			list, err := v.ListObjects(w.ctx, kind, "", 0)
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	return out
}

// states returns the states of all people as "username state cause".
func (w *world) states() []string {
	w.Helper()
	var out []string
	for _, o := range w.objects() {
		if o.Kind == directory.Person {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", o.Handle(), o.State, o.Cause)))
		}
	}
	slices.Sort(out)
	return out
}

// members returns the handles of a group's members, sorted.
func (w *world) members(name string, group source.Key) []string {
	w.Helper()
	var out []string
	g := w.object(name, group)
	w.view(func(v directory.Reader) error {
		list, err := v.Members(w.ctx, g.ID, "", 0)
		if err != nil {
			return err
		}
		objects, err := v.Objects(w.ctx, list)
		for _, o := range objects {
			out = append(out, o.Handle())
		}
		return err
	})
	slices.Sort(out)
	return out
}

// dump describes all that is stored, without the ids that chance makes.
func (w *world) dump() []string {
	w.Helper()
	names := map[directory.ID]string{}
	var out []string
	w.view(func(v directory.Reader) error {
		var list []directory.ID
		all := w.objects()
		for _, o := range all {
			list = append(list, o.ID)
		}
		records, err := v.RecordsOf(w.ctx, list)
		if err != nil {
			return err
		}
		slices.SortFunc(records, func(a, b directory.Record) int {
			return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Key, b.Key))
		})
		for _, r := range records {
			names[r.Object] += "+" + r.Source + "/" + r.Key
			out = append(out, fmt.Sprintf("record %s/%s %s %s %t %t %s %s %t", r.Source, r.Key, r.Base, r.Name, r.Disabled, r.Expired, r.Status, r.Cause, r.Waiting != ""))
		}
		for _, o := range all {
			out = append(out, fmt.Sprintf("object %s %s %v %s %s %v", names[o.ID], o.Kind, o.Attrs, o.State, o.Cause, o.Stop))
		}
		edges, err := v.GroupsOf(w.ctx, list)
		for _, e := range edges {
			out = append(out, fmt.Sprintf("edge %s %s", names[e.Group], names[e.Member]))
		}
		return err
	})
	for name := range w.sites {
		w.view(func(v directory.Reader) error {
			waiting, err := v.Waiting(w.ctx, name, "", 0)
			for _, r := range waiting {
				out = append(out, fmt.Sprintf("waiting %s/%s %s", r.Source, r.Key, r.Status))
			}
			return err
		})
	}
	slices.Sort(out)
	return out
}

// A site is a source in memory that the test changes between reads.
type site struct {
	name    string
	people  map[source.Key]source.Record
	groups  map[source.Key]source.Record
	member  map[source.Key][]source.Key
	part    map[source.Key]bool     // groups that do not come whole
	litter  map[source.Key][]string // groups that come whole but for members by these names
	hidden  map[source.Key]bool     // not in reads, and not found by Locate
	moved   map[source.Key]string   // not in reads, found outside
	inside  map[source.Key]bool     // not in reads, found inside
	prefix  string                  // of the keys that are delivered: the ID attribute was switched
	without map[attr.Path]bool      // attributes that cannot be read now
	fail    error                   // how Pull ends
	locate  error
	asked   int // keys that were looked up
	blind   bool
	batch   int // records or memberships in a batch; 0 = all
	order   func(a, b source.Key) int
	repeat  bool // every batch comes twice
}

func newSite(name string) *site {
	return &site{
		name: name, people: map[source.Key]source.Record{}, groups: map[source.Key]source.Record{}, member: map[source.Key][]source.Key{},
		part: map[source.Key]bool{}, litter: map[source.Key][]string{}, hidden: map[source.Key]bool{}, moved: map[source.Key]string{}, inside: map[source.Key]bool{}, without: map[attr.Path]bool{},
		order: func(a, b source.Key) int { return cmp.Compare(a, b) },
	}
}

func (s *site) person(name string) source.Key {
	key := source.Key("p-" + name)
	s.people[key] = source.Record{
		Kind: source.Person, Key: key, Base: "people", Name: "uid=" + name + ",dc=" + s.name,
		Attrs: attr.Set{"uid": {name}, "mail": {name + "@example.com"}, "cn": {"Name of " + name}},
	}
	return key
}

func (s *site) crowd(n int) {
	for i := range n {
		s.person(fmt.Sprintf("p%03d", i))
	}
}

func (s *site) group(name string, members ...source.Key) source.Key {
	key := source.Key("g-" + name)
	s.groups[key] = source.Record{Kind: source.Group, Key: key, Base: "groups", Name: "cn=" + name + ",dc=" + s.name, Attrs: attr.Set{"cn": {name}}}
	s.member[key] = members
	return key
}

func (s *site) change(key source.Key, edit func(*source.Record)) {
	r := s.people[key]
	r.Attrs = r.Attrs.Clone()
	edit(&r)
	s.people[key] = r
}

func (s *site) set(key source.Key, p attr.Path, v string) {
	s.change(key, func(r *source.Record) { r.Attrs[p] = attr.Values{v} })
}

func (s *site) gone(key source.Key) bool { return s.hidden[key] || s.moved[key] != "" || s.inside[key] }

func (s *site) keys(m map[source.Key]source.Record) []source.Key {
	var out []source.Key
	for key := range m {
		if !s.gone(key) {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, s.order)
	return out
}

// pull delivers everything, cut into batches.
func (s *site) pull(yield func(source.Batch) error) error {
	var records []source.Record
	for _, m := range []map[source.Key]source.Record{s.people, s.groups} {
		for _, key := range s.keys(m) {
			r := m[key]
			r.Attrs = r.Attrs.Clone()
			for p := range s.without {
				delete(r.Attrs, p)
			}
			r.Key = source.Key(s.prefix) + r.Key
			records = append(records, r)
		}
	}
	var batches []source.Batch
	for part := range slices.Chunk(records, s.size(len(records))) {
		batches = append(batches, source.Batch{Records: part})
	}
	batches = append(batches, s.rosters()...)
	if s.fail == nil {
		batches = append(batches, source.Batch{Complete: []source.Base{"people", "groups"}})
	}
	for _, b := range batches {
		if err := yield(b); err != nil {
			return err
		}
		if s.repeat {
			if err := yield(b); err != nil {
				return err
			}
		}
	}
	return s.fail
}

func (s *site) rosters() []source.Batch {
	var out []source.Batch
	var b source.Batch
	for _, g := range s.keys(s.groups) {
		key := source.Key(s.prefix) + g
		for _, m := range s.member[g] {
			if s.gone(m) {
				continue
			}
			b.Members = append(b.Members, source.Membership{Group: key, Member: source.Key(s.prefix) + m, Op: source.Seen})
			if len(b.Members) >= s.size(1<<30) {
				out, b = append(out, b), source.Batch{}
			}
		}
		switch {
		case s.litter[g] != nil:
			b.Dangling = map[source.Key][]string{key: s.litter[g]}
		case !s.part[g]:
			b.Whole = append(b.Whole, key)
		}
	}
	return append(out, b)
}

func (s *site) size(all int) int {
	if s.batch > 0 {
		return s.batch
	}
	return max(1, all)
}

func (s *site) Locate(_ context.Context, kind source.Kind, keys []source.Key) ([]source.Sighting, error) {
	if s.locate != nil {
		return nil, s.locate
	}
	var out []source.Sighting
	for _, key := range keys {
		s.asked++
		plain := source.Key(strings.TrimPrefix(string(key), s.prefix))
		if s.prefix != "" && plain == key {
			continue // the old id is in no attribute that is asked
		}
		r, ok := s.people[plain]
		if kind == source.Group {
			r, ok = s.groups[plain]
		}
		if !ok || s.hidden[plain] {
			continue
		}
		where := r.Name
		if to := s.moved[plain]; to != "" {
			r.Base, where = "", to
		}
		r.Key = key
		out = append(out, source.Sighting{Record: r, Where: where})
	}
	return out, nil
}
