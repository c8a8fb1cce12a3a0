package config

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Mail is how Muster sends mail.
type Mail struct {
	Host       string
	Port       int
	TLS        string // "starttls", "tls" or "none"
	CAFile     string // PEM, "" = the system's
	User       string // "" = the server asks for none
	Password   Value
	From       string // "Muster <muster@example.com>"
	URL        string // where people reach this Muster, "" = not said
	Invitation Invitation
	At         string
}

// Invitation is the mail by which people choose their first password.
type Invitation struct {
	Subject string // "" = the usual one
	Text    string // "" = the usual one
	Link    string // with {token} in it, "" = the page of the console
	Expires time.Duration
	At      string
}

// A Webhook is an address that is told of changes.
type Webhook struct {
	Name      string
	URL       string
	Secret    Value
	OldSecret Value    // beside Secret, while the two are exchanged; zero = none
	Events    []string // types, or the parts before their dots; none = all
	Beginning bool     // a new one is told of everybody who is there
	At        string
}

// ports are the usual ones.
var ports = map[string]int{"starttls": 587, "tls": 465, "none": 25}

// The life of invitations.
const (
	invitationLife    = 7 * 24 * time.Hour
	shortestInvite    = 10 * time.Minute
	shortestExpiry    = 24 * time.Hour
	longestInvitation = 90 * 24 * time.Hour
)

func (d *document) mail(o object) *Mail {
	if !o.has("mail") {
		return nil
	}
	n := o.fields["mail"]
	in := d.object(n, "mail", "server", "tls", "ca_file", "user", "password", "from", "url", "invitation")
	if n.Kind != yaml.MappingNode {
		return nil
	}
	m := &Mail{
		TLS: in.oneOf("tls", "starttls", "starttls", "tls", "none"), CAFile: in.file("ca_file"), User: in.text("user"),
		From: in.need("from", "from: Muster <muster@example.com>"), URL: strings.TrimSuffix(d.httpsURL(in, "url"), "/"), At: d.at(in.line),
	}
	m.Host, m.Port = d.hostPort(in, ports[m.TLS])
	if _, err := mail.ParseAddress(m.From); m.From != "" && err != nil {
		in.wrong("from", fmt.Sprintf("%q is not an address", m.From), "muster@example.com, Muster <muster@example.com>")
	}
	if m.TLS == "none" && !local(m.Host) {
		in.wrong("tls", "mail would travel to "+m.Host+" unencrypted", "starttls, tls; none only for a server on this machine")
	}
	if in.has("password") {
		m.Password = d.secret(in.fields["password"], "mail.password")
	}
	if (m.User == "") != !in.has("password") {
		d.fail(in.line, "mail: user and password belong together", "user: muster, password: {file: path} or {env: NAME}", "")
	}
	if m.User != "" && m.TLS == "none" {
		in.wrong("tls", "the password would travel unencrypted", "starttls, tls")
	}
	m.Invitation = d.invitation(in, m.URL)
	return m
}

func (d *document) invitation(o object, url string) Invitation {
	out := Invitation{Expires: invitationLife, At: d.at(o.line)}
	if o.has("invitation") {
		in := d.object(o.fields["invitation"], "mail.invitation", "subject", "text", "link", "expires")
		out = Invitation{Subject: in.text("subject"), Text: in.text("text"), Link: in.text("link"), Expires: in.duration("expires", invitationLife, shortestInvite), At: d.at(in.line)}
		if out.Expires > longestInvitation {
			in.wrong("expires", fmt.Sprintf("%s is too long", out.Expires), "at most "+longestInvitation.String())
		}
		if out.Link != "" && !strings.Contains(out.Link, "{token}") {
			in.wrong("link", "nothing in it tells whom it is for", "https://people.example.com/welcome?token={token}")
		}
	}
	if out.Link == "" && url == "" {
		d.fail(o.line, "mail: url is missing: invitations lead to it", "url: https://muster.example.com, or invitation: {link: …}", "")
	}
	return out
}

// httpsURL reads an address, by https unless it is on this machine.
func (d *document) httpsURL(o object, key string) string {
	s := o.text(key)
	if s == "" {
		return s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		o.wrong(key, fmt.Sprintf("%q is not an address", s), "https://…")
	case u.Scheme == "http" && !local(u.Hostname()):
		o.wrong(key, s+" is not encrypted", "https://…; http:// only on this machine")
	case u.User != nil:
		o.wrong(key, "the address holds a name or password", "https://host/path")
	}
	return s
}

func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (d *document) hostPort(o object, usual int) (string, int) {
	s := o.need("server", "server: smtp.example.com")
	u, err := url.Parse("smtp://" + s)
	if err != nil || s != "" && (u.Hostname() == "" || u.Path != "" || u.User != nil || u.RawQuery != "") {
		o.wrong("server", fmt.Sprintf("%q is not the name of a server", s), "smtp.example.com, smtp.example.com:587")
		return "", 0
	}
	if u.Port() == "" {
		return u.Hostname(), usual
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > 65535 {
		o.wrong("server", fmt.Sprintf("%q is not a port", u.Port()), "1 to 65535")
	}
	return u.Hostname(), port
}

func (d *document) webhooks(o object) []Webhook {
	var out []Webhook
	names := map[string]int{}
	for i, n := range o.list("webhooks") {
		in := d.object(n, fmt.Sprintf("webhooks[%d]", i), "name", "url", "secret", "old_secret", "events", "from")
		if n.Kind != yaml.MappingNode {
			continue
		}
		w := Webhook{
			Name: in.called(names), URL: d.httpsURL(in, "url"), Events: in.texts("events"), Beginning: in.oneOf("from", "now", "now", "beginning") == "beginning", At: d.at(in.line),
		}
		in.need("url", "url: https://intranet.example.com/muster")
		for _, s := range []struct {
			key  string
			into *Value
		}{{"secret", &w.Secret}, {"old_secret", &w.OldSecret}} {
			if in.has(s.key) {
				*s.into = d.secret(in.fields[s.key], in.join(s.key))
			}
		}
		if !in.has("secret") {
			d.fail(in.line, in.path+": secret is missing: nobody could tell that it is Muster who calls", "secret: {file: path} or {env: NAME}", "")
		}
		for _, e := range w.Events {
			if !slices.Contains(EventTypes, e) {
				d.fail(in.at("events"), fmt.Sprintf("%s: %q is not known", in.join("events"), e), strings.Join(EventTypes, ", "), Nearest(e, EventTypes))
			}
		}
		out = append(out, w)
	}
	return out
}

// EventTypes are what a webhook can be told of.
var EventTypes = []string{
	"person", "person.created", "person.changed", "person.deactivated", "person.activated", "person.deleted", "group", "group.created", "group.changed", "group.deleted",
	"membership", "membership.added", "membership.removed",
}

// passwordLife reads how long a password is good; 0 = for ever.
func (d *document) passwordLife(o object) time.Duration {
	if !o.has("passwords") {
		return 0
	}
	return d.object(o.fields["passwords"], "passwords", "expire").duration("expire", 0, shortestExpiry)
}
