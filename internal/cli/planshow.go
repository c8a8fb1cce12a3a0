package cli

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// pageSize is how many lines are fetched at once.
const pageSize = 500

// eachPage calls fn with the lines of a plan, page by page.
func eachPage(ctx context.Context, c *client.Client, id string, sel adminapi.Selection, fn func(adminapi.LinePage)) error {
	q := adminapi.LineQuery{Selection: sel, After: -1, Limit: pageSize}
	for {
		page, err := c.Lines(ctx, id, q)
		if err != nil {
			return err
		}
		fn(page)
		if page.Next == nil {
			return nil
		}
		q.After = *page.Next
	}
}

func (s *shell) planJSON(ctx context.Context, c *client.Client, p run.Plan, sel adminapi.Selection) error {
	out := struct {
		Plan  run.Plan                `json:"plan"`
		Lines []run.Line              `json:"lines"`
		Names map[directory.ID]string `json:"names"`
	}{p, []run.Line{}, map[directory.ID]string{}}
	err := eachPage(ctx, c, p.ID, sel, func(page adminapi.LinePage) {
		out.Lines = append(out.Lines, page.Lines...)
		maps.Copy(out.Names, page.Names)
	})
	if err != nil {
		return err
	}
	return s.printJSON(out)
}

func (s *shell) showPlan(ctx context.Context, c *client.Client, p run.Plan, sel adminapi.Selection, summary bool) error {
	s.print("%s", planTitle(p))
	if !summary {
		err := eachPage(ctx, c, p.ID, sel, func(page adminapi.LinePage) {
			for _, l := range page.Lines {
				s.planLine(l, page.Names)
			}
		})
		if err != nil {
			return err
		}
	}
	t, err := c.Tally(ctx, p.ID, sel, nil)
	if err != nil {
		return err
	}
	if chosen(sel, nil) {
		s.print("\n%s of %d, about %s, are shown.", plural(t.Lines, "line", "lines"), sum(p.Counts), plural(t.People, "person or group", "people and groups"))
	}
	s.planProblem(p)
	s.planReport(p)
	s.planSummary(p)
	s.planCauses(t)
	s.planNext(p)
	return nil
}

// planProblem says what a hold of a source rests on.
func (s *shell) planProblem(p run.Plan) {
	on, ok := p.Problem()
	if !ok {
		return
	}
	s.print("\nWhy: %s\nNow: %s\nFix: %s", on.Why, on.Now, on.Fix)
}

// planReport says what is at the target already: the first thing to know of a target with accounts.
func (s *shell) planReport(p run.Plan) {
	r, ok := p.Report()
	if !ok || p.Kind == run.Hold {
		return
	}
	s.print("\nThere now: %s, %s.", plural(r.Accounts, "account", "accounts"), plural(r.Groups, "group", "groups"))
	for _, x := range []struct {
		n    int
		what string
	}{
		{r.Link, "will be linked to their people"},
		{r.Create, "will be created"},
		{r.Close, "are active, and their people are disabled or gone"},
		{r.Ask, "need an answer: the evidence does not suffice"},
		{r.Wait, "wait for a value"},
		{r.Unknown, "belong to nobody here and are never touched"},
	} {
		if x.n > 0 {
			s.print("  %d %s", x.n, x.what)
		}
	}
}

func planTitle(p run.Plan) string {
	what := map[run.PlanKind]string{
		run.First: "first plan of a new target", run.Change: "plan for changed rules", run.Hold: "hold", run.Preview: "what would be done now",
	}[p.Kind]
	title := fmt.Sprintf("%s: %s (%s, %s, %s)", p.Target, what, p.ID, p.Status, stamp(p.Created))
	if p.Follows != "" {
		title += "\nfollows " + clean(p.Follows)
	}
	if p.Why != "" {
		title += "\n" + clean(p.Why)
	}
	return strings.ReplaceAll(title, "\n", " · ")
}

// signs are the symbols of verbs, with their colours.
var signs = map[plan.Verb][2]string{
	plan.Link: {"=", dim}, plan.Create: {"+", green}, plan.Enable: {"+", green}, plan.AddMembers: {"+", green}, plan.Update: {"~", yellow}, plan.Refer: {"~", yellow},
	plan.DisableUser: {"−", red}, plan.DeleteRemote: {"−", red}, plan.RemoveMembers: {"−", red}, plan.Skip: {"✗", dim},
	plan.Miss: {"−", red}, plan.Rebind: {"=", yellow}, plan.Clear: {"~", yellow}, plan.Vacate: {"−", red},
}

func (s *shell) planLine(l run.Line, names map[directory.ID]string) {
	sign, ok := signs[l.Verb]
	if !ok {
		sign = [2]string{"?", dim}
	}
	verb := string(l.Verb)
	if l.Verb == plan.Skip {
		verb = "no " + string(l.Of)
	}
	text := fmt.Sprintf("%-14s %s", clean(verb), clean(l.Name))
	if l.Kind == "group" {
		text = fmt.Sprintf("%-14s group %s", clean(verb), clean(l.Name))
	}
	if l.Remote != "" && (l.Verb == plan.Link || l.Verb == plan.Rebind) {
		text += " ↔ " + clean(string(l.Remote))
	}
	if l.Size != l.Left {
		text += fmt.Sprintf(" (%d → %d members)", l.Size, l.Left)
	}
	if l.Why != "" {
		text += s.paint(dim, "   "+clean(l.Why))
	}
	if l.Status != run.Waiting {
		status := string(l.Status)
		if l.Reason != "" {
			status += " by " + clean(l.By) + ": " + clean(l.Reason)
		}
		text += s.paint(dim, "   ["+status+"]")
	}
	fmt.Fprintln(s.stdout, s.paint(sign[1], sign[0])+" "+text)
	if s.keys {
		s.print("    key %s", l.Key)
	}
	s.fields(l.Line)
	if len(l.Answers) > 0 && l.Status == run.Waiting {
		s.print("    answer with --answer %s (%s now)", strings.Join(l.Answers, " or --answer "), plural(l.Size, "member", "members"))
	}
	s.memberList("+", green, l.Add, names)
	s.memberList("−", red, l.Remove, names)
	if n := len(l.Foreign); n > 0 {
		s.print("    %s %s that Muster does not know", s.paint(red, "−"), plural(n, "account", "accounts"))
	}
}

func (s *shell) fields(l plan.Line) {
	var t table
	for _, f := range l.Fields {
		if l.Verb == plan.Create {
			t.row(f.Path, text(f.New))
		} else {
			t.row(f.Path, change(f))
		}
	}
	s.table(t, "    ")
}

func change(f attr.Change) string { return text(f.Old) + " → " + text(f.New) }

// memberList names at most ten members.
func (s *shell) memberList(sign, colour string, ids []directory.ID, names map[directory.ID]string) {
	const most = 10
	if len(ids) == 0 {
		return
	}
	var shown []string
	for _, id := range ids[:min(most, len(ids))] {
		name := names[id]
		if name == "" {
			name = string(id)
		}
		shown = append(shown, clean(name))
	}
	text := strings.Join(shown, ", ")
	if more := len(ids) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	fmt.Fprintln(s.stdout, "    "+s.paint(colour, sign)+" "+text)
}

func (s *shell) planSummary(p run.Plan) {
	if p.People == 0 && len(p.Counts) == 0 {
		s.print("Nothing to do at this target.")
		return
	}
	s.print("\n%s: %s", plural(p.People, "person or group", "people and groups"), counts(p.Counts))
	if p.Takes > 0 {
		s.print("This takes about %[2]s, by the rates of %[1]s and how fast it answers.", p.Target, time.Duration(p.Takes)*time.Second)
	}
	if len(p.Verdicts) == 0 {
		return
	}
	t := table{}
	t.row("LIMIT", "HERE", "LAST 24 H", "ALLOWED", "VERDICT")
	for _, v := range p.Verdicts {
		verdict := "passes"
		switch {
		case v.Tripped && p.Kind == run.Hold:
			verdict = "held: " + v.Why
		case v.Tripped && p.Kind != run.Preview:
			verdict = "the approval releases it: " + v.Why
		case v.Tripped:
			verdict = "will be held: " + v.Why
		}
		t.row(v.Class, v.Count, v.Spent, v.Limit, verdict)
	}
	s.table(t, "")
}

func sum(m map[string]int) int {
	n := 0
	for _, x := range m {
		n += x
	}
	return n
}

// planCauses says why people would be closed: by the word of a source or an operator, because they left the scope, or because they are missing.
func (s *shell) planCauses(t adminapi.Tallied) {
	by := map[string]int{}
	for _, x := range t.By {
		if x.Cause != "" {
			by[x.Act+" ("+string(x.Cause)+")"] += x.Lines
		}
	}
	if len(by) > 0 {
		s.print("Because: %s", counts(by))
	}
}

func (s *shell) planNext(p run.Plan) {
	switch {
	case p.Status != run.Waiting || p.Kind == run.Preview || p.People == 0:
	case p.Kind == run.Hold:
		s.next("muster hold release %s --confirm-count %d   or   muster hold reject %s", p.ID, p.People, p.ID)
	default:
		s.next("muster plan approve %s --confirm-count %d   or   muster plan reject %s", p.ID, p.People, p.ID)
	}
}
