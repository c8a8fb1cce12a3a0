package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// origins returns what each source states of an object.
func (m *Muster) origins(ctx context.Context, id directory.ID) ([]adminapi.Origin, error) {
	var records []directory.Record
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		records, err = v.RecordsOf(ctx, []directory.ID{id})
		return err
	})
	var out []adminapi.Origin
	for _, x := range m.door.Origins(records) {
		out = append(out, adminapi.Origin{Path: x.Path, Source: x.Source, Key: x.Key, Value: x.Values, Won: x.Won, Problem: x.Problem})
	}
	return out, err
}

// tell adds to an explanation what its steps rest on.
func tell(x engine.Explanation, out *adminapi.At) {
	out.Says, out.Path = sentence(x), x.Path
	out.Paused, out.Stopped, out.Mode = x.State.Paused, x.State.Stopped, string(x.Mode)
	for _, s := range x.Verdict.Steps {
		r := adminapi.Rule{Rule: s.Rule, Text: s.Text, Result: s.Result, Why: s.Why, At: s.At}
		if s.Rule == "if" || s.Rule == "filter" {
			r.Inputs = x.Inputs[""]
		}
		out.Rules = append(out.Rules, r)
	}
	for _, t := range x.Tries {
		tried := adminapi.Tried{By: t.By, Value: t.Value}
		for _, c := range t.Found {
			tried.Found = append(tried.Found, adminapi.Candidate{Remote: c.Remote, Active: c.Active, Owner: c.Owner, Name: c.Name})
		}
		out.Tried = append(out.Tried, tried)
	}
	out.Differs = differs(x)
	for _, e := range x.Journal {
		out.Calls = append(out.Calls, *call(e))
	}
	for _, l := range x.Held {
		out.Holds = append(out.Holds, adminapi.HeldIn{Plan: l.Plan, Status: l.Status, Verb: l.Verb, Class: string(l.Class), Why: l.Why, Key: l.Key})
	}
}

// differs compares what is wanted with what the target had last: as it listed it, or as it confirmed it.
func differs(x engine.Explanation) []adminapi.Differs {
	there := x.Link.Applied
	if x.Seen != nil {
		there = x.Seen.Attrs
	}
	if there == nil || x.Want.Scope != plan.In {
		return nil
	}
	var out []adminapi.Differs
	for _, p := range slices.Sorted(maps.Keys(x.Want.Attrs)) {
		d := adminapi.Differs{Path: p, Want: x.Want.Attrs[p], There: there[p]}
		d.Same = len(attr.Diff(attr.Set{p: d.There}, attr.Set{p: d.Want})) == 0
		out = append(out, d)
	}
	for _, r := range x.Want.Refs {
		if d := (adminapi.Differs{Path: r.Path, There: there[r.Path]}); !r.Pending {
			if r.Account != "" {
				d.Want = attr.Values{string(r.Account)}
			}
			d.Same = d.Want.Equal(d.There)
			out = append(out, d)
		}
	}
	return out
}

// sentence says how somebody stands at a target, and which rule decided that.
func sentence(x engine.Explanation) string {
	name := x.Object.Handle()
	var says string
	switch {
	case x.Object.Stop != nil:
		says = fmt.Sprintf("%s is closed at %s: %s disabled them (%s)", name, x.Target, x.Object.Stop.Who(), x.Object.Stop.Reason)
	case len(x.Verdict.Steps) == 0:
		says = fmt.Sprintf("%s is nothing that %s receives: it is configured for people only", name, x.Target)
	case x.Want.Ask != "":
		says = fmt.Sprintf("%s waits at %s for a person: %s", name, x.Target, x.Want.Ask)
	case x.Verdict.Scope == plan.Unknown:
		says = fmt.Sprintf("whether %s belongs at %s cannot be told, so nothing changes: %s", name, x.Target, x.Verdict.Reason)
	case x.Verdict.Scope == plan.Out:
		says = fmt.Sprintf("%s does not belong at %s: %s", name, x.Target, x.Verdict.Reason)
	case !x.Want.Active:
		says = fmt.Sprintf("%s belongs at %s, but not active: %s; in scope because %s", name, x.Target, inactive(x), x.Verdict.Reason)
	default:
		says = fmt.Sprintf("%s belongs at %s: %s", name, x.Target, x.Verdict.Reason)
	}
	return says + standing(x) + "."
}

// inactive says which source, if any, states that somebody is not active.
func inactive(x engine.Explanation) string {
	var by []string
	for _, r := range x.Records {
		switch {
		case r.Disabled:
			by = append(by, r.Source+" states that they are disabled")
		case r.Expired:
			by = append(by, r.Source+" states that they expired")
		}
	}
	return cmp.Or(strings.Join(by, ", "), "they are "+string(x.Object.State))
}

// standing says what keeps a decision from being carried out.
func standing(x engine.Explanation) string {
	waits := slices.IndexFunc(x.Held, func(l run.Line) bool { return l.Status == run.Waiting })
	switch {
	case x.Draft:
		return "; nothing is sent before the first plan is approved"
	case x.State.Stopped != nil:
		return "; the target is stopped: " + x.State.Stopped.What
	case x.State.Paused != nil:
		return "; the target is paused: " + x.State.Paused.Reason
	case waits >= 0 && x.Want.Ask == "":
		return "; it waits in a hold for a decision"
	}
	if i := slices.IndexFunc(x.Waiting, func(w link.Waiting) bool { return w.Member == "" }); i >= 0 && x.Want.Ask == "" {
		return fmt.Sprintf("; it is %s: %s", x.Waiting[i].Wait, x.Waiting[i].Reason)
	}
	return ""
}
