package console_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
)

// A people page without anybody says whose first read goes on, and leads to it.
func TestFirstReadIsNamed(t *testing.T) {
	h := adminapitest.New(t, nil)
	page := enter(t, h, busy{h.Service}, access.Auditor).get("people").body
	if !strings.Contains(page, "corp is being read for the first time") || !strings.Contains(page, `href="/console/runs/run-corp"`) {
		t.Error("the page does not say that corp is being read, or how far it is")
	}
}

// U9: somebody is found by the id that an account of theirs has at a target, and lists are narrowed to a source.
// Rows say at which targets somebody is to have an account and has none yet.
func TestPeopleAreFound(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Auditor)
	row := regexp.MustCompile(`(?s)<td data-label="Name">.*?>([^<]+)</a>`)
	for path, want := range map[string][]string{
		"people?q=u-1": {"olivia.berg"}, "people?q=u-1&source=hr": nil, "people?source=corp&state=active": {"ben.ito", "olivia.berg"}, "people?source=corp&missing=yes": nil, "groups?q=u-1": nil,
	} {
		var got []string
		for _, m := range row.FindAllStringSubmatch(g.get(path).body, -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s lists %q, want %q", path, got, want)
		}
	}
	page := g.get("people").body
	for _, text := range []string{"no account yet: waits in a plan for a decision", "no account yet: held: title has no value, and wiki needs one.", "no account yet: tried again: No answer within 30s."} {
		if !strings.Contains(page, `<span class="sr-only">`+text+`</span>`) {
			t.Errorf("the list does not say %q", text)
		}
	}
}
