package app

import (
	"testing"
	"time"

	"muster/internal/config"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// X6: of what was not read whole, is not served or is paused, it is not known whether every leaver is closed.
func TestUnsure(t *testing.T) {
	read := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	m := &Muster{File: &config.File{Sources: []config.Source{{Name: "corp", LDAP: &config.LDAP{}}, {Name: "entra", SCIM: &config.SCIM{}}}}}
	for name, c := range map[string]struct {
		status adminapi.Status
		want   string // the command that tells more, "" = all is known
	}{
		"all known":   {adminapi.Status{Sources: []adminapi.SourceStatus{{Name: "corp", Complete: read}}, Targets: []adminapi.TargetStatus{{Name: "wiki", Mode: "live", State: "in step"}}}, ""},
		"it tells":    {adminapi.Status{Sources: []adminapi.SourceStatus{{Name: "entra"}}}, ""},
		"never read":  {adminapi.Status{Sources: []adminapi.SourceStatus{{Name: "corp"}}}, "muster source test corp"},
		"cut read":    {adminapi.Status{Sources: []adminapi.SourceStatus{{Name: "corp", Complete: read, Problem: &run.Problem{}}}}, "muster source test corp"},
		"no approval": {adminapi.Status{Targets: []adminapi.TargetStatus{{Name: "wiki", Mode: "live", State: "draft"}}}, "muster plan show wiki"},
		"observed":    {adminapi.Status{Targets: []adminapi.TargetStatus{{Name: "wiki", Mode: "observe", State: "in step"}}}, "muster plan show wiki"},
		"pilot":       {adminapi.Status{Targets: []adminapi.TargetStatus{{Name: "wiki", Mode: "pilot", State: "in step"}}}, "muster plan show wiki"},
		"paused":      {adminapi.Status{Targets: []adminapi.TargetStatus{{Name: "wiki", Mode: "live", State: "paused", Paused: &run.Note{}}}}, "muster resume wiki"},
		"stopped":     {adminapi.Status{Targets: []adminapi.TargetStatus{{Name: "wiki", Mode: "live", State: "stopped", Stopped: &run.Problem{}}}}, "muster target test wiki"},
	} {
		got := m.unsure(c.status)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0].Fix != c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
