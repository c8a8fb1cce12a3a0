package plan_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

var (
	paths  = []attr.Path{"userName", "emails", "title", "nickName"}
	kinds  = []connector.Kind{connector.User, connector.Group}
	scopes = []plan.Scope{plan.In, plan.Out, plan.Unknown}
	causes = []directory.Cause{directory.NoCause, directory.Stated, directory.Left, directory.Missing, directory.Operator}
	states = []link.State{link.Linked, link.Closing, link.Closed, link.Lost}
	takes  = []plan.Removal{plan.Disable, plan.Delete, plan.Empty, plan.Leave}
)

func anyOf[T any](t *rapid.T, from []T, label string) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

func flip(t *rapid.T, label string) bool { return rapid.Bool().Draw(t, label) }

// drawSet draws a few attributes with a few values, so that sets often agree.
func drawSet(t *rapid.T, label string) attr.Set {
	out := attr.Set{}
	for _, p := range paths {
		if flip(t, label+string(p)) {
			out[p] = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "b", ""}), 0, 3).Draw(t, label+"values")
		}
	}
	return out
}

func drawDesired(t *rapid.T) plan.Desired {
	return plan.Desired{
		Target: "wiki", Object: "o1", Name: "jsmith",
		Kind: anyOf(t, kinds, "kind"), Scope: anyOf(t, scopes, "scope"), Cause: anyOf(t, causes, "cause"), Active: flip(t, "active"),
		Attrs: drawSet(t, "attrs"), Once: drawSet(t, "once"), Match: []attr.Path{"userName"},
		Missing: rapid.SliceOfN(rapid.SampledFrom(paths), 0, 1).Draw(t, "missing"),
		Invalid: rapid.SliceOfN(rapid.Just(connector.Problem{Path: "title", Reason: "too long"}), 0, 1).Draw(t, "invalid"),
		Ask:     anyOf(t, []string{"", "", "is it the same person?"}, "ask"),
		Size:    rapid.IntRange(0, 20).Draw(t, "size"),
		Refs:    rapid.SliceOfN(rapid.Custom(drawRef), 0, 1).Draw(t, "refs"),
		Policy: plan.Policy{
			Create: flip(t, "create"), Update: flip(t, "update"), Remove: anyOf(t, takes, "remove"), Removing: flip(t, "removing"),
			ProvisionDisabled: flip(t, "provision"), Names: []attr.Path{"userName", "emails"},
		},
	}
}

// drawRef draws a reference to somebody with an account, or none, or one to come.
func drawRef(t *rapid.T) plan.Ref {
	r := plan.Ref{Path: "manager", To: "o2", Account: anyOf(t, []connector.RemoteID{"", "m1", "m2"}, "account")}
	r.Pending = r.Account == "" && flip(t, "pending")
	return r
}

func drawFeatures(t *rapid.T) connector.Features {
	return connector.Features{
		Groups: flip(t, "groups"), RenameGroup: flip(t, "rename"), Disable: flip(t, "can disable"), CreateDisabled: flip(t, "create disabled"),
		DeleteUser: flip(t, "can delete"), MemberBatch: rapid.IntRange(0, 4).Draw(t, "batch"),
	}
}

// drawWorld draws an object that is linked, matches an account, or neither.
func drawWorld(t *rapid.T, want plan.Desired) *world {
	w := &world{look: flip(t, "look")}
	if flip(t, "there") {
		w.there = &connector.Remote{ID: "r1", Kind: want.Kind, Attrs: drawSet(t, "there"), Active: flip(t, "account") || want.Kind == connector.Group}
		if flip(t, "refers") {
			w.there.Attrs["manager"] = attr.Values{"m1"}
		}
		if flip(t, "linked") {
			w.have = link.Link{Target: "wiki", Object: want.Object, Kind: want.Kind, Remote: "r1", State: anyOf(t, states, "state")}
			w.have.Active, w.have.Applied = w.there.Active, w.there.Attrs.Clone()
		}
	}
	return w
}

func acts(l plan.Line) bool { return l.Verb != plan.Skip }

// Planning again after success gives nothing to do.
func settles(t *rapid.T) {
	want, can := drawDesired(t), drawFeatures(t)
	w := drawWorld(t, want)
	first := plan.Object(want, w.have, w.seen(), can)
	w.apply(want, first)
	again := plan.Object(want, w.have, w.seen(), can)
	if slices.ContainsFunc(again, acts) {
		t.Fatalf("first %v, and then again %v", briefs(first), briefs(again))
	}
}

func TestObjectSettles(t *testing.T) { rapid.Check(t, settles) }

func FuzzObjectSettles(f *testing.F) { f.Fuzz(rapid.MakeFuzz(settles)) }

// What Object may never do, whatever it is told.
func TestObjectPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, can := drawDesired(t), drawFeatures(t)
		w := drawWorld(t, want)
		lines := plan.Object(want, w.have, w.seen(), can)
		stated := want.Kind == connector.User && !want.Active && (want.Cause == directory.Stated || want.Cause == directory.Operator)
		if want.Scope == plan.Unknown && !stated && len(lines) > 0 {
			t.Fatalf("scope unknown, and planned %v", briefs(lines))
		}
		p := want.Policy
		allowed := map[plan.Verb]bool{
			plan.Skip: true, plan.Link: want.Ask == "", plan.Create: p.Create && w.there == nil && len(want.Missing)+len(want.Invalid) == 0 && want.Ask == "",
			plan.Update: p.Update && len(want.Missing)+len(want.Invalid) == 0 && want.Ask == "", plan.Enable: p.Update && want.Active && want.Ask == "",
			plan.Refer:        len(want.Refs) > 0 && want.Scope == plan.In && want.Active && want.Ask == "" && want.Kind == connector.User,
			plan.DisableUser:  p.Removing && p.Remove == plan.Disable && can.Disable && want.Kind == connector.User && !(want.Scope == plan.In && want.Active),
			plan.DeleteRemote: p.Removing && p.Remove == plan.Delete && !(want.Scope == plan.In && want.Active),
		}
		for _, l := range lines {
			if !allowed[l.Verb] || want.Kind == connector.Group && !can.Groups && acts(l) {
				t.Fatalf("planned %s for %+v with %+v", brief(l), want, w)
			}
			if l.Class != "" && !acts(l) || l.Verb == plan.DeleteRemote && l.Count != 1 || l.Key == "" || l.Why == "" {
				t.Fatalf("ill-formed line %+v", l)
			}
		}
	})
}

// A value that is missing or unfit keeps nobody from being removed.
func TestObjectRemovesWhoeverHasBadValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, can := drawDesired(t), drawFeatures(t)
		w := drawWorld(t, want)
		good := want
		good.Missing, good.Invalid = nil, nil
		leaving := func(l plan.Line) bool { return l.Verb == plan.DisableUser || l.Verb == plan.DeleteRemote }
		a := slices.ContainsFunc(plan.Object(good, w.have, w.seen(), can), leaving)
		b := slices.ContainsFunc(plan.Object(want, w.have, w.seen(), can), leaving)
		if plan.Linked(w.have) && a != b {
			t.Fatalf("removed with good values %t, with bad ones %t", a, b)
		}
	})
}

// Sets are maps, and the members of a slice come in any order: neither may show in the plan, and no argument is changed.
func TestObjectIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, can := drawDesired(t), drawFeatures(t)
		w := drawWorld(t, want)
		before := want.Attrs.Clone()
		first := plan.Object(want, w.have, w.seen(), can)
		other := want
		other.Attrs = attr.Set{}
		for _, p := range slices.Backward(slices.Sorted(maps.Keys(want.Attrs))) {
			other.Attrs[p] = rapid.Permutation(want.Attrs[p]).Draw(t, "values")
		}
		second := plan.Object(other, w.have, w.seen(), can)
		if diff := cmp.Diff(keys(first), keys(second)); diff != "" {
			t.Fatalf("keys differ for equal arguments:\n%s", diff)
		}
		if diff := cmp.Diff(before, want.Attrs); diff != "" {
			t.Fatalf("Object changed its argument:\n%s", diff)
		}
	})
}

func keys(lines []plan.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Key)
	}
	return out
}
