package attr

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValuesEqual(t *testing.T) {
	tests := []struct {
		name string
		a, b Values
		want bool
	}{
		{"nil and empty", nil, Values{}, true},
		{"nil and a lone empty text", nil, Values{""}, true},
		{"empty texts", Values{"", ""}, Values{}, true},
		{"same", Values{"a"}, Values{"a"}, true},
		{"case counts", Values{"a"}, Values{"A"}, false},
		{"order does not", Values{"a", "b"}, Values{"b", "a"}, true},
		{"repetition does not", Values{"a", "a", "b"}, Values{"b", "a"}, true},
		{"empty among others does not", Values{"a", ""}, Values{"a"}, true},
		{"one and none", Values{"a"}, nil, false},
		{"one and another", Values{"a"}, Values{"b"}, false},
		{"one and two", Values{"a"}, Values{"a", "b"}, false},
		{"spaces count", Values{"a "}, Values{"a"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.a.Equal(tt.b); got != tt.want {
				t.Errorf("got %v", got)
			}
			if got := tt.b.Equal(tt.a); got != tt.want {
				t.Errorf("the other way round: %v", got)
			}
		})
	}
}

func TestEqualLeavesValuesAlone(t *testing.T) {
	a, b := Values{"b", "", "a"}, Values{"a", "b"}
	a.Equal(b)
	Set{"x": a}.Hash()
	if diff := cmp.Diff(Values{"b", "", "a"}, a); diff != "" {
		t.Error(diff)
	}
}

func TestDiff(t *testing.T) {
	tests := []struct {
		name       string
		have, want Set
		changes    []Change
	}{
		{"both nil", nil, nil, nil},
		{"equal", Set{"a": {"1"}}, Set{"a": {"1"}}, nil},
		{"new", nil, Set{"a": {"1"}}, []Change{{Path: "a", New: Values{"1"}}}},
		{"changed", Set{"a": {"1"}}, Set{"a": {"2"}}, []Change{{"a", Values{"1"}, Values{"2"}}}},
		{"cleared", Set{"a": {"1"}}, Set{"a": {}}, []Change{{Path: "a", Old: Values{"1"}, New: Values{}}}},
		{"cleared already", nil, Set{"a": {}}, nil},
		{"cleared with an empty text", Set{"a": {""}}, Set{"a": nil}, nil},
		{"not named", Set{"a": {"1"}, "b": {"2"}}, Set{"a": {"1"}}, nil},
		{"order of values", Set{"a": {"1", "2"}}, Set{"a": {"2", "1"}}, nil},
		{"sorted by path", nil, Set{"c": {"3"}, "a": {"1"}, "b": {"2"}}, []Change{{Path: "a", New: Values{"1"}}, {Path: "b", New: Values{"2"}}, {Path: "c", New: Values{"3"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.changes, Diff(tt.have, tt.want)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDiffSharesNoMemory(t *testing.T) {
	have, want := Set{"a": {"1"}}, Set{"a": {"2"}}
	got := Diff(have, want)
	got[0].Old[0], got[0].New[0] = "x", "x"
	if have.First("a") != "1" || want.First("a") != "2" {
		t.Errorf("have %v, want %v", have, want)
	}
}

func TestSet(t *testing.T) {
	var zero Set
	if zero.First("a") != "" || zero.Clone() != nil || len(zero.Paths()) != 0 || !zero.Equal(Set{"a": {}}) {
		t.Error("the zero Set is not empty")
	}
	s := Set{"b": {"1", "2"}, "a": nil}
	c := s.Clone()
	c["b"][0] = "x"
	if s.First("b") != "1" || c.First("b") != "x" {
		t.Errorf("clone shares memory: %v, %v", s, c)
	}
	if diff := cmp.Diff([]Path{"a", "b"}, s.Paths()); diff != "" {
		t.Error(diff)
	}
	if s.Equal(Set{"b": {"1"}}) || (Set{"b": {"1"}}).Equal(s) || !s.Equal(Set{"b": {"2", "1"}}) {
		t.Error("Equal")
	}
}

func TestHashIsStable(t *testing.T) {
	// These digests are stored: a change here makes every installation write everything again.
	tests := map[string]Set{
		"e3b0c44298fc1c149afbf4c8996fb924": nil,
		"97b1c167b8d35bd64b6851e595171107": {"userName": {"ada"}, `emails[type eq "work"].value`: {"ada@example.com"}, "tags": {"b", "a"}, "none": {}},
	}
	for want, s := range tests {
		if got := s.Hash(); got != want {
			t.Errorf("%v: %s, want %s", s, got, want)
		}
	}
}

func TestHashTellsApart(t *testing.T) {
	sets := []Set{
		nil,
		{"a": {"b"}},
		{"a": {"B"}},
		{"b": {"a"}},
		{"a": {"b", "c"}},
		{"a": {"bc"}},
		{"ab": {"c"}},
		{"a": {"b"}, "c": {"d"}},
		{"a": {"b", "c", "d"}},
		{"a": {"b\x00c"}},
		{"a": {"b", "", "c\x00"}},
		{"a": {"b\x00\x00c\x00d"}},
		{"a": {"x\x00\x00b\x00y"}},
		{"a": {"x"}, "b": {"y"}},
	}
	seen := map[string]Set{}
	for _, s := range sets {
		h := s.Hash()
		if other, ok := seen[h]; ok {
			t.Errorf("%q and %q have the same hash", s, other)
		}
		seen[h] = s
	}
}

// TestHashFollowsEqual: sets that are equal have one hash, and others differ.
func TestHashFollowsEqual(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	make := func() Set {
		s := Set{}
		for _, p := range []Path{"a", "b", "c"} {
			for range random.IntN(3) {
				s[p] = append(s[p], []string{"", "x", "y"}[random.IntN(3)])
			}
		}
		return s
	}
	for range 2000 {
		a, b := make(), make()
		if a.Equal(b) != (a.Hash() == b.Hash()) {
			t.Fatalf("%q and %q: equal %v", a, b, a.Equal(b))
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add("a,b,,a", "b,a")
	f.Fuzz(func(t *testing.T, x, y string) {
		a, b := Values(strings.Split(x, ",")), Values(strings.Split(y, ","))
		if a.Equal(b) != b.Equal(a) {
			t.Fatalf("%q, %q: not symmetric", a, b)
		}
		shuffled := append(slices.Clone(a), a...)
		slices.Reverse(shuffled)
		if !a.Equal(shuffled) || !a.Equal(a) {
			t.Fatalf("%q does not equal itself", a)
		}
		have, want := Set{"p": a}, Set{"p": b}
		if (len(Diff(have, want)) == 0) != a.Equal(b) || have.Equal(want) != (have.Hash() == want.Hash()) {
			t.Fatalf("%q, %q: Diff, Equal and Hash disagree", a, b)
		}
		for _, c := range Diff(have, want) {
			have[c.Path] = c.New
		}
		if len(Diff(have, want)) != 0 {
			t.Fatalf("%q, %q: something is left after applying the difference", a, b)
		}
	})
}
