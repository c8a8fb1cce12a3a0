package console

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Every number of how things stand leads to the rows that it counts. In the address is what is counted; attribute data-n has the number.

func recordsPath(source, what string) string {
	return Root + "sources/" + url.PathEscape(source) + "/records?what=" + what
}

// spentPath leads to what was counted for a limit: writes, each of which counts one or, of memberships, as many as it removed.
func spentPath(now time.Time, l adminapi.Limit) string {
	q := url.Values{"tab": {"writes"}, "target": {l.Target}, "class": {l.Class}, "since": {now.Add(-24 * time.Hour).UTC().Format(time.RFC3339)}}
	return Root + "history?" + q.Encode()
}

// ofClass leads to the lines of a plan that count for a limit.
func (r review) ofClass(x plan.Verdict) string {
	return Root + "plans/" + r.plan.ID + "?" + url.Values{"class": {string(x.Class)}}.Encode() + "#decide"
}

// spentBefore leads to what was counted for a limit in the 24 hours before a plan was made: ids of writes and plans are in the order of time.
func (r review) spentBefore(x plan.Verdict) string {
	q := url.Values{"tab": {"writes"}, "target": {r.plan.Target}, "class": {string(x.Class)}, "since": {r.plan.Created.Add(-24 * time.Hour).UTC().Format(time.RFC3339)}, "after": {r.plan.ID}}
	return Root + "history?" + q.Encode()
}

// linesIn returns how many lines of a plan were counted, those of a class if one is given.
func linesIn(by []run.Tally, class string) int {
	n := 0
	for _, t := range by {
		if class == "" || t.Class == class {
			n += t.Lines
		}
	}
	return n
}

// runRows leads to what a count of a run counts, as far as that is kept: entries and memberships, or writes; "" if it is not.
func runRows(r adminapi.RunView, name string) string {
	if slices.Contains(r.Kept, name) {
		return Root + "runs/" + r.ID + "/rows?what=" + url.QueryEscape(name)
	}
	verb := connector.Verb(strings.TrimSuffix(name, "d"))
	switch verb {
	case connector.Create, connector.Update, connector.Enable, connector.Disable, connector.Delete:
	default:
		return ""
	}
	if r.Kind == run.Read || string(verb) == name {
		return ""
	}
	return Root + "history?" + url.Values{"tab": {"writes"}, "run": {r.ID}, "verb": {string(verb)}, "result": {"done"}}.Encode()
}

// A waitingView is a page of what waits at a target.
type waitingView struct {
	target string
	list   []adminapi.Waiting
	next   string
}

func (c *console) waitingPage(v *visit) (view, error) {
	x := waitingView{target: v.PathValue("name")}
	var err error
	x.list, err = c.Service.Waiting(v.ctx(), adminapi.WaitQuery{Target: x.target, Wait: v.query("wait"), After: directory.ID(v.query("after")), Limit: 2 * rowsShown})
	if err != nil {
		return view{}, err
	}
	if n := len(x.list); n > 0 { // whether more follows is asked for: a page ends with an object, not with a number of rows
		last := x.list[n-1].Object
		more, err := c.Service.Waiting(v.ctx(), adminapi.WaitQuery{Target: x.target, Wait: v.query("wait"), After: last, Limit: 1})
		if err != nil {
			return view{}, err
		}
		if len(more) > 0 {
			x.next = string(last)
		}
	}
	return view{title: "Waiting at " + x.target, entry: "targets", body: waitingBody(v, x)}, nil
}

// recordSorts are what can be seen of a source, with what it is called.
var recordSorts = []tab{{"people", "People"}, {"groups", "Groups"}, {"missing", "Missing, undecided"}, {"waiting", "Waiting"}}

type tab struct{ name, label string }

// A recordsView is a page of the records of a source.
type recordsView struct {
	source, what string
	adminapi.RecordPage
}

func (c *console) recordsPage(v *visit) (view, error) {
	x := recordsView{source: v.PathValue("name"), what: recordSorts[0].name}
	for _, s := range recordSorts {
		if s.name == v.query("what") {
			x.what = s.name
		}
	}
	var err error
	x.RecordPage, err = c.Service.Records(v.ctx(), adminapi.RecordQuery{Source: x.source, What: x.what, After: v.query("after"), Limit: rowsShown})
	return view{title: "Records of " + x.source, entry: "sources", body: recordsBody(v, x)}, err
}

// since is since when a record is what it is; of those that wait, since when they do.
func (x recordsView) since(r adminapi.SourceRecord) time.Time {
	if x.what == "waiting" {
		return r.Waits
	}
	return r.Since
}

func (x recordsView) sinceHead() string {
	if x.what == "waiting" {
		return "Waits since"
	}
	return "Since"
}

func recordTone(s directory.Status) tone {
	switch s {
	case directory.Present:
		return good
	case directory.Absent:
		return warn
	}
	return quiet
}

// chosenCalls returns which writes the address asks for.
func chosenCalls(v *visit) adminapi.CallQuery {
	q := adminapi.CallQuery{Target: v.query("target"), Run: v.query("run"), Who: v.query("who"), Verb: v.query("verb"), Result: v.query("result"), Class: v.query("class")}
	q.Since, _ = time.Parse(time.RFC3339, v.query("since")) // what is no time chooses nothing
	return q
}

// chosenWrites says in words which writes were asked for, "" = all.
func chosenWrites(v *visit) string {
	says := map[string]string{
		"run": "of one run", "who": "about one person or group", "verb": "to " + v.query("verb"), "result": "with the answer " + v.query("result"),
		"class": "that count as “" + className(v.query("class")) + "”", "since": "since " + sinceText(v.query("since")),
	}
	var out []string
	for _, name := range []string{"run", "who", "verb", "result", "class", "since"} {
		if v.query(name) != "" {
			out = append(out, says[name])
		}
	}
	return strings.Join(out, ", ")
}

// sinceText says a time of an address; what is none stays as it is.
func sinceText(text string) string {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return stamp(t)
	}
	return text
}

func sumOf(writes []adminapi.CallAt) int {
	n := 0
	for _, w := range writes {
		n += w.Counts
	}
	return n
}
