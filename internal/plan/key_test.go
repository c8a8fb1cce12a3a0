package plan

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// said are the fields of a Line that only tell about it. All others decide what is done.
var said = []string{"Key", "Name", "Size", "Left", "Cause", "Count", "Why", "Answers"}

// sample returns a line with something in every field.
func sample() Line {
	return Line{
		Key: "k", Target: "wiki", Object: "o1", Kind: connector.User, Name: "jsmith", Verb: Update, Of: Create, Remote: "r1",
		Fields: []attr.Change{{Path: "title", Old: attr.Values{"a", "b"}, New: attr.Values{"c"}}}, Active: true,
		Add: []directory.ID{"m1"}, Remove: []directory.ID{"m2"}, Foreign: []connector.RemoteID{"f1"}, To: "o3",
		Size: 5, Left: 4, Cause: directory.Left, Class: link.Creates, Count: 1, Why: "because", Code: "ask", Doubt: []string{"linked", "o2"},
		Answers: []string{"keep"},
	}
}

// Every field either decides, and then another value of it is another act, or is only said, and then it is the same act. A new field must be put in one
// of the two lists.
func TestDigestFieldByField(t *testing.T) {
	for i := range reflect.TypeFor[Line]().NumField() {
		name := reflect.TypeFor[Line]().Field(i).Name
		l := sample()
		if reflect.ValueOf(l).Field(i).IsZero() {
			t.Fatalf("sample leaves %s empty", name)
		}
		reflect.ValueOf(&l).Elem().Field(i).SetZero()
		if same := l.digest() == sample().digest(); same != slices.Contains(said, name) {
			t.Errorf("without %s the key is the same: %t", name, same)
		}
	}
}

func TestDigestOfFields(t *testing.T) {
	with := func(c ...attr.Change) string {
		l := sample()
		l.Fields = c
		return l.digest()
	}
	base := with(attr.Change{Path: "title", Old: attr.Values{"a", "b"}, New: attr.Values{"c"}})
	if base != with(attr.Change{Path: "title", Old: attr.Values{"b", "", "a", "a"}, New: attr.Values{"c"}}) {
		t.Error("order, repetitions and empty values show in the key")
	}
	for name, other := range map[string]string{
		"path":       with(attr.Change{Path: "nickName", Old: attr.Values{"a", "b"}, New: attr.Values{"c"}}),
		"old":        with(attr.Change{Path: "title", Old: attr.Values{"a"}, New: attr.Values{"c"}}),
		"new":        with(attr.Change{Path: "title", Old: attr.Values{"a", "b"}, New: attr.Values{"d"}}),
		"old to new": with(attr.Change{Path: "title", Old: attr.Values{"a"}, New: attr.Values{"b", "c"}}),
	} {
		if other == base {
			t.Errorf("another %s is the same act", name)
		}
	}
}

// The key is stored and approvals hang on it: a changed digest would void them all.
func TestDigestIsStable(t *testing.T) {
	l := sample()
	l.Doubt, l.To = nil, ""
	if got, want := l.digest(), "f5b50d62da9d91f7dfa134cc645e2c07"; got != want {
		t.Errorf("digest = %s, want %s", got, want)
	}
}

// Keys are equal exactly when the deciding texts are, wherever one text ends and the next begins.
func FuzzDigest(f *testing.F) {
	f.Add("ab", "c", "a", "bc")
	f.Add("a\" \"b", "", "a", "b")
	f.Add("a\n", "b", "a", "\nb")
	f.Add("\xff", "x", "\xfe", "x")
	f.Fuzz(func(t *testing.T, a1, b1, a2, b2 string) {
		same := a1 == a2 && b1 == b2
		line := func(a, b string) Line {
			return Line{Target: a, Object: directory.ID(b), Remove: []directory.ID{directory.ID(a), directory.ID(b)}}
		}
		list := func(a, b string) Line {
			return Line{Add: []directory.ID{directory.ID(a)}, Remove: []directory.ID{directory.ID(b)}}
		}
		for _, of := range []func(a, b string) Line{line, list} {
			if got := of(a1, b1).digest() == of(a2, b2).digest(); got != same {
				t.Errorf("%q %q and %q %q: equal keys %t, equal acts %t", a1, b1, a2, b2, got, same)
			}
		}
	})
}

// Canonical agrees with attr.Values.Equal: what does not count as a difference there does not make another act here.
func TestCanonicalAgreesWithEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) attr.Values {
			return rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "b", ""}), 0, 3).Draw(t, label)
		}
		v, w := draw("v"), draw("w")
		if got, want := slices.Equal(canonical(v), canonical(w)), v.Equal(w); got != want {
			t.Fatalf("%q and %q: canonical agree %t, Equal %t", v, w, got, want)
		}
	})
}
