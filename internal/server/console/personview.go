package console

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

func kindPath(k directory.Kind) string {
	if k == directory.Group {
		return "groups"
	}
	return "people"
}

func objectHref(o adminapi.Object) string { return Root + kindPath(o.Kind) + "/" + string(o.ID) }

func groupPath(name string) string { return Root + "groups/" + url.PathEscape(name) }

func fullName(o adminapi.Object) string { return cmp.Or(o.Attrs.First(directory.Name), o.Name) }

// originText says how an account came to be somebody's.
func originText(o string) string {
	return cmp.Or(map[string]string{"created": "made by Muster", "adopted": "was there before, taken over", "paired": "linked by hand"}[o], o)
}

// comesFirst says which source's word counts, of those that state an attribute.
func comesFirst(source string) string {
	if source == "" {
		return ""
	}
	return "; " + source + " comes before it"
}

// findBy says by what people, or groups, are found.
func findBy(kind directory.Kind) string {
	if kind == directory.Group {
		return "Any name, key, DN or id …"
	}
	return "Any name, email, key, DN or id …"
}

// lastRun names the run of the last call about somebody: it is not the one that something waits for.
func lastRun(verdict string) string {
	if verdict == "pass" {
		return "The run that sent it"
	}
	return "The run of the last call"
}

// linkState says how an account is, in one word.
func linkState(l adminapi.Link) string {
	switch {
	case l.State == "linked" && l.Active:
		return "active"
	case l.State == "linked":
		return "disabled"
	}
	return l.State
}

func linkTone(l adminapi.Link) tone {
	switch linkState(l) {
	case "active":
		return good
	case "closing":
		return busy
	case "lost":
		return warn
	}
	return quiet
}

// awaitedText says that there is no account yet, and what it waits for.
func awaitedText(x adminapi.Awaited) string {
	switch x.Wait {
	case "waits":
		return "no account yet: waits in a plan for a decision"
	case "held":
		return "no account yet: held: " + x.Reason
	case "retrying":
		return "no account yet: tried again: " + x.Reason
	}
	return "no account yet: about to be made"
}

func awaitedTone(x adminapi.Awaited) tone {
	if x.Wait == "waits" || x.Wait == "held" {
		return warn
	}
	return busy
}

func memberState(m adminapi.MemberAt) string {
	switch {
	case m.Wanted && m.Applied:
		return "there"
	case m.Wanted:
		return "to be added"
	}
	return "to be removed"
}

func memberTone(m adminapi.MemberAt) tone {
	switch {
	case m.Wanted && m.Applied:
		return good
	case m.Wanted:
		return busy
	}
	return warn
}

// whyTitle asks the question that the page answers.
func whyTitle(x adminapi.Explanation, a adminapi.At) string {
	has := a.Link != nil && a.Link.Active
	if x.Kind == directory.Group {
		return groupTitle(x.Name, a)
	}
	switch {
	case has:
		return fmt.Sprintf("Why does %s have an account at %s?", x.Name, a.Target)
	case a.Link != nil:
		return fmt.Sprintf("Why is the account of %s at %s closed?", x.Name, a.Target)
	case a.Scope == plan.In:
		return fmt.Sprintf("Why does %s have no account at %s yet?", x.Name, a.Target)
	}
	return fmt.Sprintf("Why does %s have no account at %s?", x.Name, a.Target)
}

// awaitedIcon tells an account that nobody needs to do anything for from one that waits for somebody, without its colour.
func awaitedIcon(x adminapi.Awaited) string {
	if awaitedTone(x) == warn {
		return "held"
	}
	return "hollow"
}

func hasActive(links []adminapi.Link) bool {
	return slices.ContainsFunc(links, func(l adminapi.Link) bool { return l.Active })
}

// nowhereTitle is the question where there is no target at all.
func nowhereTitle(x adminapi.Explanation) string {
	if x.Kind == directory.Group {
		return fmt.Sprintf("Why is the group %s at no target?", x.Name)
	}
	return fmt.Sprintf("Why does %s have no account?", x.Name)
}

// groupTitle is the question about a group.
func groupTitle(name string, a adminapi.At) string {
	switch {
	case a.Link != nil && a.Link.State == "linked":
		return fmt.Sprintf("Why is the group %s at %s?", name, a.Target)
	case a.Scope == plan.In && a.Link == nil:
		return fmt.Sprintf("Why is the group %s not at %s yet?", name, a.Target)
	}
	return fmt.Sprintf("Why is the group %s not at %s?", name, a.Target)
}

func stepTitle(i int, name string) string {
	return fmt.Sprintf("%d. %s", i+1, map[string]string{
		"read": "Read", "scope": "Scope", "match": "Match", "map": "Values", "diff": "Comparison", "send": "Sending",
	}[name])
}

// waitsIn returns the plans in which somebody waits, each once.
func waitsIn(holds []adminapi.HeldIn) []string {
	var out []string
	for _, h := range holds {
		if h.Status == run.Waiting && !slices.Contains(out, h.Plan) {
			out = append(out, h.Plan)
		}
	}
	return out
}
