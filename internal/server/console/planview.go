package console

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// planLede says what a plan is about in a sentence.
func planLede(p run.Plan) string {
	switch {
	case p.Kind == run.Hold:
		return sentence(p.Why, p.Target) + " Only these wait; everything else goes on."
	case p.Kind == run.First:
		return fmt.Sprintf("Nothing is written to %s before you approve it. %s affected.", p.Target, affects(p.People))
	case p.Kind == run.Change:
		return fmt.Sprintf("The rules in force go on serving until you approve this. %s affected.", affects(p.People))
	}
	return "What would be done now. It is never carried out by itself."
}

func affects(n int) string {
	return count(n, "person or group is", "people and groups are")
}

// approveLabel is what the button does, in its own words.
func approveLabel(p run.Plan) string {
	closes := p.Counts["disable"] + p.Counts["delete"]
	switch {
	case p.Kind == run.Hold && closes == p.People && closes > 0:
		return fmt.Sprintf("Close %s at %s", count(closes, "person", "people"), p.Target)
	case p.Kind == run.Hold:
		return fmt.Sprintf("Release %s", number(p.People)) + alsoCloses(closes, p.Target)
	}
	return fmt.Sprintf("Approve %s", number(p.People)) + alsoCloses(closes, p.Target)
}

// alsoCloses names the closings among much else.
func alsoCloses(n int, target string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", close %s at %s", number(n), target)
}

// closes reports whether a line takes an account away.
func closes(l plan.Line) bool {
	act := lineAct(l)
	return act == "disable" || act == "delete"
}

// verbs are what lines do: of a line, of one person, of many, of one group, of many.
var verbs = map[string][5]string{
	"link":           {"Link", "account to link", "accounts to link", "group to link", "groups to link"},
	"create":         {"Create", "account to create", "accounts to create", "group to create", "groups to create"},
	"update":         {"Update", "account to put right", "accounts to put right", "group to rename", "groups to rename"},
	"enable":         {"Enable", "account to enable", "accounts to enable", "", ""},
	"disable":        {"Close", "account to close", "accounts to close", "", ""},
	"delete":         {"Delete", "account to delete", "accounts to delete", "group to delete", "groups to delete"},
	"add members":    {"Add members", "group gets members", "groups get members", "group gets members", "groups get members"},
	"refer":          {"Set reference", "reference to somebody to set", "references to somebody to set", "", ""},
	"remove members": {"Remove members", "group loses members", "groups lose members", "group loses members", "groups lose members"},
}

func lineVerb(l plan.Line) string {
	if l.Verb == plan.Skip {
		what := verbs[string(l.Of)][0]
		if what == "" {
			what = "Change"
		}
		return "Wait: " + strings.ToLower(what)
	}
	return verbs[string(l.Verb)][0]
}

// actText says in words what a count of a plan counts.
func actText(act, kind string, n int) string {
	if code, ok := strings.CutPrefix(act, "skip"); ok {
		return count(n, "waits", "wait")[len(number(n))+1:] + waits[strings.TrimSpace(code)]
	}
	at := 1
	if kind == string(connector.Group) {
		at = 3
	}
	if n != 1 {
		at++
	}
	return cmp.Or(verbs[act][at], act)
}

// An actTally is how many lines do the same to the same kind.
type actTally struct {
	act, kind string
	n         int
}

// actTallies adds up by act and kind, the largest first.
func actTallies(by []run.Tally) []actTally {
	sums := map[actTally]int{}
	for _, t := range by {
		sums[actTally{act: t.Act, kind: string(t.Kind)}] += t.Lines
	}
	var out []actTally
	for t, n := range sums {
		t.n = n
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b actTally) int {
		return cmp.Or(b.n-a.n, cmp.Compare(a.act, b.act), cmp.Compare(a.kind, b.kind))
	})
	return out
}

// causeTallies adds up why people are closed.
func causeTallies(by []run.Tally) []tally {
	sums := map[string]int{}
	for _, t := range by {
		if t.Cause != "" && t.Kind == connector.User && (t.Act == string(plan.DisableUser) || t.Act == string(plan.DeleteRemote)) {
			sums[string(t.Cause)] += t.Lines
		}
	}
	return tallies(sums)
}

func causeText(cause string) string {
	return cmp.Or(map[string]string{
		"stated": "their source says so", "left": "left the scope", "missing": "missing at their source", "operator": "disabled by hand",
	}[cause], cause)
}

// choose returns the address that shows exactly the lines of a count.
func (r review) choose(t actTally) string {
	return Root + "plans/" + r.plan.ID + "?" + url.Values{"act": {t.act}, "kind": {t.kind}}.Encode() + "#decide"
}

func (r review) chose(t actTally) bool {
	return slices.Equal(r.chosen.Acts, []string{t.act}) && r.chosen.Kind == t.kind
}

// action returns where a decision is sent: with what was chosen, so that it can be about that.
func (r review) action(name string) string {
	q := url.Values{}
	for key, text := range map[string]string{"class": r.chosen.Class, "cause": r.chosen.Cause, "kind": r.chosen.Kind, "name": r.chosen.Name, "status": r.chosen.Status} {
		if text != "" {
			q.Set(key, text)
		}
	}
	for _, a := range r.chosen.Acts {
		q.Add("act", a)
	}
	to := Root + "plans/" + r.plan.ID + "/" + name
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

// answers returns the answers that lines take.
func answers(lines []run.Line) []string {
	var out []string
	for _, l := range lines {
		for _, a := range l.Answers {
			if l.Status == run.Waiting && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

func answerText(a string) string {
	return cmp.Or(map[string]string{
		"adopt": "It is theirs: take it over", "create": "It is somebody else's: make another", "replace": "Replace the group", "keep": "Keep the old name there",
	}[a], a)
}

// kindOf returns the kind that a count of a plan is about.
func kindOf(name string) string {
	if strings.HasPrefix(name, "group ") {
		return string(connector.Group)
	}
	return string(connector.User)
}

// waits says why a line waits, by its code.
var waits = map[string]string{
	"ask": " for your word", "missing_value": " for a value", "invalid": " with a value that cannot be", "switched_off": ": switched off", "unsupported": ": not offered there",
}

// objectPath leads to whom a line is about.
func objectPath(l plan.Line) string {
	if l.Kind == connector.Group {
		return Root + "groups/" + string(l.Object)
	}
	return Root + "people/" + string(l.Object)
}

// memberNames names members, the first few.
func memberNames(names map[directory.ID]string, ids []directory.ID) string {
	var out []string
	for _, id := range ids {
		if name := names[id]; name != "" && len(out) < 8 {
			out = append(out, name)
		}
	}
	if n := len(ids) - len(out); n > 0 && len(out) > 0 {
		out = append(out, fmt.Sprintf("and %s more", number(n)))
	}
	return strings.Join(out, ", ")
}

// stacked draws counts as one bar 1,000 wide.
func stacked(list []actTally) []bar {
	all, x := 0, 0
	for _, t := range list {
		all += t.n
	}
	var out []bar
	for _, t := range list {
		w := max(1000*t.n/max(all, 1), 4)
		out = append(out, bar{x: fmt.Sprint(x), width: fmt.Sprint(w), tone: verbTone(t.act), title: number(t.n) + " " + actText(t.act, t.kind, t.n)})
		x += w + 2
	}
	return out
}

// actsText says what a plan does, in words.
func actsText(list []actTally) string {
	var out []string
	for _, t := range list {
		out = append(out, number(t.n)+" "+actText(t.act, t.kind, t.n))
	}
	return strings.Join(out, ", ")
}

// decidedBy says who decided about a plan; when follows.
func decidedBy(p run.Plan) string {
	how := title(string(p.Status))
	if p.Status == run.Finished {
		how = "Approved"
	}
	return how + " by " + who(p.By) + " on "
}

func whatTitle(p run.Plan) string {
	if p.Status == run.Finished {
		return "What it did"
	}
	return "What it does"
}

// rowsOf leads to the rows of a list of a plan that waits, or to the lines that put accounts right; "" = nowhere.
func rowsOf(p run.Plan, list string) string {
	switch {
	case p.Status != run.Waiting:
		return ""
	case list == "":
		return Root + "plans/" + p.ID + "?act=update&act=enable&kind=user#decide"
	}
	return listPath(p.Target, list)
}
