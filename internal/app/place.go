package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/workspace"
)

// place finds a team, or with a colon in its name a channel.
func (m *Muster) place(ctx context.Context, v directory.Reader, ref string) (p workspace.Place, name string, err error) {
	team, channel, of := strings.Cut(strings.ToLower(ref), ":")
	p, err = named(ctx, v, "", team)
	if err == nil && p.Kind != workspace.Team {
		err = directory.ErrNotFound
	}
	if err == nil && of {
		p, err = named(ctx, v, p.ID, channel)
	}
	if errors.Is(err, directory.ErrNotFound) {
		err = &run.Problem{
			Code: adminapi.NotFound, What: fmt.Sprintf("there is no team or channel %q", ref), Now: "Nothing was changed.", Fix: "A channel is named with its team, as staff:news. `muster team list` shows what there is.",
		}
	}
	return p, strings.ToLower(ref), err
}

func named(ctx context.Context, v directory.Reader, team directory.ID, name string) (workspace.Place, error) {
	found, err := workspace.Of(v).PlacesByName(ctx, team, []string{name})
	if err == nil && len(found) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return workspace.Place{}, err
	}
	return found[0], nil
}

func placeView(p workspace.Place, ref string) adminapi.Place {
	return adminapi.Place{ID: p.ID, Ref: ref, Kind: string(p.Kind), Title: p.Title, Purpose: p.Purpose, Header: p.Header, Open: p.Joinable, Managed: p.Managed, Archived: p.Archived}
}

// Places implements adminapi.Places.
func (m *Muster) Places(ctx context.Context, q adminapi.PlaceQuery) ([]adminapi.Place, error) {
	var out []adminapi.Place
	err := m.Store.View(ctx, func(v directory.Reader) error {
		search := workspace.PlaceSearch{Kinds: []workspace.Kind{workspace.Team}, Text: q.Text, After: q.After, Limit: q.Limit}
		prefix := ""
		if q.Team != "" {
			t, name, err := m.place(ctx, v, q.Team)
			if err != nil {
				return err
			}
			prefix = name + ":"
			search.Kinds, search.Team, search.After = []workspace.Kind{workspace.Public, workspace.Private}, t.ID, strings.TrimPrefix(q.After, prefix)
		}
		found, err := workspace.Of(v).FindPlaces(ctx, search)
		for _, p := range found {
			out = append(out, placeView(p, prefix+p.Name))
		}
		return err
	})
	return out, err
}

// Place implements adminapi.Places.
func (m *Muster) Place(ctx context.Context, ref string) (out adminapi.Place, err error) {
	err = m.Store.View(ctx, func(v directory.Reader) error {
		p, name, err := m.place(ctx, v, ref)
		if err != nil {
			return err
		}
		out = placeView(p, name)
		if out.Members, err = workspace.Of(v).CountMembers(ctx, p.ID); err != nil {
			return err
		}
		out.Groups, err = placeGroups(ctx, v, p.ID)
		return err
	})
	return out, err
}

func placeGroups(ctx context.Context, v directory.Reader, place directory.ID) ([]adminapi.PlaceGroup, error) {
	links, err := workspace.Of(v).GroupLinks(ctx, nil, []directory.ID{place})
	if err != nil {
		return nil, err
	}
	var out []adminapi.PlaceGroup
	for _, l := range links {
		o, err := v.Object(ctx, l.Group)
		if err != nil {
			return nil, err
		}
		out = append(out, adminapi.PlaceGroup{ID: l.Group, Name: o.Handle(), Admin: l.Admin, Gone: o.State == directory.Gone, By: l.By, Since: l.Since})
	}
	return out, nil
}

// NewPlace implements adminapi.Places.
func (m *Muster) NewPlace(ctx context.Context, n adminapi.NewPlace, by access.Caller) (adminapi.Place, error) {
	p := workspace.Place{Title: n.Title, Purpose: n.Purpose, Open: n.Open, Joinable: n.Open, Kind: workspace.Public}
	if n.Private {
		p.Kind = workspace.Private
	}
	team, channel, of := strings.Cut(n.Ref, ":")
	make := m.keeps(n.DryRun).NewTeam
	p.Name = team
	if of {
		err := m.Store.View(ctx, func(v directory.Reader) error {
			t, _, err := m.place(ctx, v, team)
			p.Team, p.Name = t.ID, channel
			return err
		})
		if err != nil {
			return adminapi.Place{}, err
		}
		make = m.keeps(n.DryRun).NewChannel
	}
	if err := m.actedIn(ctx, m.writes(n.DryRun), by, "place.create", n.Ref); err != nil {
		return adminapi.Place{}, err
	}
	made, err := make(ctx, operator(by), p)
	if err != nil {
		return adminapi.Place{}, placeProblem(n.Ref, err)
	}
	if n.DryRun {
		made.ID = ""
		return placeView(made, strings.ToLower(n.Ref)), nil
	}
	return m.Place(ctx, n.Ref)
}

func operator(by access.Caller) directory.Actor { return directory.Actor("operator:" + by.Handle) }

// acted keeps that somebody asked for something.
func (m *Muster) acted(ctx context.Context, by access.Caller, act, object string) error {
	return m.actedIn(ctx, m.Store, by, act, object)
}

func (m *Muster) actedIn(ctx context.Context, s directory.Store, by access.Caller, act, object string) error {
	return s.Update(ctx, operator(by), func(tx directory.Tx) error { return audit(m.now)(ctx, tx, by.Handle, act, object) })
}

// placeProblem says what a Keeper refused in the words of who asked.
func placeProblem(ref string, err error) error {
	p := &run.Problem{Code: adminapi.BadRequest, What: ref + ": " + err.Error(), Now: "Nothing was changed."}
	switch {
	case errors.Is(err, workspace.ErrName):
		p.What, p.Fix = err.Error(), "Choose another name."
	case errors.Is(err, workspace.ErrEdit):
	case errors.Is(err, directory.ErrConflict):
		p.Code, p.What, p.Fix = adminapi.Conflict, ref+" is there already", "Choose another name."
	case errors.Is(err, workspace.ErrManaged):
		p.Fix = "Change the groups at their source, or end it: `muster team manage " + ref + " --off`."
	case errors.Is(err, workspace.ErrFixed):
		p.Fix = "Take them out of the team."
	case errors.Is(err, workspace.ErrUnlinked):
		p.Fix = "Link a group first: `muster team link " + ref + " GROUP`."
	default:
		return err
	}
	return p
}

// PlaceMembers implements adminapi.Places.
func (m *Muster) PlaceMembers(ctx context.Context, ref string, q adminapi.PlaceMemberQuery) ([]adminapi.PlaceMember, error) {
	var out []adminapi.PlaceMember
	err := m.Store.View(ctx, func(v directory.Reader) error {
		p, _, err := m.place(ctx, v, ref)
		if err != nil {
			return err
		}
		members, people, err := placeMembers(ctx, v, p.ID, q)
		for _, x := range members {
			o := people[x.Person]
			out = append(out, adminapi.PlaceMember{
				ID: x.Person, Name: o.Handle(), Roles: x.Roles, Via: string(x.Via), State: string(x.State), Inactive: o.State != directory.Active, Since: x.Since,
			})
		}
		return err
	})
	return out, err
}

// placeMembers returns a page of who is in a place or was, and who they are.
func placeMembers(ctx context.Context, v directory.Reader, place directory.ID, q adminapi.PlaceMemberQuery) ([]workspace.Member, map[directory.ID]directory.Object, error) {
	members, err := membersFound(ctx, v, place, q)
	if err != nil {
		return nil, nil, err
	}
	var ids []directory.ID
	for _, x := range members {
		ids = append(ids, x.Person)
	}
	objects, err := v.Objects(ctx, ids)
	people := map[directory.ID]directory.Object{}
	for _, o := range objects {
		people[o.ID] = o
	}
	return members, people, err
}

// manyFound is how many people a text may find of whom it is seen whether they are in a place.
const manyFound = 1000

// membersFound reads members in order, or those that a text finds: by their own memberships, not by reading everybody's.
func membersFound(ctx context.Context, v directory.Reader, place directory.ID, q adminapi.PlaceMemberQuery) ([]workspace.Member, error) {
	if q.Text == "" {
		return workspace.Of(v).Members(ctx, place, q.After, q.Limit)
	}
	found, err := v.Browse(ctx, directory.Look{Kind: directory.Person, Text: q.Text, Limit: manyFound})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	ids := make([]directory.ID, len(found))
	for i, o := range found {
		ids[i] = o.ID
	}
	all, err := workspace.Of(v).MembersOf(ctx, ids)
	all = slices.DeleteFunc(all, func(x workspace.Member) bool { return x.Place != place || x.Person <= q.After })
	slices.SortFunc(all, func(a, b workspace.Member) int { return cmp.Compare(a.Person, b.Person) })
	return all[:min(len(all), q.Limit)], err
}

func (m *Muster) placeID(ctx context.Context, ref string) (id directory.ID, err error) {
	return id, m.Store.View(ctx, func(v directory.Reader) error {
		p, _, err := m.place(ctx, v, ref)
		id = p.ID
		return err
	})
}

// LinkGroup implements adminapi.Places.
func (m *Muster) LinkGroup(ctx context.Context, ref, group string, admin bool, by access.Caller) (adminapi.Place, error) {
	return m.grouped(ctx, ref, group, by, "place.link", func(place, id directory.ID) error {
		return m.space.Link(ctx, operator(by), workspace.GroupLink{Group: id, Place: place, Admin: admin})
	})
}

// UnlinkGroup implements adminapi.Places.
func (m *Muster) UnlinkGroup(ctx context.Context, ref, group string, by access.Caller) (adminapi.Place, error) {
	return m.grouped(ctx, ref, group, by, "place.unlink", func(place, id directory.ID) error { return m.space.Unlink(ctx, operator(by), id, place) })
}

func (m *Muster) grouped(ctx context.Context, ref, group string, by access.Caller, act string, do func(place, group directory.ID) error) (adminapi.Place, error) {
	id, err := m.placeID(ctx, ref)
	if err != nil {
		return adminapi.Place{}, err
	}
	g, err := m.one(ctx, directory.Group, group)
	if err == nil {
		err = m.acted(ctx, by, act, ref+": "+g.Handle())
	}
	if err != nil {
		return adminapi.Place{}, err
	}
	if err := do(id, g.ID); err != nil {
		return adminapi.Place{}, placeProblem(ref, err)
	}
	return m.Place(ctx, ref)
}

// Leaving implements adminapi.Places.
func (m *Muster) Leaving(ctx context.Context, ref string) (adminapi.Leaving, error) {
	out := adminapi.Leaving{Some: []string{}}
	id, err := m.placeID(ctx, ref)
	if err != nil {
		return out, err
	}
	some, n, err := m.space.Leaving(ctx, id, 20)
	if err != nil {
		return out, err
	}
	out.Count = n
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		for _, id := range some {
			name, err := handle(ctx, v, id)
			if err != nil {
				return err
			}
			out.Some = append(out.Some, name)
		}
		return nil
	})
}

// SetManaged implements adminapi.Places.
func (m *Muster) SetManaged(ctx context.Context, ref string, in adminapi.Managed, by access.Caller) (adminapi.Place, error) {
	id, err := m.placeID(ctx, ref)
	if err != nil {
		return adminapi.Place{}, err
	}
	if in.Managed {
		if _, n, err := m.space.Leaving(ctx, id, 0); err != nil || n != in.Count {
			return adminapi.Place{}, errors.Join(err, &run.Problem{
				Code: adminapi.BadCount, What: fmt.Sprintf("%d people would be out of %s, not %d", n, ref, in.Count), Why: "They are in none of the groups that are linked to it.",
				Now: "Nothing was changed.", Fix: "Look at who they are, with `muster team manage " + ref + "`, and give that number.",
			})
		}
	}
	if err := m.acted(ctx, by, "place.manage", fmt.Sprintf("%s: %t", ref, in.Managed)); err != nil {
		return adminapi.Place{}, err
	}
	if err := m.space.SetManaged(ctx, operator(by), id, in.Managed); err != nil {
		return adminapi.Place{}, placeProblem(ref, err)
	}
	return m.Place(ctx, ref)
}

// DefaultChannels implements adminapi.Places.
func (m *Muster) DefaultChannels(ctx context.Context) (out []string, err error) {
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		out, err = workspace.Defaults(ctx, v)
		return err
	})
}

// SetDefaultChannels implements adminapi.Places.
func (m *Muster) SetDefaultChannels(ctx context.Context, names []string, by access.Caller) ([]string, error) {
	if err := m.acted(ctx, by, "defaults.set", strings.Join(names, ", ")); err != nil {
		return nil, err
	}
	out, err := m.space.SetDefaults(ctx, operator(by), names)
	if err != nil {
		err = placeProblem("the list", err)
	}
	return out, err
}

// AddToDefaults implements adminapi.Places.
func (m *Muster) AddToDefaults(ctx context.Context, team string, by access.Caller) (adminapi.Moved, error) {
	id, err := m.placeID(ctx, team)
	if err == nil {
		err = m.acted(ctx, by, "defaults.join", team)
	}
	if err != nil {
		return adminapi.Moved{}, err
	}
	n, err := m.space.AddToDefaults(ctx, operator(by), id)
	return adminapi.Moved{Changed: n}, err
}
