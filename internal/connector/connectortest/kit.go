package connectortest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
)

// A kit is what a check works with.
type kit struct {
	tb
	rule string
	s    Sandbox
	c    connector.Connector
	ctx  context.Context // of the one check that this kit belongs to
	run  string          // part of every name, so that a tenant can be played on twice
	made []connector.Op  // deletes what the check made, on a tenant that lives on
}

func newKit(t tb, c check, s Sandbox) *kit {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	k := &kit{tb: t, rule: c.rule, s: s, c: s.Connector, ctx: ctx, run: fmt.Sprintf("%06x", rand.IntN(1<<24))}
	t.Cleanup(func() {
		cancel()
		k.tidy()
		if s.Close != nil {
			s.Close()
		}
	})
	k.defaults()
	if k.c == nil {
		t.Fatalf("Sandbox.Connector is nil: there is nothing to test")
	}
	return k
}

func (k *kit) defaults() {
	w := &k.s.Words
	w.Login = cmp.Or(w.Login, "userName")
	w.Group = cmp.Or(w.Group, "displayName")
	if w.Text == nil {
		w.Text = []attr.Path{"title", "displayName"}
	}
	if w.User == nil {
		w.User = scimUser
	}
	k.s.Page = cmp.Or(k.s.Page, 100)
	k.s.Big = cmp.Or(k.s.Big, 1000)
	b := &k.s.Budget
	b.Check, b.Get, b.Write, b.Find = cmp.Or(b.Check, 3), cmp.Or(b.Get, 1), cmp.Or(b.Write, 2), cmp.Or(b.Find, 1)
}

func scimUser(name string) attr.Set {
	return attr.Set{
		"userName":                       {name},
		"name.givenName":                 {"Anna"},
		"name.familyName":                {"Berg"},
		"displayName":                    {"Anna Berg"},
		"title":                          {"Engineer"},
		`emails[type eq "work"].value`:   {strings.ToLower(strings.Map(plain, name)) + "@example.com"},
		`emails[type eq "work"].primary`: {"true"},
	}
}

func plain(r rune) rune {
	if r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return 'x'
}

// tidy removes what the check made on a tenant that outlives it. A sandbox that takes faults is thrown away instead.
func (k *kit) tidy() {
	if k.s.Fail != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, op := range k.made {
		if _, err := k.c.Apply(ctx, op); err != nil {
			k.Logf("left behind: %s %s: %v", op.Kind, op.ID, err)
		}
	}
}

// failf ends the check with what was seen and the rule that it breaks.
func (k *kit) failf(format string, args ...any) {
	k.Helper()
	k.Fatalf("%s\n    rule: %s", fmt.Sprintf(format, args...), k.rule)
}

// ok ends the check if err is not nil.
func (k *kit) ok(err error, what string) {
	k.Helper()
	if err != nil {
		k.failf("%s: %v", what, err)
	}
}

// is ends the check if err is not of the class want.
func (k *kit) is(err, want error, what string) {
	k.Helper()
	if !errors.Is(err, want) {
		k.failf("%s: got error %v, want one that is %q", what, err, want)
	}
}

// classes are the errors that make the engine do something else than try again.
func classes() []error {
	return []error{connector.ErrExists, connector.ErrNotFound, connector.ErrInvalid, connector.ErrAuth, connector.ErrUnsupported, connector.ErrForeign}
}

// unclassified ends the check if err is nil, or means anything but "try again later".
func (k *kit) unclassified(err error, what string) {
	k.Helper()
	if err == nil {
		k.failf("%s: no error", what)
	}
	for _, class := range classes() {
		if errors.Is(err, class) {
			k.failf("%s: got %q, which means %q; this may pass, so the error must be none of the contract's", what, err, class)
		}
	}
	if _, ok := errors.AsType[*connector.RetryAfter](err); ok {
		k.failf("%s: got %q, a *RetryAfter; but nobody throttles", what, err)
	}
}

// name returns a login or group name that no other check uses.
func (k *kit) name(s string) string { return s + "-" + k.run }

func (k *kit) features() connector.Features {
	k.Helper()
	f, err := k.c.Check(k.ctx)
	k.ok(err, "Check")
	return f
}

// userOp describes the creation of a user called name.
func (k *kit) userOp(name string) connector.Op {
	return connector.Op{
		Key: "create " + name, Verb: connector.Create, Kind: connector.User, Want: k.s.Words.User(name), Active: true,
		Match: []attr.Path{k.s.Words.Login},
	}
}

func (k *kit) groupOp(name string) connector.Op {
	return connector.Op{
		Key: "create " + name, Verb: connector.Create, Kind: connector.Group, Want: attr.Set{k.s.Words.Group: {name}}, Active: true,
		Match: []attr.Path{k.s.Words.Group},
	}
}

// create makes the object of op, and wants it as asked.
func (k *kit) create(op connector.Op) connector.Remote {
	k.Helper()
	r, err := k.c.Apply(k.ctx, op)
	k.ok(err, "create "+string(op.Kind))
	if r.ID == "" {
		k.failf("create %s: the Remote returned has no ID; without it nothing can be changed later", op.Kind)
	}
	if r.Kind != op.Kind {
		k.failf("create %s: the Remote returned has kind %q", op.Kind, r.Kind)
	}
	k.note(op.Kind, r.ID)
	return r
}

func (k *kit) note(kind connector.Kind, id connector.RemoteID) {
	k.made = append(k.made, connector.Op{Key: "tidy", Verb: connector.Delete, Kind: kind, ID: id})
}

func (k *kit) user(name string) connector.Remote {
	k.Helper()
	return k.create(k.userOp(k.name(name)))
}

func (k *kit) group(name string) connector.Remote {
	k.Helper()
	return k.create(k.groupOp(k.name(name)))
}

// on describes a write to r.
func on(r connector.Remote, verb connector.Verb) connector.Op {
	return connector.Op{Key: string(verb) + " " + string(r.ID), Verb: verb, Kind: r.Kind, ID: r.ID, Want: r.Attrs.Clone(), Active: r.Active}
}

// update describes a change of r's attribute p.
func update(r connector.Remote, p attr.Path, v ...string) connector.Op {
	op := on(r, connector.Update)
	op.Want[p] = v
	op.Changed = []attr.Path{p}
	return op
}

func (k *kit) apply(op connector.Op) connector.Remote {
	k.Helper()
	r, err := k.c.Apply(k.ctx, op)
	k.ok(err, "Apply "+op.Key)
	return r
}

func (k *kit) get(r connector.Remote) connector.Remote {
	k.Helper()
	got, err := k.c.Get(k.ctx, r.Kind, r.ID)
	k.ok(err, fmt.Sprintf("Get %s %s", r.Kind, r.ID))
	return got
}

// list returns all of kind, and wants each exactly once.
func (k *kit) list(kind connector.Kind) map[connector.RemoteID]connector.Remote {
	k.Helper()
	all := map[connector.RemoteID]connector.Remote{}
	err := k.c.List(k.ctx, kind, func(r connector.Remote) error {
		if _, again := all[r.ID]; again {
			k.failf("List %s yields %s twice", kind, r.ID)
		}
		all[r.ID] = r
		return nil
	})
	k.ok(err, "List "+string(kind))
	return all
}

// count returns how many of kind carry value at p.
func (k *kit) count(kind connector.Kind, p attr.Path, value string) int {
	k.Helper()
	n := 0
	for _, r := range k.list(kind) {
		if strings.EqualFold(r.Attrs.First(p), value) {
			n++
		}
	}
	return n
}

// normal returns want as the service stores it, without what it cannot hold.
func (k *kit) normal(kind connector.Kind, want attr.Set) attr.Set {
	if n, ok := k.c.(connector.Normalizer); ok {
		want, _ = n.Normalize(kind, want.Clone())
	}
	return want
}

// holds ends the check if got does not hold want as the service stores it.
func (k *kit) holds(got connector.Remote, want attr.Set, what string) {
	k.Helper()
	for _, d := range attr.Diff(got.Attrs, k.normal(got.Kind, want)) {
		k.failf("%s: %s is %q, want %q", what, d.Path, d.Old, d.New)
	}
}

// without returns s without p.
func without(s attr.Set, p attr.Path) attr.Set {
	s = s.Clone()
	delete(s, p)
	return s
}
