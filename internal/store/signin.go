package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// Session implements access.SignInReader.
func (r accessReader) Session(ctx context.Context, hash []byte) (access.Session, error) {
	s, err := one(ctx, r.session, func(rows *sql.Rows, s *access.Session) error {
		var created, used int64
		err := rows.Scan(&s.Hash, &s.Person, &s.Epoch, &created, &used, &s.Agent)
		s.Created, s.Used = moment(created), moment(used)
		return err
	}, "select hash, person, epoch, created, used, agent from session where hash = $1", hash)
	if err != nil {
		return s, fmt.Errorf("session: %w", err)
	}
	return s, nil
}

// Code implements access.SignInReader.
func (r accessReader) Code(ctx context.Context, hash []byte) (access.Code, error) {
	c, err := one(ctx, r.session, func(rows *sql.Rows, c *access.Code) error {
		var expires int64
		err := rows.Scan(&c.Hash, &c.Person, &c.Epoch, &expires)
		c.Expires = moment(expires)
		return err
	}, "select hash, person, epoch, expires from sign_in_code where hash = $1", hash)
	if err != nil {
		return c, fmt.Errorf("code: %w", err)
	}
	return c, nil
}

// Password implements access.SignInReader.
func (r accessReader) Password(ctx context.Context, person directory.ID) (access.Password, error) {
	p, err := one(ctx, r.session, func(rows *sql.Rows, p *access.Password) error {
		var set, failed int64
		err := rows.Scan(&p.Person, &p.Hash, &set, &p.Failures, &failed, &p.Loaded)
		p.Set, p.Failed = moment(set), moment(failed)
		return err
	}, "select person, hash, set_at, failures, failed_at, loaded <> 0 from password where person = $1", person)
	if err != nil {
		return p, fmt.Errorf("password of %s: %w", person, err)
	}
	return p, nil
}

// LastUse implements access.SignInReader.
func (r accessReader) LastUse(ctx context.Context, person directory.ID) (time.Time, error) {
	used, err := one(ctx, r.session, scanOne[int64], "select coalesce(max(used), 0) from session where person = $1", person)
	return moment(used), err
}

// PutSession implements access.SignInTx.
func (t accessTx) PutSession(ctx context.Context, s access.Session) error {
	_, err := t.exec(ctx, `insert into session (hash, person, epoch, created, used, agent) values ($1, $2, $3, $4, $5, $6)
		on conflict (hash) do update set used = excluded.used`, s.Hash, s.Person, s.Epoch, ms(s.Created), ms(s.Used), s.Agent)
	return err
}

// DropSession implements access.SignInTx.
func (t accessTx) DropSession(ctx context.Context, hash []byte) error {
	_, err := t.exec(ctx, "delete from session where hash = $1", hash)
	return err
}

// DropSessions implements access.SignInTx.
func (t accessTx) DropSessions(ctx context.Context, person directory.ID) error {
	_, err := t.exec(ctx, "delete from session where person = $1", person)
	return err
}

// PutCode implements access.SignInTx.
func (t accessTx) PutCode(ctx context.Context, c access.Code) error {
	_, err := t.exec(ctx, "insert into sign_in_code (hash, person, epoch, expires) values ($1, $2, $3, $4)", c.Hash, c.Person, c.Epoch, ms(c.Expires))
	return err
}

// DropCode implements access.SignInTx.
func (t accessTx) DropCode(ctx context.Context, hash []byte) error {
	n, err := t.exec(ctx, "delete from sign_in_code where hash = $1", hash)
	if err == nil && n == 0 {
		err = fmt.Errorf("code: %w", directory.ErrNotFound)
	}
	return err
}

// PutPassword implements access.SignInTx.
func (t accessTx) PutPassword(ctx context.Context, p access.Password) error {
	_, err := t.exec(ctx, `insert into password (person, hash, set_at, failures, failed_at, loaded) values ($1, $2, $3, $4, $5, $6)
		on conflict (person) do update set hash = excluded.hash, set_at = excluded.set_at, failures = excluded.failures, failed_at = excluded.failed_at,
			loaded = excluded.loaded`,
		p.Person, p.Hash, ms(p.Set), p.Failures, ms(p.Failed), flag(p.Loaded))
	return err
}

// Sweep implements access.SignInTx.
func (t accessTx) Sweep(ctx context.Context, began, used, now time.Time) error {
	if _, err := t.exec(ctx, "delete from session where created < $1 or used < $2", ms(began), ms(used)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "delete from invitation where expires < $1", ms(now)); err != nil {
		return err
	}
	_, err := t.exec(ctx, "delete from sign_in_code where expires < $1", ms(now))
	return err
}
