package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/internal/connector/all"
)

// levelsOf is where the tests of connectors write down what their types have shown in the suite.
const levelsOf = "internal/connector/scim/testdata/levels.json"

// shown is what one type has shown in one level of the suite.
type shown struct {
	Level          string
	Checks, Passed int
	Not            []struct{ Check, Reason string }
}

const connectorsIntroduction = `# Connectors

Every type of target plays the same suite of tests, whose levels are the contract of a connector: see [Add a connector](../how-to/add-a-connector.md). Here is what each
has shown, against the sandbox of its service: of the checks of a level, those passed. What a service does not offer stands below, with the reason that
the connector itself gives; ` + "`muster target test`" + ` finds out what your tenant offers.

`

// connectors is the page about what the types of targets have shown. The tests of the connectors keep what it is made from up to date.
func connectors(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, levelsOf))
	if err != nil {
		return "", err
	}
	known := map[string][]shown{}
	if err := json.Unmarshal(text, &known); err != nil {
		return "", fmt.Errorf("%s: %w", levelsOf, err)
	}
	var table, rest strings.Builder
	for i, t := range all.Types() {
		levels := known[t.Name]
		if len(levels) == 0 {
			return "", fmt.Errorf("%s knows nothing of the type %s: run its tests with -update", levelsOf, t.Name)
		}
		if i == 0 {
			table.WriteString(header(levels))
		}
		fmt.Fprintf(&table, "| `%s`: %s |", t.Name, t.Title)
		for _, l := range levels {
			fmt.Fprintf(&table, " %s |", score(l))
		}
		table.WriteString("\n")
		rest.WriteString(notOffered(t.Title, levels))
	}
	return connectorsIntroduction + table.String() + "\n## Not offered\n\n" + rest.String(), nil
}

func header(levels []shown) string {
	line, under := "| type |", "|---|"
	for _, l := range levels {
		line += " " + l.Level + " |"
		under += "---|"
	}
	return line + "\n" + under + "\n"
}

func score(l shown) string {
	if l.Passed == l.Checks {
		return fmt.Sprintf("all %d", l.Checks)
	}
	return fmt.Sprintf("%d of %d", l.Passed, l.Checks)
}

// notOffered tells each reason once, with the checks that it keeps from being played.
func notOffered(title string, levels []shown) string {
	checks := map[string][]string{}
	var reasons []string
	for _, l := range levels {
		id, _, _ := strings.Cut(l.Level, " ")
		for _, n := range l.Not {
			if !slices.Contains(reasons, n.Reason) {
				reasons = append(reasons, n.Reason)
			}
			checks[n.Reason] = append(checks[n.Reason], id+" "+n.Check)
		}
	}
	var out strings.Builder
	for _, r := range reasons {
		fmt.Fprintf(&out, "- **%s**: %s (%s)\n", title, r, strings.Join(checks[r], ", "))
	}
	return out.String()
}
