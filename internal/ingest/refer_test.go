package ingest_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/source"
)

// refers returns whom people refer to, as "ada manager ben"; a key to which nobody is bound stands for itself.
func (w *world) refers() []string {
	w.Helper()
	out := []string{}
	names := map[directory.ID]string{}
	var list []directory.ID
	for _, o := range w.objects() {
		names[o.ID], list = o.Handle(), append(list, o.ID)
	}
	w.view(func(v directory.Reader) error {
		refs, err := v.References(w.ctx, list)
		for _, f := range refs {
			to := names[f.Person]
			if f.Person == "" {
				to = "(" + f.To + ")"
			}
			out = append(out, names[f.Object]+" "+f.Name+" "+to)
		}
		return err
	})
	return out
}

// P2, P5: who a person's manager is, is kept by key, in any order of arrival; what follows from it is in the feed, and nothing else is.
func TestReferences(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(...mapping.SourceRules) *world) {
		w := open()
		read := func(records []source.Record, refers ...source.Reference) ingest.Summary {
			t.Helper()
			r, err := w.door.Read("corp")
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range []source.Batch{{Records: records}, {Refers: refers}, {Complete: []source.Base{"people"}}} {
				if err := r.Take(w.ctx, b); err != nil {
					t.Fatal(err)
				}
			}
			sum, err := r.Close(w.ctx, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			return sum
		}
		changed := func(do func()) []string {
			t.Helper()
			before := w.head()
			do()
			list, err := w.store.Changes(w.ctx, before, 100)
			if err != nil {
				t.Fatal(err)
			}
			names := []string{}
			w.view(func(v directory.Reader) error {
				for _, c := range list {
					o, err := v.Object(w.ctx, c.Object)
					if err != nil {
						return err
					}
					names = append(names, o.Handle())
				}
				return nil
			})
			slices.Sort(names)
			return names
		}
		is := func(what string, got, want []string) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		ada, ben, cem := stated(source.Person, "1", "ada"), stated(source.Person, "2", "ben"), stated(source.Person, "3", "cem")
		manager := func(of source.Key, to ...source.Key) source.Reference {
			return source.Reference{Of: of, Name: source.Manager, To: to}
		}
		both := []source.Record{ada, ben}
		read(both, manager("1", "2"), manager("2", "3"))
		is("at first", w.refers(), []string{"ada manager ben", "ben manager (3)"})
		w.store.updates = 0
		is("the same once more", changed(func() { read(both, manager("1", "2"), manager("2", "3")) }), []string{})
		if w.store.updates > 0 {
			t.Errorf("the same once more wrote %d times", w.store.updates)
		}
		is("a read that states none", changed(func() { read(both) }), []string{})
		is("nothing stated leaves it", w.refers(), []string{"ada manager ben", "ben manager (3)"})

		three := []source.Record{ada, ben, cem}
		is("who was referred to comes", changed(func() { read(three, manager("1", "2"), manager("2", "3"), manager("3")) }), []string{"ben", "cem"})
		is("then", w.refers(), []string{"ada manager ben", "ben manager cem"})
		is("another manager", changed(func() { read(three, manager("1", "3"), manager("2", "3"), manager("3")) }), []string{"ada"})
		is("none", changed(func() { read(three, manager("1"), manager("2", "3"), manager("3")) }), []string{"ada"})
		is("at last", w.refers(), []string{"ben manager cem"})
	})
}

// X2: an attribute that many people have lost is a right that was lost, and their managers stay.
func TestReferencesAreDoubtedWithTheirAttribute(t *testing.T) {
	w := newWorld(t)
	w.door.Rules[0].Reads = []string{"uid", "manager"}
	corp := func(with bool) ingest.Summary {
		t.Helper()
		r, err := w.door.Read("corp")
		if err != nil {
			t.Fatal(err)
		}
		var b source.Batch
		for _, key := range []source.Key{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
			rec := stated(source.Person, key, "p"+string(key))
			f := source.Reference{Of: key, Name: source.Manager}
			if with {
				rec.Attrs["manager"], f.To = attr.Values{"uid=p1"}, []source.Key{"1"}
			}
			b.Records, b.Refers = append(b.Records, rec), append(b.Refers, f)
		}
		for _, b := range []source.Batch{{Records: b.Records}, {Refers: b.Refers, Complete: []source.Base{"people"}}} {
			if err := r.Take(w.ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		sum, err := r.Close(w.ctx, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	corp(true)
	if n := len(w.refers()); n != 9 {
		t.Fatalf("%d references", n)
	}
	if sum := corp(false); !sum.Suspicious {
		t.Fatalf("the loss of an attribute is believed: %+v", sum)
	}
	if n := len(w.refers()); n != 9 {
		t.Errorf("%d references are left, want all 9: the read is not believed", n)
	}
}

// I1: a client states a manager by the id that Muster gave; who refers to somebody bound later is followed.
func TestStatedReferences(t *testing.T) {
	w := newWorld(t, plainRules("idp"))
	manager := func(of source.Key, to ...source.Key) []source.Reference {
		return []source.Reference{{Of: of, Name: source.Manager, To: to}}
	}
	w.state(source.Batch{Records: []source.Record{stated(source.Person, "1", "ada")}, Refers: manager("1", "2")}, nil)
	before := w.head()
	w.state(source.Batch{Records: []source.Record{stated(source.Person, "2", "ben")}, Refers: manager("2")}, nil)
	list, err := w.store.Changes(w.ctx, before, 100)
	if err != nil || len(list) != 2 {
		t.Errorf("%d changes, want the new person and who refers to them: %v", len(list), err)
	}
	if diff := cmp.Diff([]string{"ada manager ben"}, w.refers()); diff != "" {
		t.Error(diff)
	}
	w.state(source.Batch{Records: []source.Record{stated(source.Person, "1", "ada")}, Refers: manager("1")}, nil)
	if diff := cmp.Diff([]string{}, w.refers()); diff != "" {
		t.Error(diff)
	}
}
