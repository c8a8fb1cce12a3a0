package store

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
)

var sets = []attr.Set{
	nil,
	{},
	{"a": nil},
	{"a": {}},
	{"a": {""}},
	{"mail": {"a@example.com", "b@example.com"}, "title": {}, "cn": {"Łukasik, 王"}},
	{`emails[type eq "work"].value`: {"a@example.com"}},
	{"a": {"<b> & \"c\" \\ \n\x00\x7f\u2028"}},
	{`a\"b`: {`"`, `\`, `\"`, `"a"`, `a\nb`}},
	{"a": {"broken \xff"}},
	{"a": {"x", "y", "z", "u", "v", "w"}},
}

func TestSetsAreStoredAsJSON(t *testing.T) {
	for _, s := range sets {
		if s == nil {
			continue // "" is shorter
		}
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := encode(s); got != string(want) {
			t.Errorf("%q is stored as %s, want %s", s, got, want)
		}
	}
}

func TestSetsComeBack(t *testing.T) {
	for _, s := range sets {
		text := encode(s)
		var got, want attr.Set
		if err := decode(text, &got); err != nil {
			t.Fatal(err)
		}
		if text != "" {
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s comes back otherwise (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzDecodeSet: what is decoded is what encoding/json makes of it, and it is written as it was.
func FuzzDecodeSet(f *testing.F) {
	for _, s := range sets {
		f.Add(encode(s))
	}
	f.Add(`{"a":["x"],"a":["y"]}`)
	f.Add(`{"a":["x",]}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := decodeSet(text)
		if !ok {
			return
		}
		var want attr.Set
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("decoded what is no JSON: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		again, ok := encodeSet(got)
		if canonical, err := json.Marshal(want); !ok || err != nil || again != string(canonical) {
			t.Fatalf("written as %s, want %s (%v)", again, canonical, err)
		}
	})
}
