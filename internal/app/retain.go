package app

import (
	"context"
	"errors"
	"time"
)

// How long the journal, intervals, runs and the audit log are kept, and how often what is older is removed.
const (
	retention  = 400 * 24 * time.Hour
	pruneEvery = 24 * time.Hour
)

// retain removes what is older than the retention, once a day, until ctx ends. A failure is logged and tried again the next day: nothing depends on it.
func (m *Muster) retain(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		before := m.now().Add(-retention)
		n, err := m.Store.Prune(ctx, before)
		err = errors.Join(err, m.pruneLoads(ctx, before))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			m.log.Warn("what is old could not be removed", "error", err)
		case n > 0:
			m.log.Info("removed what is old", "rows", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
