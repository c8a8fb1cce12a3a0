package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/notify"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
)

// kindInvitation is the kind of messages by which people choose a password.
const kindInvitation = "invitation"

// How often one person, and one address, is written to in a day at most: links are not for flooding people with.
const (
	invitationsADay = 3
	mailsADay       = 10
)

// letters are the mails that Muster writes.
type letters struct {
	test       notify.Template
	invitation notify.Template
	link       string // with {token} in it
	life       time.Duration
}

const invitationText = `Hello {name},

an account was made for you. Your username is {username}.

Choose your password here:

{link}

The link works once, until {expires}. If you did not expect this mail, you need not do anything.`

// lettersOf are the mails as configured.
func lettersOf(c *config.Mail) (letters, error) {
	out := letters{test: notify.Template{Subject: "A test of Muster", Text: "This is a test. {by} sent it from Muster: mail works.\n\nYou need not do anything."}}
	if c == nil {
		return out, nil
	}
	out.invitation = notify.Template{Subject: cmp.Or(c.Invitation.Subject, "Choose your password"), Text: cmp.Or(c.Invitation.Text, invitationText)}
	out.link, out.life = cmp.Or(c.Invitation.Link, c.URL+console.InvitationPath+"?token={token}"), c.Invitation.Expires
	if err := out.invitation.Check("name", "username", "link", "expires"); err != nil {
		return out, fmt.Errorf("%s: mail.invitation: %w", c.Invitation.At, err)
	}
	return out, nil
}

// asked is what an invitation in the outbox holds. The link is not in it: it is made when the mail is sent, and only its digest is kept.
type asked struct {
	Epoch int64  `json:"epoch"` // of the person when somebody asked
	By    string `json:"by"`
}

// queueInvitation puts an invitation into the outbox, in the transaction of what it is about.
func (m *Muster) queueInvitation(ctx context.Context, tx directory.Tx, p directory.Object, by string) (notify.Message, error) {
	msg := notify.New(notify.Mail, kindInvitation, m.now())
	msg.To, msg.Person = strings.TrimSpace(p.Attrs.First(directory.Email)), p.ID
	body, err := json.Marshal(asked{p.Epoch, by})
	if err != nil {
		return msg, err
	}
	msg.Body = string(body)
	if _, err := mail.ParseAddress(msg.To); err != nil {
		return msg, &run.Problem{
			Code: adminapi.NoAddress, What: p.Handle() + " has no email address that mail could be sent to", Now: "Nothing was sent.",
			Fix: "Give them one where they come from, or pass a password on by hand.",
		}
	}
	day := m.now().Add(-24 * time.Hour)
	for _, q := range []notify.Query{
		{Channel: notify.Mail, Person: p.ID, Since: day, Limit: invitationsADay}, {Channel: notify.Mail, To: msg.To, Since: day, Limit: mailsADay},
	} {
		sent, err := notify.Of(tx).Messages(ctx, q)
		if err != nil {
			return msg, err
		}
		if len(sent) == q.Limit {
			return msg, &run.Problem{
				Code: adminapi.TooManyMails, What: fmt.Sprintf("%s was written to %d times within a day", cmp.Or(q.To, p.Handle()), len(sent)), Now: "Nothing was sent.",
				Fix: "See with `muster mail list` what became of them; try again tomorrow.",
			}
		}
	}
	return msg, notify.In(tx).Put(ctx, msg)
}

// Invite implements adminapi.Telling.
func (m *Muster) Invite(ctx context.Context, who string, dry bool, by access.Caller) (adminapi.Message, error) {
	if m.telling.mail == nil {
		return adminapi.Message{}, noMail("Nobody was invited.")
	}
	p, err := m.person(ctx, who)
	if err != nil {
		return adminapi.Message{}, err
	}
	var msg notify.Message
	err = m.writes(dry).Update(ctx, by.Actor(), func(tx directory.Tx) error {
		p, err := tx.Object(ctx, p.ID)
		if err == nil {
			err = m.Keeper.MayInvite(ctx, tx, by, p)
		}
		if err != nil {
			return err
		}
		if msg, err = m.queueInvitation(ctx, tx, p, by.Handle); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "person.invite", Object: string(p.ID), Detail: msg.ID})
	})
	switch {
	case dry:
		msg.ID = ""
	case err == nil:
		m.telling.sender.Wake()
	}
	return adminapi.MessageView(msg), err
}

// inviteNew invites a person whom a client has just made, if it can be done: the client's request succeeds in any case.
func (m *Muster) inviteNew(ctx context.Context, tx directory.Tx, id directory.ID, client string) error {
	p, err := tx.Object(ctx, id)
	if err != nil || p.State != directory.Active || p.Stop != nil {
		return err
	}
	msg, err := m.queueInvitation(ctx, tx, p, client)
	why := ""
	if problem, ok := errors.AsType[*run.Problem](err); ok {
		why, err = problem.What, nil
	} else if m.telling.mail == nil {
		why = noServer
	}
	if err == nil && why != "" { // the administrator is told, and can send it later
		m.log.Warn("nobody was invited", "client", client, "person", id, "why", why)
		msg.State, msg.Ended, msg.Answer = notify.Refused, msg.Created, why
		err = notify.In(tx).Put(ctx, msg)
	}
	if err != nil {
		return err
	}
	return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: "source:" + client, Act: "person.invite", Object: string(id), Detail: msg.ID})
}

// writeInvitation makes the link of an invitation and writes the mail around it. Who is deactivated, or was since it was asked for, gets none.
func (m *Muster) writeInvitation(ctx context.Context, msg notify.Message) (notify.Letter, error) {
	var what asked
	if err := json.Unmarshal([]byte(msg.Body), &what); err != nil {
		return notify.Letter{}, &notify.RefusedError{Answer: "the message cannot be read"}
	}
	var p directory.Object
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		p, err = v.Object(ctx, msg.Person)
		return err
	})
	if err != nil {
		return notify.Letter{}, over(err, directory.ErrNotFound)
	}
	text, expires, err := m.Keeper.Invite(ctx, p.ID, what.Epoch, what.By, m.telling.letters.life)
	if err != nil {
		return notify.Letter{}, over(err, access.ErrUnknown)
	}
	if cmp.Or(p.Attrs.First(directory.Email), msg.To) == "" {
		return notify.Letter{}, &notify.RefusedError{Answer: p.Handle() + " has no email address that mail could be sent to"}
	}
	return m.telling.letters.invitation.Write(cmp.Or(p.Attrs.First(directory.Email), msg.To), map[string]string{
		"name": cmp.Or(p.Attrs.First(directory.Name), p.Handle()), "username": p.Handle(),
		"link": strings.ReplaceAll(m.telling.letters.link, "{token}", text.Reveal()), "expires": expires.Format("2 January 2006, 15:04 MST"),
	}), nil
}

// over is err, or that there is nothing to tell any more if it is that.
func over(err, that error) error {
	if errors.Is(err, that) {
		return notify.ErrOver
	}
	return err
}
