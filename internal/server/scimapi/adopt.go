package scimapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/source"
)

// What becomes of a name that somebody has whom this client does not provision:
//
//	an owner or admin, the person of the token      409, for good
//	another source's person                         409, for good
//	made by hand, invited or loaded                 409 until an administrator approves the list; then they are the client's

// A takenError says that somebody has the name who is not this client's.
type takenError struct {
	err    scim.Error
	rec    source.Record
	holder directory.Object
	asks   bool   // an administrator may be asked
	fix    string // for the administrator
}

func (e *takenError) Error() string { return e.err.Error() }

func (e *takenError) Unwrap() error { return &e.err }

func isTaken(err error) (*takenError, bool) { return errors.AsType[*takenError](err) }

// takenBy says that the name is the holder's, and whether that can change.
func (w *writer) takenBy(rec source.Record, name string, holder directory.ID) (*takenError, error) {
	e := &takenError{err: scim.Error{Status: http.StatusConflict, Type: scim.Uniqueness}, rec: rec}
	e.err.Detail = fmt.Sprintf("the name %q belongs to a person whom this client does not provision", name)
	var err error
	if e.holder, err = w.tx.Object(w.ctx, holder); err != nil {
		return e, err
	}
	role, err := w.powerOf(holder)
	if err != nil {
		return e, err
	}
	records, err := w.tx.RecordsOf(w.ctx, []directory.ID{holder})
	if err != nil {
		return e, err
	}
	i := slices.IndexFunc(records, func(r directory.Record) bool {
		return r.Status != directory.Removed && r.Status != directory.Outside && !slices.Contains(w.q.s.cfg.Adoptable, r.Source)
	})
	switch {
	case role != "" || holder == w.q.caller.Person:
		e.fix = "Nobody provisions owners, admins and the user of the token: take them out of the assignment at the provider, or give the account there another name."
	case i >= 0:
		e.fix = fmt.Sprintf("The person comes from %s. If both are one person, name a correlate rule for this source; or take them out of one of the two.", records[i].Source)
	default:
		e.asks = rec.Kind == source.Person
	}
	return e, nil
}

// powerOf returns the role of an owner or admin, by themselves or by a group, or "".
func (w *writer) powerOf(id directory.ID) (access.Role, error) {
	all, err := access.Of(w.tx).Grants(w.ctx, "")
	if err != nil {
		return "", err
	}
	roles := map[directory.ID]access.Role{}
	var holders []directory.ID
	for _, g := range all {
		if g.Role == access.Owner || g.Role == access.Admin {
			holders, roles[g.Person] = append(holders, g.Person), g.Role
		}
	}
	if role := roles[id]; role != "" {
		return role, nil
	}
	edges, err := w.tx.GroupsOf(w.ctx, []directory.ID{id})
	if err != nil {
		return "", err
	}
	for _, e := range edges {
		if slices.Contains(holders, e.Group) {
			return roles[e.Group], nil
		}
	}
	return "", nil
}

func (w *writer) adoption(e *takenError) ingest.Adoption {
	return ingest.Adoption{Source: w.q.client.Name, Record: e.rec, Person: e.holder}
}

// approved reports whether an administrator has said that a new user is the person who has its name.
func (w *writer) approved(e *takenError) (bool, error) {
	if !e.asks {
		return false, nil
	}
	said, err := w.q.s.cfg.Door.Decided(w.ctx, run.Of(w.tx), w.adoption(e))
	return said == run.Approved, err
}

// ask puts it to an administrator whether a new user is the person who has its name, and returns the error that says so.
func (w *writer) ask(e *takenError) error {
	said, err := w.q.s.cfg.Door.Ask(w.ctx, w.tx, w.adoption(e))
	if err != nil {
		return err
	}
	switch said {
	case run.Rejected:
		e.err.Detail += ", and an administrator has said that this is somebody else"
		e.fix = "Give the account another name at the provider, or rename the person here."
	case run.Waiting, run.Approved:
		e.err.Detail += ": it is updated once an administrator of Muster has approved that both are one person"
		e.fix = fmt.Sprintf("Look through the list with `muster hold show %s`, release it, and let the provider try again.", w.q.client.Name)
	}
	return e
}

// asked turns the refusal of a new user into a question, in a transaction of its own: that of the request is given up.
func (q *request) asked(err error) error {
	e, ok := isTaken(err)
	if !ok || !e.asks {
		return err
	}
	if failed := q.update(func(ctx context.Context, tx directory.Tx) error {
		err = q.writer(ctx, tx).ask(e)
		if _, ok := isTaken(err); ok {
			return nil
		}
		return err
	}); failed != nil {
		return failed
	}
	return err
}
