package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"muster/internal/cli"
	"muster/internal/run"
)

// A Report is what the demo did unattended.
type Report struct {
	OK     bool     `json:"ok"`
	Took   float64  `json:"took_seconds"`
	People int      `json:"people"`
	Groups int      `json:"groups"`
	Steps  []Step   `json:"steps"`
	Checks int      `json:"checks"`
	Failed []string `json:"failed"` // step: check: why
}

// once plays everything unattended.
func once(ctx context.Context, opts cli.DemoOptions) error {
	folder, remove, err := folderFor(opts.Data)
	if err != nil {
		return err
	}
	w, err := startWorld(ctx, folder, time.Second)
	if err != nil {
		return errors.Join(err, remove())
	}
	emit := func(event) {}
	if !opts.JSON {
		emit = printer(opts.Stdout)
	}
	report := w.playAll(ctx, emit)
	if err := errors.Join(ctx.Err(), w.close(), remove()); err != nil {
		return err
	}
	if err := report.print(opts.Stdout, opts.JSON); err != nil {
		return err
	}
	return report.problem()
}

// playAll plays the plan, its approval, and every scene.
func (w *world) playAll(ctx context.Context, emit func(event)) Report {
	began := time.Now()
	r := Report{People: len(w.staff().people), Groups: len(w.staff().groups), Failed: []string{}}
	play := func(name string, act act) {
		if ctx.Err() == nil {
			r.add(w.play(ctx, name, emit, act))
		}
	}
	play("plan", planning)
	play("approve", approval)
	for _, name := range sceneNames {
		play(name, scenes[name])
	}
	r.OK = len(r.Failed) == 0
	r.Took = time.Since(began).Round(time.Millisecond).Seconds()
	return r
}

func (r *Report) add(s Step) {
	r.Steps = append(r.Steps, s)
	for _, c := range s.Checks {
		r.Checks++
		if !c.OK {
			r.Failed = append(r.Failed, fmt.Sprintf("%s: %s: %s", s.Name, c.Name, strings.Join(c.Why, "; ")))
		}
	}
}

func (r *Report) print(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	_, err := fmt.Fprintf(out, "\n%d steps, %d checks, %d failed, in %.1f s.\n", len(r.Steps), r.Checks, len(r.Failed), r.Took)
	return err
}

func (r *Report) problem() error {
	if r.OK {
		return nil
	}
	return &run.Problem{
		Code: "demo_failed", What: fmt.Sprintf("%d of %d checks of the demo failed", len(r.Failed), r.Checks), Why: strings.Join(r.Failed, "\n"),
		Now: "The wiki does not hold what it should.", Fix: "This is a mistake in Muster: please report it with these lines.",
	}
}
