package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
)

// Deactivate implements adminapi.Users.
func (m *Muster) Deactivate(ctx context.Context, who string, req adminapi.UserChange, by access.Caller) (adminapi.UserDone, error) {
	o, err := m.own(ctx, who, by, "deactivate")
	if err == nil {
		err = m.mayClose(ctx, o, m.File.Targets)
	}
	if err != nil || o.State != directory.Active {
		return done(o, false, req.DryRun, "already deactivated"), err
	}
	if req.DryRun {
		return done(o, true, true, ""), nil
	}
	stop := &directory.Stop{By: string(by.Actor()), Reason: req.Reason, At: m.now().UTC()}
	o, err = m.door.Stop(ctx, by.Actor(), o.ID, stop, func(tx directory.Tx) error {
		if err := access.End(ctx, tx, o.ID); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "user.deactivate", Object: string(o.ID), Detail: req.Reason})
	})
	return done(o, true, false, ""), err
}

// Activate implements adminapi.Users.
func (m *Muster) Activate(ctx context.Context, who string, req adminapi.UserChange, by access.Caller) (adminapi.UserDone, error) {
	o, err := m.own(ctx, who, by, "activate")
	if err != nil || o.State == directory.Active {
		return done(o, false, req.DryRun, "already active"), err
	}
	if err := m.mayReopen(ctx, o, by); err != nil {
		return done(o, false, req.DryRun, ""), err
	}
	door := m.enters(req.DryRun)
	if o.Stop != nil {
		lift := func(tx directory.Tx) error { return m.lift(ctx, tx, o, adminapi.Opening{Reason: req.Reason}, by) }
		if o, err = door.Stop(ctx, by.Actor(), o.ID, nil, lift); err != nil || o.State == directory.Active {
			return done(o, true, req.DryRun, ""), err
		}
	}
	rec, err := m.fromLoad(ctx, o.ID)
	if err != nil || !rec.Disabled {
		return done(o, false, req.DryRun, "it stays "+string(o.State)), err
	}
	o, err = door.Amend(ctx, by.Actor(), rec, func(r *directory.Record) { r.Disabled = false }, func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "user.activate", Object: string(o.ID), Detail: req.Reason})
	})
	return done(o, true, req.DryRun, "they were loaded as deactivated: loading that file again says so again"), err
}

func done(o directory.Object, changed, dry bool, note string) adminapi.UserDone {
	return adminapi.UserDone{Object: object(o), Changed: changed, DryRun: dry, Note: note}
}

// mayReopen refuses to lift what "muster disable" did to whoever has no right to that.
func (m *Muster) mayReopen(ctx context.Context, o directory.Object, by access.Caller) error {
	return m.Store.View(ctx, func(v directory.Reader) error {
		for _, t := range m.File.Targets {
			orders, err := link.Of(v).Orders(ctx, t.Name, []directory.ID{o.ID})
			if err != nil {
				return err
			}
			if len(orders) > 0 {
				return by.Authorize(access.Disable)
			}
		}
		return nil
	})
}

// EditPerson implements adminapi.Users.
func (m *Muster) EditPerson(ctx context.Context, who string, req adminapi.PersonEdit, by access.Caller) (adminapi.UserDone, error) {
	o, err := m.own(ctx, who, by, "edit")
	if err != nil {
		return adminapi.UserDone{}, err
	}
	if o.State == directory.Gone {
		return adminapi.UserDone{}, &run.Problem{Code: adminapi.BadRequest, What: o.Handle() + " is gone", Now: "Nothing was changed.", Fix: "There is nobody to change any more."}
	}
	rec, err := m.fromLoad(ctx, o.ID)
	if err != nil {
		return adminapi.UserDone{}, err
	}
	edit, err := editOf(req, rec.Key != "")
	if err != nil || len(edit) == 0 {
		return done(o, false, req.DryRun, "nothing to change"), err
	}
	also := func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "user.edit", Object: string(o.ID), Detail: strings.Join(pathsOf(edit), ", ")})
	}
	if rec.Key != "" {
		o, err = m.enters(req.DryRun).Amend(ctx, by.Actor(), rec, func(r *directory.Record) { overlay(r.Attrs, edit) }, also)
	} else {
		o, err = m.editOwn(ctx, m.writes(req.DryRun), o.ID, edit, by, also)
	}
	if errors.Is(err, directory.ErrConflict) {
		what := err.Error()
		if req.Username != nil {
			what = fmt.Sprintf("the username %q belongs to another person", strings.TrimSpace(*req.Username))
		}
		err = &run.Problem{Code: adminapi.Conflict, What: what, Now: "Nothing was changed.", Fix: "Take another username."}
	}
	return done(o, true, req.DryRun, ""), err
}

// editOwn changes somebody of whom there is no record.
func (m *Muster) editOwn(ctx context.Context, to directory.Store, id directory.ID, edit attr.Set, by access.Caller, also func(directory.Tx) error) (o directory.Object, err error) {
	return o, to.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if o, err = tx.Object(ctx, id); err != nil {
			return err
		}
		o.Attrs = o.Attrs.Clone()
		overlay(o.Attrs, edit)
		if err := tx.PutObjects(ctx, o); err != nil {
			return fmt.Errorf("the username %q: %w", o.Handle(), err)
		}
		return also(tx)
	})
}

// overlay sets what edit says; an empty value clears.
func overlay(to, edit attr.Set) {
	for p, v := range edit {
		if v.First() == "" {
			delete(to, p)
		} else {
			to[p] = v
		}
	}
}

func pathsOf(s attr.Set) []string {
	var out []string
	for _, p := range s.Paths() {
		out = append(out, string(p))
	}
	return out
}

// editOf says what a request changes, in the words of a person, or of the record of somebody who was loaded.
func editOf(req adminapi.PersonEdit, loaded bool) (attr.Set, error) {
	out := attr.Set{}
	for _, f := range []struct {
		value        *string
		path, record attr.Path
	}{
		{req.Username, directory.Username, "username"},
		{req.Email, directory.Email, "email"},
		{req.Name, directory.Name, ""},
		{req.GivenName, "givenName", "first_name"},
		{req.FamilyName, "familyName", "last_name"},
		{req.Nickname, "nickname", "nickname"},
		{req.Title, "title", "position"},
	} {
		if f.value == nil {
			continue
		}
		path := f.path
		if loaded {
			path = f.record
		}
		if path == "" {
			return nil, &run.Problem{
				Code: adminapi.BadRequest, What: "the name of somebody who was loaded follows from the first and last name", Now: "Nothing was changed.", Fix: "Give these instead.",
			}
		}
		out[path] = attr.Values{strings.TrimSpace(*f.value)}
	}
	if v, set := out[directory.Username]; set && v.First() == "" {
		return nil, &run.Problem{Code: adminapi.BadRequest, What: "the username is empty", Now: "Nothing was changed."}
	}
	return out, nil
}

// ResetPassword implements adminapi.Users.
func (m *Muster) ResetPassword(ctx context.Context, who string, req adminapi.PasswordReset, by access.Caller) (adminapi.PasswordGiven, error) {
	o, err := m.person(ctx, who)
	if err != nil {
		return adminapi.PasswordGiven{}, err
	}
	out := adminapi.PasswordGiven{Person: o.ID, Name: o.Handle()}
	code, expires, err := m.Keeper.Reset(ctx, by, o.ID, secret.New(req.Password))
	if errors.Is(err, access.ErrWeak) {
		err = &run.Problem{Code: adminapi.BadRequest, What: err.Error(), Now: "Nothing was changed.", Fix: "Choose another one, or leave it out: then the person chooses."}
	}
	if err != nil {
		return out, err
	}
	if code.Reveal() != "" {
		out.Code = &adminapi.Code{Person: o.ID, Path: adminapi.WelcomePath(code.Reveal()), Listen: m.address(), Expires: expires}
	}
	return out, m.localToken(ctx) // of the owner it has died too
}

// fromLoad returns the record of somebody who was loaded, or the zero Record.
func (m *Muster) fromLoad(ctx context.Context, id directory.ID) (out directory.Record, err error) {
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		records, err := v.RecordsOf(ctx, []directory.ID{id})
		for _, rec := range records {
			if rec.Source == bulkload.Source && speaks(rec) {
				out = rec
			}
		}
		return err
	})
}
