package console_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// lingering is a service with open leavers of each sort that is answered in its own way.
type lingering struct{ adminapi.Service }

func (lingering) Leavers(_ context.Context, q adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	return q.Page([]adminapi.Leaver{
		{Object: olivia, Name: "olivia.berg", Target: "wiki", State: "held", Code: "whose", Why: "close it with `muster disable --account wiki:u-1`", Since: adminapitest.Now.Add(-time.Hour)},
		{Object: mia, Name: "mia.lang", State: "missing", Why: "a second complete read has to agree", Since: adminapitest.Now.Add(-time.Minute), Until: adminapitest.Now.Add(9 * time.Minute)},
		{Name: "old-bot", Target: "wiki", Remote: "u-9", State: "closing", Why: "wiki has not confirmed it yet", Since: adminapitest.Now.Add(-time.Minute)},
	}), nil
}

// X2, X6: each open leaver leads to what closes it; of somebody who is missing it says how long it takes at least, and a bare account is nobody's page.
func TestLeaversLeadOn(t *testing.T) {
	h := adminapitest.New(t, nil)
	page := enter(t, h, lingering{h.Service}, access.Owner).get("leavers").body
	for _, want := range []string{
		"targets/wiki/links#pair", "Say whose it is", "<code>muster disable --account wiki:u-1</code>", "At the earliest", ">in 9 min</time>", "people/" + mia + "/close", "3 open leavers",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the open leavers do not say %q", want)
		}
	}
	if strings.Contains(page, `people/"`) || strings.Contains(page, "people//close") || strings.Contains(page, "people/"+olivia+"/close") {
		t.Error("a bare account leads to a person, or an account that is in doubt is to be disabled by the person's name")
	}
}
