package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

// A node is a keeper over a store of its own on the file that others have open, too.
func node(t *testing.T, file string, now *time.Time) *access.Keeper {
	t.Helper()
	s, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &access.Keeper{Store: &reads{Store: s}, Now: func() time.Time { return *now }}
}

// reads counts what is read.
type reads struct {
	*store.Store
	views int
}

func (r *reads) View(ctx context.Context, fn func(directory.Reader) error) error {
	r.views++
	return r.Store.View(ctx, fn)
}

// I6, S4: what one request has proven about a token ends at once, whoever ends it, on every node.
func TestProofsEnd(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	file := storetest.SQLite(t, t.TempDir())
	here, there := node(t, file, &now), node(t, file, &now)
	owner := access.Caller{Handle: "owner", Roles: []access.Role{access.Owner}}
	person, group := directory.NewID(), directory.NewID()
	update := func(k *access.Keeper, fn func(directory.Tx) error) {
		t.Helper()
		if err := k.Store.Update(t.Context(), "test", fn); err != nil {
			t.Fatal(err)
		}
	}
	put := func(k *access.Keeper, change func(*directory.Object)) {
		t.Helper()
		update(k, func(tx directory.Tx) error {
			o, err := tx.Object(t.Context(), person)
			change(&o)
			return errors.Join(err, tx.PutObjects(t.Context(), o))
		})
	}
	in := func(k *access.Keeper, add, remove []directory.ID) {
		t.Helper()
		update(k, func(tx directory.Tx) error { return tx.PutEdges(t.Context(), group, add, remove) })
	}
	update(here, func(tx directory.Tx) error {
		return errors.Join(
			tx.PutObjects(t.Context(),
				directory.Object{ID: person, Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"idp"}}},
				directory.Object{ID: group, Kind: directory.Group, State: directory.Active, Attrs: attr.Set{directory.Name: {"providers"}}}),
			access.In(tx).PutGrant(t.Context(), access.Grant{Person: group, Role: access.Provisioner}))
	})
	ends := map[string]func(k *access.Keeper, token string){
		"revoked": func(k *access.Keeper, token string) { check(t, k.Revoke(t.Context(), owner, token)) },
		"deactivated": func(k *access.Keeper, _ string) {
			put(k, func(o *directory.Object) { o.State, o.Epoch = directory.Disabled, o.Epoch+1 })
		},
		"stopped": func(k *access.Keeper, _ string) {
			put(k, func(o *directory.Object) { o.Stop = &directory.Stop{By: "x"} })
		},
		"epoch":    func(k *access.Keeper, _ string) { put(k, func(o *directory.Object) { o.Epoch++ }) },
		"expired":  func(*access.Keeper, string) { now = now.Add(access.DefaultLife) },
		"no right": func(k *access.Keeper, _ string) { in(k, nil, []directory.ID{person}) },
	}
	for name, end := range ends {
		for where, k := range map[string]*access.Keeper{"here": here, "there": there} {
			put(here, func(o *directory.Object) { o.State, o.Stop = directory.Active, nil })
			in(here, []directory.ID{person}, nil)
			text, token, err := here.IssueFor(t.Context(), owner, person, access.Use{Source: "idp"}, "idp", 0)
			check(t, err)
			here.Store.(*reads).views = 0
			for range 3 { // the first notes the use, the second proves, the third rests on that
				if c, _, err := here.Client(t.Context(), text.Reveal()); err != nil || !c.May(access.Provision) {
					t.Fatalf("%s: before: %+v %v", name, c, err)
				}
			}
			if r := here.Store.(*reads); r.views != 2 {
				t.Errorf("%s: %d reads for three requests, want 2", name, r.views)
			}
			end(k, token.ID)
			if c, _, err := here.Client(t.Context(), text.Reveal()); err == nil && c.May(access.Provision) {
				t.Errorf("%s %s, and the token goes on", name, where)
			}
			if _, _, err := here.Client(t.Context(), text.Reveal()[:len(text.Reveal())-9]+"00000000"); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("%s: a token with another end: %v", name, err)
			}
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
