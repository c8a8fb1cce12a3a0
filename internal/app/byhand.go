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
	return m.byHand(ctx, o, by, "person.create", req.DryRun)
}

// MakeGroup implements adminapi.Clients.
func (m *Muster) MakeGroup(ctx context.Context, req adminapi.NewGroup, by access.Caller) (adminapi.Object, error) {
	o := directory.Object{Kind: directory.Group, Attrs: attr.Set{directory.Name: {strings.TrimSpace(req.Name)}}}
	return m.byHand(ctx, o, by, "group.create", req.DryRun)
}

// byHand makes an object that no source speaks for.
func (m *Muster) byHand(ctx context.Context, o directory.Object, by access.Caller, act string, dry bool) (adminapi.Object, error) {
	if o.Handle() == "" {
		return adminapi.Object{}, &run.Problem{Code: adminapi.BadRequest, What: "the name is empty", Now: "Nothing was changed."}
	}
	o.ID, o.State, o.Since = directory.NewID(), directory.Active, m.now()
	taken := fmt.Errorf("the name %q: %w", o.Handle(), directory.ErrConflict)
	err := m.writes(dry).Update(ctx, by.Actor(), func(tx directory.Tx) error {
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
	if dry {
		o.ID = ""
	}
	return object(o), err
}

// EditMembers implements adminapi.Clients.
func (m *Muster) EditMembers(ctx context.Context, group string, req adminapi.MemberEdit, by access.Caller) (adminapi.Moved, error) {
	g, err := m.one(ctx, directory.Group, group)
	if err != nil {
		return adminapi.Moved{}, err
	}
	who, err := m.crowd(ctx, slices.Concat(req.Add, req.Remove))
	if err != nil {
		return adminapi.Moved{}, err
	}
	come, leave := who[:len(req.Add)].ids(), who[len(req.Add):].ids()
	if len(come)+len(leave) == 0 {
		return who.moved()
	}
	var changed []directory.ID
	err = m.writes(req.DryRun).Update(ctx, by.Actor(), func(tx directory.Tx) (err error) {
		if err := ownMembers(ctx, tx, g); err != nil {
			return err
		}
		if err := covers(ctx, tx, by, g.ID); err != nil {
			return err
		}
		if changed, err = strangers(ctx, tx, g.ID, come, leave); err != nil {
			return err
		}
		if err := tx.PutEdges(ctx, g.ID, come, leave); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: by.Handle, Act: "group.members", Object: string(g.ID)})
	})
	if err != nil {
		return adminapi.Moved{}, err
	}
	who.settle(changed, nil)
	return who.moved()
}

// strangers returns those who are not in a group and shall be, or are and shall not be.
func strangers(ctx context.Context, r directory.Reader, group directory.ID, come, leave []directory.ID) ([]directory.ID, error) {
	edges, err := r.GroupsOf(ctx, slices.Concat(come, leave))
	in := map[directory.ID]bool{}
	for _, e := range edges {
		if e.Group == group {
			in[e.Member] = true
		}
	}
	out := slices.DeleteFunc(slices.Clone(come), func(id directory.ID) bool { return in[id] })
	return append(out, slices.DeleteFunc(slices.Clone(leave), func(id directory.ID) bool { return !in[id] })...), err
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
