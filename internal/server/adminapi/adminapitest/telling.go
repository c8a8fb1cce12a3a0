package adminapitest

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/notify"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// TestMail reaches everybody but those at nowhere.
func (s *Service) TestMail(_ context.Context, to string, by access.Caller) (adminapi.MailTest, error) {
	if to == "nobody@example.com" {
		return adminapi.MailTest{}, &run.Problem{Code: adminapi.MailFailed, What: "the mail server did not take the test: 550 no such person"}
	}
	s.note(by, "test mail to %s", to)
	return adminapi.MailTest{To: to, Server: "smtp.example.com:587", TLS: "starttls", ID: "0001", Millis: 12}, nil
}

func refusedMail() adminapi.Message {
	return adminapi.Message{
		ID: "m1", Channel: notify.Mail, Kind: "invitation", To: "ada@example.com", State: notify.Refused, Created: Now, Attempts: 1, Answer: "550 no such person", Ended: Now,
	}
}

func lateDelivery() adminapi.Message {
	return adminapi.Message{ID: "d1", Channel: "hook:intranet", Kind: "changes", State: notify.Waiting, Created: Now, Next: Now.Add(time.Minute), Attempts: 3, Answer: "503"}
}

// Messages returns a mail that was refused, a delivery that waits, and one that arrived.
func (s *Service) Messages(_ context.Context, q adminapi.MessageQuery) ([]adminapi.Message, error) {
	var out []adminapi.Message
	for _, m := range []adminapi.Message{lateDelivery(), refusedMail(), {ID: "m0", Channel: notify.Mail, Kind: "invitation", To: "ben@example.com", State: notify.Sent, Created: Now, Attempts: 1, Ended: Now}} {
		if (q.State == "" || q.State == string(m.State)) && (q.Channel == "" || q.Channel == m.Channel) {
			out = append(out, m)
		}
	}
	return out, nil
}

// RetryMessage lets one wait again.
func (s *Service) RetryMessage(_ context.Context, id string, by access.Caller) (adminapi.Message, error) {
	if id != "m1" {
		return adminapi.Message{}, missing("message", id)
	}
	s.note(by, "retry %s", id)
	m := refusedMail()
	m.State = notify.Waiting
	return m, nil
}

// DropMessage ends one.
func (s *Service) DropMessage(_ context.Context, id string, by access.Caller) (adminapi.Message, error) {
	if id != "m1" {
		return adminapi.Message{}, missing("message", id)
	}
	s.note(by, "drop %s", id)
	m := refusedMail()
	m.State = notify.Dropped
	return m, nil
}

// Invite invites whoever has an address.
func (s *Service) Invite(_ context.Context, who string, dry bool, by access.Caller) (adminapi.Message, error) {
	if who == "nomail" {
		return adminapi.Message{}, &run.Problem{Code: adminapi.NoAddress, What: who + " has no email address that mail could be sent to", Now: "Nothing was sent."}
	}
	if !dry {
		s.note(by, "invite %s", who)
	}
	return adminapi.Message{ID: "m2", Channel: notify.Mail, Kind: "invitation", To: who + "@example.com", State: notify.Waiting, Created: Now, Next: Now}, nil
}

// Webhooks returns one that does not take what it is told.
func (s *Service) Webhooks(context.Context) ([]adminapi.Webhook, error) {
	late := lateDelivery()
	return []adminapi.Webhook{{Name: "intranet", URL: "https://intranet.example.com/muster", State: "retrying", Cursor: "0.7", Waiting: &late}}, nil
}

// TestWebhook sends a test.
func (s *Service) TestWebhook(_ context.Context, name string, by access.Caller) (adminapi.Message, error) {
	if name != "intranet" {
		return adminapi.Message{}, missing("webhook", name)
	}
	s.note(by, "test webhook %s", name)
	return adminapi.Message{ID: "d2", Channel: "hook:intranet", Kind: "test", State: notify.Waiting, Created: Now, Next: Now}, nil
}

// ReplayWebhook goes back.
func (s *Service) ReplayWebhook(_ context.Context, name, after string, by access.Caller) (adminapi.Webhook, error) {
	if name != "intranet" {
		return adminapi.Webhook{}, missing("webhook", name)
	}
	s.note(by, "replay %s after %q", name, after)
	return adminapi.Webhook{Name: name, URL: "https://intranet.example.com/muster", State: "idle", Cursor: after}, nil
}

// Changes returns a person and a membership, and then nothing.
func (s *Service) Changes(_ context.Context, q adminapi.ChangeQuery) (adminapi.Changes, error) {
	if q.After != "" {
		return adminapi.Changes{Items: []adminapi.Changed{}, Next: q.After}, nil
	}
	return adminapi.Changes{Next: "0.2", Items: []adminapi.Changed{
		{Event: notify.Event{Type: "person.changed", Revision: "0.1", Kind: directory.Person, ID: "p1", State: directory.Active}, Name: "olivia.berg", By: "source:corp"},
		{Event: notify.Event{Type: "membership.added", Revision: "0.2", Group: "g1", Member: "p1"}, MemberName: "olivia.berg", GroupName: "Staff"},
		{Event: notify.Event{Type: "person.deleted", Revision: "0.3", Kind: directory.Person, ID: "p2", State: directory.Gone}},
	}}, nil
}
