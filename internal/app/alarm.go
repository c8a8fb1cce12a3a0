package app

import (
	"context"
	"time"

	"muster/internal/server/adminapi"
)

// alarmEvery is how often the list of open leavers is looked at for those who are overdue.
const alarmEvery = time.Minute

// alarm warns of leavers who are open for more than a quarter of an hour, once for each change of the reason, until ctx ends.
func (m *Muster) alarm(ctx context.Context) error {
	tick := time.NewTicker(alarmEvery)
	defer tick.Stop()
	told := map[string]string{}
	for {
		open, err := m.Leavers(ctx, adminapi.LeaverQuery{})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			m.log.Warn("open leavers could not be listed", "error", err)
		default:
			told = m.warn(open, told)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// warn warns of those overdue of whom told does not know the reason yet, and returns what was told.
func (m *Muster) warn(open []adminapi.Leaver, told map[string]string) map[string]string {
	now := map[string]string{}
	for _, l := range open {
		if !l.Overdue {
			continue
		}
		who, reason := l.Target+"\x00"+string(l.Object)+"\x00"+l.Name, l.State+" "+l.Code
		if now[who] = reason; told[who] != reason {
			m.log.Warn("open leaver", "name", l.Name, "target", l.Target, "account", l.Remote, "state", l.State, "since", l.Since, "why", l.Why, "fix", l.Fix)
		}
	}
	return now
}
