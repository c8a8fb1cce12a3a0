package console_test

import (
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
)

// The pages of a target and of a source say what was measured in the span that their address asks for, and lead to it as a file; without a span, in a day.
func TestMeasured(t *testing.T) {
	h := adminapitest.New(t, nil)
	e := enter(t, h, h.Service, access.Auditor)
	for path, want := range map[string][]string{
		"targets/wiki":                     {"wiki answered half of its calls within 80 ms and 95 in 100 within 120 ms", "27 of 3,760 calls failed: 12 throttled", "136 of 180 in a minute", "/targets/wiki/series.csv?range=24h"},
		"targets/wiki?range=7d":            {`/targets/wiki/series.csv?range=7d`},
		"targets/wiki?range=nonsense":      {`/targets/wiki/series.csv?range=24h`},
		"targets/chat":                     {"No call to chat in the last 24 hours"},
		"sources/corp":                     {"people: 299 people, 19 more than at the beginning; 1 read not believed", "/sources/corp/series.csv?range=24h"},
		"targets/wiki/series.csv?range=1h": {"at,calls,failed,", "2026-03-02T08:04:00Z,35,2,2,0,0,0,0,80,130,180,3,30000"},
		"sources/corp/series.csv":          {"at,base,kind,seen,", "2026-03-02T03:10:00Z,people,people,150,150,300,265,2,1"},
		"targets/nowhere/series.csv":       {"There is no target"},
		"":                                 {"610 calls in the last 24 hours, 4 failed", "No call in the last 24 hours"},
	} {
		page := e.get(path).body
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%q does not say %q", path, text)
			}
		}
	}
}
