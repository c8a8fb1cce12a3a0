// Package inboundtest proves that a store keeps the promises of package inbound. A store's own tests call Run.
package inboundtest

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	t.Run("unique handles and external ids", func(t *testing.T) { testUnique(t, open(t)) })
	t.Run("an attempt that failed", func(t *testing.T) { testAttempt(t, open(t)) })
	t.Run("groups around", func(t *testing.T) { testAround(t, open(t)) })
	t.Run("find", func(t *testing.T) { testFind(t, open(t)) })
}

func person(name, external string) inbound.Resource {
	return inbound.Resource{Source: "entra", Kind: directory.Person, ID: "id-" + name, Object: directory.NewID(), Handle: name, External: external, Name: name, Doc: "{}", Active: true, Version: 1}
}

func put(t *testing.T, s directory.Store, r inbound.Resource, values ...scim.Value) error {
	t.Helper()
	return s.Update(t.Context(), "test", func(tx directory.Tx) error { return inbound.In(tx).Put(t.Context(), r, values) })
}

func testUnique(t *testing.T, s directory.Store) {
	if err := put(t, s, person("olivia", "x")); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]inbound.Resource{"handle": person("OLIVIA", ""), "externalId": person("ben", "x")} {
		r.ID = "id-other-" + name
		if err := put(t, s, r); !errors.Is(err, directory.ErrConflict) {
			t.Errorf("%s taken twice: %v", name, err)
		}
	}
	other := person("olivia", "x")
	other.Source, other.ID = "okta", "id-okta"
	if err := put(t, s, other); err != nil {
		t.Errorf("another client may use the same names: %v", err)
	}
}

func testAround(t *testing.T, s directory.Store) {
	ctx := t.Context()
	ada, staff, all, strange := person("ada", "e"), person("staff", ""), person("all", ""), directory.NewID()
	staff.Kind, all.Kind = directory.Group, directory.Group
	for _, r := range []inbound.Resource{ada, staff, all} {
		if err := put(t, s, r); err != nil {
			t.Fatal(err)
		}
	}
	type edge struct{ member, group directory.ID }
	want := map[edge]string{{ada.Object, staff.Object}: "id-staff staff", {staff.Object, all.Object}: "id-all all", {all.Object, staff.Object}: "id-staff staff", {ada.Object, strange}: " "}
	err := s.Update(ctx, "test", func(tx directory.Tx) error {
		for e := range want {
			if err := tx.PutEdges(ctx, e.group, []directory.ID{e.member}, nil); err != nil {
				return err
			}
		}
		return tx.PutEdges(ctx, all.Object, nil, []directory.ID{ada.Object})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(ctx, func(v directory.Reader) error {
		got := map[edge]string{}
		found, err := inbound.Of(v).Around(ctx, "entra", []directory.ID{ada.Object})
		for _, a := range found {
			got[edge{a.Member, a.Group}] = a.ID + " " + a.Name
		}
		if err == nil && !maps.Equal(got, want) {
			t.Errorf("around ada: %v, want %v", got, want)
		}
		for _, twin := range []struct {
			handle, external string
			n                int
		}{{"ADA", "e", 1}, {"ada", "", 1}, {"x", "e", 1}, {"x", "", 0}, {"x", "x", 0}} {
			found, twinErr := inbound.Of(v).Twins(ctx, "entra", directory.Person, twin.handle, twin.external)
			if twinErr != nil || len(found) != twin.n {
				t.Errorf("twins of %v: %v %v", twin, found, twinErr)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func testFind(t *testing.T, s directory.Store) {
	value := func(path string, elem int, key string) scim.Value {
		return scim.Value{Path: path, Elem: elem, Key: key}
	}
	for name, values := range map[string][]scim.Value{
		"ada": {value("title", 0, "boss"), value("emails.type", 0, "work"), value("emails.value", 0, "a@example.com"), value("emails.type", 1, "home"), value("emails.value", 1, "b@example.com")},
		"ben": {value("emails.type", 0, "home"), value("emails.value", 0, "a@example.com")},
		"cyd": {value("title", 0, "ant")},
	} {
		if err := put(t, s, person(name, ""), values...); err != nil {
			t.Fatal(err)
		}
	}
	test := func(path string, op filter.Op, key string) inbound.Cond {
		return inbound.Test{Path: path, Op: op, Key: key}
	}
	emails := []string{"emails.type", "emails.value"}
	for name, tt := range map[string]struct {
		where inbound.Cond
		sort  inbound.Sort
		after *inbound.Mark
		want  []string
	}{
		"all":              {nil, inbound.Sort{}, nil, []string{"ada", "ben", "cyd"}},
		"eq":               {test("emails.value", filter.Equal, "a@example.com"), inbound.Sort{}, nil, []string{"ada", "ben"}},
		"handle":           {test("handle", filter.Equal, "cyd"), inbound.Sort{}, nil, []string{"cyd"}},
		"co":               {test("title", filter.Contains, "os"), inbound.Sort{}, nil, []string{"ada"}},
		"ew":               {test("title", filter.EndsWith, "nt"), inbound.Sort{}, nil, []string{"cyd"}},
		"sw":               {test("handle", filter.StartsWith, "b"), inbound.Sort{}, nil, []string{"ben"}},
		"not":              {inbound.Not{Cond: inbound.Has{Paths: []string{"title"}}}, inbound.Sort{}, nil, []string{"ben"}},
		"one element":      {inbound.Element{Paths: emails, Where: inbound.And{test("emails.type", filter.Equal, "work"), test("emails.value", filter.Equal, "b@example.com")}}, inbound.Sort{}, nil, nil},
		"several elements": {inbound.And{test("emails.type", filter.Equal, "work"), test("emails.value", filter.Equal, "b@example.com")}, inbound.Sort{}, nil, []string{"ada"}},
		"sorted":           {nil, inbound.Sort{Path: "title"}, nil, []string{"cyd", "ada", "ben"}},
		"reversed":         {nil, inbound.Sort{Path: "title", Desc: true}, nil, []string{"ben", "ada", "cyd"}},
		"behind":           {nil, inbound.Sort{Path: "title"}, &inbound.Mark{Key: "ant", ID: "id-cyd"}, []string{"ada", "ben"}},
	} {
		var got []string
		var n int
		err := s.View(t.Context(), func(r directory.Reader) error {
			q := inbound.Query{Source: "entra", Kind: directory.Person, Where: tt.where, Sort: tt.sort, After: tt.after, Limit: 10}
			found, err := inbound.Of(r).Find(t.Context(), q)
			for _, f := range found {
				got = append(got, f.Name)
			}
			if err == nil {
				n, err = inbound.Of(r).Count(t.Context(), q)
			}
			return err
		})
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" || tt.after == nil && n != len(tt.want) {
			t.Errorf("%s: %v, %d counted\n%s", name, err, n, diff)
		}
	}
}

// testAttempt: what fails leaves nothing behind, a name seen for the first time included, and the transaction goes on.
func testAttempt(t *testing.T, s directory.Store) {
	errInVain := errors.New("in vain")
	title := scim.Value{Path: "title", Key: "boss"}
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		in := inbound.In(tx)
		if err := in.Attempt(t.Context(), func() error {
			return errors.Join(in.Put(t.Context(), person("olivia", ""), []scim.Value{title}), errInVain)
		}); !errors.Is(err, errInVain) {
			t.Errorf("attempt: %v", err)
		}
		taken := in.Attempt(t.Context(), func() error {
			first, twice := person("cyd", ""), person("CYD", "")
			twice.ID = "id-twice"
			return errors.Join(in.Put(t.Context(), first, nil), in.Put(t.Context(), twice, nil))
		})
		if !errors.Is(taken, directory.ErrConflict) {
			t.Errorf("a name taken twice: %v", taken)
		}
		return in.Attempt(t.Context(), func() error { return in.Put(t.Context(), person("ben", ""), []scim.Value{title}) })
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(r directory.Reader) error {
		found, err := inbound.Of(r).Find(t.Context(), inbound.Query{Source: "entra", Kind: directory.Person, Where: inbound.Has{Paths: []string{"title"}}, Limit: 10})
		if len(found) != 1 || found[0].Name != "ben" {
			t.Errorf("found %v", found)
		}
		for _, gone := range []string{"olivia", "cyd"} {
			if _, err := inbound.Of(r).ByHandle(t.Context(), "entra", directory.Person, gone); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%s: %v", gone, err)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
