package config

import (
	"strings"
	"testing"
)

// M4: how large a file to load may be is written as people write sizes, and anything else is refused.
func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"4000": 4000, "4kB": 4000, "20GB": 20e9, "2 GiB": 2 << 30, "0": 0, "-1MB": 0, "20 apples": 0, "9999999999TB": 0, "GB": 0} {
		f, err := Parse("muster.yaml", []byte("largest_load: "+text+"\n"))
		if (err == nil) != (want > 0) {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil && f.Largest != want {
			t.Errorf("%s is %d, want %d", text, f.Largest, want)
		}
		if err != nil && !strings.Contains(err.Error(), "largest_load") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
