// Package sourcetest holds the rules of package source as tests. Every source runs them against a real or wire-faithful counterpart.
//
// It tests what any source must do whatever it reads from; faults of one protocol are tested next to its source. It changes nothing in the counterpart.
package sourcetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/source"
)

// A Fixture is a source with what it must deliver. The counterpart must not change while the suite runs.
type Fixture struct {
	Source source.Source

	Bases   []source.Base                          // all of them, each with at least one entry
	People  map[source.Key]string                  // key → Record.Name
	Groups  map[source.Key]string                  // key → Record.Name
	Members map[source.Key]map[source.Key]struct{} // group → members; every group that must be Whole has a row, empty if need be
	Absent  source.Key                             // well-formed, of nobody
	Refers  map[string][]source.Key                // whom people refer to, by key and attribute ("k manager"); nil: the source states none

	// Broken returns a source whose complete read cannot succeed, such as one with a wrong password, and the code that it must give. Nil skips the rule.
	Broken func(t *testing.T) (source.Source, string)
}

// Run tests every rule on a fixture of its own.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	rules := []struct {
		name string
		test func(t *testing.T, f Fixture)
	}{
		{"a full read delivers everything once", everything},
		{"people come before groups, groups before references and members", order},
		{"the memberships of a group stay together", together},
		{"a second full read is equal", repeated},
		{"an error of yield ends the read and comes back as it is", yieldError},
		{"a cancelled read is never complete", cancelled},
		{"batches are not retained", retained},
		{"an unknown cursor is refused before anything is delivered", cursor},
		{"a read that cannot be finished says so", broken},
		{"locate finds who is there and nobody else", locate},
		{"locate under a cancelled context knows nothing", locateCancelled},
		{"check counts what a read delivers", check},
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) { r.test(t, open(t)) })
	}
}

// A Read is everything that one Pull delivered.
type Read struct {
	Batches  []source.Batch
	Records  map[source.Key]source.Record
	Members  map[source.Key]map[source.Key]struct{} // of groups with at least one
	Whole    map[source.Key]bool
	Refers   map[string][]source.Key // by key and attribute
	Complete []source.Base
	Notes    []string
	Pins     map[source.Base]source.Pin
}

// Pull reads everything from s and gathers it. It fails the test only if a record is delivered twice.
func Pull(t testing.TB, s source.Source) (Read, error) {
	t.Helper()
	r := Read{
		Records: map[source.Key]source.Record{}, Members: map[source.Key]map[source.Key]struct{}{}, Whole: map[source.Key]bool{},
		Refers: map[string][]source.Key{}, Pins: map[source.Base]source.Pin{},
	}
	err := s.Pull(t.Context(), "", func(b source.Batch) error {
		r.add(t, b)
		return nil
	})
	slices.Sort(r.Complete)
	return r, err
}

func (r *Read) add(t testing.TB, b source.Batch) {
	t.Helper()
	r.Batches = append(r.Batches, b)
	for _, rec := range b.Records {
		if _, twice := r.Records[rec.Key]; twice {
			t.Errorf("%s (%s) was delivered twice", rec.Key, rec.Name)
		}
		r.Records[rec.Key] = rec
	}
	for _, m := range b.Members {
		if r.Members[m.Group] == nil {
			r.Members[m.Group] = map[source.Key]struct{}{}
		}
		if m.Op != source.Seen {
			t.Errorf("a full read delivered the operation %q", m.Op)
		}
		r.Members[m.Group][m.Member] = struct{}{}
	}
	for _, g := range b.Whole {
		r.Whole[g] = true
	}
	for _, s := range b.Refers {
		at := string(s.Of) + " " + s.Name
		if _, twice := r.Refers[at]; twice {
			t.Errorf("%s was stated twice", at)
		}
		r.Refers[at] = s.To
	}
	r.Complete = append(r.Complete, b.Complete...)
	r.Notes = append(r.Notes, b.Notes...)
	maps.Copy(r.Pins, b.Pins)
}

func everything(t *testing.T, f Fixture) {
	r, err := Pull(t, f.Source)
	if err != nil {
		t.Fatalf("Pull: %v", err)
	}
	people, groups := map[source.Key]string{}, map[source.Key]string{}
	for k, rec := range r.Records {
		if rec.Kind == source.Person {
			people[k] = rec.Name
		} else {
			groups[k] = rec.Name
		}
		if !slices.Contains(f.Bases, rec.Base) {
			t.Errorf("%s is of base %q, which the source does not have", rec.Name, rec.Base)
		}
		for p := range rec.Attrs {
			if string(p) != lower(string(p)) {
				t.Errorf("%s: attribute %q is not in lower case", rec.Name, p)
			}
		}
	}
	equal(t, "people", people, f.People)
	equal(t, "groups", groups, f.Groups)
	equal(t, "complete bases", r.Complete, slices.Sorted(slices.Values(f.Bases)))
	if f.Refers != nil {
		equal(t, "references", r.Refers, f.Refers)
	}
	for g, want := range f.Members {
		if !r.Whole[g] {
			t.Errorf("group %s is not whole", f.Groups[g])
		}
		have := r.Members[g]
		if have == nil {
			have = map[source.Key]struct{}{}
		}
		equal(t, "members of "+f.Groups[g], have, want)
	}
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func order(t *testing.T, f Fixture) {
	r, err := Pull(t, f.Source)
	if err != nil {
		t.Fatalf("Pull: %v", err)
	}
	phase := map[string]int{string(source.Person): 0, string(source.Group): 1, "references": 2, "members": 3, "complete": 4}
	at := 0
	step := func(name string) {
		t.Helper()
		if phase[name] < at {
			t.Fatalf("%s came late", name)
		}
		at = phase[name]
	}
	for _, b := range r.Batches {
		for _, rec := range b.Records {
			step(string(rec.Kind))
		}
		if len(b.Refers) > 0 {
			step("references")
		}
		if len(b.Members)+len(b.Whole) > 0 {
			step("members")
		}
		if len(b.Complete) > 0 {
			step("complete")
		}
	}
	if at != phase["complete"] {
		t.Error("no base is complete")
	}
}

func together(t *testing.T, f Fixture) {
	r, err := Pull(t, f.Source)
	if err != nil {
		t.Fatalf("Pull: %v", err)
	}
	if g, torn := r.Torn(); torn {
		t.Fatalf("members of %s came in two parts", f.Groups[g])
	}
}

// Torn returns a group whose memberships did not stay together, or that was said to be whole only after others had come.
func (r Read) Torn() (source.Key, bool) {
	left := map[source.Key]bool{}
	var last source.Key
	for _, b := range r.Batches {
		for _, g := range b.Whole {
			if left[g] {
				return g, true
			}
		}
		for _, m := range b.Members {
			if m.Group == last {
				continue
			}
			if left[m.Group] {
				return m.Group, true
			}
			left[last], last = true, m.Group
		}
	}
	return "", false
}

func repeated(t *testing.T, f Fixture) {
	a, errA := Pull(t, f.Source)
	b, errB := Pull(t, f.Source)
	if errA != nil || errB != nil {
		t.Fatalf("Pull: %v, %v", errA, errB)
	}
	a.Batches, b.Batches = nil, nil
	equal(t, "second read", b, a)
}

func yieldError(t *testing.T, f Fixture) {
	var batches int
	stop := errors.New("stop")
	if _, err := Pull(t, f.Source); err != nil {
		t.Fatalf("Pull: %v", err)
	}
	for ; ; batches++ {
		n := 0
		err := f.Source.Pull(t.Context(), "", func(source.Batch) error {
			if n == batches {
				return stop
			}
			n++
			return nil
		})
		if err == nil && batches > 0 {
			return // the read had no further batch
		}
		if err != stop { //nolint:errorlint // as is: not wrapped
			t.Fatalf("Pull with yield failing at batch %d: %v", batches, err)
		}
		if n != batches {
			t.Fatalf("yield was called again after its error at batch %d", batches)
		}
	}
}

func cancelled(t *testing.T, f Fixture) {
	for at := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if at == 0 {
			cancel()
		}
		n := 0
		err := f.Source.Pull(ctx, "", func(b source.Batch) error {
			if n++; n >= at {
				cancel()
			}
			if len(b.Complete) > 0 && n > at {
				t.Errorf("cancelled at batch %d, yet %v came complete", at, b.Complete)
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) && n > at {
			t.Errorf("cancelled at batch %d: error %v, want one that is context.Canceled", at, err)
		}
		if at == 0 && err == nil {
			t.Error("a read under a cancelled context succeeded")
		}
	}
}

func retained(t *testing.T, f Fixture) {
	var first source.Batch
	var kept []source.Record
	err := f.Source.Pull(t.Context(), "", func(b source.Batch) error {
		if len(first.Records) == 0 {
			first, kept = b, slices.Clone(b.Records)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Pull: %v", err)
	}
	equal(t, "first batch after the read", first.Records, kept)
}

func cursor(t *testing.T, f Fixture) {
	err := f.Source.Pull(t.Context(), "no cursor of ours", func(source.Batch) error {
		t.Error("a batch was delivered")
		return nil
	})
	if !errors.Is(err, source.ErrCursorExpired) {
		t.Errorf("error %v, want ErrCursorExpired", err)
	}
}

func broken(t *testing.T, f Fixture) {
	if f.Broken == nil {
		t.Skip("the fixture has no broken source")
	}
	s, code := f.Broken(t)
	r, err := Pull(t, s)
	var inc *source.Incomplete
	if !errors.As(err, &inc) || inc.Code != code {
		t.Errorf("error %v, want an Incomplete with the code %s", err, code)
	}
	if inc != nil && (inc.What == "" || inc.Fix == "") {
		t.Errorf("an Incomplete without what or fix: %+v", *inc)
	}
	if len(r.Complete) > 0 {
		t.Errorf("%v came complete", r.Complete)
	}
}

func locate(t *testing.T, f Fixture) {
	l, ok := f.Source.(source.Locator)
	if !ok {
		t.Skip("the source is no Locator")
	}
	keys := append(slices.Sorted(maps.Keys(f.People)), f.Absent)
	found, err := l.Locate(t.Context(), source.Person, keys)
	if err != nil {
		t.Fatalf("Locate: %v", err)
	}
	got := map[source.Key]string{}
	for _, s := range found {
		got[s.Record.Key] = s.Where
		if !slices.Contains(f.Bases, s.Record.Base) || s.Record.Kind != source.Person {
			t.Errorf("%s is a %s of base %q", s.Where, s.Record.Kind, s.Record.Base)
		}
	}
	equal(t, "sightings", got, f.People)
	found, err = l.Locate(t.Context(), source.Group, append(slices.Sorted(maps.Keys(f.Groups)), f.Absent))
	if err != nil || len(found) != len(f.Groups) {
		t.Errorf("Locate of groups: %d found, %v; want %d", len(found), err, len(f.Groups))
	}
	if found, err = l.Locate(t.Context(), source.Person, nil); err != nil || len(found) > 0 {
		t.Errorf("Locate of nobody: %v, %v", found, err)
	}
}

func locateCancelled(t *testing.T, f Fixture) {
	l, ok := f.Source.(source.Locator)
	if !ok {
		t.Skip("the source is no Locator")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := l.Locate(ctx, source.Person, []source.Key{f.Absent}); err == nil {
		t.Errorf("Locate: %v without an error: absence would count as proven", found)
	}
}

func check(t *testing.T, f Fixture) {
	rep, err := f.Source.Check(t.Context())
	if err != nil {
		t.Fatalf("Check: %v", err)
	}
	if rep.People != len(f.People) || rep.Groups != len(f.Groups) {
		t.Errorf("Check counts %d people and %d groups, want %d and %d", rep.People, rep.Groups, len(f.People), len(f.Groups))
	}
	if len(rep.Samples) == 0 || len(rep.Samples) > 5 {
		t.Errorf("Check shows %d samples, want 1 to 5", len(rep.Samples))
	}
}
