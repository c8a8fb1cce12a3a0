package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"

	"muster/internal/directory"
	"muster/internal/erase"
)

type (
	eraseReader struct{ *session }
	eraseTx     struct{ eraseReader }
)

var _ erase.Tx = eraseTx{}

// EraseReader returns the reading half of package erase's contract.
func (r reader) EraseReader() erase.Reader { return eraseReader(r) }

// EraseTx returns package erase's contract.
func (t tx) EraseTx() erase.Tx { return eraseTx{eraseReader{t.session}} }

const erasureSelect = "select person, who, heir, asked, done, step, place, names, removed, waits, kept from erasure "

func scanErasure(rows *sql.Rows, e *erase.Erasure) error {
	var asked, done int64
	var names, removed, waits, kept string
	if err := rows.Scan(&e.Person, &e.By, &e.Heir, &asked, &done, &e.Step, &e.Place, &names, &removed, &waits, &kept); err != nil {
		return err
	}
	e.Asked, e.Done = moment(asked), moment(done)
	for _, f := range []struct {
		text string
		into any
	}{{names, &e.Names}, {removed, &e.Removed}, {waits, &e.Waits}, {kept, &e.Kept}} {
		if err := decode(f.text, f.into); err != nil {
			return err
		}
	}
	return nil
}

// Erasure implements erase.Reader.
func (r eraseReader) Erasure(ctx context.Context, person directory.ID) (erase.Erasure, error) {
	e, err := one(ctx, r.session, scanErasure, erasureSelect+"where person = $1", person)
	if err != nil {
		return e, fmt.Errorf("deletion of %s: %w", person, err)
	}
	return e, nil
}

// Erasures implements erase.Reader.
func (r eraseReader) Erasures(ctx context.Context, all bool) ([]erase.Erasure, error) {
	where := "where done = 0 "
	if all {
		where = ""
	}
	return collect(ctx, r.session, scanErasure, erasureSelect+where+"order by asked, person")
}

// PutErasure implements erase.Tx.
func (t eraseTx) PutErasure(ctx context.Context, e erase.Erasure) error {
	_, err := t.exec(ctx, `insert into erasure (person, who, heir, asked, done, step, place, names, removed, waits, kept) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (person) do update set who = excluded.who, heir = excluded.heir, asked = excluded.asked, done = excluded.done, step = excluded.step, place = excluded.place,
		names = excluded.names, removed = excluded.removed, waits = excluded.waits, kept = excluded.kept`,
		e.Person, e.By, e.Heir, ms(e.Asked), ms(e.Done), e.Step, e.Place, encode(e.Names), encode(e.Removed), encode(e.Waits), encode(e.Kept))
	return err
}

// Loose implements erase.Reader.
func (r eraseReader) Loose(ctx context.Context, limit int) ([]string, error) {
	return collect(ctx, r.session, scanOne[string], "select hash from erasure_file f where "+unreferenced+" order by hash limit $1", limit)
}

const unreferenced = `not exists (select 1 from post_file p where p.hash = f.hash) and not exists (select 1 from profile p where p.hash = f.hash)
	and not exists (select 1 from bot b where b.hash = f.hash) and not exists (select 1 from definition d where d.hash = f.hash)`

// DropLoose implements erase.Tx.
func (t eraseTx) DropLoose(ctx context.Context, hashes []string) error {
	_, err := t.exec(ctx, "delete from erasure_file where "+t.d.member("hash", 1), ids(t.session, hashes))
	return err
}

// erasedAtOnce is about how many rows one transaction of an erasure touches.
const erasedAtOnce = 500

// An erasing is a part of an erasure, in a transaction.
type erasing struct {
	eraseTx
	ctx context.Context
	erase.Erasure
	limit int // rows that may be touched
}

// An erasureStep removes rows about somebody, at most the limit, and returns how many. It is at its end when these are none.
type erasureStep struct {
	what string // as it is counted; "" = it is not
	do   func(*erasing) (int, error)
}

// Remove implements erase.Tx. A transaction takes one step, or a part of one.
func (t eraseTx) Remove(ctx context.Context, e erase.Erasure) (erase.Erasure, error) {
	x := &erasing{eraseTx: t, ctx: ctx, Erasure: e, limit: erasedAtOnce}
	for ; x.Step <= len(erasure); x.Step++ {
		s := erasure[x.Step-1]
		n, err := s.do(x)
		if err != nil {
			return e, err
		}
		if n > 0 && s.what != "" {
			x.Removed = maps.Clone(x.Removed)
			if x.Removed == nil {
				x.Removed = map[string]int{}
			}
			x.Removed[s.what] += n
		}
		if n > 0 || x.Place != "" {
			return x.Erasure, nil
		}
	}
	x.Step, x.Place = erase.Steps, ""
	return x.Erasure, nil
}

// erasure is what is removed of somebody, in this order: first what names them, while it is known how; last what says who they were.
var erasure = []erasureStep{
	{"texts that named them", (*erasing).texts},
	{"", (*erasing).acts},
	{"sessions", rowsOf("session", "hash", "person = $1")},
	{"", rowsOf("sign_in_code", "hash", "person = $1")},
	{"", rowsOf("invitation", "hash", "person = $1")},
	{"passwords", rowsOf("password", "person", "person = $1")},
	{"tokens", rowsOf("token", "id", "person = $1")},
	{"roles", rowsOf("role_grant", "person, role", "person = $1")},
	{"messages to them", rowsOf("outbox", "id", "person = $1")},
	{"", rowsOf("hook_told", "hook, object", "object = $1")},
	{"direct channels", (*erasing).directChannels},
	{"", (*erasing).threads},
	{"posts", (*erasing).posts},
	{"reactions and marks", rowsOf("post_mark", "post, kind, person, name", "person = "+nodeOf(1))},
	{"memberships", rowsOf("place_member", "place, person", "person = "+nodeOf(1))},
	{"profiles", (*erasing).profile},
	{"", (*erasing).bots},
	{"group memberships", (*erasing).groups},
	{"", rowsOf("resource_value", "attr, value, res, elem", "res in (select n from resource where object = $1)")},
	{"", (*erasing).resources},
	{"", rowsOf("reference", "source, key, name, towards", "(source, key) in (select source, key from record where object = $1 and object <> '')")},
	{"records", (*erasing).records},
	{"", rowsOf("waiting", "target, object, member", "object = $1 or member = $1")},
	{"", rowsOf("drift", "target, object, field, member, other", "object = $1 or member = $1")},
	{"", rowsOf("stop_order", "target, object, account", "object = $1")},
	{"", (*erasing).memberships},
	{"", (*erasing).observed},
	{"links", (*erasing).links},
	{"", blank("link_claim", "target, kind, remote, object, what", "reason = ''", "object = $1 and reason <> ''")},
	{"remote writes", blank("journal", "seq", "was = '', want = '', answer = ''", "object = $1 and (was <> '' or want <> '' or answer <> '')")},
	{"intervals", blank("span", "target, object, what, member, since", "cause = ''", "object = "+nodeOf(1)+" and cause <> ''")},
	{"lines of plans", (*erasing).lines},
	{"people", (*erasing).object},
}

// rowsOf deletes rows of a table, found by a condition on the person, $1.
func rowsOf(table, key, where string) func(*erasing) (int, error) {
	return func(x *erasing) (int, error) {
		return x.run("delete from "+table+" where ("+key+") in (select "+key+" from "+table+" where "+where+" limit $2)", x.Person, x.limit)
	}
}

// blank empties columns of rows of a table.
func blank(table, key, set, where string) func(*erasing) (int, error) {
	return func(x *erasing) (int, error) {
		return x.run("update "+table+" set "+set+" where ("+key+") in (select "+key+" from "+table+" where "+where+" limit $2)", x.Person, x.limit)
	}
}

func (x *erasing) run(text string, args ...any) (int, error) {
	n, err := x.exec(x.ctx, text, args...)
	return int(n), err
}
