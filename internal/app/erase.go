package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/erase"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// eraser carries permanent deletions out.
func (m *Muster) eraser() *erase.Keeper {
	return &erase.Keeper{
		Store: m.Store, Now: m.now, Open: m.unclosedAccounts, Flush: m.Store.Scrub, Loading: &m.loads.turn, Copies: m.eraseCopies,
		Drop: func(hash string) error {
			if err := m.files.Remove(hash); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		},
		Tell: func(ctx context.Context, tx directory.Tx, e erase.Erasure) error {
			return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: "muster", Act: "user.deleted", Object: string(e.Person), Detail: removedText(e.Removed)})
		},
	}
}

// removedText says what was removed.
func removedText(removed map[string]int) string {
	var out []string
	for what, n := range removed {
		out = append(out, fmt.Sprintf("%d %s", n, what))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// unclosedAccounts says what keeps somebody from being forgotten: accounts that are not known to be closed, and writes without an answer. The others stay where
// they are, disabled or gone.
func (m *Muster) unclosedAccounts(ctx context.Context, id directory.ID) (waits, stay []string, err error) {
	return waits, stay, m.Store.View(ctx, func(v directory.Reader) error {
		o, err := v.Object(ctx, id)
		if err == nil && o.State == directory.Active {
			waits = append(waits, "they are active again: deactivate them, and the deletion goes on")
		}
		if err != nil {
			return err
		}
		links, err := link.Of(v).LinksOf(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range links {
			_, configured := m.File.Target(l.Target)
			switch {
			case l.Active && !configured:
				waits = append(waits, fmt.Sprintf("the account at %s is open, and %s is not configured any more: configure it again, or muster target forget %s", l.Target, l.Target, l.Target))
			case l.Active, l.State == link.Closing, l.State == link.Lost:
				waits = append(waits, l.Target+" has not confirmed that the account is closed: muster leavers")
			case l.Remote != "" && len(l.Applied) > 0:
				stay = append(stay, fmt.Sprintf("%s: %s", l.Target, l.Remote))
			}
		}
		writes, err := link.Of(v).Journal(ctx, link.Query{Object: id, Limit: 100})
		for _, w := range writes {
			if w.Result == "" {
				waits = append(waits, "a write to "+w.Target+" has no answer yet")
			}
		}
		if err != nil {
			return err
		}
		for _, t := range m.File.Targets {
			orders, err := link.Of(v).Orders(ctx, t.Name, []directory.ID{id})
			if err != nil {
				return err
			}
			if len(orders) > 0 && orders[0].State == link.Ordered {
				waits = append(waits, "the order to close the account at "+t.Name+" is not carried out yet: muster leavers")
			}
		}
		return nil
	})
}

// DeletePerson implements adminapi.Users.
func (m *Muster) DeletePerson(ctx context.Context, who string, req adminapi.DeletionRequest, by access.Caller) (adminapi.Deletion, error) {
	o, err := m.own(ctx, who, by, "delete")
	if err == nil {
		err = m.mayDelete(ctx, o, by)
	}
	if err != nil {
		return adminapi.Deletion{}, err
	}
	if req.DryRun {
		waits, stay, err := m.unclosedAccounts(ctx, o.ID)
		return adminapi.Deletion{Person: o.ID, Name: o.Handle(), State: "dry run", Waits: waits, Kept: stay}, err
	}
	if !strings.EqualFold(strings.TrimSpace(req.Confirm), o.Handle()) {
		return adminapi.Deletion{}, &run.Problem{
			Code: adminapi.BadRequest, What: fmt.Sprintf("%q is not the username of %s", req.Confirm, o.Handle()), Why: "What is deleted for good does not come back.", Now: "Nothing was changed.",
			Fix: "Give the username to confirm it.",
		}
	}
	if err := m.orderErased(ctx, o, req, by); err != nil {
		return adminapi.Deletion{}, err
	}
	m.tasks.Go(func() {
		if _, err := m.erase.Advance(m.ctx, o.ID); err != nil && m.ctx.Err() == nil {
			m.log.Error("deletion goes on later", "person", o.ID, "error", err)
		}
	})
	return m.Deletion(ctx, o.ID, 0)
}

// mayDelete refuses whoever is protected, and tokens from elsewhere unless the configuration lets them.
func (m *Muster) mayDelete(ctx context.Context, o directory.Object, by access.Caller) error {
	switch {
	case by.Token != "" && !by.Local && !m.File.DeleteByToken:
		return &run.Problem{
			Code: adminapi.Unsupported, What: "deleting people for good is not open to tokens", Why: "The configuration does not say delete_by_token: true.", Now: "Nothing was changed.",
			Fix: "Delete them in the console, or with muster on the machine itself; or change the configuration.",
		}
	case by.Person == o.ID:
		return &run.Problem{Code: adminapi.BadRequest, What: "nobody deletes themselves", Now: "Nothing was changed.", Fix: "Have another administrator do it."}
	}
	return m.mayClose(ctx, o, m.File.Targets)
}

// orderErased deactivates somebody and notes that they are to be deleted, in one step.
func (m *Muster) orderErased(ctx context.Context, o directory.Object, req adminapi.DeletionRequest, by access.Caller) error {
	now := m.now().UTC()
	note := func(tx directory.Tx) error {
		if err := access.End(ctx, tx, o.ID); err != nil {
			return err
		}
		if _, err := erase.In(tx).Erasure(ctx, o.ID); !errors.Is(err, directory.ErrNotFound) {
			return err // asked for before: it goes on
		}
		if err := erase.In(tx).PutErasure(ctx, erase.Erasure{Person: o.ID, By: string(by.Actor()), Heir: by.Person, Asked: now}); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: now, By: string(by.Actor()), Act: "user.delete", Object: string(o.ID), Detail: req.Reason})
	}
	if o.Stop != nil || o.State == directory.Gone {
		return m.Store.Update(ctx, by.Actor(), note)
	}
	_, err := m.door.Stop(ctx, by.Actor(), o.ID, &directory.Stop{By: string(by.Actor()), Reason: req.Reason, At: now}, note)
	return err
}

// Deletions implements adminapi.Users.
func (m *Muster) Deletions(ctx context.Context) ([]adminapi.Deletion, error) {
	var all []erase.Erasure
	var out []adminapi.Deletion
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		if all, err = erase.Of(v).Erasures(ctx, true); err != nil {
			return err
		}
		for _, e := range all {
			d, err := m.deletion(ctx, v, e)
			if err != nil {
				return err
			}
			out = append(out, d)
		}
		return nil
	})
}

// Deletion implements adminapi.Users.
func (m *Muster) Deletion(ctx context.Context, person directory.ID, wait time.Duration) (adminapi.Deletion, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var d adminapi.Deletion
		err := m.Store.View(ctx, func(v directory.Reader) error {
			e, err := erase.Of(v).Erasure(ctx, person)
			if err == nil {
				d, err = m.deletion(ctx, v, e)
			}
			return err
		})
		if err != nil || d.State == "done" || wait <= 0 {
			return d, err
		}
		select {
		case <-ctx.Done():
			return d, ctx.Err()
		case <-over.C:
			return d, nil
		case <-tick.C:
		}
	}
}

func (m *Muster) deletion(ctx context.Context, v directory.Reader, e erase.Erasure) (adminapi.Deletion, error) {
	d := adminapi.Deletion{Person: e.Person, By: e.By, Asked: e.Asked, Done: e.Done, Removed: e.Removed, Waits: e.Waits, Kept: e.Kept}
	switch {
	case !e.Done.IsZero():
		d.State = "done"
		return d, nil
	case len(e.Waits) > 0 && e.Step == 0:
		d.State = "waiting"
	default:
		d.State = "removing"
	}
	if o, err := v.Object(ctx, e.Person); err != nil {
		return d, err
	} else if d.Name = o.Handle(); d.Name == "" {
		d.Name = string(o.ID)
	}
	loads, err := os.ReadDir(m.loadsFolder())
	if err == nil && len(loads) > 0 {
		d.Note = "files that were taken in to be loaded are kept until their loads are done or dropped: muster load status"
	}
	return d, nil
}
