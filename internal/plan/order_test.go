package plan_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/plan"
)

func TestOrder(t *testing.T) {
	l := func(verb plan.Verb, object directory.ID, remote connector.RemoteID) plan.Line {
		kind := connector.User
		if object[0] == 'g' {
			kind = connector.Group
		}
		return plan.Line{Verb: verb, Object: object, Kind: kind, Remote: remote}
	}
	want := []plan.Line{
		l(plan.Link, "leaver", "r1"), l(plan.DisableUser, "leaver", "r1"), l(plan.DisableUser, "leaver2", "r2"),
		l(plan.RemoveMembers, "g1", "r3"),
		l(plan.Link, "stayer", "r4"), l(plan.Update, "stayer", "r4"), l(plan.Enable, "back", "r5"), l(plan.Update, "g1", "r3"),
		l(plan.Create, "new", ""), l(plan.Create, "asleep", ""), l(plan.DisableUser, "asleep", ""), l(plan.Create, "g2", ""),
		l(plan.AddMembers, "g1", "r3"), l(plan.AddMembers, "g2", ""),
		l(plan.DeleteRemote, "past", "r6"), l(plan.DeleteRemote, "g3", "r7"),
		l(plan.Skip, "odd", ""),
	}
	// As the engine meets them: object by object, in any order, but those of one object as Object and Members give them.
	var got []plan.Line
	for _, object := range []directory.ID{"odd", "g3", "past", "g1", "g2", "new", "asleep", "stayer", "back", "leaver", "leaver2"} {
		for _, w := range want {
			if w.Object == object {
				got = append(got, w)
			}
		}
	}
	plan.Order(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
}

func TestOrderIsStable(t *testing.T) {
	verbs := []plan.Verb{plan.Link, plan.Create, plan.Update, plan.Enable, plan.DisableUser, plan.DeleteRemote, plan.AddMembers, plan.RemoveMembers, plan.Skip}
	rapid.Check(t, func(t *rapid.T) {
		var lines []plan.Line
		for i := range rapid.IntRange(0, 30).Draw(t, "lines") {
			lines = append(lines, plan.Line{Verb: anyOf(t, verbs, "verb"), Kind: anyOf(t, kinds, "kind"), Remote: "r", Object: anyOf(t, []directory.ID{"a", "b"}, "object"), Size: i})
		}
		once := slices.Clone(lines)
		plan.Order(once)
		twice := slices.Clone(once)
		plan.Order(twice)
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("sorting twice differs:\n%s", diff)
		}
		for i := 1; i < len(once); i++ {
			a, b := once[i-1], once[i]
			if a.Verb == b.Verb && a.Kind == b.Kind && a.Object == b.Object && a.Size > b.Size {
				t.Fatalf("%d came before %d", a.Size, b.Size)
			}
		}
	})
}
