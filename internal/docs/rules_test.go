package docs

import (
	"slices"
	"testing"
)

// Each rule of the SCIM service has a test over HTTP that names it, and no test names one that is not listed.
func TestEveryRuleHasATest(t *testing.T) {
	tests, err := citedByTests(root, overHTTP)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if len(tests[r.id]) == 0 {
			t.Errorf("%s (%s) is named by no test of internal/server/scimapi", r.id, r.what)
		}
	}
	for id, by := range tests {
		if ruleID.MatchString(id) && !slices.ContainsFunc(rules, func(r rule) bool { return r.id == id }) {
			t.Errorf("%v name %s, which is not in the list of rules", by, id)
		}
	}
}

func TestRulesIn(t *testing.T) {
	for text, want := range map[string][]string{
		"S-F1, S-Q10: x": {"S-F1", "S-Q10"}, "S-F1 … S-F3.": {"S-F1", "S-F3", "S-F1", "S-F2", "S-F3"}, "XS-F1 S-f1 S-1-5-21 S-F": nil,
	} {
		if got := rulesIn(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
