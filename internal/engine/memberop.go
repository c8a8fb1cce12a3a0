package engine

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// readyMembers makes a membership line the next call of j: people become the accounts they have now. Who has none stays wanted, for later.
func (j *job) readyMembers(ctx context.Context, w *wave, l plan.Line) (bool, error) {
	accounts := map[directory.ID]connector.RemoteID{}
	err := w.t.view(ctx, func(v directory.Reader) error {
		links, err := link.Of(v).Links(ctx, w.t.Name, append(append([]directory.ID{}, l.Add...), l.Remove...))
		for _, x := range links {
			if plan.Linked(x) {
				accounts[x.Object] = x.Remote
			}
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("accounts of members: %w", err)
	}
	op := connector.Op{Verb: connector.Member, Kind: connector.Group, ID: j.have.Remote, Active: true, Want: j.want.Attrs}
	j.edges = nil
	for _, id := range l.Add {
		if remote := accounts[id]; remote != "" {
			op.Add = append(op.Add, remote)
			j.edges = append(j.edges, link.Edge{Target: w.t.Name, Group: j.object.ID, Member: id, Wanted: true, Applied: true})
		}
	}
	for _, id := range l.Remove {
		if remote := accounts[id]; remote != "" {
			op.Remove = append(op.Remove, remote)
		}
		j.edges = append(j.edges, link.Edge{Target: w.t.Name, Group: j.object.ID, Member: id})
	}
	for _, id := range l.Foreign {
		op.Remove = append(op.Remove, id)
		j.edges = append(j.edges, link.Edge{Target: w.t.Name, Group: j.object.ID, Foreign: id})
	}
	if len(op.Add)+len(op.Remove) == 0 {
		return false, nil
	}
	op.Key = string(directory.NewID())
	j.op = op
	j.intent = link.Intent{
		ID: op.Key, Target: w.t.Name, Object: j.object.ID, Kind: connector.Group, Verb: connector.Member, Remote: op.ID, Run: w.run.ID, Line: l.Key,
		Cause: l.Cause, Class: l.Class, Count: l.Count, Active: true, Add: l.Add, Remove: l.Remove, At: w.t.e.cfg.Now(),
	}
	return true, nil
}

// callMembers makes a membership call. When the target rejects it as a whole, its members are sent one by one: one whom the target does not know must not
// keep the others out.
func (w *wave) callMembers(ctx context.Context, j *job) error {
	_, err := w.t.Connector.Apply(ctx, j.op)
	rejected := errors.Is(err, connector.ErrInvalid) || errors.Is(err, connector.ErrNotFound)
	if !rejected || len(j.op.Add)+len(j.op.Remove) < 2 {
		return err
	}
	if _, err := w.t.Connector.Get(ctx, connector.Group, j.op.ID); err != nil {
		return err
	}
	var done []link.Edge
	var last error
	for i, op := range single(j.op) {
		if _, err := w.t.Connector.Apply(ctx, op); err == nil {
			done = append(done, j.edges[i])
		} else {
			last = err
			if !rejection(err) {
				break
			}
		}
	}
	j.edges = done
	return last
}

func rejection(err error) bool {
	return errors.Is(err, connector.ErrInvalid) || errors.Is(err, connector.ErrNotFound)
}

// single splits a membership op into one op a member, additions first.
func single(op connector.Op) []connector.Op {
	var out []connector.Op
	for _, id := range op.Add {
		one := op
		one.Add, one.Remove = []connector.RemoteID{id}, nil
		out = append(out, one)
	}
	for _, id := range op.Remove {
		one := op
		one.Add, one.Remove = nil, []connector.RemoteID{id}
		out = append(out, one)
	}
	return out
}
