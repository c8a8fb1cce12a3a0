package console

import (
	"strings"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

func tabLabel(tab string) string {
	return map[string]string{"runs": "Runs", "writes": "What was sent", "acts": "Who did what", "plans": "Plans"}[tab]
}

func targetNames(s adminapi.Status) []string {
	var out []string
	for _, t := range s.Targets {
		out = append(out, t.Name)
	}
	return out
}

func sourcesAndTargets(s adminapi.Status) []string {
	var out []string
	for _, c := range s.Sources {
		out = append(out, c.Name)
	}
	return append(out, targetNames(s)...)
}

// rightsText lists what somebody may do.
func rightsText(c access.Caller) string {
	var out []string
	for _, r := range access.RightsOf(access.Owner) {
		if c.May(r) {
			out = append(out, r.Title())
		}
	}
	return strings.Join(out, ", ")
}
