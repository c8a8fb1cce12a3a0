package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/connector"
	"muster/internal/directory"
)

// callMembers makes a membership call and returns what it brought about. When the target rejects it as a whole, it is parted in halves until those are
// found whom the target does not take: one of them must not keep the others out. A group that is gone is ErrNotFound, a member that is refused is
// ErrInvalid. What is about the group itself is not parted: it would be refused for everybody.
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
	p := parting{w: w, op: j.op}
	if len(j.pairs) == 1 {
		p.refused = []refusedPair{{j.pairs[0], err}}
	} else if err := p.halves(ctx, j.pairs); err != nil {
		return p.done, err
	}
	if len(p.refused) == 0 {
		return p.done, nil
	}
	return p.done, w.namedMembers(ctx, p.refused, len(j.pairs))
}

func rejection(err error) bool {
	if errors.Is(err, connector.ErrGroup) {
		return false
	}
	return errors.Is(err, connector.ErrInvalid) || errors.Is(err, connector.ErrNotFound)
}

// A parting finds out of which members a target refused a call. For one of a thousand it takes about a dozen calls.
type parting struct {
	w       *wave
	op      connector.Op
	done    []pair
	refused []refusedPair
}

type refusedPair struct {
	pair
	err error
}

// halves sends the two halves of pairs, which were refused together.
func (p *parting) halves(ctx context.Context, pairs []pair) error {
	a, b := pairs[:len(pairs)/2], pairs[len(pairs)/2:]
	before := len(p.refused)
	if err := p.send(ctx, a); err != nil {
		return err
	}
	if len(p.refused) == before && len(b) > 1 {
		return p.halves(ctx, b) // then somebody is in b
	}
	return p.send(ctx, b)
}

// send sends pairs, and parts them if they are refused.
func (p *parting) send(ctx context.Context, pairs []pair) error {
	_, err := p.w.t.Connector.Apply(ctx, memberOp(p.op, pairs))
	switch {
	case err == nil:
		p.done = append(p.done, pairs...)
	case !rejection(err):
		return err
	case len(pairs) == 1:
		p.refused = append(p.refused, refusedPair{pairs[0], err})
	default:
		return p.halves(ctx, pairs)
	}
	return nil
}

// memberOp is op for some of its members.
func memberOp(op connector.Op, pairs []pair) connector.Op {
	op.Add, op.Remove = nil, nil
	for _, p := range pairs {
		if p.edge.Applied {
			op.Add = append(op.Add, p.remote)
		} else {
			op.Remove = append(op.Remove, p.remote)
		}
	}
	return op
}

// mostNamed is how many refused members are named.
const mostNamed = 5

// namedMembers says which members a target refuses. It makes of any rejection of a member one of its value: its group is there.
func (w *wave) namedMembers(ctx context.Context, refused []refusedPair, of int) error {
	names := map[directory.ID]string{}
	var ids []directory.ID
	for _, r := range refused[:min(len(refused), mostNamed)] {
		ids = append(ids, r.edge.Member)
	}
	err := w.t.view(ctx, func(v directory.Reader) error {
		objects, err := v.Objects(ctx, slices.DeleteFunc(ids, func(id directory.ID) bool { return id == "" }))
		for _, o := range objects {
			names[o.ID] = o.Handle()
		}
		return err
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	for i, r := range refused {
		if i == mostNamed {
			fmt.Fprintf(&b, "; and %d more", len(refused)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", memberName(names, r.pair), r.err)
	}
	if of == 1 {
		return fmt.Errorf("%w: a member: %s", connector.ErrInvalid, b.String())
	}
	return fmt.Errorf("%w: %d of %d members: %s", connector.ErrInvalid, len(refused), of, b.String())
}

func memberName(names map[directory.ID]string, p pair) string {
	if name := names[p.edge.Member]; name != "" {
		return name + " (" + string(p.remote) + ")"
	}
	return string(p.remote)
}
