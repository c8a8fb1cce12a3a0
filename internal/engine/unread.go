package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/directory"
	"muster/internal/run"
)

// unread returns the sources of which a first plan needs people and groups, and that were never read whole: those that the scope names, or if it names none,
// all. A plan that is made before says of everybody that nothing is known of them.
func (t *target) unread(ctx context.Context) ([]string, error) {
	if t.read.Load() {
		return nil, nil
	}
	var out []string
	err := t.view(ctx, func(v directory.Reader) error {
		for _, name := range t.sourcesOf() {
			_, err := run.Of(v).LastDone(ctx, run.Read, name)
			switch {
			case errors.Is(err, directory.ErrNotFound):
				out = append(out, name)
			case err != nil:
				return err
			}
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		t.read.Store(true)
	}
	return out, err
}

// sourcesOf returns the sources that are read here and that the configured scope names; all, where a scope names none.
func (t *target) sourcesOf() []string {
	rules := t.set().rules
	named := []string{rules.People.From.Source}
	if rules.Groups != nil {
		named = append(named, rules.Groups.From.Source)
	}
	var out []string
	for _, s := range t.e.sources {
		if slices.Contains(named, s.Name) || slices.Contains(named, "") {
			out = append(out, s.Name)
		}
	}
	return out
}

// early refuses a first plan that would be made before its sources were read.
func (t *target) early(ctx context.Context, kind run.PlanKind) error {
	if kind != run.First {
		return nil
	}
	unread, err := t.unread(ctx)
	if err != nil || len(unread) == 0 {
		return err
	}
	return &run.Problem{
		Code: "source_unread", What: fmt.Sprintf("the first plan of %s waits for the first read of %s", t.Name, sourceNames(unread)),
		Why: "Before that nothing is known of the people who are in it, and the plan would say so of everybody.", Now: "Nothing was planned, and nothing is sent.",
		Fix: "It is made by itself after the read. See how that stands: `muster source test " + unread[0] + "`.",
	}
}

func sourceNames(names []string) string {
	if len(names) == 1 {
		return "source " + names[0]
	}
	return "sources " + strings.Join(names, ", ")
}

// Waits says what a target as a whole waits for by itself, in words that follow "waits for"; "" = nothing.
func (e *Engine) Waits(ctx context.Context, name string) (string, error) {
	t, err := e.target(name)
	if err != nil {
		return "", err
	}
	if again := t.again.Load(); again != nil {
		return *again, nil
	}
	if t.active.Load() != nil {
		return "", nil
	}
	unread, err := t.unread(ctx)
	if len(unread) == 0 {
		return "", err
	}
	return "the first read of " + sourceNames(unread), err
}
