package directory_test

import (
	"testing"

	"muster/internal/directory"
)

func TestWhoStopped(t *testing.T) {
	for by, want := range map[string]string{"operator:olivia": "olivia", "olivia": "olivia", "": ""} {
		if got := (&directory.Stop{By: by}).Who(); got != want {
			t.Errorf("%q: %q, want %q", by, got, want)
		}
	}
}
