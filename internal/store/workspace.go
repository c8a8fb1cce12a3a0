package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muster/internal/directory"
	"muster/internal/workspace"
)

type (
	workspaceReader struct{ *session }
	workspaceTx     struct{ workspaceReader }
)

var _ workspace.Tx = workspaceTx{}

// WorkspaceReader returns the reading half of package workspace's contract.
func (r reader) WorkspaceReader() workspace.Reader { return workspaceReader(r) }

// WorkspaceTx returns package workspace's contract.
func (t tx) WorkspaceTx() workspace.Tx { return workspaceTx{workspaceReader{t.session}} }

const placeSelect = `select pn.id, p.kind, coalesce(tn.id, ''), p.name, p.title, p.purpose, p.header, p.scheme, p.open, p.joinable, p.managed, p.created, p.updated, p.archived
	from place p join node pn on pn.n = p.n left join node tn on tn.n = p.team `

func scanPlace(rows *sql.Rows, p *workspace.Place) error {
	var created, updated, archived int64
	err := rows.Scan(&p.ID, &p.Kind, &p.Team, &p.Name, &p.Title, &p.Purpose, &p.Header, &p.Scheme, &p.Open, &p.Joinable, &p.Managed, &created, &updated, &archived)
	p.Created, p.Updated, p.Archived = moment(created), moment(updated), moment(archived)
	return err
}

// Place implements workspace.Reader.
func (r workspaceReader) Place(ctx context.Context, id directory.ID) (workspace.Place, error) {
	p, err := one(ctx, r.session, scanPlace, placeSelect+"where p.n = "+nodeOf(1), id)
	if err != nil {
		return p, fmt.Errorf("place %s: %w", id, err)
	}
	return p, nil
}

// PlacesByName implements workspace.Reader.
func (r workspaceReader) PlacesByName(ctx context.Context, team directory.ID, names []string) ([]workspace.Place, error) {
	if len(names) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanPlace, placeSelect+"where p.team = coalesce("+nodeOf(1)+", 0) and "+r.d.member("p.name", 2), team, ids(r.session, names))
}

// ListPlaces implements workspace.Reader.
func (r workspaceReader) ListPlaces(ctx context.Context, q workspace.PlaceQuery) ([]workspace.Place, error) {
	return collect(ctx, r.session, scanPlace, placeSelect+"where "+r.d.member("p.kind", 1)+" and ($2 = '' or tn.id = $2) and p.n > coalesce("+nodeOf(3)+", 0) order by p.n limit $4",
		ids(r.session, q.Kinds), q.Team, q.After, atMost(q.Limit))
}

// FindPlaces implements workspace.Reader. Of titles, letters without accents are found in either case.
func (r workspaceReader) FindPlaces(ctx context.Context, q workspace.PlaceSearch) ([]workspace.Place, error) {
	args := []any{q.Team, ids(r.session, q.Kinds), q.After, atMost(q.Limit)}
	text := placeSelect + "where p.team = coalesce(" + nodeOf(1) + ", 0) and " + r.d.member("p.kind", 2) + " and p.name > $3"
	if q.Text != "" {
		like := "%" + escapeLike.Replace(q.Text) + "%"
		text += ` and (p.name like $5 escape '\' or p.title like $6 escape '\' or lower(p.title) like $5 escape '\')`
		args = append(args, fold(like), like)
	}
	return collect(ctx, r.session, scanPlace, text+" order by p.name limit $4", args...)
}

// PutPlaces implements workspace.Tx.
func (t workspaceTx) PutPlaces(ctx context.Context, places ...workspace.Place) error {
	places = last(places, func(p workspace.Place) directory.ID { return p.ID })
	names := make([]string, 0, 2*len(places))
	for _, p := range places {
		names = append(names, string(p.ID), string(p.Team))
	}
	n, err := t.numbers(ctx, names)
	if err != nil {
		return err
	}
	columns := table{"bigint", "", "bigint", "", "", "", "", "", "boolean", "boolean", "boolean", "bigint", "bigint", "bigint"}
	_, err = bulk(ctx, t.session, columns, "insert into place (n, kind, team, name, title, purpose, header, scheme, open, joinable, managed, created, updated, archived)",
		` on conflict (n) do update set kind = excluded.kind, team = excluded.team, name = excluded.name, title = excluded.title, purpose = excluded.purpose, header = excluded.header,
		scheme = excluded.scheme, open = excluded.open, joinable = excluded.joinable, managed = excluded.managed, created = excluded.created, updated = excluded.updated,
		archived = excluded.archived`,
		places, func(p workspace.Place, a []any) []any {
			return append(a, n[string(p.ID)], string(p.Kind), n[string(p.Team)], p.Name, p.Title, p.Purpose, p.Header, p.Scheme, p.Open, p.Joinable, p.Managed, ms(p.Created),
				ms(p.Updated), ms(p.Archived))
		})
	return t.conflict(err)
}

// conflict says directory.ErrConflict of a unique value that is taken.
func (t workspaceTx) conflict(err error) error {
	if t.taken(err) && !errors.Is(err, directory.ErrConflict) {
		return fmt.Errorf("%w: %w", directory.ErrConflict, err)
	}
	return err
}

const memberSelect = `select pl.id, pe.id, m.roles, m.via, m.state, m.since, m.more from place_member m join node pl on pl.n = m.place join node pe on pe.n = m.person `

func scanMember(rows *sql.Rows, m *workspace.Member) error {
	var since int64
	err := rows.Scan(&m.Place, &m.Person, &m.Roles, &m.Via, &m.State, &since, &m.More)
	m.Since = moment(since)
	return err
}

// Members implements workspace.Reader.
func (r workspaceReader) Members(ctx context.Context, place, after directory.ID, limit int) ([]workspace.Member, error) {
	return collect(ctx, r.session, scanMember, memberSelect+"where m.place = "+nodeOf(1)+" and m.person > coalesce("+nodeOf(2)+", 0) order by m.person limit $3",
		place, after, atMost(limit))
}

// CountMembers implements workspace.Reader.
func (r workspaceReader) CountMembers(ctx context.Context, place directory.ID) (int, error) {
	return one(ctx, r.session, scanOne[int], "select count(*) from place_member where place = "+nodeOf(1)+" and state = $2", place, workspace.Present)
}

// MembersOf implements workspace.Reader.
func (r workspaceReader) MembersOf(ctx context.Context, people []directory.ID) ([]workspace.Member, error) {
	if len(people) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanMember, memberSelect+"where "+r.d.nodesIn("m.person", 1)+" order by m.person, m.place", ids(r.session, people))
}

// PutMembers implements workspace.Tx.
func (t workspaceTx) PutMembers(ctx context.Context, members ...workspace.Member) error {
	type key struct{ place, person directory.ID }
	members = last(members, func(m workspace.Member) key { return key{m.Place, m.Person} })
	names := make([]string, 0, 2*len(members))
	for _, m := range members {
		names = append(names, string(m.Place), string(m.Person))
	}
	n, err := t.numbers(ctx, names)
	if err != nil {
		return err
	}
	_, err = bulk(ctx, t.session, table{"bigint", "bigint", "", "", "", "bigint", ""}, "insert into place_member (place, person, roles, via, state, since, more)",
		" on conflict (place, person) do update set roles = excluded.roles, via = excluded.via, state = excluded.state, since = excluded.since, more = excluded.more",
		members, func(m workspace.Member, a []any) []any {
			return append(a, n[string(m.Place)], n[string(m.Person)], m.Roles, string(m.Via), string(m.State), ms(m.Since), m.More)
		})
	return err
}

// Profiles implements workspace.Reader.
func (r workspaceReader) Profiles(ctx context.Context, people []directory.ID) ([]workspace.Profile, error) {
	if len(people) == 0 {
		return nil, nil
	}
	scan := func(rows *sql.Rows, p *workspace.Profile) error {
		return rows.Scan(&p.Person, &p.Roles, &p.More, &p.Picture.Hash, &p.Picture.Name, &p.Picture.Size)
	}
	return collect(ctx, r.session, scan, "select pe.id, p.roles, p.more, p.hash, p.name, p.size from profile p join node pe on pe.n = p.person where "+
		r.d.nodesIn("p.person", 1)+" order by p.person", ids(r.session, people))
}

// PutProfiles implements workspace.Tx.
func (t workspaceTx) PutProfiles(ctx context.Context, profiles ...workspace.Profile) error {
	profiles = last(profiles, func(p workspace.Profile) directory.ID { return p.Person })
	names := make([]string, 0, len(profiles))
	for _, p := range profiles {
		names = append(names, string(p.Person))
	}
	n, err := t.numbers(ctx, names)
	if err != nil {
		return err
	}
	_, err = bulk(ctx, t.session, table{"bigint", "", "", "", "", "bigint"}, "insert into profile (person, roles, more, hash, name, size)",
		" on conflict (person) do update set roles = excluded.roles, more = excluded.more, hash = excluded.hash, name = excluded.name, size = excluded.size",
		profiles, func(p workspace.Profile, a []any) []any {
			return append(a, n[string(p.Person)], p.Roles, p.More, p.Picture.Hash, p.Picture.Name, p.Picture.Size)
		})
	return err
}

// Bots implements workspace.Reader.
func (r workspaceReader) Bots(ctx context.Context, usernames []string) ([]workspace.Bot, error) {
	scan := func(rows *sql.Rows, b *workspace.Bot) error {
		var disabled int64
		err := rows.Scan(&b.ID, &b.Username, &b.Owner, &b.Title, &b.Description, &disabled, &b.Picture.Hash, &b.Picture.Name, &b.Picture.Size)
		b.Disabled = moment(disabled)
		return err
	}
	text := "select bn.id, b.username, coalesce(o.id, ''), b.title, b.description, b.disabled, b.hash, b.name, b.size from bot b join node bn on bn.n = b.n left join node o on o.n = b.owner"
	if usernames == nil {
		return collect(ctx, r.session, scan, text+" order by b.username")
	}
	return collect(ctx, r.session, scan, text+" where "+r.d.member("b.username", 1)+" order by b.username", ids(r.session, usernames))
}

// PutBots implements workspace.Tx.
func (t workspaceTx) PutBots(ctx context.Context, bots ...workspace.Bot) error {
	bots = last(bots, func(b workspace.Bot) directory.ID { return b.ID })
	names := make([]string, 0, 2*len(bots))
	for _, b := range bots {
		names = append(names, string(b.ID), string(b.Owner))
	}
	n, err := t.numbers(ctx, names)
	if err != nil {
		return err
	}
	_, err = bulk(ctx, t.session, table{"bigint", "", "bigint", "", "", "bigint", "", "", "bigint"},
		"insert into bot (n, username, owner, title, description, disabled, hash, name, size)",
		` on conflict (n) do update set username = excluded.username, owner = excluded.owner, title = excluded.title, description = excluded.description,
		disabled = excluded.disabled, hash = excluded.hash, name = excluded.name, size = excluded.size`,
		bots, func(b workspace.Bot, a []any) []any {
			return append(a, n[string(b.ID)], b.Username, n[string(b.Owner)], b.Title, b.Description, ms(b.Disabled), b.Picture.Hash, b.Picture.Name, b.Picture.Size)
		})
	return t.conflict(err)
}

// Definitions implements workspace.Reader.
func (r workspaceReader) Definitions(ctx context.Context, kind workspace.DefinitionKind) ([]workspace.Definition, error) {
	scan := func(rows *sql.Rows, d *workspace.Definition) error {
		return rows.Scan(&d.Kind, &d.Name, &d.Doc, &d.File.Hash, &d.File.Name, &d.File.Size)
	}
	return collect(ctx, r.session, scan, "select kind, name, doc, hash, file, size from definition where kind = $1 order by name", kind)
}

// PutDefinitions implements workspace.Tx.
func (t workspaceTx) PutDefinitions(ctx context.Context, definitions ...workspace.Definition) error {
	type key struct {
		kind workspace.DefinitionKind
		name string
	}
	definitions = last(definitions, func(d workspace.Definition) key { return key{d.Kind, d.Name} })
	_, err := bulk(ctx, t.session, table{"", "", "", "", "", "bigint"}, "insert into definition (kind, name, doc, hash, file, size)",
		" on conflict (kind, name) do update set doc = excluded.doc, hash = excluded.hash, file = excluded.file, size = excluded.size",
		definitions, func(d workspace.Definition, a []any) []any {
			return append(a, string(d.Kind), d.Name, d.Doc, d.File.Hash, d.File.Name, d.File.Size)
		})
	return err
}

func scanGroupLink(rows *sql.Rows, l *workspace.GroupLink) error {
	var since int64
	err := rows.Scan(&l.Group, &l.Place, &l.Admin, &l.By, &since)
	l.Since = moment(since)
	return err
}

// GroupLinks implements workspace.Reader.
func (r workspaceReader) GroupLinks(ctx context.Context, groups, places []directory.ID) ([]workspace.GroupLink, error) {
	text := "select g.id, p.id, l.admin, l.actor, l.since from group_place l join node g on g.n = l.grp join node p on p.n = l.place"
	const order = " order by l.place, l.grp"
	switch {
	case groups != nil:
		return collect(ctx, r.session, scanGroupLink, text+" where "+r.d.nodesIn("l.grp", 1)+order, ids(r.session, groups))
	case places != nil:
		return collect(ctx, r.session, scanGroupLink, text+" where "+r.d.nodesIn("l.place", 1)+order, ids(r.session, places))
	}
	return collect(ctx, r.session, scanGroupLink, text+order)
}

// PutGroupLink implements workspace.Tx.
func (t workspaceTx) PutGroupLink(ctx context.Context, l workspace.GroupLink) error {
	n, err := t.numbers(ctx, []string{string(l.Group), string(l.Place)})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `insert into group_place (grp, place, admin, actor, since) values ($1, $2, $3, $4, $5)
		on conflict (grp, place) do update set admin = excluded.admin, actor = excluded.actor, since = excluded.since`,
		n[string(l.Group)], n[string(l.Place)], l.Admin, l.By, ms(l.Since))
	return err
}

// DropGroupLink implements workspace.Tx.
func (t workspaceTx) DropGroupLink(ctx context.Context, group, place directory.ID) error {
	_, err := t.exec(ctx, "delete from group_place where grp = "+nodeOf(1)+" and place = "+nodeOf(2), group, place)
	return err
}
