package testserver

import "testing"

// A recorder is a test that notes how it would end.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Helper()               {}
func (r *recorder) Fatalf(string, ...any) { r.end("failed") }
func (r *recorder) Skipf(string, ...any)  { r.end("skipped") }

// end notes the first outcome: a real test stops there.
func (r *recorder) end(outcome string) {
	if r.outcome == "" {
		r.outcome = outcome
	}
}

func TestAMissingServerFailsOnlyWhenRequired(t *testing.T) {
	for setting, want := range map[string]string{"": "skipped", "required": "failed"} {
		t.Setenv("MUSTER_TEST_SERVERS", setting)
		r := &recorder{TB: t}
		program(r, "no-such-server", "no-such-package")
		if r.outcome != want {
			t.Errorf("MUSTER_TEST_SERVERS=%q: the test is %s, want %s", setting, r.outcome, want)
		}
	}
}
