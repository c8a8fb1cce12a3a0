package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/directory"
)

// An Event is one change, as others are told of it. It names what changed and holds none of its values: whoever wants these reads them.
type Event struct {
	Type     string          `json:"type"`
	Revision string          `json:"revision"` // as Rev.String
	Kind     directory.Kind  `json:"kind,omitempty"`
	ID       directory.ID    `json:"id,omitempty"`
	State    directory.State `json:"state,omitempty"`
	Group    directory.ID    `json:"group,omitempty"` // of a membership
	Member   directory.ID    `json:"member,omitempty"`

	since time.Time // when State began
	rev   directory.Rev
}

// The types of events. Those of people and groups that a webhook is told are in the table of typeOf; without knowing what a reader was told before, a person or
// group has changed, whatever happened.
const (
	Created           = "created"
	Changed           = "changed"
	Deactivated       = "deactivated"
	Activated         = "activated"
	Deleted           = "deleted"
	MembershipAdded   = "membership.added"
	MembershipRemoved = "membership.removed"
	Membership        = "membership"
)

// Types returns the types of events, as they are chosen: a type, or the part before its dot.
func Types() []string {
	var out []string
	for _, kind := range []directory.Kind{directory.Person, directory.Group} {
		for _, what := range []string{Created, Changed, Deactivated, Activated, Deleted} {
			if kind == directory.Person || what == Created || what == Changed || what == Deleted {
				out = append(out, string(kind)+"."+what)
			}
		}
	}
	return append(out, MembershipAdded, MembershipRemoved)
}

// Events says what changes were, as things stand now in r. An object that exists no more in any form is deleted.
func Events(ctx context.Context, r directory.Reader, changes []directory.Change) ([]Event, error) {
	var ids, groups, members []directory.ID
	for _, c := range changes {
		if c.Member == "" {
			ids = append(ids, c.Object)
		} else {
			groups, members = append(groups, c.Object), append(members, c.Member)
		}
	}
	found, err := r.Objects(ctx, ids)
	if err != nil {
		return nil, err
	}
	objects := make(map[directory.ID]directory.Object, len(found))
	for _, o := range found {
		objects[o.ID] = o
	}
	edges, err := edgesAmong(ctx, r, groups, members)
	if err != nil {
		return nil, err
	}
	out := make([]Event, 0, len(changes))
	for _, c := range changes {
		out = append(out, eventOf(c, objects, edges))
	}
	return out, nil
}

// edgesAmong returns those of the memberships that hold.
func edgesAmong(ctx context.Context, r directory.Reader, groups, members []directory.ID) (map[directory.Edge]bool, error) {
	out := map[directory.Edge]bool{}
	by := map[directory.ID][]directory.ID{}
	for i, g := range groups {
		by[g] = append(by[g], members[i])
	}
	for g, list := range by {
		in, err := r.Within(ctx, []directory.ID{g}, list)
		if err != nil {
			return nil, err
		}
		for _, m := range in {
			out[directory.Edge{Group: g, Member: m}] = true
		}
	}
	return out, nil
}

func eventOf(c directory.Change, objects map[directory.ID]directory.Object, edges map[directory.Edge]bool) Event {
	e := Event{Revision: c.Rev.String(), rev: c.Rev}
	if c.Member != "" {
		e.Type, e.Group, e.Member = MembershipRemoved, c.Object, c.Member
		if edges[directory.Edge{Group: c.Object, Member: c.Member}] {
			e.Type = MembershipAdded
		}
		return e
	}
	o, there := objects[c.Object]
	if !there {
		o.Kind, o.State = directory.Person, directory.Gone
	}
	e.ID, e.Kind, e.State, e.since = c.Object, o.Kind, o.State, o.Since
	e.Type = string(o.Kind) + "." + Changed
	if o.State == directory.Gone {
		e.Type = string(o.Kind) + "." + Deleted
	}
	return e
}

// typeOf says what happened to an object, from the state in which it was told last; "" = there is nothing to tell. Who is gone without ever having been told of is
// told as deleted all the same: what was told of them may have been erased, and a leaver told of in vain does no harm.
//
//	told      now active   now disabled   now gone
//	nothing   created      created        deleted
//	active    changed      deactivated    deleted
//	disabled  activated    changed        deleted
//	gone      created      created        —
func typeOf(kind directory.Kind, told, now directory.State) string {
	what := Changed
	switch before := told != "" && told != directory.Gone; {
	case told == directory.Gone && now == directory.Gone:
		return ""
	case now == directory.Gone:
		what = Deleted
	case !before:
		what = Created
	case told == directory.Active && now == directory.Disabled:
		what = Deactivated
	case told == directory.Disabled && now == directory.Active:
		what = Activated
	}
	return string(kind) + "." + what
}

// inDelivery is how many events a delivery holds at most.
const inDelivery = 100

// A Delivery is the body of what a webhook is sent.
type Delivery struct {
	Type      string    `json:"type"` // "changes", or "test"
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Hook   string  `json:"webhook"`
		Cursor string  `json:"cursor,omitempty"` // behind the last of the events
		Events []Event `json:"events"`
	} `json:"data"`
}

// The kinds of messages for webhooks.
const (
	KindChanges = "changes"
	KindTest    = "test"
)

// A Follower puts what a webhook is to be told into the outbox.
type Follower struct {
	Store     directory.Store
	Hook      string
	Beginning bool                  // a webhook that is new is told of everybody who is there
	Wants     func(typ string) bool // nil = everything
	Now       func() time.Time
}

// Cut puts the next delivery into the outbox, together with how far the webhook was told, and reports whether it moved on.
func (f *Follower) Cut(ctx context.Context) (bool, error) {
	c, err := f.cursor(ctx)
	if err != nil {
		return false, err
	}
	changes, err := f.Store.Changes(ctx, c.After, inDelivery)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	err = f.Store.Update(ctx, "notify", func(tx directory.Tx) error {
		now, err := In(tx).Cursor(ctx, f.Hook)
		if err != nil || now.After != c.After { // another node was faster, or it is to be told again
			return err
		}
		events, err := Events(ctx, tx, changes)
		if err != nil {
			return err
		}
		if events, err = f.told(ctx, In(tx), c, events); err != nil {
			return err
		}
		now.After = changes[len(changes)-1].Rev
		if len(events) > 0 {
			if err := In(tx).Put(ctx, f.message(now, events)); err != nil {
				return err
			}
		}
		return In(tx).PutCursor(ctx, now)
	})
	return err == nil, err
}

// cursor returns how far the webhook was told. One that is new begins now, or at the beginning.
func (f *Follower) cursor(ctx context.Context) (Cursor, error) {
	var c Cursor
	err := f.Store.View(ctx, func(v directory.Reader) (err error) {
		c, err = Of(v).Cursor(ctx, f.Hook)
		return err
	})
	if !errors.Is(err, directory.ErrNotFound) {
		return c, err
	}
	c = Cursor{Hook: f.Hook}
	if !f.Beginning {
		c.Started = f.Now()
		if c.After, err = f.Store.Head(ctx); err != nil {
			return c, err
		}
	}
	return c, f.Store.Update(ctx, "notify", func(tx directory.Tx) error { return In(tx).PutCursor(ctx, c) })
}

// told gives events the types that follow from what the webhook was told before, and leaves out what it does not want.
func (f *Follower) told(ctx context.Context, tx Tx, c Cursor, events []Event) ([]Event, error) {
	var ids []directory.ID
	for _, e := range events {
		if e.ID != "" {
			ids = append(ids, e.ID)
		}
	}
	told, err := tx.Told(ctx, f.Hook, ids)
	if err != nil {
		return nil, err
	}
	states := map[directory.ID]directory.State{}
	out := events[:0]
	for _, e := range events {
		if e.ID != "" {
			before, known := told[e.ID]
			if !known && e.State != directory.Gone && e.ID.Made().Before(c.Started) {
				before = atStart(e, c.Started)
			}
			e.Type, states[e.ID] = typeOf(e.Kind, before, e.State), e.State
		}
		if e.Type != "" && (f.Wants == nil || f.Wants(e.Type)) {
			out = append(out, e)
		}
	}
	return out, tx.PutTold(ctx, f.Hook, states)
}

// atStart is the state in which an object was, as far as one can tell, when the webhook began.
func atStart(e Event, started time.Time) directory.State {
	if e.State != directory.Active && e.since.Before(started) {
		return e.State
	}
	return directory.Active
}

func (f *Follower) message(c Cursor, events []Event) Message {
	m := New(HookChannel(f.Hook), KindChanges, f.Now())
	d := Delivery{Type: KindChanges, Timestamp: m.Created}
	d.Data.Hook, d.Data.Cursor, d.Data.Events = f.Hook, c.After.String(), slices.Clone(events)
	m.Body = encode(d)
	return m
}

// TestMessage is a delivery that tells of nothing.
func TestMessage(hook string, now time.Time) Message {
	m := New(HookChannel(hook), KindTest, now)
	d := Delivery{Type: KindTest, Timestamp: now}
	d.Data.Hook, d.Data.Events = hook, []Event{}
	m.Body = encode(d)
	return m
}

func encode(d Delivery) string {
	b, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("notify: %T cannot be JSON: %v", d, err)) // plain data of ours
	}
	return string(b)
}

// Replay makes a webhook be told again of what changed after a place in the feed, in place of what waits for it. From the beginning, it is told of everybody.
func Replay(ctx context.Context, tx directory.Tx, hook string, after directory.Rev, now time.Time) error {
	t := In(tx)
	c, err := t.Cursor(ctx, hook)
	if errors.Is(err, directory.ErrNotFound) {
		c, err = Cursor{Hook: hook}, nil
	}
	if err != nil {
		return err
	}
	if c.After = after; after.IsZero() {
		c.Started = time.Time{}
		if err := t.ForgetTold(ctx, hook); err != nil {
			return err
		}
	}
	for {
		m, err := t.First(ctx, HookChannel(hook))
		if errors.Is(err, directory.ErrNotFound) {
			return t.PutCursor(ctx, c)
		}
		if err != nil {
			return err
		}
		m.State, m.Ended, m.Answer, m.Body = Dropped, now, "it is told again from an earlier place", ""
		if err := t.Put(ctx, m); err != nil {
			return err
		}
	}
}
