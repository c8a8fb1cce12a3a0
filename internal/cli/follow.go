package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// How long a look at a run waits: bars move, lines come when something is worth a line.
const (
	barWait  = 500 * time.Millisecond
	lineWait = 10 * time.Second
)

// follow waits until runs have ended, one after the other, and shows how far they have got.
func (s *shell) follow(ctx context.Context, c *client.Client, ids []string) ([]adminapi.RunView, error) {
	var out []adminapi.RunView
	for _, id := range ids {
		v, err := s.followOne(ctx, c, id)
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *shell) followOne(ctx context.Context, c *client.Client, id string) (adminapi.RunView, error) {
	show, wait := s.progressLine(), lineWait
	if s.bars && !s.quiet {
		b := newBar(s)
		defer b.end()
		show, wait = b.show, barWait
	}
	v, err := c.Run(ctx, id, 0)
	for err == nil {
		show(v)
		if v.Outcome != run.Running {
			return v, nil
		}
		v, err = c.Run(ctx, id, wait)
	}
	return v, err
}

// progressLine returns a func that says how far a run has got, a line for each change of phase.
func (s *shell) progressLine() func(adminapi.RunView) {
	phase := ""
	return func(v adminapi.RunView) {
		if v.Outcome != run.Running || v.Phase == phase {
			return
		}
		phase = v.Phase
		s.say("%s: %s%s", v.Name, v.Phase, far(v))
	}
}

func far(v adminapi.RunView) string {
	switch {
	case v.Total > 0:
		return fmt.Sprintf(" %d of %d%s%s", v.Done, v.Total, rate(v.PerSecond), left(v.Left))
	case v.Done > 0:
		return fmt.Sprintf(" %d%s", v.Done, rate(v.PerSecond))
	}
	return ""
}

// rate says how fast something goes; nothing if that is not known.
func rate(perSecond float64) string {
	if perSecond < 1 {
		return ""
	}
	return fmt.Sprintf(", %.0f/s", perSecond)
}

// left says how long something takes from now on, in seconds; nothing if that is not known.
func left(seconds int) string {
	if seconds <= 0 {
		return ""
	}
	return fmt.Sprintf(", about %s left", time.Duration(seconds)*time.Second)
}

// bar shows a run as a bar on the terminal.
type bar struct {
	progress *mpb.Progress
	bar      *mpb.Bar
	view     adminapi.RunView
}

func newBar(s *shell) *bar {
	return &bar{progress: mpb.New(mpb.WithOutput(s.stderr), mpb.WithWidth(48), mpb.WithAutoRefresh())}
}

func (b *bar) show(v adminapi.RunView) {
	if b.bar == nil {
		label := decor.Any(func(decor.Statistics) string {
			return fmt.Sprintf("%-12s %-20s", clean(b.view.Name), clean(b.view.Phase))
		})
		b.bar = b.progress.AddBar(0, mpb.PrependDecorators(label), mpb.AppendDecorators(decor.CountersNoUnit("%d / %d"), decor.Any(func(decor.Statistics) string { return rate(b.view.PerSecond) + left(b.view.Left) })))
	}
	b.view = v
	b.bar.SetTotal(int64(v.Total), false)
	b.bar.SetCurrent(int64(v.Done))
	if v.Outcome != run.Running {
		b.bar.SetTotal(-1, true)
	}
}

// end leaves the bar as it stands.
func (b *bar) end() {
	if b.bar != nil && !b.bar.Completed() {
		b.bar.Abort(false)
	}
	b.progress.Wait()
}

// results prints how runs ended.
func (s *shell) results(runs []adminapi.RunView) {
	if len(runs) == 0 {
		return
	}
	var t table
	for _, r := range runs {
		t.row(r.Name, r.Outcome, counts(r.Counts))
	}
	s.table(t, "")
	for _, r := range runs {
		if r.Problem != nil {
			fmt.Fprintf(s.stderr, "%s: %s\n", clean(r.Name), cleanLines(r.Problem.What))
			s.parts(*r.Problem)
		}
		s.notes(r.Notes)
		switch {
		case r.Outcome == run.Held && r.Kind == run.Load:
			s.next("muster hold show load")
		case r.Outcome == run.Held:
			s.next("muster hold list %s", r.Name)
		}
	}
}

// notesShown is how many notes of a run are told; --json has them all.
const notesShown = 10

// notes tells what a run noticed besides.
func (s *shell) notes(notes []string) {
	for i, n := range notes {
		if i == notesShown {
			fmt.Fprintf(s.stderr, "note: … and %d more\n", len(notes)-i)
			return
		}
		fmt.Fprintf(s.stderr, "note: %s\n", clean(n))
	}
}
