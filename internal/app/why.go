package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Why implements adminapi.People.
func (m *Muster) Why(ctx context.Context, who, target string) (adminapi.Explanation, error) {
	if _, ok := m.File.Target(target); target != "" && !ok {
		return adminapi.Explanation{}, m.unknown("target", target)
	}
	o, err := m.one(ctx, "", who)
	if err != nil {
		return m.whyNobody(ctx, who, target, err)
	}
	out := adminapi.Explanation{Targets: []adminapi.At{}}
	if out.Object, err = m.whole(ctx, o); err != nil {
		return out, err
	}
	if out.Origins, err = m.origins(ctx, o.ID); err != nil {
		return out, err
	}
	for _, t := range m.File.Targets {
		if target != "" && t.Name != target {
			continue
		}
		x, err := m.Engine.Explain(ctx, t.Name, o.ID)
		if err != nil {
			return out, err
		}
		out.Targets = append(out.Targets, at(x))
	}
	return out, nil
}

// at tells an explanation in six steps.
func at(x engine.Explanation) adminapi.At {
	out := adminapi.At{Target: x.Target, Scope: x.Want.Scope, Reason: x.Want.Reason, Lines: x.Lines}
	out.Steps = []adminapi.Step{read(x), scope(x), match(x), mapped(x), diff(x), send(x)}
	for _, t := range x.Traces {
		v := value(t)
		v.Inputs = x.Inputs[t.Path]
		out.Values = append(out.Values, v)
	}
	refer(x, out.Values)
	tell(x, &out)
	if x.Link.Remote != "" {
		l := linkView(x.Link, x.Object.Handle())
		out.Link = &l
	}
	for _, w := range x.Waiting {
		out.Waiting = append(out.Waiting, waiting(w, x.Object.Handle()))
	}
	if v := x.Version; v.Value != "" {
		out.Version = &adminapi.RulesVersion{Digest: v.Value, Since: v.From, Cause: v.Cause}
	}
	if len(x.Journal) > 0 {
		out.Last = call(x.Journal[0])
	}
	return out
}

func value(t mapping.Trace) adminapi.Value {
	v := adminapi.Value{Path: t.Path, Rule: t.Expr, At: t.At, Value: t.Values, Once: t.Once}
	switch t.Note {
	case "constant":
		v.Rule = "constant"
	case "default":
		v.Defaulted = true
	case "":
	default:
		v.Problem = t.Note
	}
	return v
}

func waiting(w link.Waiting, name string) adminapi.Waiting {
	return adminapi.Waiting{
		Target: w.Target, Object: w.Object, Name: name, Member: string(w.Member), Wait: string(w.Wait), Code: w.Code, Reason: w.Reason, Attempts: w.Attempts,
		Since: w.Since, Next: w.Next,
	}
}

func call(e link.Entry) *adminapi.Call {
	return &adminapi.Call{
		At: e.At, Verb: e.Verb, Result: string(e.Result), Answer: e.Answer, Took: e.Took.Round(time.Millisecond).String(), Run: e.Run, Cause: string(e.Cause),
	}
}

func read(x engine.Explanation) adminapi.Step {
	s := adminapi.Step{Name: "read", Verdict: "pass"}
	for _, rec := range x.Records {
		note := fmt.Sprintf("%s: %s, %s", rec.Source, rec.Name, rec.Status)
		switch {
		case rec.Disabled:
			note += ", disabled there"
		case rec.Expired:
			note += ", expired on " + rec.Expires.Format(time.DateOnly)
		}
		if rec.Waiting != "" {
			note += "; " + rec.Waiting
		}
		s.Notes = append(s.Notes, note)
	}
	s.Text = fmt.Sprintf("%s is %s", x.Object.Handle(), x.Object.State)
	switch {
	case x.Object.Stop != nil:
		s.Text += fmt.Sprintf(": %s disabled them (%s)", x.Object.Stop.Who(), x.Object.Stop.Reason)
	case x.Object.Cause != "":
		s.Text += " (" + string(x.Object.Cause) + ")"
	}
	return s
}

func scope(x engine.Explanation) adminapi.Step {
	s := adminapi.Step{Name: "scope", Verdict: "pass", Text: x.Verdict.Reason}
	for _, step := range x.Verdict.Steps {
		s.Notes = append(s.Notes, fmt.Sprintf("%s %s: %s (%s)", step.Rule, step.Text, step.Result, step.Why))
	}
	switch x.Verdict.Scope {
	case plan.Out:
		s.Verdict = "skip"
	case plan.Unknown:
		s.Verdict = "wait"
	}
	return s
}

func match(x engine.Explanation) adminapi.Step {
	s := adminapi.Step{Name: "match", Verdict: "pass"}
	switch {
	case plan.Linked(x.Link):
		s.Text = fmt.Sprintf("linked to %s (%s, %s)", x.Link.Remote, x.Link.Origin, x.Link.State)
	case x.Want.Ask != "":
		s.Verdict, s.Text = "wait", x.Want.Ask
	case x.Seen != nil:
		s.Text = fmt.Sprintf("matches the account %s, which is not linked yet", x.Seen.ID)
	default:
		s.Text = "no account is linked, and none was listed that matches"
	}
	for _, by := range x.Want.Match {
		s.Notes = append(s.Notes, fmt.Sprintf("matched by %s = %s", by, text(x.Want.Attrs[by])))
	}
	return s
}

func mapped(x engine.Explanation) adminapi.Step {
	s := adminapi.Step{Name: "map", Verdict: "pass", Text: fmt.Sprintf("%d values computed", len(x.Traces))}
	if len(x.Want.Missing) > 0 {
		s.Verdict, s.Text = "fail", "required and without a value: "+paths(x.Want.Missing)
	}
	if x.Fault != nil {
		s.Notes = append(s.Notes, x.Fault.Error())
	}
	for _, p := range x.Want.Invalid {
		s.Verdict = "fail"
		s.Notes = append(s.Notes, fmt.Sprintf("%s: the target cannot hold it: %s", p.Path, p.Reason))
	}
	return s
}

func diff(x engine.Explanation) adminapi.Step {
	s := adminapi.Step{Name: "diff", Verdict: "pass", Text: "nothing to do"}
	for _, l := range x.Lines {
		note := string(l.Verb)
		if l.Verb == plan.Skip {
			note = "not " + string(l.Of)
			s.Verdict = "skip"
		}
		if l.Why != "" {
			note += ": " + l.Why
		}
		for _, f := range l.Fields {
			note += fmt.Sprintf("; %s %s → %s", f.Path, text(f.Old), text(f.New))
		}
		s.Notes = append(s.Notes, note)
	}
	if len(x.Lines) > 0 {
		s.Text = fmt.Sprintf("%d lines", len(x.Lines))
	}
	return s
}

func send(x engine.Explanation) adminapi.Step {
	s := adminapi.Step{Name: "send", Verdict: "pass", Text: "nothing was sent yet"}
	if len(x.Journal) > 0 {
		last := x.Journal[0]
		s.Text = fmt.Sprintf("last %s: %s at %s", last.Verb, last.Result, momentText(last.At))
		if last.Answer != "" {
			s.Notes = append(s.Notes, last.Answer)
		}
	}
	if x.Order != nil {
		s.Notes = append(s.Notes, ordered(*x.Order))
		if x.Order.State == link.Ordered {
			s.Verdict = "wait"
		}
	}
	for _, w := range x.Waiting {
		s.Verdict = "wait"
		s.Notes = append(s.Notes, fmt.Sprintf("%s (%s): %s", w.Wait, w.Code, w.Reason))
	}
	for _, l := range x.Held {
		if l.Status == run.Waiting {
			s.Verdict = "wait"
			s.Notes = append(s.Notes, fmt.Sprintf("%s waits in a plan for a decision", l.Verb))
		}
	}
	if x.Draft {
		s.Verdict = "wait"
		s.Notes = append(s.Notes, "the first plan of this target is not approved: nothing is sent")
	}
	return s
}

func text(v attr.Values) string {
	if len(v) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", strings.Join(v, ", "))
}

func paths(p []attr.Path) string {
	out := make([]string, len(p))
	for i, x := range p {
		out[i] = string(x)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// Waiting implements adminapi.Waits.
func (m *Muster) Waiting(ctx context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	out := []adminapi.Waiting{}
	limit := q.Limit
	if limit <= 0 {
		limit = 500
	}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		for _, t := range m.File.Targets {
			if q.Target != "" && q.Target != t.Name {
				continue
			}
			page, err := waitingAt(ctx, v, t.Name, q, limit-len(out))
			if err != nil {
				return err
			}
			for _, w := range page {
				name, err := handle(ctx, v, w.Object)
				if err != nil {
					return err
				}
				out = append(out, waiting(w, name))
			}
			if len(out) >= limit {
				return nil
			}
		}
		return nil
	})
}

// wholeObjects returns what waits at a target behind q.After, with all of what it returns of an object, so that the next page can begin behind the last one.
func wholeObjects(ctx context.Context, v directory.Reader, target string, q adminapi.WaitQuery, limit int) ([]link.Waiting, error) {
	page, err := link.Of(v).Waiting(ctx, target, link.Wait(q.Wait), "", q.After, limit+1)
	if err != nil || len(page) <= limit {
		return page, err
	}
	cut := limit
	for cut > 0 && page[cut-1].Object == page[limit].Object {
		cut--
	}
	if cut == 0 { // one object has more than a page
		return link.Of(v).Waiting(ctx, target, link.Wait(q.Wait), page[0].Object, "", mostOrders)
	}
	return page[:cut], nil
}

// waitingAt is wholeObjects, without the questions if q is for what waits alone.
func waitingAt(ctx context.Context, v directory.Reader, target string, q adminapi.WaitQuery, limit int) ([]link.Waiting, error) {
	if !q.Alone {
		return wholeObjects(ctx, v, target, q, limit)
	}
	var out []link.Waiting
	for {
		page, err := wholeObjects(ctx, v, target, q, 1000)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, w := range page {
			if len(out) >= limit && out[len(out)-1].Object != w.Object {
				return out, nil
			}
			if w.Code != "ask" {
				out = append(out, w)
			}
		}
		q.After = page[len(page)-1].Object
	}
}

// momentText says a time as people read it.
func momentText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// ordered tells an order to close somebody.
func ordered(o link.Order) string {
	out := fmt.Sprintf("ordered closed by %s at %s: %s; ", o.By, momentText(o.At), o.Reason)
	switch o.State {
	case link.Obeyed:
		return out + fmt.Sprintf("confirmed at %s: %s", momentText(o.Confirmed), o.Answer)
	case link.Nobody:
		return out + o.Answer
	}
	return out + cmp.Or(o.Answer, "not confirmed yet")
}
