package engine

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/link"
)

// refusedCodes are the codes of objects that wait because the target refused them: tried again, it may answer otherwise.
var refusedCodes = []string{"conflict", codeInvalid, codeOffered, codeMember}

// Retry has what waits at a target tried again now: whatever is tried again by itself sooner or later, and what the target has refused. What waits for a
// person's decision goes on waiting. object "" means all of it. It returns how many there are.
func (e *Engine) Retry(ctx context.Context, name string, object directory.ID) (int, error) {
	t, err := e.target(name)
	if err != nil {
		return 0, err
	}
	n := 0
	for after := directory.ID(""); ; {
		var page []link.Waiting
		err := t.view(ctx, func(v directory.Reader) (err error) {
			page, err = link.Of(v).Waiting(ctx, name, "", object, after, 500)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("retry at %s: %w", name, err)
		}
		var again []link.Waiting
		for _, x := range page {
			after = x.Object
			switch {
			case x.Wait == link.Retrying:
			case slices.Contains(refusedCodes, x.Code):
				x.Wait, x.Line = link.Retrying, "" // it counts anew towards the limits
			default:
				continue
			}
			x.Next = e.cfg.Now()
			again = append(again, x)
		}
		if n += len(again); len(again) > 0 {
			if err := t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutWaiting(ctx, again...) }); err != nil {
				return n, fmt.Errorf("retry at %s: %w", name, err)
			}
		}
		if len(page) < 500 {
			t.poke()
			return n, nil
		}
	}
}
