package console_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
)

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
