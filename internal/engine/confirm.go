package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/run"
)

// How a ScopeGroup stands.
const (
	Followed = "followed" // it was renamed or moved, and is followed
	Missing  = "missing"  // it is gone, and nobody has its name: nobody leaves
	Replaced = "replaced" // it is gone, and another group has its name: nobody leaves until a person confirms that one
	Taken    = "taken"    // it was renamed and is followed, and another group has its name
)

// A ScopeGroup is a group that the rules of a target name, as it stands.
type ScopeGroup struct {
	What   string       // whose scope it is: "people" or "groups"
	Group  string       // as configured
	Pinned directory.ID // the group that was found by that name first
	Name   string       // what its source calls it now; "" = it is gone
	Now    directory.ID // the group that has the name now; "" = none, or several
	State  string       // "" = it is what is configured
}

// Scopes returns the groups that the rules in force name, and before any are, those that the configured rules name.
func (e *Engine) Scopes(ctx context.Context, name string) ([]ScopeGroup, error) {
	t, err := e.target(name)
	if err != nil {
		return nil, err
	}
	var out []ScopeGroup
	return out, t.view(ctx, func(v directory.Reader) error {
		out, err = t.scopes(ctx, v)
		return err
	})
}

func (t *target) ruling() *ruleset {
	if active := t.ruled(); active != nil {
		return active
	}
	return t.set()
}

func (t *target) scopes(ctx context.Context, v directory.Reader) ([]ScopeGroup, error) {
	rules := t.ruling().rules
	froms := map[string]mapping.From{"people": rules.People.From}
	if rules.Groups != nil {
		froms["groups"] = rules.Groups.From
	}
	var out []ScopeGroup
	for _, what := range []string{"people", "groups"} {
		if from := froms[what]; from.Group != "" {
			s, err := t.stands(ctx, v, what, from)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// stands says how one scope group stands.
func (t *target) stands(ctx context.Context, v directory.Reader, what string, from mapping.From) (ScopeGroup, error) {
	s := ScopeGroup{What: what, Group: from.Group}
	anchor, err := v.Anchor(ctx, t.scopeOwner(), scopeName(what, from))
	if err != nil {
		return s, err
	}
	s.Pinned = directory.ID(anchor)
	found, err := v.Search(ctx, from.Group, 10)
	if err != nil {
		return s, err
	}
	bearers := map[directory.ID]bool{}
	for _, o := range found {
		if name, err := groupName(ctx, v, o); err != nil {
			return s, err
		} else if name != "" {
			bearers[o.ID] = true
			s.Now = o.ID
		}
	}
	if len(bearers) != 1 {
		s.Now = ""
	}
	if s.Pinned == "" {
		if s.Now == "" {
			s.State = Missing
		}
		return s, nil
	}
	o, err := v.Object(ctx, s.Pinned)
	if err == nil {
		s.Name, err = groupName(ctx, v, o)
	}
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return s, err
	}
	switch {
	case s.Now == s.Pinned:
	case s.Name == "" && s.Now == "":
		s.State = Missing
	case s.Name == "":
		s.State = Replaced
	case s.Now == "":
		s.State = Followed
	default:
		s.State = Taken
	}
	return s, nil
}

func (t *target) scopeOwner() string { return "target:" + t.Name }

func scopeName(what string, from mapping.From) string {
	return what + ":" + strings.ToLower(from.Group)
}

// groupName returns what the source calls a group, or "" of one that is gone, or was not in the last read.
func groupName(ctx context.Context, v directory.Reader, o directory.Object) (string, error) {
	if o.Kind != directory.Group || o.State != directory.Active {
		return "", nil
	}
	records, err := v.RecordsOf(ctx, []directory.ID{o.ID})
	for _, rec := range records {
		if rec.Status == directory.Present {
			return cmp.Or(rec.Name, o.Handle()), err
		}
	}
	return "", err
}

// A ScopeChange is what would come of taking the groups that have the configured names now in place of those that were found first.
type ScopeChange struct {
	Groups []ScopeGroup // those that would change
	Plan   run.Plan     // what would be done then, stored as a preview
}

// PreviewScope compares the target with what it would hold under the groups that have the configured names now. Nothing is sent.
func (e *Engine) PreviewScope(ctx context.Context, name string) (ScopeChange, error) {
	t, err := e.target(name)
	if err != nil {
		return ScopeChange{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.previewScope(ctx)
}

func (t *target) previewScope(ctx context.Context) (ScopeChange, error) {
	var c ScopeChange
	err := t.view(ctx, func(v directory.Reader) error {
		all, err := t.scopes(ctx, v)
		for _, s := range all {
			if s.State == Replaced || s.State == Taken {
				c.Groups = append(c.Groups, s)
			}
		}
		return err
	})
	if err == nil && len(c.Groups) == 0 {
		err = &run.Problem{
			Code: "nothing_to_confirm", What: "no scope group of " + t.Name + " was replaced by another of its name",
			Why: "Each is the group that was found by its name first, or no group has that name now.", Now: "Nothing was changed.",
			Fix: "See `muster status`. Where a group is missing, restore it, or name another one in the configuration.",
		}
	}
	if err != nil {
		return c, err
	}
	w, err := t.begin(ctx, run.Reconcile, t.ruling(), "")
	if err == nil {
		w.draft = true
		if err = w.assume(ctx, c.Groups); err == nil {
			if err = w.list(ctx); err == nil {
				c.Plan, err = w.compose(ctx, run.Preview)
			}
		}
	}
	r, err := t.end(ctx, w, "", err)
	if err == nil && c.Plan.ID == "" && r.Problem != nil {
		err = r.Problem
	}
	return c, err
}

// assume has the wave planned under other scope groups.
func (w *wave) assume(ctx context.Context, groups []ScopeGroup) error {
	return w.t.view(ctx, func(v directory.Reader) error {
		for _, s := range groups {
			g, from := &w.people, w.rules.rules.People.From
			if s.What == "groups" {
				g, from = &w.groups, w.rules.rules.Groups.From
			}
			*g = scopeGroup{named: true, known: true, root: s.Now, below: []directory.ID{s.Now}}
			if !from.Nested {
				continue
			}
			below, err := v.Below(ctx, g.below)
			if err != nil {
				return err
			}
			g.below = below
		}
		return nil
	})
}

// ConfirmScope takes the groups that have the configured names now in place of those that were found first. count is the number of people and groups affected,
// as PreviewScope states it. What follows is judged by the limits like any other change of scope.
func (e *Engine) ConfirmScope(ctx context.Context, name, by string, count int) (ScopeChange, error) {
	t, err := e.target(name)
	if err != nil {
		return ScopeChange{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c, err := t.previewScope(ctx)
	if err != nil {
		return c, err
	}
	if c.Plan.People != count {
		return c, miscounted(c.Plan.People, count)
	}
	err = e.cfg.Store.Update(ctx, directory.Actor(by), func(tx directory.Tx) error { return t.confirmScope(ctx, tx, c, by) })
	if err != nil {
		return c, fmt.Errorf("confirm the scope of %s: %w", name, err)
	}
	t.poke()
	return c, nil
}

func (t *target) confirmScope(ctx context.Context, tx directory.Tx, c ScopeChange, by string) error {
	rules := t.ruling().rules
	for _, s := range c.Groups {
		from := rules.People.From
		if s.What == "groups" {
			from = rules.Groups.From
		}
		if err := tx.SetAnchor(ctx, t.scopeOwner(), scopeName(s.What, from), string(s.Now)); err != nil {
			return err
		}
		detail := fmt.Sprintf("%s of %s: %s is %s, and was %s; %d affected", s.What, t.Name, s.Group, s.Now, s.Pinned, c.Plan.People)
		if err := run.In(tx).Audit(ctx, run.Event{At: t.e.cfg.Now(), By: by, Act: "scope.confirm", Object: t.Name, Detail: detail}); err != nil {
			return err
		}
	}
	s, err := run.In(tx).Target(ctx, t.Name)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // never served yet
	}
	if err != nil {
		return err
	}
	s.Listed = time.Time{} // everybody is compared next
	return run.In(tx).PutTarget(ctx, s)
}

func miscounted(want, got int) error {
	return &run.Problem{
		Code: "count_mismatch", What: fmt.Sprintf("it affects %d, not %d", want, got), Why: "The number shows that you looked at what would happen.",
		Now: "Nothing was changed.", Fix: "Look at it again, and give the number that it states.",
	}
}

// note tells of a scope group that is not what is configured.
func (s ScopeGroup) note(target string) string {
	switch s.State {
	case Followed:
		return fmt.Sprintf("the scope group %q of %s is now %q, and is followed there; name it so in the configuration", s.Group, target, s.Name)
	case Taken:
		return fmt.Sprintf("the scope group %q of %s is now %q, and is followed there; another group has its old name", s.Group, target, s.Name)
	case Missing:
		return fmt.Sprintf("the scope group %q of %s is not found: nobody leaves while that lasts", s.Group, target)
	case Replaced:
		return fmt.Sprintf("the scope group %q of %s was replaced by another of its name: nobody leaves until somebody confirms it", s.Group, target)
	}
	return ""
}

// Note says what an administrator should know of the group, and Fix by which command to answer it; both are "" if it is what is configured.
func (s ScopeGroup) Note(target string) (note, fix string) {
	switch note = s.note(target); s.State {
	case Replaced, Taken:
		fix = "muster target confirm-scope " + target
	case Missing, Followed:
		fix = "muster check"
	}
	return note, fix
}

// scopeNotes tells of the scope groups that are not what is configured.
func (t *target) scopeNotes(ctx context.Context) ([]string, error) {
	var notes []string
	return notes, t.view(ctx, func(v directory.Reader) error {
		groups, err := t.scopes(ctx, v)
		for _, s := range groups {
			if n := s.note(t.Name); n != "" {
				notes = append(notes, n)
			}
		}
		return err
	})
}
