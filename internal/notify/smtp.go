package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"muster/internal/secret"
)

// A Security is how the connection to a mail server is protected.
type Security string

// The securities.
const (
	StartTLS Security = "starttls" // TLS from the first command on; a server that has none is not spoken to
	Implicit Security = "tls"      // TLS from the first byte
	Plain    Security = "none"     // nothing; for a server on this machine
)

// A Server is the mail server that takes what Muster writes.
type Server struct {
	Host     string
	Port     int
	Security Security
	RootCAs  *x509.CertPool // nil = those of the system
	User     string         // "" = it asks for none
	Password func() (secret.String, error)
	From     string // "Muster <muster@example.com>"
	Dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Letter is what stands in a mail.
type Letter struct {
	To      string
	Subject string
	Text    string
	HTML    string
}

// Post hands a letter over to the server. The id makes its Message-ID: sent again, it is the same mail. A server that will not have the receiver makes it a
// *RefusedError; one that cannot be reached, or asks for time, a *LaterError.
func (s *Server) Post(ctx context.Context, id string, at time.Time, l Letter) error {
	msg, err := s.message(id, at, l)
	if err != nil {
		return &RefusedError{Answer: err.Error()}
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	attempt := *s // its connection ends with ctx, whatever the server does
	attempt.Dial = func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := s.Dial(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}
	c, err := attempt.client()
	if err != nil {
		return &LaterError{Err: err}
	}
	if err := c.DialWithContext(ctx); err != nil {
		return &LaterError{Err: fmt.Errorf("mail server %s: %w", s.Host, err)}
	}
	if err := c.Send(msg); err != nil {
		_ = c.Close()
		return said(s.Host, err)
	}
	_ = c.Close() // it has been taken
	return nil
}

// message writes a letter down.
func (s *Server) message(id string, at time.Time, l Letter) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(s.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := msg.To(l.To); err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	msg.SetMessageIDWithValue(id + "@" + s.domain())
	msg.SetDateWithValue(at)
	msg.Subject(l.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	}
	return msg, nil
}

// domain is that of the sender, for ids.
func (s *Server) domain() string {
	msg := mail.NewMsg()
	if msg.From(s.From) == nil {
		if from := msg.GetFrom(); len(from) == 1 {
			for i := len(from[0].Address) - 1; i >= 0; i-- {
				if from[0].Address[i] == '@' {
					return from[0].Address[i+1:]
				}
			}
		}
	}
	return s.Host
}

func (s *Server) client() (*mail.Client, error) {
	opts := []mail.Option{
		mail.WithPort(s.Port), mail.WithTimeout(20 * time.Second), mail.WithoutNoop(),
		mail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}),
	}
	switch s.Security {
	case Implicit:
		opts = append(opts, mail.WithSSL())
	case Plain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	opts = append(opts, mail.WithDialContextFunc(s.dial))
	if s.User != "" {
		password, err := s.Password()
		if err != nil {
			return nil, err
		}
		if s.Security == Implicit { // the library does not know that our connection is encrypted already
			opts = append(opts, mail.WithSMTPAuthCustom(&login{user: s.User, password: password.Reveal(), host: s.Host}))
		} else {
			opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(password.Reveal()))
		}
	}
	return mail.NewClient(s.Host, opts...)
}

// login signs in on a connection that is encrypted, by PLAIN, or by LOGIN where there is no PLAIN.
type login struct {
	smtp.Auth
	user, password, host string
}

// Start implements smtp.Auth.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	l.Auth = smtp.PlainAuth("", l.user, l.password, l.host, true)
	if !slices.Contains(server.Auth, "PLAIN") && slices.Contains(server.Auth, "LOGIN") {
		l.Auth = smtp.LoginAuth(l.user, l.password, l.host, true)
	}
	return l.Auth.Start(server)
}

// dial connects by s.Dial, and begins with TLS where the server does.
func (s *Server) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	conn, err := s.Dial(ctx, network, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil || s.Security != Implicit {
		return conn, err
	}
	t := tls.Client(conn, &tls.Config{ServerName: s.Host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12})
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return t, nil
}

// said turns what a server said into what is to be done. Only the refusal of the receiver is about one message alone, and for good.
func said(host string, err error) error {
	err = fmt.Errorf("mail server %s: %w", host, err)
	e, ok := errors.AsType[*mail.SendError](err)
	switch {
	case !ok:
		return &LaterError{Err: err}
	case e.Reason == mail.ErrSMTPRcptTo && e.ErrorCode() >= 500:
		return &RefusedError{Answer: err.Error()}
	case e.ErrorCode() >= 400:
		return err // about this message, as far as we can tell: the others are tried
	}
	return &LaterError{Err: err}
}
