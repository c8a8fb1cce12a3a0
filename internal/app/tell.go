package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/httpclient"
	"muster/internal/notify"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
)

// telling is how this Muster tells people and programs of what happened.
type telling struct {
	sender  notify.Sender
	mail    *notify.Server // nil = none is configured
	letters letters
}

// openTelling readies the channels. It connects to nothing.
func (m *Muster) openTelling() error {
	m.telling.sender = notify.Sender{Store: m.Store, Now: m.now, Log: m.log}
	var err error
	if m.telling.mail, err = m.mailServer(m.File.Mail); err != nil {
		return err
	}
	if m.telling.letters, err = lettersOf(m.File.Mail); err != nil {
		return err
	}
	if m.telling.mail != nil {
		m.telling.sender.Channels = append(m.telling.sender.Channels, notify.Channel{Name: notify.Mail, Send: m.sendMail})
	}
	for _, w := range m.File.Webhooks {
		c, err := m.webhookChannel(w)
		if err != nil {
			return err
		}
		m.telling.sender.Channels = append(m.telling.sender.Channels, c)
	}
	return nil
}

// tell sends what is in the outbox until ctx ends. Webhooks that are not configured any more are forgotten first: nothing waits for them.
func (m *Muster) tell(ctx context.Context) error {
	if m.telling.mail == nil {
		m.refuseMails(ctx)
	}
	err := m.Store.Update(ctx, "notify", func(tx directory.Tx) error {
		t := notify.In(tx)
		all, err := t.Cursors(ctx)
		for _, c := range all {
			if _, ok := m.webhook(c.Hook); !ok {
				err = errors.Join(err, t.DropCursor(ctx, c.Hook))
			}
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		m.log.Error("webhooks that are not configured any more could not be forgotten", "error", err)
	}
	return m.telling.sender.Run(ctx)
}

// noServer is why mails are refused while there is nobody to send them by.
const noServer = "no mail server is configured"

// refuseMails ends what waits for a mail server that is not configured any more.
func (m *Muster) refuseMails(ctx context.Context) {
	const rows = 500
	for n := rows; n == rows && ctx.Err() == nil; {
		err := m.Store.Update(ctx, "notify", func(tx directory.Tx) (err error) {
			n, err = notify.Refuse(ctx, tx, notify.Mail, noServer, m.now(), rows)
			return err
		})
		if err != nil {
			m.log.Error("mails that nobody can send could not be ended", "error", err)
			return
		}
		if n > 0 {
			m.log.Warn("mails are refused", "count", n, "why", noServer)
		}
	}
}

// mailServer makes the mail server of a configuration. Its password is read anew for each mail, so that a changed file counts at once.
func (m *Muster) mailServer(c *config.Mail) (*notify.Server, error) {
	if c == nil {
		return nil, nil
	}
	s := &notify.Server{Host: c.Host, Port: c.Port, Security: notify.Security(c.TLS), User: c.User, From: c.From}
	if c.User != "" {
		s.Password = func() (secret.String, error) { return c.Password.Resolve() }
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mail.ca_file: %w", err)
		}
		if s.RootCAs = x509.NewCertPool(); !s.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mail.ca_file: %s holds no certificate", c.CAFile)
		}
	}
	var err error
	s.Dial, err = httpclient.Dialer(m.allowed())
	return s, err
}

// allowed returns the private addresses that may be connected to.
func (m *Muster) allowed() []string {
	var out []string
	for _, p := range m.File.Allow {
		out = append(out, p.String())
	}
	return out
}

// sendMail sends one message of the outbox as a mail.
func (m *Muster) sendMail(ctx context.Context, msg notify.Message) error {
	if msg.Kind != kindInvitation {
		return &notify.RefusedError{Answer: fmt.Sprintf("nobody knows how to write a mail of kind %q", msg.Kind)}
	}
	l, err := m.writeInvitation(ctx, msg)
	if err != nil {
		return err
	}
	return m.telling.mail.Post(ctx, msg.ID, m.now(), l)
}

// TestMail implements adminapi.Telling.
func (m *Muster) TestMail(ctx context.Context, to string, by access.Caller) (adminapi.MailTest, error) {
	srv := m.telling.mail
	if srv == nil {
		return adminapi.MailTest{}, noMail("Nothing was sent.")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	began, id := m.now(), string(directory.NewID())
	out := adminapi.MailTest{To: to, Server: fmt.Sprintf("%s:%d", srv.Host, srv.Port), TLS: string(srv.Security), ID: id}
	err := srv.Post(ctx, id, began, m.telling.letters.test.Write(to, map[string]string{"by": by.Handle}))
	out.Millis = m.now().Sub(began).Milliseconds()
	if err != nil {
		return out, &run.Problem{
			Code: adminapi.MailFailed, What: "the mail server did not take the test: " + err.Error(), Why: mailWhy(err), Now: "Nothing was sent. What is in the outbox is tried again by itself.",
			Fix: "Mend `mail:` in the configuration, or the server, and try it again with `muster mail test " + to + "`.",
		}
	}
	return out, nil
}

// mailWhy says what an administrator should think of first.
func mailWhy(err error) string {
	switch text := err.Error(); {
	case errors.Is(err, httpclient.ErrDenied):
		return "The server has a private address, and network.allow does not list it."
	case strings.Contains(text, "certificate"):
		return "Its certificate is not vouched for: name the authority's file as mail.ca_file."
	case strings.Contains(text, "STARTTLS"):
		return "It offers no STARTTLS at this port. Port 465 usually wants tls: tls."
	}
	return ""
}

func noMail(now string) error {
	return &run.Problem{
		Code: adminapi.NoMail, What: "no mail server is configured", Now: now,
		Fix: "Add `mail:` with server, from and url to the configuration, start Muster anew, and try it with `muster mail test ADDRESS`.",
	}
}

// Messages implements adminapi.Telling.
func (m *Muster) Messages(ctx context.Context, q adminapi.MessageQuery) ([]adminapi.Message, error) {
	var found []notify.Message
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		found, err = notify.Of(v).Messages(ctx, notify.Query{Channel: q.Channel, State: notify.State(q.State), Limit: q.Limit})
		return err
	})
	var out []adminapi.Message
	for _, msg := range found {
		out = append(out, adminapi.MessageView(msg))
	}
	return out, err
}

// RetryMessage implements adminapi.Telling.
func (m *Muster) RetryMessage(ctx context.Context, id string, by access.Caller) (adminapi.Message, error) {
	var msg notify.Message
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) (err error) {
		if msg, err = notify.In(tx).Message(ctx, id); err == nil && msg.Channel == notify.Mail && m.telling.mail == nil {
			return noMail("The message was left as it is.")
		}
		if err == nil {
			msg, err = notify.Retry(ctx, tx, id, m.now())
		}
		return err
	})
	if err == nil {
		m.telling.sender.Wake()
	}
	return adminapi.MessageView(msg), err
}

// DropMessage implements adminapi.Telling.
func (m *Muster) DropMessage(ctx context.Context, id string, by access.Caller) (adminapi.Message, error) {
	var msg notify.Message
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) (err error) {
		if msg, err = notify.In(tx).Message(ctx, id); err == nil && msg.Channel != notify.Mail {
			return &run.Problem{
				Code: adminapi.Conflict, What: "a delivery to a webhook cannot be left out", Why: "What comes behind it would be told without it.", Now: "It was left as it is.",
				Fix: "Tell the webhook again from a place of your choice: `muster webhook replay " + strings.TrimPrefix(msg.Channel, notify.HookChannel("")) + " --after PLACE`.",
			}
		}
		if err == nil {
			msg, err = notify.Drop(ctx, tx, id, "dropped by "+by.Handle, m.now())
		}
		if err == nil {
			err = run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "message.drop", Object: string(msg.Person), Detail: msg.Kind + " " + msg.ID})
		}
		return err
	})
	return adminapi.MessageView(msg), err
}

// lateAfter is how long messages may wait before somebody should know.
const lateAfter = 15 * time.Minute

// tellingAttention says what is not taken by whom it is meant for.
func (m *Muster) tellingAttention(ctx context.Context) ([]adminapi.Attention, error) {
	var out []adminapi.Attention
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		mails, err := notify.Of(v).Backlog(ctx, notify.Mail)
		out = append(out, m.late(mails, "mails", "muster mail list")...)
		refused, rerr := m.refusedMails(ctx, v, mails.Refused)
		out, err = append(out, refused...), errors.Join(err, rerr)
		for _, w := range m.File.Webhooks {
			b, werr := notify.Of(v).Backlog(ctx, notify.HookChannel(w.Name))
			out, err = append(out, m.late(b, "deliveries to the webhook "+w.Name, "muster webhook list")...), errors.Join(err, werr)
		}
		return err
	})
}

// refusedMails says how many mails were refused, and why the newest of them was.
func (m *Muster) refusedMails(ctx context.Context, v directory.Reader, n int) ([]adminapi.Attention, error) {
	newest, err := notify.Of(v).Messages(ctx, notify.Query{Channel: notify.Mail, State: notify.Refused, Limit: 1})
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	m1 := newest[0]
	what := fmt.Sprintf("mails were refused: %d, the last one (%s) to %s: %s", n, m1.Kind, cmp.Or(m1.To, "nobody"), m1.Answer)
	return []adminapi.Attention{{What: what, Fix: "muster mail list --state refused", Since: m1.Ended}}, nil
}

func (m *Muster) late(b notify.Backlog, what, fix string) []adminapi.Attention {
	var out []adminapi.Attention
	if b.Waiting > 0 && m.now().Sub(b.Oldest) > lateAfter {
		out = append(out, adminapi.Attention{What: fmt.Sprintf("%s wait to be taken: %d", what, b.Waiting), Fix: fix, Since: b.Oldest})
	}
	return out
}
