package ingest

import (
	"context"
	"fmt"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// A change is what must be written so that a hold says what a read found.
type change struct {
	done, stale, again []string // keys of lines
	add                []plan.Line
	over               bool // what was rejected is over: if it happens again it is something new
	// lines that are so then
	waiting, released, finished int
}

func (c *change) empty() bool { return len(c.done)+len(c.stale)+len(c.again)+len(c.add) == 0 }

// refresh closes what was carried out of an open hold, ends what has no cause any more, and adds what is new. It writes nothing if nothing differs.
func (r *Reading) refresh(ctx context.Context, p run.Plan, f *finding, what conclusion) error {
	var c *change
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		c, err = r.compareHold(ctx, run.Of(v), p, f, what)
		if err == nil {
			err = named(ctx, v, f.lines)
		}
		return err
	})
	if err != nil || what == found && len(f.lines) == 0 || c.empty() && p.Status == c.status(p, what) && (what != found || p.Why == f.why()) {
		return err
	}
	add := c.add[:min(len(c.add), linesPerWrite)]
	err = r.update(ctx, func(tx directory.Tx) error {
		t := run.In(tx)
		p, err := t.Plan(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := c.mark(ctx, t, p.ID); err != nil {
			return err
		}
		if err := t.AddLines(ctx, p.ID, add...); err != nil {
			return err
		}
		if p.Status = c.status(p, what); what == found {
			p.Why = f.why()
			p = p.Rests(*f.problem)
		}
		return run.Recount(ctx, t, p)
	})
	if err != nil {
		return fmt.Errorf("bring a hold up to date: %w", err)
	}
	return r.addLines(ctx, p.ID, c.add[len(add):])
}

// status returns where a hold stands then.
func (c *change) status(p run.Plan, what conclusion) run.Status {
	switch {
	case c.released > 0:
		return run.Approved
	case c.waiting > 0:
		return run.Waiting
	case c.finished > 0, what == calm && p.Status == run.Approved && Whole(p.Class):
		return run.Finished
	case what == found:
		return p.Status
	}
	return run.Superseded
}

// mark writes the standing of lines.
func (c *change) mark(ctx context.Context, t run.Tx, id string) error {
	for _, m := range []struct {
		to   run.Status
		keys []string
	}{{run.Finished, c.done}, {run.Stale, c.stale}, {run.Waiting, c.again}} {
		if len(m.keys) == 0 {
			continue
		}
		if _, err := t.MarkLines(ctx, id, "", m.to, m.keys...); err != nil {
			return err
		}
	}
	return nil
}

// compareHold compares the lines of a hold with what a read found.
func (r *Reading) compareHold(ctx context.Context, v run.Reader, p run.Plan, f *finding, what conclusion) (*change, error) {
	c := &change{over: what == calm && p.Class != Matches}
	wanted := make(map[string]bool, len(f.lines))
	for _, l := range f.lines {
		wanted[l.Key] = true
	}
	known := map[string]bool{}
	for after := -1; ; {
		lines, err := v.Lines(ctx, p.ID, "", after, 1000)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			known[l.Key], after = true, l.Seq
			c.line(l, wanted[l.Key], r.done[p.Class][l.Key], what)
		}
		if len(lines) < 1000 {
			break
		}
	}
	for _, l := range f.lines {
		if !known[l.Key] {
			c.add = append(c.add, l)
			c.waiting++
		}
	}
	return c, nil
}

func (c *change) line(l run.Line, wanted, done bool, what conclusion) {
	switch {
	case l.Status == run.Rejected && c.over:
		c.stale = append(c.stale, l.Key)
	case l.Status == run.Rejected:
	case l.Status == run.Finished && !wanted:
		c.finished++
	case done:
		c.done = append(c.done, l.Key)
		c.finished++
	case what == untold && l.Status == run.Approved:
		c.released++
	case what == untold && l.Status == run.Waiting, wanted && l.Status == run.Waiting:
		c.waiting++
	case wanted:
		c.again = append(c.again, l.Key)
		c.waiting++
	case what != untold && l.Status != run.Stale:
		c.stale = append(c.stale, l.Key)
	}
}
