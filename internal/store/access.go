package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/access"
	"muster/internal/directory"
)

// Grants implements access.Reader.
func (r accessReader) Grants(ctx context.Context, person directory.ID) ([]access.Grant, error) {
	return collect(ctx, r.session, func(rows *sql.Rows, g *access.Grant) error {
		var at int64
		err := rows.Scan(&g.Person, &g.Role, &g.By, &at)
		g.At = moment(at)
		return err
	}, "select person, role, who, at_ms from role_grant where $1 = '' or person = $1 order by person, role", person)
}

// Roles implements access.Reader.
func (r accessReader) Roles(ctx context.Context, person directory.ID) ([]access.Role, error) {
	return collect(r.calm(ctx), r.session, scanOne[access.Role], "select distinct role from role_grant where person = $1 or person in"+
		" (select g.id from node m cross join edge e cross join node g where m.id = $1 and e.member = m.n and not e.removed and g.n = e.grp) order by role", person)
}

// PutGrant implements access.Tx.
func (t accessTx) PutGrant(ctx context.Context, g access.Grant) error {
	_, err := t.exec(ctx, `insert into role_grant (person, role, who, at_ms) values ($1, $2, $3, $4)
		on conflict (person, role) do update set who = excluded.who, at_ms = excluded.at_ms`, g.Person, g.Role, g.By, ms(g.At))
	return err
}

// DropGrant implements access.Tx.
func (t accessTx) DropGrant(ctx context.Context, person directory.ID, role access.Role) error {
	_, err := t.exec(ctx, "delete from role_grant where person = $1 and role = $2", person, role)
	return err
}

const tokenColumns = "id, person, name, hash, epoch, created, expires, last_used, revoked, source, profile"

func scanToken(rows *sql.Rows, t *access.Token) error {
	var created, expires, used int64
	err := rows.Scan(&t.ID, &t.Person, &t.Name, &t.Hash, &t.Epoch, &created, &expires, &used, &t.Revoked, &t.Use.Source, &t.Use.Profile)
	t.Created, t.Expires, t.LastUsed = moment(created), moment(expires), moment(used)
	return err
}

// Token implements access.Reader.
func (r accessReader) Token(ctx context.Context, id string) (access.Token, error) {
	t, err := one(r.calm(ctx), r.session, scanToken, "select "+tokenColumns+" from token where id = $1", id)
	if err != nil {
		return t, fmt.Errorf("token %s: %w", id, err)
	}
	return t, nil
}

// Tokens implements access.Reader.
func (r accessReader) Tokens(ctx context.Context, person directory.ID) ([]access.Token, error) {
	return collect(ctx, r.session, scanToken, "select "+tokenColumns+" from token where $1 = '' or person = $1 order by id", person)
}

// PutToken implements access.Tx.
func (t accessTx) PutToken(ctx context.Context, v access.Token) error {
	_, err := t.exec(ctx, "insert into token ("+tokenColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (id) do update set person = excluded.person, name = excluded.name, hash = excluded.hash, epoch = excluded.epoch,
		created = excluded.created, expires = excluded.expires, last_used = excluded.last_used, revoked = excluded.revoked, source = excluded.source,
		profile = excluded.profile`,
		v.ID, v.Person, v.Name, v.Hash, v.Epoch, ms(v.Created), ms(v.Expires), ms(v.LastUsed), v.Revoked, v.Use.Source, v.Use.Profile)
	return err
}
