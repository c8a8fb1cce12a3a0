package engine

import (
	"context"
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
	op.Key = string(directory.NewID())
	op = memberOp(op, j.pairs)
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
