package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/internal/cli"
	"muster/internal/run"
	"muster/internal/server"
	"muster/internal/server/adminapi"
)

// live runs a demo until ctx ends.
func live(ctx context.Context, opts cli.DemoOptions) error {
	folder, remove, err := folderFor(opts.Data)
	if err != nil {
		return err
	}
	w, err := startWorld(ctx, folder, 2*time.Second)
	if err != nil {
		return errors.Join(ended(ctx, err), remove())
	}
	err = w.run(ctx, opts)
	return errors.Join(ended(ctx, err), w.close(), remove())
}

// ended takes the end that a person asked for, for no error.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// run plays until ctx ends, with the control socket open for scenes.
func (w *world) run(ctx context.Context, opts cli.DemoOptions) error {
	g, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	g.Go(func() error {
		return server.Run(ctx, server.Config{Handler: w.control(ctx), Socket: w.path(controlSocket), Log: slog.New(slog.NewTextHandler(w.log, nil))})
	})
	g.Go(func() error {
		defer cancel()
		return w.tell(ctx, opts)
	})
	return g.Wait()
}

// tell makes the first plan, tells about it, has it approved, and then waits for the end.
func (w *world) tell(ctx context.Context, opts cli.DemoOptions) error {
	plan, found, err := w.firstPlan(ctx)
	if err != nil {
		return err
	}
	w.plan = plan
	if err := w.planSites(ctx); err != nil {
		return err
	}
	close(w.planned)
	if opts.JSON {
		err = w.printStart(ctx, opts.Stdout, found)
	} else {
		w.welcome(ctx, opts.Stdout, found)
		err = w.decide(ctx, opts)
	}
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.served:
		w.served <- err
		return fmt.Errorf("muster ended: %w", err)
	}
}

// printStart says as JSON what runs.
func (w *world) printStart(ctx context.Context, out io.Writer, found run.Report) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"data": w.folder, "config": w.path(configFile), "socket": w.socket, "directory": w.directory.URL(), "wiki": w.wiki.URL, "console": w.signIn(ctx), "plan": w.plan, "found": found,
	})
}

// decide has the first plan approved: here, if somebody can type, or in another terminal. Then it says how things stand.
func (w *world) decide(ctx context.Context, opts cli.DemoOptions) error {
	text, err := w.decided(ctx, opts)
	if err != nil {
		return err
	}
	_, err = io.WriteString(opts.Stdout, text)
	return err
}

// decided waits until the plan for the wiki is approved and carried out, those of the sites too if somebody is asked for them, and returns what there is then
// to say.
func (w *world) decided(ctx context.Context, opts cli.DemoOptions) (string, error) {
	w.playing.Lock() // scenes wait until the plan is carried out
	defer w.playing.Unlock()
	var here atomic.Bool // who is asked approves, and goes on to the next plan
	asked := make(chan struct{})
	if opts.Ask != nil {
		go func() {
			defer close(asked)
			w.prompt(ctx, opts, &here)
		}()
	}
	if err := w.approvedSomewhere(ctx); err != nil {
		return "", err
	}
	if here.Load() {
		select {
		case <-asked:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	if _, err := w.settled(ctx, time.Now()); err != nil {
		return "", err
	}
	if _, err := w.drafts(ctx); err != nil {
		return "", err
	}
	return w.flows(w.baseline()), nil
}

// approvedSomewhere waits, however long, until the plan for the wiki is approved by whomever.
func (w *world) approvedSomewhere(ctx context.Context) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		waiting, err := w.drafts(ctx)
		if err != nil || !slices.Contains(waiting, targetName) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.served:
			w.served <- err
			return fmt.Errorf("muster ended: %w", err)
		case <-tick.C:
		}
	}
}

// drafts are the targets whose first plan is not approved. It notes those of the sites that are.
func (w *world) drafts(ctx context.Context) ([]string, error) {
	all, err := w.muster.Status(ctx)
	var out []string
	for _, t := range all.Targets {
		if t.State == "draft" {
			out = append(out, t.Name)
			continue
		}
		for _, x := range w.sites {
			x.approved = x.approved || x.name == t.Name
		}
	}
	return out, err
}

// prompt asks for the count of each plan until it is right or nothing is typed.
func (w *world) prompt(ctx context.Context, opts cli.DemoOptions, here *atomic.Bool) {
	plans := []run.Plan{w.plan}
	for _, x := range w.sites {
		plans = append(plans, x.plan)
	}
	for _, p := range plans {
		if !w.ask(ctx, opts, p, here) {
			return
		}
	}
}

// ask asks for the count of one plan, and reports whether it was given.
func (w *world) ask(ctx context.Context, opts cli.DemoOptions, p run.Plan, here *atomic.Bool) bool {
	for ctx.Err() == nil {
		text, err := opts.Ask(fmt.Sprintf("Approve the plan for %s now? Type its number of people and groups, %d, or nothing to leave it:", p.Target, p.People))
		if err != nil || text == "" || ctx.Err() != nil {
			return false
		}
		n, err := strconv.Atoi(text)
		if err == nil {
			here.Store(true)
			_, err = w.muster.Approve(ctx, p.ID, adminapi.Approval{Count: n})
			here.Store(err == nil || p.Target != targetName)
		}
		if err == nil {
			return true
		}
		fmt.Fprintf(opts.Stdout, "%s\n", why(err, text))
	}
	return false
}

func why(err error, text string) string {
	if p, ok := errors.AsType[*adminapi.Problem](err); ok {
		q := p.Problem()
		return strings.TrimSpace(sentence(q.What) + ". " + q.Fix)
	}
	if _, bad := errors.AsType[*strconv.NumError](err); bad {
		return fmt.Sprintf("%q is no number.", text)
	}
	return err.Error()
}
