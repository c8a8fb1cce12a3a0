package console

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/connector"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

func ruleText(r mapping.Rule) string {
	if r.Expr != "" {
		return r.Expr
	}
	return "constant " + values(r.Value)
}

// ifEmpty says what becomes of a rule without a value, and when it counts.
func ifEmpty(r mapping.Rule) string {
	var out []string
	switch {
	case len(r.Default) > 0:
		out = append(out, values(r.Default))
	case r.Need:
		out = append(out, "waits")
	default:
		out = append(out, "cleared")
	}
	if r.Once {
		out = append(out, "on create only")
	}
	return strings.Join(out, ", ")
}

// scopeText says whom a target receives.
func scopeText(f mapping.From) string {
	var out []string
	if f.Group != "" {
		text := "members of " + f.Group
		if f.Nested {
			text += " and of groups in it"
		}
		out = append(out, text)
	}
	if f.Filter != "" {
		out = append(out, "matching "+f.Filter)
	}
	if f.If != "" {
		out = append(out, "if "+f.If)
	}
	if len(out) == 0 {
		out = append(out, "everybody")
	}
	if f.Source != "" {
		out = append(out, "from "+f.Source)
	}
	return strings.Join(out, ", ")
}

// policyText says what is done to objects of a target.
func policyText(r mapping.ObjectRules) string {
	on := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	var match []string
	for _, p := range r.Match {
		match = append(match, string(p))
	}
	return fmt.Sprintf("Matched by %s. %s, %s; when removed: %s.", cmp.Or(strings.Join(match, ", then "), "no attribute"),
		on(r.Create, "Created", "Never created"), on(r.Update, "updated", "never updated"), cmp.Or(string(r.WhenRemoved), "nothing"))
}

// features names what a target offers.
func features(f connector.Features) []string {
	var out []string
	for _, x := range []struct {
		name string
		has  bool
	}{
		{"groups", f.Groups},
		{"disable", f.Disable},
		{"create as disabled", f.CreateDisabled},
		{"delete accounts", f.DeleteUser},
		{"rename groups", f.RenameGroup},
		{"members can be read", f.MembersReadable},
	} {
		if x.has {
			out = append(out, x.name)
		} else {
			out = append(out, "no: "+x.name)
		}
	}
	return out
}

func featureNotes(f connector.Features) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.Notes)) {
		out = append(out, strings.ReplaceAll(name, "_", " ")+": "+f.Notes[name])
	}
	return out
}

// A runPageView is a run with a page of what it sent.
type runPageView struct {
	adminapi.RunView
	writes []adminapi.CallAt
	next   string // where the next page of writes begins, "" = there is none
}

func runTitle(r adminapi.RunView) string {
	switch r.Kind {
	case run.Read:
		return "Read of " + r.Name
	case run.Reconcile:
		return "Full comparison with " + r.Name
	}
	return "Changes to " + r.Name
}

// runSentence says how a run ended.
func runSentence(r adminapi.RunView) string {
	if r.Outcome == run.Running {
		return "under way"
	}
	return string(r.Outcome) + " after " + took(r.Run)
}

// configuredAt says where a source is configured, and how often it is read.
func configuredAt(s sourceView) string {
	out := []string{}
	if s.config.At != "" {
		out = append(out, s.config.At)
	}
	if s.config.Every > 0 {
		out = append(out, "read every "+short(s.config.Every))
	}
	return strings.Join(out, ", ")
}
