package ingest_test

import (
	"errors"
	"slices"
	"testing"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/source"
)

// state lets a batch of the client "idp" in, in one transaction.
func (w *world) state(b source.Batch, bind map[source.Key]directory.ID) map[source.Key]ingest.Outcome {
	w.Helper()
	var out map[source.Key]ingest.Outcome
	err := w.store.Update(w.ctx, "source:idp", func(tx directory.Tx) (err error) {
		out, err = w.door.State(w.ctx, tx, "idp", b, bind)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func stated(kind source.Kind, key source.Key, name string) source.Record {
	base := source.Base("people")
	if kind == source.Group {
		base = "groups"
	}
	return source.Record{Kind: kind, Key: key, Base: base, Name: name, Attrs: attr.Set{"uid": {name}, "cn": {name}, "mail": {name + "@example.com"}}}
}

// I3, I5, I7: what a client states makes, changes and ends people at once, and takes nobody's name.
func TestState(t *testing.T) {
	w := newWorld(t, plainRules("corp"), plainRules("idp"))
	key := w.sites["corp"].person("ada")
	w.read("corp")

	got := w.state(source.Batch{Records: []source.Record{stated(source.Person, "1", "olivia")}}, nil)["1"]
	if !got.New || got.Waiting != "" || w.object("idp", "1").Handle() != "olivia" {
		t.Fatalf("%+v", got)
	}
	if again := w.state(source.Batch{Records: []source.Record{stated(source.Person, "1", "olivia")}}, nil)["1"]; again != (ingest.Outcome{Object: got.Object}) {
		t.Errorf("the same once more: %+v", again)
	}

	taken := w.state(source.Batch{Records: []source.Record{stated(source.Person, "2", "Ada")}}, nil)["2"]
	if ada := w.object("corp", key); taken.Object != "" || taken.Holder != ada.ID {
		t.Errorf("a name that is taken: %+v, want the holder %s", taken, ada.ID)
	}

	off := stated(source.Person, "1", "olivia")
	off.Disabled = true
	w.state(source.Batch{Records: []source.Record{off}}, nil)
	if o := w.object("idp", "1"); o.State != directory.Disabled || o.Cause != directory.Stated || o.Epoch != 1 {
		t.Errorf("disabled: %+v", o)
	}
	w.state(source.Batch{Deleted: []source.Key{"1"}}, nil)
	if o := w.object("idp", "1"); o.State != directory.Gone || o.Cause != directory.Stated {
		t.Errorf("deleted: %+v", o)
	}
	if fresh := w.state(source.Batch{Records: []source.Record{stated(source.Person, "3", "olivia")}}, nil)["3"]; !fresh.New || fresh.Object == got.Object {
		t.Errorf("a deleted name is free: %+v", fresh)
	}
}

// One member added is one edge, and members of other sources stay.
func TestStateMembers(t *testing.T) {
	w := newWorld(t, plainRules("idp"))
	w.state(source.Batch{Records: []source.Record{stated(source.Group, "g", "staff"), stated(source.Person, "1", "olivia"), stated(source.Person, "2", "ben")}}, nil)
	if !w.record("idp", "g").KnowsMembers() {
		t.Error("the members of a stated group are known from the first")
	}
	w.state(source.Batch{Members: []source.Membership{{Group: "g", Member: "1", Op: source.Add}, {Group: "g", Member: "2", Op: source.Add}, {Group: "g", Member: "nobody", Op: source.Add}}}, nil)
	w.state(source.Batch{Members: []source.Membership{{Group: "g", Member: "1", Op: source.Remove}}}, nil)
	if got := w.members("idp", "g"); !slices.Equal(got, []string{"ben"}) {
		t.Errorf("members %v", got)
	}
}

// A caller may say whom a record belongs to: somebody whom an administrator has let a client take over.
func TestStateBind(t *testing.T) {
	w := newWorld(t, plainRules("idp"))
	byHand := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"olivia"}}}
	if err := w.store.Update(w.ctx, "operator:owner", func(tx directory.Tx) error { return tx.PutObjects(w.ctx, byHand) }); err != nil {
		t.Fatal(err)
	}
	got := w.state(source.Batch{Records: []source.Record{stated(source.Person, "1", "olivia")}}, map[source.Key]directory.ID{"1": byHand.ID})["1"]
	if got != (ingest.Outcome{Object: byHand.ID}) || w.object("idp", "1").Attrs.First(directory.Email) != "olivia@example.com" {
		t.Errorf("%+v", got)
	}
}

// A failed request leaves nothing behind.
func TestStateIsTheCallersTransaction(t *testing.T) {
	w := newWorld(t, plainRules("idp"))
	before, refused := w.head(), errors.New("refused")
	err := w.store.Update(w.ctx, "source:idp", func(tx directory.Tx) error {
		_, err := w.door.State(w.ctx, tx, "idp", source.Batch{Records: []source.Record{stated(source.Person, "1", "olivia")}}, nil)
		return errors.Join(err, refused)
	})
	if !errors.Is(err, refused) || w.head() != before {
		t.Errorf("%v, and the feed moved", err)
	}
}

// Changed rules reach those whom nobody will read again.
func TestRestate(t *testing.T) {
	w := newWorld(t, plainRules("idp"))
	w.state(source.Batch{Records: []source.Record{stated(source.Person, "1", "olivia")}}, nil)
	restate := func() int {
		t.Helper()
		n, err := w.door.Restate(w.ctx, "idp", "people", "groups")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := restate(); n != 0 {
		t.Errorf("%d records changed under the rules they had", n)
	}
	rules := plainRules("idp")
	rules.People["name"] = mapping.Rule{Expr: "'Dr. ' + record.cn"}
	w.rule(rules)
	if n := restate(); n != 1 || w.object("idp", "1").Attrs.First(directory.Name) != "Dr. olivia" {
		t.Errorf("%d changed: %v", n, w.object("idp", "1").Attrs)
	}
	w.store.updates = 0
	if restate(); w.store.updates != 0 {
		t.Error("rules that were applied were applied again")
	}
}
