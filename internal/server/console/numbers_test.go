package console_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
)

// U9: what a read counted is what is listed of it; what is not kept is a number that leads nowhere.
func TestNumbersOfARead(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Auditor)
	g.get("runs/run-corp") // it is under way still
	if body := g.get("runs/run-corp").body; !strings.Contains(body, `href="/console/runs/run-corp/rows?what=changed" data-n="4"`) || strings.Contains(body, "what=read") || !strings.Contains(body, "<b>300</b>") {
		t.Error("the counts of a read do not lead to what is kept of them, and only to that")
	}
	body := g.get("runs/run-corp/rows?what=changed").body
	if n := strings.Count(body, "<tr data-row"); n != 4 {
		t.Errorf("4 were changed, and %d rows are listed", n)
	}
	for _, want := range []string{">olivia.berg</a>", "deleted for good", "8c1f6a2e-ada", "was nobody yet", ">Staff</a>"} {
		if !strings.Contains(body, want) {
			t.Errorf("what was changed does not say %q", want)
		}
	}
	if res := g.get("runs/nowhere/rows?what=changed"); res.status != 404 {
		t.Errorf("of a run that is not there: %d", res.status)
	}
}

// U9: what is counted of an identity provider's requests is what is listed of them.
func TestNumbersOfClients(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Owner)
	for path, least := range map[string]int{"clients": 1, "clients/entra": 2} {
		found := regexp.MustCompile(`href="/console/([^"]*)"[^>]* data-n="(\d+)"`).FindAllStringSubmatch(g.get(path).body, -1)
		if len(found) < least {
			t.Errorf("%s has %d numbers that lead somewhere", path, len(found))
		}
		for _, m := range found {
			if n, _ := strconv.Atoi(m[2]); n == 0 || strings.Count(g.get(m[1]).body, "<li data-row") != n {
				t.Errorf("%s: a number says %d, and %s has %d rows", path, n, m[1], strings.Count(g.get(m[1]).body, "<li data-row"))
			}
		}
	}
}
