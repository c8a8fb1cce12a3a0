package console_test

import (
	"context"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// limited is a company of which many limits are not used.
type limited struct {
	adminapi.Service
	limits []adminapi.Limit
}

func (s limited) Limits(context.Context, string) ([]adminapi.Limit, error) { return s.limits, nil }

// The overview shows the limits of which something is used, or that were raised; the others stand behind a toggle.
func TestLimitsInUse(t *testing.T) {
	h := adminapitest.New(t, nil)
	all := []adminapi.Limit{{Target: "idle", Class: "missing", Limit: 5}, {Target: "wiki", Class: "stated", Spent: 3, Limit: 16}, {Target: "raised", Class: "left", Limit: 90, Raised: &run.Raise{To: 90}}}
	for name, c := range map[string]struct {
		limits []adminapi.Limit
		shown  []string
		behind []string
	}{
		"some": {all, []string{"<b>wiki</b>", "<b>raised</b>"}, []string{"1 limit of which nothing is used", "<b>idle</b>"}},
		"none": {all[:1], []string{"Nothing of 1 limit is used."}, []string{"<b>idle</b>"}},
		"all":  {all[1:], []string{"<b>wiki</b>", "<b>raised</b>"}, nil},
	} {
		page := enter(t, h, limited{h.Service, c.limits}, access.Owner).get("").body
		_, box, _ := strings.Cut(page, "Limits, last 24 hours")
		box, _, _ = strings.Cut(box, "</section>")
		shown, behind, folded := strings.Cut(box, "<details")
		if folded != (c.behind != nil) {
			t.Errorf("%s: toggle: %v", name, folded)
		}
		for in, want := range map[string][]string{shown: c.shown, behind: c.behind} {
			for _, text := range want {
				if !strings.Contains(in, text) {
					t.Errorf("%s: %q is not in %s", name, text, in)
				}
			}
		}
		if strings.Contains(shown, "idle") {
			t.Errorf("%s: what is not used stands among what is", name)
		}
	}
}
