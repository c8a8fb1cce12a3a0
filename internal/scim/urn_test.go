package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
)

// S-NC4: a path that is just the URN of an extension means the whole extension, also where nobody has heard of it yet.
func TestPatchUnknownExtension(t *testing.T) {
	const urn = "urn:example:params:scim:2.0:User"
	guest := map[string]any{"type": "multi"}
	for name, tt := range map[string]struct {
		ops  []scim.Operation
		want scim.Resource
	}{
		"added whole": {
			[]scim.Operation{{Op: "add", Path: urn, Value: guest}},
			scim.Resource{"schemas": []any{scim.UserURN, urn}, "userName": "olivia", urn: guest},
		},
		"one attribute": {
			[]scim.Operation{{Op: "add", Path: urn + ":type", Value: "multi"}},
			scim.Resource{"schemas": []any{scim.UserURN, urn}, "userName": "olivia", urn: guest},
		},
		"removed before it came": {
			[]scim.Operation{{Op: "remove", Path: urn}},
			scim.Resource{"schemas": []any{scim.UserURN}, "userName": "olivia"},
		},
	} {
		got, err := scim.Patch(scim.Resource{"schemas": []any{scim.UserURN}, "userName": "olivia"}, tt.ops)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
