package problem_test

import (
	"strings"
	"testing"

	"muster/internal/problem"
)

func TestEveryCodeIsExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range problem.All() {
		if seen[k.Code] {
			t.Errorf("%s stands there twice", k.Code)
		}
		seen[k.Code] = true
		if k.What == "" || k.Group == "" || strings.Contains(k.What+k.Why+k.Now+k.Fix, "**What") {
			t.Errorf("%s is not explained: %+v", k.Code, k)
		}
		if got, ok := problem.Find(k.Code); !ok || got != k {
			t.Errorf("%s is found as %+v", k.Code, got)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d codes", len(seen))
	}
	if _, ok := problem.Find("no_such_code"); ok {
		t.Error("a code that is none is found")
	}
}

func TestTexts(t *testing.T) {
	k, _ := problem.Find("source_shrank")
	if !strings.Contains(k.Now, "Nobody is removed anywhere") || !strings.HasPrefix(k.What, "the read was whole") || !strings.Contains(k.Fix, "(../../docs/how-to/the-source-shrank.md)") {
		t.Errorf("%+v", k)
	}
	if got := problem.Plain(k.Fix); got != "The source shrank." {
		t.Errorf("plain: %q", got)
	}
	if got := problem.Linked(k.Fix, "../../"); got != "[The source shrank](../../how-to/the-source-shrank.md)." {
		t.Errorf("linked: %q", got)
	}
}
