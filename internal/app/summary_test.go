package app

import (
	"slices"
	"testing"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// The sentence on top says how everything stands, and claims nothing of targets where there are none.
func TestSummary(t *testing.T) {
	step := adminapi.TargetStatus{Name: "wiki", State: "in step"}
	for want, s := range map[string]adminapi.Status{
		"There are no targets yet.":                      {},
		"There are no targets yet; corp not read whole.": {Sources: []adminapi.SourceStatus{{Name: "corp", Problem: &run.Problem{}}}},
		"wiki is in step.":                               {Targets: []adminapi.TargetStatus{step}},
		"All 2 targets in step.":                         {Targets: []adminapi.TargetStatus{step, step}},
		"1 of 2 targets in step; chat not approved yet.": {Targets: []adminapi.TargetStatus{step, {Name: "chat", State: "draft"}}},
		"0 of 1 targets in step; chat stopped.":          {Targets: []adminapi.TargetStatus{{Name: "chat", State: "stopped"}}},
	} {
		if got := summary(s, nil); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	const counted = "0 of 5 targets in step; 5 targets stopped; 15 changed by hand at 5 targets."
	many := adminapi.Status{Targets: slices.Repeat([]adminapi.TargetStatus{{Name: "chat", State: "stopped", Drift: 3}}, 5)}
	if got := summary(many, nil); got != counted {
		t.Errorf("%q, not %q", got, counted)
	}
}
