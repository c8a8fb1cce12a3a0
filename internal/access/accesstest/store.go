// Package accesstest has a store in memory for tests of who may do what: people, grants, tokens and
// sessions, and nothing else. Anything else it is asked for is a
// nil call. Package store has the real one.
package accesstest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"muster/internal/access"
	"muster/internal/directory"
)

// A Store keeps people, grants, tokens and sessions in memory. A transaction that fails leaves no trace.
type Store struct {
	directory.Store
	mu    sync.Mutex // guards state
	state *tx
}

// New returns an empty Store.
func New() *Store {
	return &Store{state: &tx{people: map[directory.ID]directory.Object{}, tokens: map[string]access.Token{}, signIns: newSignIns()}}
}

// View runs fn under the lock.
func (s *Store) View(_ context.Context, fn func(directory.Reader) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fn(s.state.clone())
}

// Update runs fn on a copy, which replaces the state if fn succeeds.
func (s *Store) Update(_ context.Context, _ directory.Actor, fn func(directory.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.state.clone()
	if err := fn(t); err != nil {
		return err
	}
	s.state = t
	return nil
}

type tx struct {
	directory.Tx
	people map[directory.ID]directory.Object
	grants []access.Grant
	edges  []directory.Edge
	tokens map[string]access.Token
	signIns
}

func (t *tx) clone() *tx {
	return &tx{people: maps.Clone(t.people), grants: slices.Clone(t.grants), edges: slices.Clone(t.edges), tokens: maps.Clone(t.tokens), signIns: t.signIns.clone()}
}

// AccessTx returns the access contract.
func (t *tx) AccessTx() access.Tx { return t }

// AccessReader returns the reading half of it.
func (t *tx) AccessReader() access.Reader { return t }

func (t *tx) Object(_ context.Context, id directory.ID) (directory.Object, error) {
	if o, ok := t.people[id]; ok {
		return o, nil
	}
	return directory.Object{}, directory.ErrNotFound
}

func (t *tx) Objects(_ context.Context, ids []directory.ID) (out []directory.Object, _ error) {
	for _, id := range ids {
		if o, there := t.people[id]; there {
			out = append(out, o)
		}
	}
	return out, nil
}

func (t *tx) PutObjects(_ context.Context, objects ...directory.Object) error {
	for _, o := range objects {
		t.people[o.ID] = o
	}
	return nil
}

func (t *tx) GroupsOf(_ context.Context, members []directory.ID) ([]directory.Edge, error) {
	return slices.DeleteFunc(slices.Clone(t.edges), func(e directory.Edge) bool { return !slices.Contains(members, e.Member) }), nil
}

func (t *tx) PutEdges(_ context.Context, group directory.ID, add, _ []directory.ID) error {
	for _, member := range add {
		t.edges = append(t.edges, directory.Edge{Group: group, Member: member})
	}
	return nil
}

func (t *tx) Grants(_ context.Context, person directory.ID) ([]access.Grant, error) {
	return slices.DeleteFunc(slices.Clone(t.grants), func(g access.Grant) bool { return person != "" && g.Person != person }), nil
}

func (t *tx) Roles(_ context.Context, person directory.ID) ([]access.Role, error) {
	var out []access.Role
	for _, g := range t.grants {
		if (g.Person == person || slices.Contains(t.edges, directory.Edge{Group: g.Person, Member: person})) && !slices.Contains(out, g.Role) {
			out = append(out, g.Role)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (t *tx) Token(_ context.Context, id string) (access.Token, error) {
	if k, ok := t.tokens[id]; ok {
		return k, nil
	}
	return access.Token{}, directory.ErrNotFound
}

func (t *tx) Tokens(_ context.Context, person directory.ID) ([]access.Token, error) {
	var out []access.Token
	for _, k := range t.tokens {
		if person == "" || k.Person == person {
			out = append(out, k)
		}
	}
	return out, nil
}

func (t *tx) PutGrant(_ context.Context, g access.Grant) error {
	t.grants = append(t.grants, g)
	return nil
}

func (t *tx) DropGrant(_ context.Context, person directory.ID, role access.Role) error {
	t.grants = slices.DeleteFunc(t.grants, func(g access.Grant) bool { return g.Person == person && g.Role == role })
	return nil
}

func (t *tx) PutToken(_ context.Context, k access.Token) error {
	t.tokens[k.ID] = k
	return nil
}
