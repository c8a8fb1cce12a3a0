package workspace

import (
	"context"

	"muster/internal/directory"
)

// retire disables the bots of people who are not active any more, whatever made them so. Nothing enables them again by itself.
func (k *Keeper) retire(ctx context.Context, changes []directory.Change) error {
	var bots []Bot
	err := k.Store.View(ctx, func(r directory.Reader) error {
		all, err := Of(r).Bots(ctx, nil)
		if err != nil {
			return err
		}
		left, err := leavers(ctx, r, changes, all)
		for _, b := range all {
			if left[b.Owner] && b.Disabled.IsZero() {
				bots = append(bots, b)
			}
		}
		return err
	})
	if err != nil || len(bots) == 0 {
		return err
	}
	for i := range bots {
		bots[i].Disabled = k.Now().UTC()
	}
	return k.Store.Update(ctx, byOwner, func(tx directory.Tx) error { return In(tx).PutBots(ctx, bots...) })
}

const byOwner directory.Actor = "workspace:owner"

// leavers returns those of the owners of bots whom changes are about and who are not active.
func leavers(ctx context.Context, r directory.Reader, changes []directory.Change, bots []Bot) (map[directory.ID]bool, error) {
	owns := map[directory.ID]bool{}
	for _, b := range bots {
		owns[b.Owner] = true
	}
	var changed []directory.ID
	for _, c := range changes {
		if c.Member == "" && owns[c.Object] {
			changed = append(changed, c.Object)
		}
	}
	people, err := r.Objects(ctx, changed)
	left := map[directory.ID]bool{}
	for _, p := range people {
		left[p.ID] = p.State != directory.Active
	}
	return left, err
}
