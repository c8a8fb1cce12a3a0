package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/workspace"
)

// AddToPlace implements adminapi.Places.
func (m *Muster) AddToPlace(ctx context.Context, ref string, in adminapi.Membership, by access.Caller) (adminapi.Moved, error) {
	return m.move(ctx, ref, in, by, "place.add", func(k *workspace.Keeper, place directory.ID, people []directory.ID) ([]directory.ID, error) {
		return k.Add(ctx, operator(by), place, people...)
	})
}

// RemoveFromPlace implements adminapi.Places.
func (m *Muster) RemoveFromPlace(ctx context.Context, ref string, in adminapi.Membership, by access.Caller) (adminapi.Moved, error) {
	act := "place.remove"
	if in.Left {
		act = "place.leave"
	}
	return m.move(ctx, ref, in, by, act, func(k *workspace.Keeper, place directory.ID, people []directory.ID) ([]directory.ID, error) {
		return k.Remove(ctx, operator(by), place, in.Left, people...)
	})
}

// move does the same for many people. Whoever it cannot be done for keeps nobody else from it; of one alone it is an error.
func (m *Muster) move(ctx context.Context, ref string, in adminapi.Membership, by access.Caller, act string, do func(*workspace.Keeper, directory.ID, []directory.ID) ([]directory.ID, error)) (adminapi.Moved, error) {
	place, err := m.placeID(ctx, ref)
	if err != nil {
		return adminapi.Moved{}, err
	}
	crowd, err := m.crowd(ctx, in.People)
	if err != nil {
		return adminapi.Moved{}, err
	}
	names := crowd.names()
	if len(names) == 0 {
		return crowd.moved()
	}
	keeper := m.keeps(in.DryRun)
	if err := m.actedIn(ctx, keeper.Store, by, act, ref+": "+strings.Join(names, ", ")); err != nil {
		return adminapi.Moved{}, err
	}
	return crowd.act(func(people []directory.ID) ([]directory.ID, error) {
		changed, err := do(keeper, place, people)
		if err != nil {
			err = placeProblem(ref, err)
		}
		return changed, err
	})
}

// A crowd is several people whom a request names, each of whom may be nobody.
type crowd []adminapi.Mover

// crowd finds the people who are named.
func (m *Muster) crowd(ctx context.Context, who []string) (crowd, error) {
	out := make(crowd, 0, len(who))
	for _, name := range who {
		o, err := m.person(ctx, name)
		one := adminapi.Mover{Who: name, ID: o.ID, Name: o.Handle()}
		if err != nil {
			if one.Problem = problemIn(err); one.Problem == nil {
				return nil, err
			}
			one.Name = ""
		}
		out = append(out, one)
	}
	return out, nil
}

// problemIn is the problem that err is, nil if it is none.
func problemIn(err error) *run.Problem {
	p, _ := errors.AsType[*run.Problem](err)
	return p
}

func (c crowd) names() (out []string) {
	for _, x := range c {
		if x.ID != "" {
			out = append(out, x.Name)
		}
	}
	return out
}

func (c crowd) ids() (out []directory.ID) {
	for _, x := range c {
		if x.ID != "" {
			out = append(out, x.ID)
		}
	}
	return out
}

// act does something for all who were found: together, or where that is refused for each alone. do returns those for whom it changed something.
func (c crowd) act(do func([]directory.ID) ([]directory.ID, error)) (adminapi.Moved, error) {
	ids := c.ids()
	changed, err := do(ids)
	if err != nil && problemIn(err) == nil {
		return adminapi.Moved{}, err
	}
	if err == nil || len(ids) == 1 {
		c.settle(changed, problemIn(err))
	} else {
		for i := range c {
			if c[i].ID == "" {
				continue
			}
			changed, err := do([]directory.ID{c[i].ID})
			if err != nil && problemIn(err) == nil {
				return adminapi.Moved{}, fmt.Errorf("%s: %w", c[i].Name, err)
			}
			c[i:i+1].settle(changed, problemIn(err))
		}
	}
	return c.moved()
}

// moved is what became of everybody.
func (c crowd) moved() (adminapi.Moved, error) {
	if len(c) == 1 && c[0].Problem != nil {
		return adminapi.Moved{}, c[0].Problem
	}
	out := adminapi.Moved{Each: c}
	for _, x := range c {
		if x.Changed {
			out.Changed++
		}
	}
	return out, nil
}

// settle notes for whom something changed, or why it did for none of those who were found.
func (c crowd) settle(changed []directory.ID, p *run.Problem) {
	in := map[directory.ID]bool{}
	for _, id := range changed {
		in[id] = true
	}
	for i := range c {
		if c[i].ID == "" {
			continue
		}
		c[i].Problem, c[i].Changed = p, in[c[i].ID]
		in[c[i].ID] = false // who is named twice is changed once
	}
}
