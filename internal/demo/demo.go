// Package demo plays Muster with a sample company, with nothing to install: a directory (package ldaptest) and a service with accounts (package scimtest)
// on loopback, and between them the same application that `muster serve` runs, with the same configuration file.
//
// It plays in three ways: as a demo that runs until it is stopped, as scenes asked for from another terminal, and unattended with every scene. After each
// step an auditor compares the service with what it must hold (see ledger), so that the demo is also the end-to-end test of the main job.
//
// It reaches Muster as an administrator does, through the admin API, and decides nothing. Package cli defines the command, package app is what it starts.
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

	"muster/internal/cli"
	"muster/internal/engine"
	"muster/internal/server"
	"muster/internal/server/adminapi"
)

// Play plays the demo: everything unattended, one scene in the demo that runs, or a demo that runs until ctx ends.
func Play(ctx context.Context, opts cli.DemoOptions) error {
	switch {
	case opts.Scene != "":
		return perform(ctx, opts)
	case opts.Once:
		return once(ctx, opts)
	}
	return live(ctx, opts)
}

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

// run makes the first plan, tells about it, and lets life flow.
func (w *world) run(ctx context.Context, opts cli.DemoOptions) error {
	controlled := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer func() { cancel(); <-controlled }()
	go func() {
		controlled <- server.Run(ctx, server.Config{Handler: w.control(ctx), Socket: w.path(controlSocket), Log: slog.New(slog.NewTextHandler(w.log, nil))})
		close(controlled)
		cancel()
	}()
	plan, found, err := w.firstPlan(ctx)
	if err != nil {
		return err
	}
	w.plan = plan
	if opts.JSON {
		err = w.printStart(opts.Stdout, found)
	} else {
		w.welcome(opts.Stdout, found)
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
func (w *world) printStart(out io.Writer, found engine.Report) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"data": w.folder, "config": w.path(configFile), "socket": w.socket, "directory": w.directory.URL(), "wiki": w.wiki.URL, "plan": w.plan, "found": found,
	})
}

// decide has the first plan approved: here, if somebody can type, or in another terminal. Then it says how things stand.
func (w *world) decide(ctx context.Context, opts cli.DemoOptions) error {
	approved := make(chan error, 1)
	go func() { approved <- w.approvedElsewhere(ctx) }()
	if opts.Ask != nil {
		go w.prompt(ctx, opts)
	}
	if err := <-approved; err != nil {
		return err
	}
	if _, err := w.settled(ctx, time.Now()); err != nil {
		return err
	}
	w.flows(opts.Stdout)
	return nil
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
	var p *adminapi.Problem
	if errors.As(err, &p) {
		q := p.Problem()
		return strings.TrimSpace(sentence(q.What) + ". " + q.Fix)
	}
	if _, bad := errors.AsType[*strconv.NumError](err); bad {
		return fmt.Sprintf("%q is no number.", text)
	}
	return err.Error()
}

// welcome says what runs and what the first plan found.
func (w *world) welcome(out io.Writer, found engine.Report) {
	s := w.staff()
	now := w.wiki.Snapshot()
	fmt.Fprintf(out, `Muster runs on a sample company. Everything is on this machine, and nothing of it is real.

  directory  %s   %d people, %d groups; a small Active Directory, its content in %s
  wiki       %s   %d accounts, %d groups; a SCIM service
  data       %s
  settings   %s   have a look: a real one is no longer

The first plan for the wiki is ready. Nothing is written before somebody approves it:

`, w.directory.URL(), len(s.people), len(s.groups), companyFile, w.wiki.URL, len(now.Users), len(now.Groups), w.folder, w.path(configFile))
	for _, line := range summary(found, w.plan) {
		fmt.Fprintf(out, "  %s\n", line)
	}
	fmt.Fprintf(out, `
In another terminal:

  %[1]s plan show %[2]s
  %[1]s plan approve %[2]s --confirm-count %[3]d

`, w.command(), targetName, w.plan.People)
}

// flows says what can be done once the plan is carried out.
func (w *world) flows(out io.Writer) {
	now := w.wiki.Snapshot()
	active, memberships := 0, 0
	for _, u := range now.Users {
		if u.Active {
			active++
		}
	}
	for _, g := range now.Groups {
		memberships += len(g.Members)
	}
	fmt.Fprintf(out, `
The plan is carried out: the wiki has %d active accounts and %d memberships in %d groups. From now on life flows.
Make something happen, in another terminal:

  %[4]s demo do leaver          somebody leaves
  %[4]s demo do joiner          somebody comes
  %[4]s demo do rename          somebody gets another name
  %[4]s demo do empty           the directory is suddenly empty
  %[4]s demo do bulk-disable    somebody disables 40 people at once
  %[4]s demo do rename-ou       the unit of all people gets another name

and look at it:

  %[4]s status
  %[4]s leavers
  %[4]s runs
  %[4]s why %[5]s

Ctrl-C ends the demo.
`, active, memberships, len(now.Groups), w.command(), w.example())
}

// example is a username worth asking about: of somebody who has left.
func (w *world) example() string {
	for _, p := range w.ledger.wanted(w.staff()) {
		if !p.active && p.account != "" {
			return quoted(p.login)
		}
	}
	return "USERNAME"
}
