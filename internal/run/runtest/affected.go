package runtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// Whom lines are about is counted from numbers that are kept, and comes out as if every line were looked at: the number that somebody types. P9, X1.
func testAffected(t *testing.T, s directory.Store) {
	random := rand.New(rand.NewPCG(7, 26))
	people := make([]directory.ID, 12)
	for i := range people {
		people[i] = directory.NewID()
	}
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		return tx.PutPlan(ctx, run.Plan{ID: "p1", Target: target, Kind: run.First, Status: run.Waiting, Created: at(0)})
	})
	for part := range 4 { // of some people, lines come in several parts
		var lines []plan.Line
		for i := range 7 {
			lines = append(lines, someLine(random, fmt.Sprintf("k%d.%d", part, i), people))
		}
		update(t, s, func(ctx context.Context, tx run.Tx) error { return tx.AddLines(ctx, "p1", lines...) })
	}
	for range 6 {
		update(t, s, func(ctx context.Context, tx run.Tx) error {
			_, err := tx.Decide(ctx, "p1", someFilter(random, people), run.Verdict{To: pick(random, run.Waiting, run.Approved, run.Rejected), At: at(1)})
			return err
		})
		all := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
			return r.FindLines(ctx, "p1", run.LineFilter{}, -1, 0)
		})
		for range 25 {
			f := someFilter(random, people)
			chosen := choose(all, f)
			found := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) { return r.FindLines(ctx, "p1", f, -1, 0) })
			if diff := cmp.Diff(keysOf(chosen), keysOf(found)); diff != "" {
				t.Errorf("%+v finds (-want +got):\n%s", f, diff)
			}
			about := view(t, s, func(ctx context.Context, r run.Reader) (run.Affected, error) { return r.Affected(ctx, "p1", f) })
			if want := affected(chosen); about != want {
				t.Errorf("%+v affects %+v, want %+v", f, about, want)
			}
			tally := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Tally, error) { return r.TallyLines(ctx, "p1", f) })
			if sumOf(tally) != len(chosen) {
				t.Errorf("%+v counts %d lines, want %d", f, sumOf(tally), len(chosen))
			}
		}
	}
}

func pick[T any](random *rand.Rand, list ...T) T { return list[random.IntN(len(list))] }

func someLine(random *rand.Rand, key string, people []directory.ID) plan.Line {
	n := random.IntN(len(people))
	l := plan.Line{
		Key: key, Object: people[n], Kind: connector.User, Name: fmt.Sprintf("Person %d of 100%%", n),
		Verb: pick(random, plan.Create, plan.Update, plan.DisableUser, plan.Skip), Cause: pick(random, directory.NoCause, directory.Stated), Class: pick(random, link.Class(""), link.Creates),
	}
	if l.Verb == plan.Skip {
		l.Of, l.Code = plan.Update, pick(random, "ask", "invalid")
	}
	return l
}

func someFilter(random *rand.Rand, people []directory.ID) run.LineFilter {
	f := run.LineFilter{
		Status: pick(random, "", run.Waiting, run.Approved), Cause: pick(random, directory.NoCause, directory.NoCause, directory.Stated), Class: pick(random, "", "", string(link.Creates)),
		Acts: pick(random, nil, nil, []string{"create"}, []string{"update", "skip ask"}, []string{"skip invalid"}), Whole: random.IntN(2) == 0,
	}
	switch random.IntN(5) {
	case 0:
		f.Name = pick(random, "PERSON", "son 1", "person ?*of*", "0%", "nobody")
	case 1:
		f.Object = pick(random, people...)
	case 2:
		f.Objects = people[:3]
	case 3:
		f.Keys = []string{"k0.1", "k2.3", "k3.4", "none"}
	}
	return f
}

// choose is what a filter selects, line by line.
func choose(all []run.Line, f run.LineFilter) []run.Line {
	var hit []run.Line
	of := map[directory.ID]bool{}
	for _, l := range all {
		among := len(f.Objects) == 0 || slices.Contains(f.Objects, l.Object)
		if (f.Status == "" || f.Status == l.Status) && (f.Cause == "" || f.Cause == l.Cause) && (f.Class == "" || f.Class == string(l.Class)) && (len(f.Acts) == 0 || slices.Contains(f.Acts, run.Act(l.Line))) &&
			(f.Object == "" || f.Object == l.Object) && among && (len(f.Keys) == 0 || slices.Contains(f.Keys, l.Key)) && called(l.Name, f.Name) {
			of[l.Object] = true
			hit = append(hit, l)
		}
	}
	if !f.Whole {
		return hit
	}
	return slices.DeleteFunc(slices.Clone(all), func(l run.Line) bool { return !of[l.Object] || f.Status != "" && f.Status != l.Status })
}

// called reports whether a name fits the patterns that someFilter has.
func called(name, pattern string) bool {
	if pattern == "person ?*of*" {
		pattern = "person "
	}
	return strings.Contains(strings.ToLower(name), strings.ToLower(pattern))
}

func affected(lines []run.Line) run.Affected {
	acting := map[directory.ID]bool{}
	for _, l := range lines {
		if l.Verb != plan.Skip || l.Code == "ask" {
			acting[l.Object] = true
		}
	}
	return run.Affected{Lines: len(lines), Objects: len(acting)}
}

func keysOf(lines []run.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Key)
	}
	return out
}
