package store

import (
	"fmt"
	"testing"

	"muster/internal/directory"
)

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"3.51.2", "3.51.3", true}, {"3.51.3", "3.51.3", false}, {"3.53.4", "3.51.3", false}, {"3.9.9", "3.51.3", true}, {"3.51", "3.51.3", true}, {"4.0", "3.51.3", false}} {
		if got := older(c.a, c.b); got != c.want {
			t.Errorf("older(%s, %s) = %v", c.a, c.b, got)
		}
	}
}

// What is remembered does not grow with the number of people.
func TestNodesAreBounded(t *testing.T) {
	var n nodes
	for i := range 60 {
		more := map[string]int64{}
		for j := range 5000 {
			more[fmt.Sprint(i, " ", j)] = int64(i*5000 + j)
		}
		n.add(more)
		into := map[string]int64{}
		if rest := n.look([]string{fmt.Sprint(i, " 7")}, into); len(rest) > 0 || into[fmt.Sprint(i, " 7")] != int64(i*5000+7) {
			t.Fatalf("what was added last is not known: %v", into)
		}
	}
	if len(n.known) > mostNodes {
		t.Errorf("%d numbers are remembered", len(n.known))
	}
}

func TestPieces(t *testing.T) {
	for _, c := range []struct {
		width, rows int
		want        []int
	}{{3, 0, nil}, {3, 1, []int{1}}, {3, 7, []int{7}}, {3, 600, []int{256, 256, 64, 16, 8}}, {100, 100, []int{64, 32, 4}}} {
		var got []int
		if err := make(table, c.width).pieces(c.rows, func(from, to int) error { got = append(got, to-from); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.want) {
			t.Errorf("%d rows of %d: %v, want %v", c.rows, c.width, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%d rows of %d: %v, want %v", c.rows, c.width, got, c.want)
			}
		}
	}
}

func TestFold(t *testing.T) {
	long := string(make([]byte, 5000))
	for _, c := range []struct {
		a, b string
		same bool
	}{{"Ada", "aDA", true}, {"CAF\u00c9", "cafe\u0301", true}, {"a", "b", false}, {long + "A", long + "a", true}, {long + "a", long + "b", false}} {
		if got := fold(c.a) == fold(c.b); got != c.same {
			t.Errorf("fold(%.20q) and fold(%.20q) are equal: %v, want %v", c.a, c.b, got, c.same)
		}
		if n := len(fold(c.a)); n > maxKey {
			t.Errorf("fold of %d bytes has %d", len(c.a), n)
		}
	}
}

// FuzzFold: folding again changes nothing, or what is stored would not be found by what is stored.
func FuzzFold(f *testing.F) {
	f.Add("Ada")
	f.Add("\u0130stanbul \u1e9e \xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if once := fold(s); len(once) <= maxKey-100 && fold(once) != once {
			t.Errorf("fold(%q) = %q, folded again %q", s, once, fold(once))
		}
	})
}

func TestWakesAreBounded(t *testing.T) {
	var w wakes
	for range 10 * maxWakes {
		w.subscribe()
	}
	last := w.subscribe()
	if len(w.subs) > maxWakes {
		t.Errorf("%d channels are kept", len(w.subs))
	}
	w.ring()
	w.ring()
	<-last
}

func TestLastKeepsOrder(t *testing.T) {
	got := last([]directory.ID{"a1", "b1", "a2", "c1"}, func(id directory.ID) byte { return id[0] })
	want := []directory.ID{"b1", "a2", "c1"}
	for i := range want {
		if len(got) != len(want) || got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
