package link

import (
	"context"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
)

// An OrderState is how far an order has got.
type OrderState string

// The states of an order.
const (
	Ordered OrderState = "open"   // to be closed; tried again at Next until the target confirms it
	Obeyed  OrderState = "closed" // the target was read back and says so
	Nobody  OrderState = "none"   // there is no account to close
	Reopen  OrderState = "reopen" // lifted, and the account is to be made active again: only of accounts that are nobody of ours
)

// An Order is an operator's word that an account be closed at one target. It stands until an operator lifts it; no source does. It is about a person
// (Object), or about an account that is nobody of ours (Account).
type Order struct {
	Target  string
	Object  directory.ID       // "" = Account is meant
	Account connector.RemoteID // "" = the account of Object, whatever it is
	Name    string             // of the person or account, as it was found
	By      string
	Reason  string
	At      time.Time
	Named   bool // the target was named; else the person was closed everywhere
	Through bool // past a pause of the target

	State     OrderState
	Remote    connector.RemoteID // the account that was closed, once known
	Code      string             // what it waits for, as in Waiting
	Answer    string             // what the target said last, cut and redacted
	Attempts  int
	Next      time.Time // of an order that is not obeyed: the next try
	Confirmed time.Time // when the target confirmed it
}

// OrderReader is the part of a Reader about orders.
type OrderReader interface {
	// Orders returns the orders about objects at a target, in any order.
	Orders(ctx context.Context, target string, objects []directory.ID) ([]Order, error)
	// OrdersOn returns the orders about accounts that are nobody of ours.
	OrdersOn(ctx context.Context, target string, accounts []connector.RemoteID) ([]Order, error)
	// DueOrders returns orders of a target, the oldest first, that are to be carried out and whose Next is not after now.
	DueOrders(ctx context.Context, target string, now time.Time, limit int) ([]Order, error)
	// OrdersIn returns the orders of a target that are in one of states, the latest given first.
	OrdersIn(ctx context.Context, target string, in []OrderState, limit int) ([]Order, error)
}

// OrderTx is the part of a Tx about orders.
type OrderTx interface {
	// PutOrders inserts or replaces orders by target, object and account.
	PutOrders(ctx context.Context, orders ...Order) error
	// DropOrders removes orders by target, object and account.
	DropOrders(ctx context.Context, orders ...Order) error
}

// LeaverReader is the part of a Reader about who should be closed. Pages are by target and object, after is exclusive, fewer than limit items mean the end.
type LeaverReader interface {
	// Unclosed returns links of people that are not known to be closed though something speaks for it: the person is not active or does not exist, the
	// removal was ordered and is not confirmed, the account of somebody who is not active was lost, or the person is known to be out of scope.
	Unclosed(ctx context.Context, target string, after directory.ID, limit int) ([]Link, error)
	// ClosedSince returns links of people that were confirmed closed at or after then.
	ClosedSince(ctx context.Context, target string, since time.Time, after directory.ID, limit int) ([]Link, error)
	// Remembered returns the names of all targets that were served and not forgotten since, or have orders.
	Remembered(ctx context.Context) ([]string, error)
}
