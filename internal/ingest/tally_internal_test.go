package ingest

import (
	"testing"

	"pgregory.net/rapid"
)

// X2: what is drawn as the floor is where the safety check trips: one entry below it a read is not believed, at it it is.
func TestFloorIsTheTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		present, announced := rapid.IntRange(0, 5000).Draw(t, "present"), rapid.IntRange(0, 300).Draw(t, "announced")
		f := floor(present, announced)
		if f < 0 || f > present {
			t.Fatalf("of %d entries at least %d must be seen", present, f)
		}
		if shrinks(present-f, present, announced) {
			t.Errorf("with %d of %d the read trips, though that is the floor", f, present)
		}
		if f > 0 && !shrinks(present-f+1, present, announced) {
			t.Errorf("with %d of %d the read does not trip, though the floor is %d", f-1, present, f)
		}
	})
}
