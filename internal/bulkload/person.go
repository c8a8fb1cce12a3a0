package bulkload

import (
	"context"
	"maps"
	"strings"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/source"
	"muster/internal/workspace"
)

// keyOf is the key of a user for package ingest: a username means somebody only together with where it is from.
func (w *loading) keyOf(username string) string {
	return w.o.From + "/" + strings.ToLower(username)
}

func cutKey(key string) (from, username string) {
	from, username, _ = strings.Cut(key, "/")
	return from, username
}

// people lets users in through package ingest. What a line does not say stays as an earlier one said it.
func (w *loading) people(ctx context.Context, p piece) error {
	keys := make([]string, len(p))
	for i, e := range p {
		keys[i] = w.keyOf(*e.User.Username)
	}
	var known []directory.Record
	err := w.Store.View(ctx, func(r directory.Reader) (err error) {
		known, err = r.Records(ctx, Source, keys)
		return err
	})
	if err != nil {
		return err
	}
	have := named(known, func(r directory.Record) string { return r.Key })
	records := map[string]source.Record{}
	for i, e := range p {
		was := have[keys[i]]
		if earlier, again := records[keys[i]]; again {
			was.Attrs, was.Disabled = earlier.Attrs, earlier.Disabled
		}
		records[keys[i]] = personOf(keys[i], e.User, was)
	}
	var batch source.Batch
	for _, r := range records {
		batch.Records = append(batch.Records, r)
	}
	return w.door.Take(ctx, batch)
}

// personOf is a user as a record.
func personOf(key string, u *user, was directory.Record) source.Record {
	set := attr.Set{}
	maps.Copy(set, was.Attrs)
	for name, v := range map[attr.Path]*string{
		"first_name": u.FirstName, "last_name": u.LastName, "nickname": u.Nickname, "position": u.Position, "auth_service": u.AuthService, "auth_data": u.AuthData,
	} {
		if v != nil {
			set[name] = attr.Values{*v}
		}
	}
	set["username"] = attr.Values{strings.ToLower(*u.Username)}
	set["email"] = attr.Values{strings.ToLower(strings.TrimSpace(*u.Email))}
	disabled := was.Disabled
	if u.DeleteAt != nil {
		disabled = *u.DeleteAt != 0
	}
	return source.Record{Kind: source.Person, Key: source.Key(key), Base: "users", Name: *u.Username, Attrs: set, Disabled: disabled}
}

// counted counts the people of a piece, who are in already.
func (b *brought) counted(p piece) error {
	who, err := b.who(namesOf(p, func(e *entry) []string { return []string{*e.User.Username} }))
	if err != nil {
		return err
	}
	for _, e := range p {
		if who.id(*e.User.Username) == "" {
			b.count("person", "waiting")
		} else {
			b.count("person", "there")
		}
	}
	return nil
}

func namesOf(p piece, of func(*entry) []string) []string {
	var out []string
	for _, e := range p {
		out = append(out, of(e)...)
	}
	return out
}

// A crowd are people and bots by lower-case username.
type crowd map[string]directory.ID

func (c crowd) id(username string) directory.ID { return c[strings.ToLower(username)] }

// who finds people by the usernames of where the file is from, else by those here, else bots.
func (b *brought) who(usernames []string) (crowd, error) {
	out := crowd{}
	keys := make([]string, len(usernames))
	for i, name := range usernames {
		keys[i] = b.keyOf(name)
	}
	marks, err := b.tx.Marks(b.ctx, Source, keys)
	if err != nil {
		return nil, err
	}
	loaded := map[string]bool{}
	for _, m := range marks {
		_, name := cutKey(m.Key)
		loaded[name] = true
		if m.Object != "" {
			out[name] = m.Object
		} else {
			b.met[name] = true
		}
	}
	var rest []string
	for _, name := range usernames {
		if name = strings.ToLower(name); !loaded[name] {
			rest = append(rest, name)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	people, err := b.tx.ObjectsByHandle(b.ctx, directory.Person, rest)
	if err != nil {
		return nil, err
	}
	bots, err := b.space().Bots(b.ctx, rest)
	if err != nil {
		return nil, err
	}
	for _, bot := range bots {
		out[bot.Username] = bot.ID
	}
	for _, o := range people {
		out[strings.ToLower(o.Handle())] = o.ID
	}
	return out, nil
}

// profiles writes what the workspace keeps of users, and where they are members.
func (b *brought) profiles(p piece) error {
	who, err := b.who(namesOf(p, func(e *entry) []string { return []string{*e.User.Username} }))
	if err != nil {
		return err
	}
	var ids []directory.ID
	need := places{}
	for _, e := range p {
		if id := who.id(*e.User.Username); id != "" {
			ids = append(ids, id)
		}
		for _, t := range e.User.Teams {
			need.want(*t.Name, workspace.FirstChannel)
			for _, c := range t.Channels {
				need.want(*t.Name, *c.Name)
			}
		}
	}
	if err := b.find(need); err != nil {
		return err
	}
	known, err := b.space().Profiles(b.ctx, ids)
	if err != nil {
		return err
	}
	have := named(known, func(p workspace.Profile) directory.ID { return p.Person })
	members, err := b.joining(ids)
	if err != nil {
		return err
	}
	var put []workspace.Profile
	for _, e := range p {
		id := who.id(*e.User.Username)
		if id == "" {
			b.count("profile", "waiting")
			continue
		}
		is, err := profileOf(id, e, have[id])
		if err != nil {
			return err
		}
		made := outcome(have[id], is)
		b.count("profile", made)
		if made != "unchanged" {
			put = append(put, is)
		}
		have[id] = is
		if err := members.join(e.User, id, need); err != nil {
			return err
		}
	}
	if err := b.space().PutProfiles(b.ctx, put...); err != nil {
		return err
	}
	return b.space().PutMembers(b.ctx, members.put...)
}

// profileOf is what the workspace keeps of a user.
func profileOf(id directory.ID, e *entry, was workspace.Profile) (workspace.Profile, error) {
	is := was
	is.Person = id
	over(&is.Roles, e.User.Roles)
	if f := e.files[value(e.User.ProfileImage)]; f.Hash != "" {
		is.Picture = f
	}
	rest := *e.User
	rest.Username, rest.Email, rest.AuthService, rest.AuthData, rest.Password, rest.Roles, rest.ProfileImage, rest.Teams = nil, nil, nil, nil, nil, nil, nil, nil
	rest.FirstName, rest.LastName, rest.Nickname, rest.Position = nil, nil, nil, nil
	var err error
	is.More, err = merged(was.More, rest)
	return is, err
}
