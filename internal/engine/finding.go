package engine

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/ingest"
	"muster/internal/run"
)

// source returns the reader of a source, one that is not read included, or nil.
func (e *Engine) source(name string) *reader {
	for _, s := range e.sources {
		if s.Name == name {
			return s
		}
	}
	if slices.Contains(e.cfg.Tellers, name) {
		return &reader{Source: Source{Name: name}, e: e}
	}
	return nil
}

// decide records what a person says about a hold of the source. The next read, which must begin within the window of releases, acts on it.
func (r *reader) decide(ctx context.Context, tx run.Tx, p run.Plan, d Decision, to run.Status) (run.Plan, error) {
	refuse := func(code, what, why, fix string) (run.Plan, error) {
		return p, &run.Problem{Code: code, What: what, Why: why, Now: "Nothing was changed.", Fix: fix}
	}
	_, want, err := d.affects(ctx, tx, p, to)
	if err != nil {
		return p, err
	}
	switch {
	case p.Status != run.Waiting && !(d.some() && d.reaches(p)):
		return refuse("already_decided", fmt.Sprintf("hold %s is %s", p.ID, p.Status), "It was decided about, or the source does not need it any more.", "Look at what waits: `muster hold list`.")
	case d.some() && ingest.Whole(p.Class):
		return refuse("invalid", "a read is believed or it is not: there is no part of it to decide about", "The hold is about one reading of "+r.Name+".", "Decide about the whole hold.")
	case !answers(p, d.Answer):
		return refuse("answer_needed", fmt.Sprintf("%q is no answer to what this hold asks", d.Answer), "It is about a reading of "+r.Name+".",
			"Leave it out, or if the hold asks who somebody is, say adopt: it is them, or create: it is somebody else.")
	case d.some() && want == 0:
		return refuse("stale", "nothing that waits is selected", "The lines were decided about, or their entries have changed since.", "Look at the hold again: `muster hold show "+p.ID+"`.")
	case to == run.Approved && d.Count != want:
		return refuse("count_mismatch", fmt.Sprintf("the hold affects %d, not %d", want, d.Count), "The number shows that you looked at this hold.", "Look at it again, and give the number that it states.")
	}
	now := r.e.cfg.Now()
	f, err := d.selects(ctx, tx, p, to)
	if err != nil {
		return p, err
	}
	if _, err := tx.Decide(ctx, p.ID, f, run.Verdict{To: to, By: d.By, Reason: d.Reason, Answer: d.Answer, At: now}); err != nil {
		return p, err
	}
	if !d.some() {
		p.Status = to
	} else if p, err = partOf(ctx, tx, p, to); err != nil {
		return p, err
	}
	p.Decided, p.By, p.Reason = now, d.By, d.Reason
	if err := tx.PutPlan(ctx, p); err != nil {
		return p, err
	}
	act := map[run.Status]string{run.Approved: "hold.release", run.Rejected: "hold.reject"}[to]
	detail := fmt.Sprintf("source %s, %s, %d people and groups", p.Target, p.Class, want)
	if d.Answer != "" {
		detail += ", " + string(d.Answer)
	}
	return p, tx.Audit(ctx, run.Event{At: now, By: d.By, Act: act, Object: p.ID, Detail: detail})
}

// answers reports whether a hold takes an answer. None means that the entries are who they are taken for.
func answers(p run.Plan, a run.Answer) bool {
	return a == "" || !ingest.Whole(p.Class) && (a == run.Adopt || a == run.Create)
}

// partOf returns p after some of its lines were decided about.
func partOf(ctx context.Context, tx run.Tx, p run.Plan, to run.Status) (run.Plan, error) {
	was := p.Status
	if err := recount(ctx, tx, p); err != nil {
		return p, err
	}
	p, err := tx.Plan(ctx, p.ID)
	switch {
	case to == run.Approved || was == run.Approved:
		p.Status = run.Approved
	case p.People == 0:
		p.Status = run.Rejected
	}
	return p, err
}
