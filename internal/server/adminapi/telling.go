package adminapi

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/notify"
)

// The codes of problems of telling people and programs.
const (
	NoMail        = "no_mail"        // no mail server is configured
	MailFailed    = "mail_failed"    // the mail server did not take it
	NoAddress     = "no_address"     // the person has no email
	TooManyMails  = "too_many_mails" // an address was written to too often
	CursorExpired = "cursor_expired" // the feed does not reach back so far
)

// Telling is how Muster tells people and programs of what happened: mail, webhooks, and the feed that a program follows by itself.
type Telling interface {
	// TestMail sends a mail now and returns what came of it.
	TestMail(ctx context.Context, to string, by access.Caller) (MailTest, error)
	// Messages returns what is in the outbox, the newest first.
	Messages(ctx context.Context, q MessageQuery) ([]Message, error)
	// RetryMessage makes a message that waits or was refused be tried now.
	RetryMessage(ctx context.Context, id string, by access.Caller) (Message, error)
	// DropMessage ends a mail that waits or was refused: it is not sent any more.
	DropMessage(ctx context.Context, id string, by access.Caller) (Message, error)
	// Invite sends a person the mail by which they choose a password; with dry it only says whether that can be done.
	Invite(ctx context.Context, who string, dry bool, by access.Caller) (Message, error)
	// Webhooks returns the webhooks and how they stand.
	Webhooks(ctx context.Context) ([]Webhook, error)
	// TestWebhook sends a webhook a delivery without events, behind what waits for it.
	TestWebhook(ctx context.Context, name string, by access.Caller) (Message, error)
	// ReplayWebhook makes a webhook be told again of what changed after a place in the feed.
	ReplayWebhook(ctx context.Context, name, after string, by access.Caller) (Webhook, error)
	// Changes returns what changed after a place in the feed. With wait, it waits that long for a change if there is none.
	Changes(ctx context.Context, q ChangeQuery) (Changes, error)
}

// MailTest is what came of a test of the mail server.
type MailTest struct {
	To     string `json:"to"`
	Server string `json:"server"`
	TLS    string `json:"tls"`
	ID     string `json:"message_id"`
	Millis int64  `json:"millis"`
}

// MessageQuery asks for messages.
type MessageQuery struct {
	Channel string
	State   string
	Limit   int
}

// Message is a mail or a delivery, without what stands in it.
type Message struct {
	ID       string       `json:"id"`
	Channel  string       `json:"channel" doc:"mail, or hook: and the name of a webhook."`
	Kind     string       `json:"kind"`
	To       string       `json:"to,omitempty"`
	Person   directory.ID `json:"person,omitempty"`
	State    notify.State `json:"state"`
	Created  time.Time    `json:"created"`
	Next     time.Time    `json:"next,omitzero" doc:"When it is tried next."`
	Attempts int          `json:"attempts"`
	Answer   string       `json:"answer,omitempty" doc:"What the other side said last."`
	Ended    time.Time    `json:"ended,omitzero"`
}

// MessageView returns a message as it is shown.
func MessageView(m notify.Message) Message {
	v := Message{ID: m.ID, Channel: m.Channel, Kind: m.Kind, To: m.To, Person: m.Person, State: m.State, Created: m.Created, Attempts: m.Attempts, Answer: m.Answer, Ended: m.Ended}
	if m.State == notify.Waiting {
		v.Next = m.Next
	}
	return v
}

// Webhook is an address that is told of changes.
type Webhook struct {
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Events  []string `json:"events,omitempty" doc:"What it is told of; everything if left out."`
	State   string   `json:"state" enum:"idle,sending,retrying" doc:"idle: it was told everything; retrying: it does not take what waits."`
	Cursor  string   `json:"cursor,omitempty" doc:"How far in the feed it was told, or will have been when what waits is taken."`
	Waiting *Message `json:"waiting,omitempty" doc:"The delivery that it is to take next."`
}

// ChangeQuery asks for changes.
type ChangeQuery struct {
	After string
	Limit int
	Wait  time.Duration
}

// Changes is a page of the feed. Next is where the next one begins, even if this one is empty.
type Changes struct {
	Items []Changed `json:"items"`
	Next  string    `json:"next"`
	More  bool      `json:"more" doc:"There is more behind it already."`
}

// Changed is one change, with what the people and groups are called now. Fields are added, never renamed or taken away.
type Changed struct {
	notify.Event
	Name       string `json:"name,omitempty" doc:"Of the person or group; left out if they were deleted for good."`
	MemberName string `json:"member_name,omitempty"`
	GroupName  string `json:"group_name,omitempty"`
	By         string `json:"by,omitempty" doc:"Who changed the person or group last, as far as it is known: source:corp, operator:olivia."`
}

// Replay asks for a webhook to be told again.
type Replay struct {
	After string `json:"after,omitempty" doc:"A place in the feed; from the beginning if left out."`
}
