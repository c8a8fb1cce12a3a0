package ingest

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// A standing is what people have decided about a source, and what waits for them, when a read of it begins.
type standing struct {
	loaded   bool
	open     map[string]run.Plan              // by class: the hold that waits or is released
	released map[string]map[string]run.Answer // by class and key: lines that a person released, and what they said
	rejected map[string]bool                  // classes with rejected holds
	matched  bool                             // entries were held as matches before
	proven   bool                             // the first matches by these rules were decided about
	done     map[string]map[string]bool       // by class and key: lines that this read has carried out
}

// stand loads the standing of the source, once in a read. A release that was not started in time lapses: its hold waits again.
func (r *Reading) stand(ctx context.Context) error {
	if r.loaded {
		return nil
	}
	s := standing{
		loaded: true, open: map[string]run.Plan{}, released: map[string]map[string]run.Answer{}, rejected: map[string]bool{}, done: map[string]map[string]bool{},
	}
	var late []run.Plan
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		plans, err := run.Of(v).Plans(ctx, r.source, run.Hold, "", 1000)
		if err != nil {
			return err
		}
		for _, p := range plans {
			s.matched = s.matched || p.Class == Matches
			s.rejected[p.Class] = s.rejected[p.Class] || p.Status == run.Rejected
			switch {
			case p.Status == run.Approved && r.now.Sub(p.Decided) > run.ReleaseWindow:
				late = append(late, p)
			case p.Status == run.Approved:
				if s.released[p.Class], err = releasedLines(ctx, run.Of(v), p.ID); err != nil {
					return err
				}
				fallthrough
			case p.Status == run.Waiting:
				s.open[p.Class] = p
			}
		}
		rules, err := v.Anchor(ctx, "source:"+r.source, matchesAnchor)
		s.proven = rules != "" && rules == r.rules.Correlation()
		return err
	})
	if err == nil && len(late) > 0 {
		err = r.lapse(ctx, late, s.open)
	}
	if err != nil {
		return fmt.Errorf("read what was decided about %s: %w", r.source, err)
	}
	r.standing = s
	return nil
}

func releasedLines(ctx context.Context, v run.Reader, id string) (map[string]run.Answer, error) {
	out := map[string]run.Answer{}
	for after := -1; ; {
		lines, err := v.Lines(ctx, id, run.Approved, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			out[l.Key], after = l.Answer, l.Seq
		}
		if len(lines) < 1000 {
			return out, nil
		}
	}
}

func (r *Reading) lapse(ctx context.Context, late []run.Plan, open map[string]run.Plan) error {
	return r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		t := run.In(tx)
		for _, p := range late {
			if _, err := t.MarkLines(ctx, p.ID, run.Approved, run.Waiting); err != nil {
				return err
			}
			p.Status = run.Waiting
			if err := run.Recount(ctx, t, p); err != nil {
				return err
			}
			open[p.Class] = p
		}
		return nil
	})
}

// let reports whether a person released a line, and what they said.
func (r *Reading) let(class, key string) (run.Answer, bool) {
	answer, ok := r.released[class][key]
	return answer, ok
}

// carried notes that a released line was carried out.
func (r *Reading) carried(class, key string) {
	if r.done[class] == nil {
		r.done[class] = map[string]bool{}
	}
	r.done[class][key] = true
}

// conclusion is what a read means for a class of holds.
type conclusion int

const (
	untold conclusion = iota // the read proves nothing about it
	calm                     // there is nothing of that kind
	found
)

// keepHolds brings the holds of the source in line with what a read found. whole says that it was read to its end.
func (r *Reading) keepHolds(ctx context.Context, trips []*finding, whole bool) error {
	by := map[string]*finding{}
	for _, f := range trips {
		if of := by[f.class]; of != nil { // in another base
			of.merge(f)
		} else {
			by[f.class] = f
		}
	}
	for _, class := range []string{Shrink, Anchors, Attributes, Members} {
		what := untold
		switch {
		case by[class] != nil:
			what = found
		case whole && len(trips) == 0, whole && r.open[class].Status == run.Waiting:
			what = calm
		}
		for key, answer := range r.released[class] {
			if what == calm && (Whole(class) || answer == run.Create) {
				r.carried(class, key)
			}
		}
		if err := r.keepHold(ctx, class, what, by[class]); err != nil {
			return err
		}
	}
	return r.keepMatches(ctx, whole, whole && len(trips) == 0)
}

// keepHold brings the hold of a class in line with what the read found.
func (r *Reading) keepHold(ctx context.Context, class string, what conclusion, f *finding) error {
	p, open := r.open[class]
	if f == nil {
		f = &finding{class: class}
	}
	switch {
	case open && (what != untold || len(r.done[class]) > 0):
		return r.refresh(ctx, p, f, what)
	case open:
		return nil
	case what == found:
		return r.hold(ctx, f)
	case what == calm && r.rejected[class]:
		return r.forget(ctx, class)
	}
	return nil
}

// hold opens a hold, unless all of it was rejected.
func (r *Reading) hold(ctx context.Context, f *finding) error {
	first := f.lines[:min(len(f.lines), linesPerWrite)]
	p := run.Plan{
		ID: string(directory.NewID()), Target: r.source, Kind: run.Hold, Class: f.class, Status: run.Waiting, Rules: r.rules.Digest(), Created: r.now, People: max(1, f.more),
	}.Rests(*f.problem)
	rejected := false
	err := r.update(ctx, func(tx directory.Tx) (err error) {
		t := run.In(tx)
		if rejected, err = allRejected(ctx, t, r.source, f.lines); err != nil || rejected {
			return err
		}
		if Whole(f.class) { // it is another reading than the one that was rejected
			if err := r.endRejections(ctx, t, f.class); err != nil {
				return err
			}
		}
		if err := named(ctx, tx, f.lines); err != nil {
			return err
		}
		p.Why = f.why()
		if err := t.PutPlan(ctx, p); err != nil {
			return err
		}
		if err := t.AddLines(ctx, p.ID, first...); err != nil || len(first) == 0 {
			return err
		}
		return run.Recount(ctx, t, p)
	})
	if err != nil || rejected {
		return err
	}
	r.door.log().Warn("a read waits for a person", "source", r.source, "class", f.class, "lines", len(f.lines), "why", f.problem.What)
	return r.addLines(ctx, p.ID, f.lines[len(first):])
}

const linesPerWrite = 2000

// addLines adds lines to a hold, in transactions of a size that keeps nobody waiting.
func (r *Reading) addLines(ctx context.Context, id string, lines []plan.Line) error {
	for part := range slices.Chunk(lines, linesPerWrite) {
		err := r.update(ctx, func(tx directory.Tx) error {
			t := run.In(tx)
			if err := t.AddLines(ctx, id, part...); err != nil {
				return err
			}
			p, err := t.Plan(ctx, id)
			if err != nil {
				return err
			}
			return run.Recount(ctx, t, p)
		})
		if err != nil {
			return fmt.Errorf("hold what a read found: %w", err)
		}
	}
	return nil
}

// allRejected reports whether a person rejected each of lines.
func allRejected(ctx context.Context, v run.Reader, source string, lines []plan.Line) (bool, error) {
	rejected := 0
	for at := 0; at < len(lines); at += 1000 {
		part := lines[at:min(len(lines), at+1000)]
		keys := make([]string, len(part))
		for i, l := range part {
			keys[i] = l.Key
		}
		known, err := v.LinesByKey(ctx, source, keys)
		if err != nil {
			return false, err
		}
		for _, l := range known {
			if l.Status == run.Rejected {
				rejected++
			}
		}
	}
	return rejected > 0 && rejected == len(lines), nil
}

// forget ends the effect of rejections: what was rejected is over, and if it happens again it is something new.
func (r *Reading) forget(ctx context.Context, class string) error {
	if class == Matches {
		return nil // who somebody is does not pass
	}
	return r.update(ctx, func(tx directory.Tx) error { return r.endRejections(ctx, run.In(tx), class) })
}

func (r *Reading) endRejections(ctx context.Context, t run.Tx, class string) error {
	plans, err := t.Plans(ctx, r.source, run.Hold, run.Rejected, 1000)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if p.Class != class {
			continue
		}
		if _, err := t.MarkLines(ctx, p.ID, run.Rejected, run.Stale); err != nil {
			return err
		}
		p.Status = run.Superseded
		if err := t.PutPlan(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
