package bulkload

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// milliseconds is a time as the format writes it; zero is 0.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

const mostNames = 200_000 // names kept while exporting

func (x *exporting) userPage(page []directory.Object) error {
	ids := make([]directory.ID, len(page))
	for i, o := range page {
		ids[i] = o.ID
	}
	profiles, err := x.space.Profiles(x.ctx, ids)
	if err != nil {
		return err
	}
	memberships, err := x.space.MembersOf(x.ctx, ids)
	if err != nil {
		return err
	}
	records, err := x.r.RecordsOf(x.ctx, ids)
	if err != nil {
		return err
	}
	profile := named(profiles, func(p workspace.Profile) directory.ID { return p.Person })
	in := map[directory.ID][]workspace.Member{}
	for _, m := range memberships {
		in[m.Person] = append(in[m.Person], m)
	}
	loaded, known := map[directory.ID]directory.Record{}, map[directory.ID]bool{}
	for _, r := range records {
		known[r.Object] = true
		if r.Source == Source {
			loaded[r.Object] = r
		}
	}
	theirs, err := x.addresses(page)
	if err != nil {
		return err
	}
	for _, o := range page {
		if !known[o.ID] && len(in[o.ID]) == 0 && profile[o.ID].Person == "" && o.Attrs.First(directory.Email) == "" {
			x.out.Notes["people of Muster's own, left out"]++
			continue
		}
		u, err := x.user(o, profile[o.ID], loaded[o.ID], theirs)
		if err != nil {
			return err
		}
		if u.Teams, err = x.memberships(in[o.ID]); err != nil {
			return err
		}
		if err := x.write(line{Type: "user", User: u}); err != nil {
			return err
		}
	}
	return nil
}

// user is a person as the format states one. Theirs are the addresses of people who are not gone.
func (x *exporting) user(o directory.Object, p workspace.Profile, r directory.Record, theirs map[string]bool) (*user, error) {
	u := &user{}
	if p.More != "" {
		if err := json.Unmarshal([]byte(p.More), u); err != nil {
			return nil, err
		}
	}
	name, err := x.named(o)
	if err != nil {
		return nil, err
	}
	mail := x.address(o, name, theirs)
	u.Username, u.Email, u.Roles = &name, &mail, unlessZero(p.Roles)
	u.FirstName, u.LastName = x.cut(o.Attrs.First("givenName"), 64), x.cut(o.Attrs.First("familyName"), 64)
	u.Nickname, u.Position = x.cut(o.Attrs.First("nickname"), 64), x.cut(o.Attrs.First("title"), 128)
	u.AuthService, u.AuthData = unlessZero(r.Attrs.First("auth_service")), unlessZero(r.Attrs.First("auth_data"))
	switch {
	case o.State == directory.Active:
		u.DeleteAt = nil
	case value(u.DeleteAt) == 0:
		u.DeleteAt = unlessZero(milliseconds(o.Since))
	}
	u.ProfileImage, err = x.attach(p.Picture)
	return u, err
}

// memberships are where somebody is a member, by name.
func (x *exporting) memberships(members []workspace.Member) ([]userTeam, error) {
	teams := map[directory.ID]*userTeam{}
	var order []*userTeam
	for _, m := range members {
		if p, ok := x.places[m.Place]; ok && p.Kind == workspace.Team && m.State == workspace.Present {
			more, err := moreOf(m)
			if err != nil {
				return nil, err
			}
			t := &userTeam{Name: &p.Name, Roles: unlessZero(m.Roles), Theme: more.Theme}
			teams[p.ID], order = t, append(order, t)
		}
	}
	for _, m := range members {
		p := x.places[m.Place]
		t := teams[p.Team]
		if t == nil || m.State != workspace.Present {
			continue
		}
		more, err := moreOf(m)
		if err != nil {
			return nil, err
		}
		t.Channels = append(t.Channels, userChannel{Name: &p.Name, Roles: unlessZero(m.Roles), Favorite: more.Favorite, NotifyProps: more.NotifyProps, counters: more.counters})
	}
	slices.SortFunc(order, func(a, b *userTeam) int { return cmp.Compare(*a.Name, *b.Name) })
	var out []userTeam
	for _, t := range order {
		slices.SortFunc(t.Channels, func(a, b userChannel) int { return cmp.Compare(*a.Name, *b.Name) })
		out = append(out, *t)
	}
	return out, nil
}

func moreOf(m workspace.Member) (more memberMore, err error) {
	if m.More != "" {
		err = json.Unmarshal([]byte(m.More), &more)
	}
	return more, err
}

// nameOf is the username of a person or bot.
func (x *exporting) nameOf(id directory.ID) (string, error) {
	if b, ok := x.bots[id]; ok {
		return b.Username, nil
	}
	if name, ok := x.names[id]; ok {
		return name, nil
	}
	o, err := x.r.Object(x.ctx, id)
	if err != nil {
		return "", err
	}
	return x.named(o)
}
