package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

const orderColumns = "target, object, account, name, who, reason, at_ms, named, through, state, remote, code, answer, attempts, next, confirmed"

func scanOrder(rows *sql.Rows, o *link.Order) error {
	var at, next, confirmed int64
	err := rows.Scan(&o.Target, &o.Object, &o.Account, &o.Name, &o.By, &o.Reason, &at, &o.Named, &o.Through, &o.State, &o.Remote, &o.Code, &o.Answer,
		&o.Attempts, &next, &confirmed)
	o.At, o.Next, o.Confirmed = moment(at), moment(next), moment(confirmed)
	return err
}

// Orders implements link.OrderReader.
func (r linkReader) Orders(ctx context.Context, target string, objects []directory.ID) ([]link.Order, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanOrder, "select "+orderColumns+" from stop_order where target = $1 and object <> '' and "+r.d.member("object", 2),
		target, ids(r.session, objects))
}

// OrdersOn implements link.OrderReader.
func (r linkReader) OrdersOn(ctx context.Context, target string, accounts []connector.RemoteID) ([]link.Order, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanOrder, "select "+orderColumns+" from stop_order where target = $1 and object = '' and "+r.d.member("account", 2),
		target, ids(r.session, accounts))
}

// DueOrders implements link.OrderReader.
func (r linkReader) DueOrders(ctx context.Context, target string, now time.Time, limit int) ([]link.Order, error) {
	return collect(ctx, r.session, scanOrder, "select "+orderColumns+` from stop_order where target = $1 and state in ('open', 'reopen') and next <= $2
		order by at_ms, object, account limit $3`, target, ms(now), atMost(limit))
}

// OrdersIn implements link.OrderReader.
func (r linkReader) OrdersIn(ctx context.Context, target string, in []link.OrderState, limit int) ([]link.Order, error) {
	return collect(ctx, r.session, scanOrder, "select "+orderColumns+" from stop_order where target = $1 and "+r.d.member("state", 3)+
		" order by at_ms desc, object, account limit $2", target, atMost(limit), ids(r.session, in))
}

type orderKey struct {
	target  string
	object  directory.ID
	account connector.RemoteID
}

// PutOrders implements link.OrderTx.
func (t linkTx) PutOrders(ctx context.Context, orders ...link.Order) error {
	orders = last(orders, func(o link.Order) orderKey { return orderKey{o.Target, o.Object, o.Account} })
	_, err := bulk(ctx, t.session, make(table, 16), "insert into stop_order ("+orderColumns+")",
		` on conflict (target, object, account) do update set name = excluded.name, who = excluded.who, reason = excluded.reason, at_ms = excluded.at_ms,
		named = excluded.named, through = excluded.through, state = excluded.state, remote = excluded.remote, code = excluded.code,
		answer = excluded.answer, attempts = excluded.attempts, next = excluded.next, confirmed = excluded.confirmed`,
		orders, func(o link.Order, a []any) []any {
			return append(a, o.Target, string(o.Object), string(o.Account), o.Name, o.By, o.Reason, ms(o.At), o.Named, o.Through, string(o.State),
				string(o.Remote), o.Code, o.Answer, o.Attempts, ms(o.Next), ms(o.Confirmed))
		})
	if err != nil {
		return fmt.Errorf("put orders: %w", err)
	}
	return nil
}

// DropOrders implements link.OrderTx.
func (t linkTx) DropOrders(ctx context.Context, orders ...link.Order) error {
	for _, o := range orders {
		if _, err := t.exec(ctx, "delete from stop_order where target = $1 and object = $2 and account = $3", o.Target, string(o.Object), string(o.Account)); err != nil {
			return fmt.Errorf("drop order: %w", err)
		}
	}
	return nil
}
