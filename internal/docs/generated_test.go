package docs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the generated pages")

// root is the folder of the repository.
const root = "../.."

func TestGenerated(t *testing.T) {
	pages, err := Generated(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range pages {
		file := filepath.Join(root, path)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(got), want); diff != "" {
			t.Errorf("%s is not up to date, make generate writes it anew (-is +should be):\n%s", path, diff)
		}
	}
}

// The numbers of the design, so that a change of package plan is one that somebody has seen.
func TestLimits(t *testing.T) {
	page := limits()
	for _, row := range []string{"| 10 | 2 % of the accounts | 50 |", "| 10 | 5 % of the accounts | – |", "| 50 | 20 % of the memberships | – |", "| 2 | 2 % of the groups | – |", "| 200 | 50 % of the accounts | – |"} {
		if !strings.Contains(page, row) {
			t.Errorf("the page has no row %q", row)
		}
	}
}
