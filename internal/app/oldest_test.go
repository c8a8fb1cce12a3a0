package app

import (
	"testing"
	"time"

	"muster/internal/directory"
)

// U16: what waits is as old as the record that has waited longest; what began to wait before that was kept says nothing.
func TestOldest(t *testing.T) {
	at := func(minutes int) directory.Record {
		return directory.Record{Waits: time.Unix(0, 0).Add(time.Duration(minutes) * time.Minute)}
	}
	if got := oldest([]directory.Record{at(7), {}, at(3), at(9)}); !got.Equal(at(3).Waits) {
		t.Errorf("the oldest waits since %s", got)
	}
	if got := oldest([]directory.Record{{}}); !got.IsZero() {
		t.Errorf("of one that is not known it is %s", got)
	}
}
