package directory_test

import (
	"testing"
	"time"

	"muster/internal/directory"
)

// A place in the feed is told in one way only, and read back as the same.
func FuzzParseRev(f *testing.F) {
	for _, text := range []string{"", "0.1", "12.34", "0.0", "-1.2", "1.-2", "01.2", "1", "1.2.3", " 1.2", "9223372036854775808.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := directory.ParseRev(text)
		switch {
		case err != nil:
		case r.String() != text:
			t.Errorf("%q is read as %q", text, r)
		case r.Tx < 0 || r.Seq < 0 || r.IsZero() != (text == ""):
			t.Errorf("%q is read as %+v", text, r)
		}
	})
}

func TestMade(t *testing.T) {
	before := time.Now().Truncate(time.Millisecond)
	made := directory.NewID().Made()
	if made.Before(before) || made.After(time.Now()) {
		t.Errorf("an id of now was made at %v", made)
	}
	for _, id := range []directory.ID{"", "x", "zzzzzzzzzzzzzzzzzzzzzzzzzz"} {
		if !id.Made().IsZero() {
			t.Errorf("%q was made at %v", id, id.Made())
		}
	}
}
