package app

import (
	"context"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/notify"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// feedPlace reads a place in the feed, and refuses one before which memberships ended that nobody knows of any more.
func (m *Muster) feedPlace(ctx context.Context, after string) (directory.Rev, error) {
	rev, err := directory.ParseRev(after)
	if err != nil {
		return rev, &run.Problem{Code: adminapi.BadRequest, What: err.Error(), Now: "Nothing was done.", Fix: "Give back what an answer called “next”, or leave it out to begin at the beginning."}
	}
	if rev.IsZero() {
		return rev, nil
	}
	var text string
	err = m.Store.View(ctx, func(v directory.Reader) (err error) {
		text, err = v.Anchor(ctx, notify.FeedAnchor, notify.PrunedAnchor)
		return err
	})
	if err != nil {
		return rev, err
	}
	pruned, err := directory.ParseRev(text)
	if err == nil && rev.Less(pruned) {
		err = &run.Problem{
			Code: adminapi.CursorExpired, What: "the feed does not reach back to " + after, Why: "Memberships that ended are forgotten once every target and webhook was told, and some ended since then.",
			Now: "Nothing was told.", Fix: "Begin at the beginning: leave the place out, and take whoever is not named for gone.",
		}
	}
	return rev, err
}

// feedPoll is how often a request looks that waits for a change.
const feedPoll = 250 * time.Millisecond

// Changes implements adminapi.Telling.
func (m *Muster) Changes(ctx context.Context, q adminapi.ChangeQuery) (adminapi.Changes, error) {
	after, err := m.feedPlace(ctx, q.After)
	if err != nil {
		return adminapi.Changes{}, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 500
	}
	changes, err := m.changesAfter(ctx, after, limit+1, q.Wait)
	if err != nil {
		return adminapi.Changes{}, err
	}
	out := adminapi.Changes{Items: []adminapi.Changed{}, Next: after.String(), More: len(changes) > limit}
	changes = changes[:min(limit, len(changes))]
	if len(changes) == 0 {
		return out, nil
	}
	out.Next = changes[len(changes)-1].Rev.String()
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		events, err := notify.Events(ctx, v, changes)
		if err == nil {
			out.Items, err = withNames(ctx, v, events)
		}
		return err
	})
}

// withNames says what those are called of whom events tell, and who changed them.
func withNames(ctx context.Context, v directory.Reader, events []notify.Event) ([]adminapi.Changed, error) {
	var all, objects []directory.ID
	for _, e := range events {
		if e.ID != "" {
			objects = append(objects, e.ID)
		}
		for _, id := range []directory.ID{e.ID, e.Member, e.Group} {
			if id != "" {
				all = append(all, id)
			}
		}
	}
	slices.Sort(all)
	found, err := v.Objects(ctx, slices.Compact(all))
	if err != nil {
		return nil, err
	}
	by, err := notify.Of(v).ChangedBy(ctx, objects)
	if err != nil {
		return nil, err
	}
	names := make(map[directory.ID]string, len(found))
	for _, o := range found {
		names[o.ID] = o.Handle()
	}
	out := make([]adminapi.Changed, len(events))
	for i, e := range events {
		out[i] = adminapi.Changed{Event: e, Name: names[e.ID], MemberName: names[e.Member], GroupName: names[e.Group], By: string(by[e.ID])}
	}
	return out, nil
}

// changesAfter waits for a change if there is none.
func (m *Muster) changesAfter(ctx context.Context, after directory.Rev, limit int, wait time.Duration) ([]directory.Change, error) {
	end := time.NewTimer(wait)
	defer end.Stop()
	tick := time.NewTicker(feedPoll)
	defer tick.Stop()
	for {
		changes, err := m.Store.Changes(ctx, after, limit)
		if err != nil || len(changes) > 0 || wait <= 0 {
			return changes, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-m.ctx.Done(): // Muster stops: nothing changed, as far as this request is concerned
			return nil, nil
		case <-end.C:
			return nil, nil
		case <-tick.C:
		}
	}
}
