package adminapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
)

// plans returns the plans of a kind that wait, the newest first.
func (x Inbox) plans(kind run.PlanKind) func(context.Context, string, int) ([]InboxItem, error) {
	return func(ctx context.Context, after string, limit int) ([]InboxItem, error) {
		plans, err := x.Service.Plans(ctx, PlanQuery{Kind: kind, Status: run.Waiting, Before: after, Limit: limit})
		var out []InboxItem
		for _, p := range plans {
			if p.Kind == kind {
				out = append(out, planItem(p))
			}
		}
		return out, err
	}
}

// newRules are first plans, and behind them changed rules.
func (x Inbox) newRules(ctx context.Context, after string, limit int) ([]InboxItem, error) {
	var out []InboxItem
	from, id, _ := strings.Cut(after, ":")
	for _, kind := range []run.PlanKind{run.First, run.Change} {
		if from == string(run.Change) && kind == run.First || limit == len(out) {
			continue
		}
		more, err := x.plans(kind)(ctx, id, limit-len(out))
		if err != nil {
			return nil, err
		}
		for i := range more {
			more[i].place = string(kind) + ":" + more[i].place
		}
		out, id = append(out, more...), ""
	}
	return out, nil
}

func planItem(p run.Plan) InboxItem {
	item := InboxItem{
		What: PlanTitle(p), Why: cmp.Or(p.Why, many(p.People, "person or group is affected", "people and groups are affected")), Since: p.Created, Right: access.Approve,
		Fix: "muster plan show " + p.ID, Target: p.Target, Plan: p.ID, place: p.ID,
	}
	if p.Kind == run.Hold {
		item.Right, item.Fix = access.Release, "muster hold show "+p.ID
	}
	return item
}

// PlanTitle says what a plan is for.
func PlanTitle(p run.Plan) string {
	switch p.Kind {
	case run.First:
		return "First plan for " + p.Target
	case run.Change:
		return "Changed rules for " + p.Target
	case run.Hold:
		return "Held at " + p.Target
	}
	return "Preview for " + p.Target
}

// held are people and groups that wait by themselves, target by target.
func (x Inbox) held(ctx context.Context, after string, limit int) ([]InboxItem, error) {
	from, object, _ := strings.Cut(after, "/")
	var out []InboxItem
	for _, t := range x.Status.Targets {
		if from != "" && t.Name != from || len(out) >= limit {
			continue
		}
		found, err := x.Service.Waiting(ctx, WaitQuery{Target: t.Name, Wait: "held", Alone: true, After: directory.ID(object), Limit: limit - len(out)})
		if err != nil {
			return nil, err
		}
		for _, w := range found {
			if w.Target == t.Name {
				out = append(out, InboxItem{
					What: w.Name + " waits at " + w.Target, Why: w.Reason, Since: w.Since, Right: access.Configure, Fix: "muster why " + word(w.Name, w.Object) + " " + w.Target,
					Target: w.Target, Object: w.Object, place: t.Name + "/" + string(w.Object),
				})
			}
		}
		from, object = "", ""
	}
	return out, nil
}

// word is a name as an argument of a command, or the id where a shell would not take the name as one word.
func word(name string, id directory.ID) string {
	plain := func(r rune) bool {
		return r == '.' || r == '_' || r == '@' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if name == "" || strings.ContainsFunc(strings.TrimLeft(name, ".@"), func(r rune) bool { return r != '-' && !plain(r) }) || name[0] == '-' {
		return string(id)
	}
	return name
}

// many says how many of what: "1 entry waits", "1,204 entries wait".
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + more
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// inWords says a length of time in one unit.
func inWords(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}

// TokensFor returns those of tokens of which somebody may know: their own, or everybody's.
func TokensFor(by access.Caller, tokens []access.Token) []access.Token {
	return slices.DeleteFunc(slices.Clone(tokens), func(t access.Token) bool { return !by.May(access.AllTokens) && t.Person != by.Person })
}
