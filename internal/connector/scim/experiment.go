package scim

import (
	"context"
	"errors"

	"muster/internal/attr"
	"muster/internal/connector"
)

// run reads, finds, changes and disables the account, and notes what each shows.
func (e *experiment) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{e.disabled, e.finds, e.changes, e.disables} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// get reads the account. hidden says that the service does not show it, which it may only because the account is disabled.
func (e *experiment) get(ctx context.Context) (r connector.Remote, hidden bool, err error) {
	r, err = e.c.Get(ctx, connector.User, e.made.ID)
	if errors.Is(err, connector.ErrNotFound) {
		return r, true, nil
	}
	return r, false, err
}

// disabled looks whether the account was made disabled, as it was asked to be. If it was not, that is put right before anything else.
func (e *experiment) disabled(ctx context.Context) error {
	r, hidden, err := e.get(ctx)
	switch {
	case err != nil:
		return err
	case hidden:
		e.settle("disabled_gone", e.c.profile.DisabledGone, "a disabled account answers 404")
		return nil
	case !r.Active:
		e.settle("create_disabled", true, "an account was created disabled")
		return nil
	}
	e.settle("create_disabled", false, "an account that was to be created disabled was active")
	_, err = e.c.Apply(ctx, e.on(connector.Disable))
	return err
}

func (e *experiment) settle(name string, as bool, what string) { e.p.Settle(name, found(as), what) }

func (e *experiment) on(verb connector.Verb) connector.Op {
	return connector.Op{Key: "probe", Verb: verb, Kind: connector.User, ID: e.made.ID, Want: e.op.Want.Clone()}
}

// finds looks the account up by each attribute that the profile names, with a filter.
func (e *experiment) finds(ctx context.Context) error {
	if _, hidden, err := e.get(ctx); hidden || err != nil {
		return err
	}
	for _, by := range e.c.profile.UserMatch {
		value := e.op.Want.First(by)
		if by == "emails.value" {
			value = e.op.Want.First(`emails[type eq "work"].value`)
		}
		if value == "" {
			continue
		}
		page, err := e.c.page(ctx, connector.User, position{count: e.c.profile.PageSize}, equals(e.c.wire(by), value))
		name := "user_match " + string(by)
		switch {
		case errors.Is(err, connector.ErrInvalid), errors.Is(err, connector.ErrUnsupported):
			e.settle(name, false, err.Error())
		case err != nil:
			return err
		case len(page.Resources) == 1 && page.Resources[0].ID() == string(e.made.ID):
			e.settle(name, true, "a filter found the account, and nobody else")
		case len(page.Resources) > 1 && e.c.profile.FilterIgnored:
			e.settle("filter_ignored", true, "a filter returned others as well")
		default:
			e.settle(name, false, "a filter did not find the account alone")
		}
	}
	return nil
}

// changes alters one attribute and clears another.
func (e *experiment) changes(ctx context.Context) error {
	before, hidden, err := e.get(ctx)
	if hidden || err != nil {
		return err
	}
	if id := before.Attrs.First("externalId"); e.op.Want.First("externalId") != "" {
		e.settle("external_id_writable", id == probeID, "externalId "+probeID+" came back as "+quote(id))
	}
	update := e.on(connector.Update)
	update.Want["name.familyName"], update.Changed = attr.Values{"Probed"}, []attr.Path{"name.familyName"}
	clears := len(before.Attrs["title"]) > 0
	if _, err := e.c.Apply(ctx, update); err != nil {
		return e.refused("user_update", err)
	}
	if clears {
		update.Want["title"], update.Changed = nil, []attr.Path{"title"}
		if _, err := e.c.Apply(ctx, update); err != nil {
			return e.refused("clear_mode", err)
		}
	}
	after, _, err := e.get(ctx)
	if err != nil {
		return err
	}
	same := after.Attrs.First("userName") == before.Attrs.First("userName") && after.Attrs.First("name.givenName") == before.Attrs.First("name.givenName")
	e.settle("user_update", same && after.Attrs.First("name.familyName") == "Probed", "one attribute was changed, and the others read as before")
	if clears {
		e.settle("clear_mode", len(after.Attrs["title"]) == 0, "the title was cleared, and reads as "+quote(after.Attrs.First("title")))
	}
	return nil
}

// refused notes that the service refuses what the profile says that it takes; an error of another sort ends the probe.
func (e *experiment) refused(name string, err error) error {
	if errors.Is(err, connector.ErrInvalid) || errors.Is(err, connector.ErrUnsupported) {
		e.settle(name, false, err.Error())
		return nil
	}
	return err
}

// disables disables the account, again if it was made so, and looks how the service then answers.
func (e *experiment) disables(ctx context.Context) error {
	if e.c.profile.Deactivate == "none" {
		return nil
	}
	_, err := e.c.Apply(ctx, e.on(connector.Disable))
	if err != nil && !errors.Is(err, connector.ErrNotFound) {
		return e.refused("deactivate", err)
	}
	r, hidden, err := e.get(ctx)
	if err != nil {
		return err
	}
	if hidden {
		e.settle("disabled_gone", e.c.profile.DisabledGone, "a disabled account answers 404")
		return nil
	}
	e.settle("deactivate", !r.Active, "the account was disabled, and is read as such")
	e.settle("disabled_gone", !e.c.profile.DisabledGone, "a disabled account is shown")
	return nil
}

// leave deletes the account if the service can, and sees to it that what remains is disabled.
func (e *experiment) leave(ctx context.Context) error {
	_, hidden, err := e.get(ctx)
	if err != nil {
		return err
	}
	if e.c.profile.Delete == "hard" {
		if err := e.c.delete(ctx, e.on(connector.Delete)); err != nil {
			return err
		}
	}
	r, gone, err := e.get(ctx)
	switch {
	case err != nil:
		return err
	case hidden: // what becomes of it cannot be seen
		return nil
	case gone && e.c.profile.Delete == "hard":
		e.p.Left = ""
		e.settle("delete", true, "the account was deleted, and answers 404")
		return nil
	case e.c.profile.Delete == "hard":
		e.settle("delete", false, "the account was deleted, and is still shown")
	}
	if !gone && r.Active && e.c.profile.Deactivate != "none" {
		_, err = e.c.Apply(ctx, e.on(connector.Disable))
	}
	return err
}
