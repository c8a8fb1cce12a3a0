package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// Groups within groups: the nearest first, each once by its shortest way, and a cycle ends.
func TestSpread(t *testing.T) {
	names := map[directory.ID]string{"s": "Staff", "e": "Engineering", "p": "Platform", "a": "Android"}
	next := map[directory.ID][]directory.ID{"s": {"e", "p"}, "e": {"p", "a"}, "a": {"s"}}
	want := []adminapi.NestedGroup{
		{ID: "e", Name: "Engineering", Path: []string{"Staff", "Engineering"}},
		{ID: "p", Name: "Platform", Path: []string{"Staff", "Platform"}},
		{ID: "a", Name: "Android", Path: []string{"Staff", "Engineering", "Android"}},
	}
	if d := cmp.Diff(want, spread("s", next, names, false).groups); d != "" {
		t.Errorf("down:\n%s", d)
	}
	up := spread("a", map[directory.ID][]directory.ID{"a": {"e"}, "e": {"s"}}, names, true).groups
	if d := cmp.Diff([]string{"Staff", "Engineering", "Android"}, up[1].Path); d != "" {
		t.Errorf("up:\n%s", d)
	}
}
