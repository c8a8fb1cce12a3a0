package engine

import (
	"context"
	"fmt"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// draftPage is how many lines are stored in one transaction.
const draftPage = 500

// put takes the next lines. The first that is not that of the plan that waits begins another.
func (d *draft) put(ctx context.Context, lines []plan.Line) error {
	if d.keys != nil {
		for _, l := range lines {
			if ofMember(l) {
				d.keys[l.Key] = true
			}
		}
		return nil
	}
	for i, l := range lines {
		if d.plan.ID == "" {
			same, err := d.basis.next(ctx, l.Key)
			if err != nil {
				return err
			}
			if same {
				d.lines++
				continue
			}
			if err := d.part(ctx); err != nil {
				return err
			}
		}
		d.page = append(d.page, lines[i:]...)
		d.lines += len(lines) - i
		break
	}
	if len(d.page) < draftPage {
		return nil
	}
	return d.flush(ctx)
}

// part begins a plan of its own, with the lines so far of the one that waits. Nobody is shown it before it is complete.
func (d *draft) part(ctx context.Context) error {
	p := run.Plan{ID: string(directory.NewID()), Target: d.w.t.Name, Kind: d.kind, Status: run.Superseded, Rules: d.w.rules.digest, Created: d.w.now}
	if err := d.w.t.update(ctx, func(tx directory.Tx) error { return run.In(tx).PutPlan(ctx, p) }); err != nil {
		return fmt.Errorf("begin a plan: %w", err)
	}
	d.plan = p
	from := lineReader{t: d.w.t, plan: d.base.ID, after: -1}
	for range d.lines {
		l, _, err := from.take(ctx)
		if err != nil {
			return err
		}
		if d.page = append(d.page, l.Line); len(d.page) == draftPage {
			if err := d.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *draft) flush(ctx context.Context) error {
	if len(d.page) == 0 {
		return nil
	}
	err := d.w.t.update(ctx, func(tx directory.Tx) error { return run.In(tx).AddLines(ctx, d.plan.ID, d.page...) })
	if err != nil {
		return fmt.Errorf("store a plan: %w", err)
	}
	d.page = d.page[:0]
	return nil
}

// same reports whether the plan that waits has these lines and no others.
func (d *draft) same(ctx context.Context) (bool, error) {
	if d.base.ID == "" || d.plan.ID != "" {
		return false, nil
	}
	_, more, err := d.basis.take(ctx)
	return !more, err
}

// complete stores what is left.
func (d *draft) complete(ctx context.Context) error {
	if d.plan.ID == "" {
		if err := d.part(ctx); err != nil {
			return err
		}
	}
	return d.flush(ctx)
}

// own returns the plan that was begun, if one was.
func (d *draft) own() []string {
	if d.plan.ID == "" {
		return nil
	}
	return []string{d.plan.ID}
}

// A lineReader reads the lines of a stored plan one after the other.
type lineReader struct {
	t     *target
	plan  string
	after int
	page  []run.Line
	end   bool
}

// take returns the next line, and false after the last one.
func (r *lineReader) take(ctx context.Context) (run.Line, bool, error) {
	if len(r.page) == 0 && !r.end && r.plan != "" {
		err := r.t.view(ctx, func(v directory.Reader) (err error) {
			r.page, err = run.Of(v).Lines(ctx, r.plan, "", r.after, 1000)
			return err
		})
		if err != nil {
			return run.Line{}, false, fmt.Errorf("read plan %s: %w", r.plan, err)
		}
		r.end = len(r.page) < 1000
	}
	if len(r.page) == 0 {
		return run.Line{}, false, nil
	}
	l := r.page[0]
	r.page, r.after = r.page[1:], l.Seq
	return l, true, nil
}

// next takes the next line, and reports whether it has a key.
func (r *lineReader) next(ctx context.Context, key string) (bool, error) {
	l, ok, err := r.take(ctx)
	return ok && l.Key == key, err
}
