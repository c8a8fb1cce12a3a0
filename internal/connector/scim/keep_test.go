package scim

import (
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/scim"
)

// P11: what a dialect keeps of a manager is known before anybody is asked.
func TestWhoKeepsAManager(t *testing.T) {
	for name, want := range map[string]string{
		"scim": "", "slack": "", "aws": "", "atlassian": "Atlassian Cloud does not keep it", "meisterplan": "Meisterplan has no such attribute",
	} {
		for _, typ := range Types() {
			if typ.Name != name {
				continue
			}
			err := typ.Keeps(connector.Settings{}, attr.Path(scim.EnterpriseURN+":manager.value"))
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}
