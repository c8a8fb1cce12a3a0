package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/access"
)

// X13: the page has a column for each role and a row for each right, and the owner has them all.
func TestRoles(t *testing.T) {
	page := roles()
	for _, r := range access.AllRoles() {
		if !strings.Contains(page, fmt.Sprintf(" %s |", r)) {
			t.Errorf("there is no column for %s", r)
		}
		for _, right := range access.RightsOf(r) {
			if !slices.Contains(access.RightsOf(access.Owner), right) || right.Title() == "" {
				t.Errorf("%s of %s is not on the page", right, r)
			}
		}
	}
	if row := "| manage users and user groups | yes | yes | | | | yes |"; !strings.Contains(page, row) {
		t.Errorf("the page has no row %q:\n%s", row, page)
	}
}
