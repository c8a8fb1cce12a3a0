// Package notify tells people and programs what happened: by mail and by signed webhooks, through an outbox that outlasts restarts.
//
// A message is written in the transaction of what it tells of, and sent later by a Sender: a mail server that is down delays messages, and neither loses one nor
// holds up whoever wrote it. A message may arrive twice, under the same id; what a webhook is told arrives in order. The package decides nothing about who is
// invited or what may be told: packages access and app do. Its Store is implemented by package store and proved by notifytest.
//
//	Put ─ commit ─▶ outbox ─ Sender: claim ▶ send ▶ settle        webhook: feed ─ Cut ─▶ outbox ─▶ …
package notify

import (
	"context"
	"errors"
	"time"

	"muster/internal/directory"
)

// A State is where a message stands.
type State string

// The states of a message.
const (
	Waiting State = "waiting" // to be sent, perhaps again
	Sent    State = "sent"    // the other side has taken it
	Refused State = "refused" // the other side will not have it, or it was tried for too long: it is not tried again by itself
	Dropped State = "dropped" // what it was about is over
)

// Mail is the channel of mails. That of a webhook is HookChannel.
const Mail = "mail"

// HookChannel is the channel of the webhook called name.
func HookChannel(name string) string { return "hook:" + name }

// A Message is one thing to be told to one receiver.
type Message struct {
	ID       string // made by New; it names the mail, or the delivery, for ever
	Channel  string
	Kind     string       // what it tells
	To       string       // the address of a mail
	Person   directory.ID // whom it is about, "" = nobody
	Body     string       // what is needed to write it; no secret
	State    State
	Created  time.Time
	Next     time.Time // not to be tried before
	Attempts int
	Answer   string // to the last attempt; "" = there was none, or it was taken
	Ended    time.Time
}

// New returns a message that waits.
func New(channel, kind string, now time.Time) Message {
	return Message{ID: string(directory.NewID()), Channel: channel, Kind: kind, State: Waiting, Created: now, Next: now}
}

// Where the store remembers the newest of the ended memberships that it has forgotten: who reads the feed from before that has missed some.
const (
	FeedAnchor   = "feed"
	PrunedAnchor = "pruned"
)

// A Query asks for messages; empty fields match everything.
type Query struct {
	Channel string
	State   State
	Person  directory.ID
	To      string
	Since   time.Time // created then or later
	Limit   int       // 0 = 100
}

// A Backlog is how a channel stands.
type Backlog struct {
	Waiting int
	Refused int
	Oldest  time.Time // of those that wait
}

// A Cursor is how far a webhook was told of the feed.
type Cursor struct {
	Hook    string
	After   directory.Rev
	Started time.Time // what was there before is not told as created
}

// A Reader reads the outbox. A message or cursor that is not there is directory.ErrNotFound.
type Reader interface {
	Message(ctx context.Context, id string) (Message, error)
	// Messages returns what a query finds, the newest first.
	Messages(ctx context.Context, q Query) ([]Message, error)
	// Due returns messages of a channel that wait and may be tried now, the oldest try first.
	Due(ctx context.Context, channel string, now time.Time, limit int) ([]Message, error)
	// First returns the oldest message of a channel that waits, whether it may be tried now or not.
	First(ctx context.Context, channel string) (Message, error)
	// Backlog returns how a channel stands.
	Backlog(ctx context.Context, channel string) (Backlog, error)
	Cursor(ctx context.Context, hook string) (Cursor, error)
	// Told returns in which state a webhook was last told of objects; of which it was told nothing is not in it.
	Told(ctx context.Context, hook string, ids []directory.ID) (map[directory.ID]directory.State, error)
	// ChangedBy returns who changed objects last. Whom nobody knows of any more is not in it.
	ChangedBy(ctx context.Context, ids []directory.ID) (map[directory.ID]directory.Actor, error)
}

// A Tx also writes.
type Tx interface {
	Reader
	// Put inserts or replaces messages by ID.
	Put(ctx context.Context, messages ...Message) error
	// Claim counts an attempt and keeps others from trying the message before until. If it is not as it was read, it is directory.ErrConflict.
	Claim(ctx context.Context, m Message, until time.Time) (Message, error)
	// PutCursor sets how far a webhook was told. Memberships that ended stay known until every webhook was told.
	PutCursor(ctx context.Context, c Cursor) error
	// DropCursor forgets a webhook: its cursor, what it was told, and what waits for it.
	DropCursor(ctx context.Context, hook string) error
	Cursors(ctx context.Context) ([]Cursor, error)
	PutTold(ctx context.Context, hook string, states map[directory.ID]directory.State) error
	// ForgetTold makes a webhook one that was told of nobody.
	ForgetTold(ctx context.Context, hook string) error
	// Sweep removes messages that ended before then, those that were refused too, at most limit, and returns how many.
	Sweep(ctx context.Context, before time.Time, limit int) (int, error)
}

// In returns the contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ NotifyTx() Tx }).NotifyTx() }

// Of returns the reading half of the contract of r.
func Of(r directory.Reader) Reader {
	return r.(interface{ NotifyReader() Reader }).NotifyReader()
}

// A RefusedError is an answer after which trying again has no use: an address that does not exist.
type RefusedError struct{ Answer string }

func (e *RefusedError) Error() string { return e.Answer }

// A LaterError is an answer that asks for time, or a channel that cannot be reached at all: the others wait with it.
type LaterError struct {
	Wait time.Duration // 0 = as usual
	Err  error
}

func (e *LaterError) Error() string { return e.Err.Error() }

func (e *LaterError) Unwrap() error { return e.Err }

// ErrOver says that what a message was about is over: it is dropped.
var ErrOver = errors.New("what this was about is over")
