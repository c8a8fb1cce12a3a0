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
	edge := link.Edge{Target: w.t.Name, Group: j.object.ID}
	j.pairs = nil
	for _, id := range l.Add {
		if edge.Member, edge.Wanted, edge.Applied = id, true, true; accounts[id] != "" {
			j.pairs = append(j.pairs, pair{accounts[id], edge})
		}
	}
	for _, id := range l.Remove {
		if edge.Member, edge.Wanted, edge.Applied = id, false, false; accounts[id] != "" {
			j.pairs = append(j.pairs, pair{accounts[id], edge})
		} else {
			j.moot = append(j.moot, edge)
		}
	}
	for _, id := range l.Foreign {
		j.pairs = append(j.pairs, pair{id, link.Edge{Target: w.t.Name, Group: j.object.ID, Foreign: id}})
	}
	if len(j.pairs) == 0 {
		return false, nil
	}
	for _, p := range j.pairs {
		if p.edge.Applied {
			op.Add = append(op.Add, p.remote)
		} else {
			op.Remove = append(op.Remove, p.remote)
		}
	}
	op.Key = string(directory.NewID())
	j.op = op
	j.intent = link.Intent{
		ID: op.Key, Target: w.t.Name, Object: j.object.ID, Kind: connector.Group, Verb: connector.Member, Remote: op.ID, Run: w.run.ID, Line: l.Key,
		Cause: l.Cause, Class: l.Class, Count: l.Count, Active: true, Add: l.Add, Remove: l.Remove, At: w.t.e.cfg.Now(),
	}
	return true, nil
}

// A pair is one member of an op as the target knows it, and the edge as it is when the op has taken effect.
type pair struct {
	remote connector.RemoteID
	edge   link.Edge
}

func edgesOf(pairs []pair) []link.Edge {
	out := make([]link.Edge, len(pairs))
	for i, p := range pairs {
		out[i] = p.edge
	}
	return out
}

// callMembers makes a membership call and returns what it brought about. When the target rejects it as a whole, its members are sent one by one: one whom
// the target does not know must not keep the others out. A group that is gone is ErrNotFound, a member that is unknown is ErrInvalid.
func (w *wave) callMembers(ctx context.Context, j *job) ([]pair, error) {
	_, err := w.t.Connector.Apply(ctx, j.op)
	switch {
	case err == nil:
		return j.pairs, nil
	case !rejection(err):
		return nil, err
	}
	if _, err := w.t.Connector.Get(ctx, connector.Group, j.op.ID); err != nil {
		return nil, err
	}
	if len(j.pairs) == 1 {
		return nil, unknownMember(err)
	}
	var done []pair
	var last error
	for _, p := range j.pairs {
		op := j.op
		op.Add, op.Remove = []connector.RemoteID{p.remote}, nil
		if !p.edge.Applied {
			op.Add, op.Remove = nil, op.Add
		}
		_, err := w.t.Connector.Apply(ctx, op)
		switch {
		case err == nil:
			done = append(done, p)
		case rejection(err):
			last = unknownMember(err)
		default:
			return done, err
		}
	}
	return done, last
}

func rejection(err error) bool {
	return errors.Is(err, connector.ErrInvalid) || errors.Is(err, connector.ErrNotFound)
}

// unknownMember makes of any rejection of a member one of its value: its group is there.
func unknownMember(err error) error {
	return fmt.Errorf("%w: a member: %s", connector.ErrInvalid, err.Error())
}
