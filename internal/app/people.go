package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Objects implements adminapi.People.
func (m *Muster) Objects(ctx context.Context, q adminapi.ObjectQuery) ([]adminapi.Object, error) {
	out := []adminapi.Object{}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		objects, err := m.found(ctx, v, q)
		if err != nil {
			return err
		}
		for _, o := range objects {
			x := object(o)
			x.Attrs = o.Attrs
			out = append(out, x)
		}
		return nil
	})
}

// found returns a page of everybody, or whom a text finds: those who are meant by it, or else those with an account of that id.
func (m *Muster) found(ctx context.Context, v directory.Reader, q adminapi.ObjectQuery) ([]directory.Object, error) {
	out, err := find(ctx, v, q)
	if err != nil || q.Text == "" || len(out) > 0 {
		return out, err
	}
	for _, kind := range []directory.Kind{directory.Person, directory.Group} {
		if q.Kind == "" || q.Kind == string(kind) {
			there, err := m.byAccount(ctx, v, kind, q.Text)
			if err != nil {
				return nil, err
			}
			out = append(out, there...)
		}
	}
	return out[:min(len(out), max(q.Limit, 0))], nil
}

// byAccount finds people or groups by the id of their account at any target, one that was closed included.
func (m *Muster) byAccount(ctx context.Context, v directory.Reader, kind directory.Kind, id string) ([]directory.Object, error) {
	as := connector.User
	if kind == directory.Group {
		as = connector.Group
	}
	var ids []directory.ID
	for _, t := range m.File.Targets {
		links, err := link.Of(v).ByRemote(ctx, t.Name, as, []connector.RemoteID{connector.RemoteID(id)})
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			ids = append(ids, l.Object)
		}
	}
	slices.Sort(ids)
	return v.Objects(ctx, slices.Compact(ids))
}

func find(ctx context.Context, v directory.Reader, q adminapi.ObjectQuery) ([]directory.Object, error) {
	if q.Text == "" {
		return v.ListObjects(ctx, directory.Kind(q.Kind), q.After, q.Limit)
	}
	found, err := v.Search(ctx, q.Text, q.Limit)
	return slices.DeleteFunc(found, func(o directory.Object) bool { return q.Kind != "" && o.Kind != directory.Kind(q.Kind) }), err
}

func object(o directory.Object) adminapi.Object {
	return adminapi.Object{ID: o.ID, Kind: o.Kind, Name: o.Handle(), State: o.State, Cause: o.Cause, Since: o.Since, Stop: o.Stop}
}

// Object implements adminapi.People.
func (m *Muster) Object(ctx context.Context, kind, who string) (adminapi.Object, error) {
	o, err := m.one(ctx, directory.Kind(kind), who)
	if err != nil {
		return adminapi.Object{}, err
	}
	return m.whole(ctx, o)
}

// person finds one person by an id, username, email, key or DN.
func (m *Muster) person(ctx context.Context, who string) (directory.Object, error) {
	return m.one(ctx, directory.Person, who)
}

// one finds the one object of a kind ("" = any) that who means. Those who are not gone go before those who are.
func (m *Muster) one(ctx context.Context, kind directory.Kind, who string) (directory.Object, error) {
	var found []directory.Object
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		found, err = find(ctx, v, adminapi.ObjectQuery{Kind: string(kind), Text: who, Limit: 20})
		return err
	})
	if err != nil {
		return directory.Object{}, err
	}
	if there := slices.DeleteFunc(slices.Clone(found), func(o directory.Object) bool { return o.State == directory.Gone }); len(there) > 0 {
		found = there
	}
	switch len(found) {
	case 0:
		return directory.Object{}, &run.Problem{
			Code: adminapi.NotFound, What: fmt.Sprintf("nobody is found by %q", who), Why: "It is the id, username, email, source key or DN of nobody Muster knows.",
			Now: "Nothing was changed.", Fix: "Check the spelling. If they are new, read the source first: `muster sync`.",
		}
	case 1:
		return found[0], nil
	}
	var names []string
	for _, o := range found {
		names = append(names, fmt.Sprintf("%s %s (%s)", o.Kind, o.Handle(), o.ID))
	}
	return directory.Object{}, &run.Problem{
		Code: adminapi.Ambiguous, What: fmt.Sprintf("%q fits %d", who, len(found)), Why: strings.Join(names, ", "), Now: "Nothing was changed.", Fix: "Name one of them by id.",
	}
}

// whole returns an object with its records, groups and links.
func (m *Muster) whole(ctx context.Context, o directory.Object) (adminapi.Object, error) {
	out := object(o)
	out.Attrs = o.Attrs
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		records, err := v.RecordsOf(ctx, []directory.ID{o.ID})
		if err != nil {
			return err
		}
		for _, rec := range records {
			out.Records = append(out.Records, record(rec))
		}
		if o.Kind == directory.Person {
			out.Owned = m.ownership(records)
			if out.Present, err = m.present(ctx, v, o); err != nil {
				return err
			}
		}
		if out.Groups, err = groupNames(ctx, v, o.ID); err != nil {
			return err
		}
		if o.Kind == directory.Group {
			if out.Members, err = v.CountMembersOf(ctx, []directory.ID{o.ID}); err != nil {
				return err
			}
		}
		links, err := link.Of(v).LinksOf(ctx, o.ID)
		for _, l := range links {
			out.Links = append(out.Links, linkView(l, o.Handle()))
		}
		return err
	})
}

// present says whether somebody is there now: whoever is deactivated is not.
func (m *Muster) present(ctx context.Context, v directory.Reader, o directory.Object) (string, error) {
	used, err := access.Of(v).LastUse(ctx, o.ID)
	if err != nil || o.State != directory.Active || m.now().Sub(used) > adminapi.Presence {
		return adminapi.Offline, err
	}
	return adminapi.Online, nil
}

func record(rec directory.Record) adminapi.Record {
	return adminapi.Record{
		Source: rec.Source, Key: rec.Key, Base: rec.Base, Name: rec.Name, Status: rec.Status, Cause: rec.Cause, Since: rec.Since,
		Disabled: rec.Disabled || rec.Expired, Expires: rec.Expires, Attrs: rec.Attrs, Waiting: rec.Waiting, Waits: rec.Waits,
	}
}

func groupNames(ctx context.Context, v directory.Reader, id directory.ID) ([]string, error) {
	edges, err := v.GroupsOf(ctx, []directory.ID{id})
	if err != nil {
		return nil, err
	}
	var ids []directory.ID
	for _, e := range edges {
		ids = append(ids, e.Group)
	}
	groups, err := v.Objects(ctx, ids)
	var out []string
	for _, g := range groups {
		out = append(out, g.Handle())
	}
	slices.Sort(out)
	return out, err
}

func linkView(l link.Link, name string) adminapi.Link {
	return adminapi.Link{
		Target: l.Target, Object: l.Object, Name: name, Kind: l.Kind, Remote: l.Remote, State: string(l.State), Origin: string(l.Origin), Active: l.Active,
		Applied: l.Applied, Since: l.Since, Confirmed: l.Confirmed,
	}
}
