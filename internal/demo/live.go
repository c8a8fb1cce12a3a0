package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
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

// decided waits until the plan is approved and carried out, and returns what there is then to say.
func (w *world) decided(ctx context.Context, opts cli.DemoOptions) (string, error) {
	w.playing.Lock() // scenes wait until the plan is carried out
	defer w.playing.Unlock()
	approved := make(chan error, 1)
	go func() { approved <- w.approvedElsewhere(ctx) }()
	if opts.Ask != nil {
		go w.prompt(ctx, opts)
	}
	if err := <-approved; err != nil {
		return "", err
	}
	if _, err := w.settled(ctx, time.Now()); err != nil {
		return "", err
	}
	return w.flows(w.baseline()), nil
}

// approvedElsewhere waits, however long, until the plan is approved by whomever.
func (w *world) approvedElsewhere(ctx context.Context) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		t, err := w.status(ctx)
		if err != nil || t.State != "draft" {
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

// prompt asks for the count until it is right or nothing is typed.
func (w *world) prompt(ctx context.Context, opts cli.DemoOptions) {
	for ctx.Err() == nil {
		text, err := opts.Ask(fmt.Sprintf("Approve it now? Type its number of people and groups, %d, or nothing to leave it:", w.plan.People))
		if err != nil || text == "" || ctx.Err() != nil {
			return
		}
		n, err := strconv.Atoi(text)
		if err == nil {
			_, err = w.muster.Approve(ctx, w.plan.ID, adminapi.Approval{Count: n})
		}
		if err == nil {
			return
		}
		fmt.Fprintf(opts.Stdout, "%s\n", why(err, text))
	}
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
