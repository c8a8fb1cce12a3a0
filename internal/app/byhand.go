package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// Clients implements adminapi.Clients.
func (m *Muster) Clients(context.Context) ([]scimapi.Stats, error) { return m.scim.Stats(), nil }

// Exchanges implements adminapi.Clients.
func (m *Muster) Exchanges(_ context.Context, client string, failed bool) ([]scimapi.Exchange, error) {
	out, ok := m.scim.Exchanges(client, failed)
	if !ok {
		return nil, m.unknown("source", client)
	}
	return out, nil
}

// MakePerson implements adminapi.Clients.
func (m *Muster) MakePerson(ctx context.Context, req adminapi.NewPerson, by access.Caller) (adminapi.Object, error) {
	o := directory.Object{Kind: directory.Person, Attrs: attr.Set{directory.Username: {strings.TrimSpace(req.Username)}}}
	name := cmp.Or(req.Name, strings.TrimSpace(req.GivenName+" "+req.FamilyName))
	for path, v := range map[attr.Path]string{directory.Name: name, directory.Email: req.Email, "givenName": req.GivenName, "familyName": req.FamilyName, "title": req.Title} {
		if v != "" {
			o.Attrs[path] = attr.Values{v}
		}
	}
	return m.byHand(ctx, o, by, "person.create")
}

// MakeGroup implements adminapi.Clients.
func (m *Muster) MakeGroup(ctx context.Context, req adminapi.NewGroup, by access.Caller) (adminapi.Object, error) {
	o := directory.Object{Kind: directory.Group, Attrs: attr.Set{directory.Name: {strings.TrimSpace(req.Name)}}}
	return m.byHand(ctx, o, by, "group.create")
}

// byHand makes an object that no source speaks for.
func (m *Muster) byHand(ctx context.Context, o directory.Object, by access.Caller, act string) (adminapi.Object, error) {
	if o.Handle() == "" {
		return adminapi.Object{}, &run.Problem{Code: adminapi.BadRequest, What: "the name is empty", Now: "Nothing was changed."}
	}
	o.ID, o.State, o.Since = directory.NewID(), directory.Active, m.now()
	taken := fmt.Errorf("the name %q: %w", o.Handle(), directory.ErrConflict)
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		found, err := tx.ObjectsByHandle(ctx, o.Kind, []string{o.Handle()})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return taken
		}
		if err := tx.PutObjects(ctx, o); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: by.Handle, Act: act, Object: string(o.ID)})
	})
	if errors.Is(err, directory.ErrConflict) {
		return adminapi.Object{}, &run.Problem{
			Code: adminapi.Conflict, What: fmt.Sprintf("there is a %s %q already", o.Kind, o.Handle()), Now: "Nothing was changed.", Fix: "Take another name.",
		}
	}
	return object(o), err
}

// EditMembers implements adminapi.Clients.
func (m *Muster) EditMembers(ctx context.Context, group string, req adminapi.MemberEdit, by access.Caller) (adminapi.Object, error) {
	g, err := m.one(ctx, directory.Group, group)
	if err != nil {
		return adminapi.Object{}, err
	}
	resolve := func(list []string) ([]directory.ID, error) {
		var out []directory.ID
		for _, who := range list {
			o, err := m.one(ctx, directory.Person, who)
			if err != nil {
				return nil, err
			}
			out = append(out, o.ID)
		}
		return out, nil
	}
	come, err := resolve(req.Add)
	if err != nil {
		return adminapi.Object{}, err
	}
	leave, err := resolve(req.Remove)
	if err != nil {
		return adminapi.Object{}, err
	}
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if err := ownMembers(ctx, tx, g); err != nil {
			return err
		}
		if err := covers(ctx, tx, by, g.ID); err != nil {
			return err
		}
		if err := tx.PutEdges(ctx, g.ID, come, leave); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: by.Handle, Act: "group.members", Object: string(g.ID)})
	})
	if err != nil {
		return adminapi.Object{}, err
	}
	return m.Object(ctx, string(directory.Group), string(g.ID))
}

// ownMembers refuses groups whose members a source states.
func ownMembers(ctx context.Context, tx directory.Reader, g directory.Object) error {
	records, err := tx.RecordsOf(ctx, []directory.ID{g.ID})
	if err != nil || len(records) == 0 {
		return err
	}
	return &run.Problem{
		Code: adminapi.Unsupported, What: fmt.Sprintf("the members of %s are those that %s states", g.Handle(), records[0].Source), Now: "Nothing was changed.",
		Fix: "Change them there.",
	}
}

// covers says whether by has every right that comes with being in a group: who adds a member to it gives them these.
func covers(ctx context.Context, tx directory.Tx, by access.Caller, group directory.ID) error {
	grants, err := access.In(tx).Grants(ctx, group)
	if err != nil {
		return err
	}
	for _, g := range grants {
		for _, right := range access.RightsOf(g.Role) {
			if err := by.Authorize(right); err != nil {
				return err
			}
		}
	}
	return nil
}

// MayHaveRole implements adminapi.Clients.
func (m *Muster) MayHaveRole(ctx context.Context, id directory.ID) error {
	return m.Store.View(ctx, func(v directory.Reader) error {
		o, err := v.Object(ctx, id)
		if err != nil || o.Kind != directory.Group {
			return err
		}
		records, err := v.RecordsOf(ctx, []directory.ID{id})
		for _, rec := range records {
			if slices.ContainsFunc(m.parts.clients, func(c scimapi.Client) bool { return c.Name == rec.Source }) {
				return &run.Problem{
					Code: adminapi.Unsupported, What: fmt.Sprintf("the group %s comes from %s", o.Handle(), rec.Source),
					Why: "Groups that arrive by SCIM have no rights here: their members are whom the provider says.", Now: "Nothing was changed.",
					Fix: "Make a group of its own: muster group create NAME.",
				}
			}
		}
		return err
	})
}
