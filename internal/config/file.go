package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"muster/internal/secret"
)

// defaultListen is where the admin API answers besides its socket.
const defaultListen = "127.0.0.1:8480"

var name = regexp.MustCompile(`^[a-z][a-z0-9_]*(-[a-z0-9_]+)*$`)

const nameRule = "a name of lower-case letters, digits, - and _ that begins with a letter"

func (d *document) file(data []byte) *File {
	f := &File{Name: d.name}
	n := d.root(data)
	if n == nil {
		return f
	}
	o := d.object(n, "", "sources", "targets", "network", "listen", "data", "database", "largest_load", "mail", "webhooks", "passwords", "protected", "delete_by_token")
	names := map[string]int{}
	for i, s := range o.list("sources") {
		f.Sources = append(f.Sources, d.source(s, fmt.Sprintf("sources[%d]", i), names))
	}
	for i, t := range o.list("targets") {
		f.Targets = append(f.Targets, d.target(t, fmt.Sprintf("targets[%d]", i), names))
	}
	if len(f.Sources) == 0 && len(f.Targets) > 0 && len(d.errs) == 0 {
		d.fail(0, "no sources: there is nobody to provision", "sources: [{name: corp, type: ldap, …}]", "")
	}
	f.Allow = d.allow(o)
	f.Listen = d.listen(o)
	f.Data = o.file("data")
	f.Database = d.database(o)
	f.Largest = o.size("largest_load")
	f.DeleteByToken = o.bool("delete_by_token", false)
	f.Mail, f.Webhooks, f.PasswordLife = d.mail(o), d.webhooks(o), d.passwordLife(o)
	f.Protected = o.texts("protected")
	d.references(f)
	return f
}

// called returns the name of a source or target and checks that names has it only once.
func (o object) called(names map[string]int) string {
	s := o.need("name", nameRule)
	switch {
	case s == "":
		return ""
	case !name.MatchString(s) || len(s) > 64:
		o.wrong("name", fmt.Sprintf("%q is not a name", s), nameRule)
	case names[s] > 0:
		o.wrong("name", fmt.Sprintf("%q is taken in line %d", s, names[s]), "each name once")
	}
	names[s] = o.at("name")
	return s
}

// references checks that a target's rules name sources that exist.
func (d *document) references(f *File) {
	var known []string
	for _, s := range f.Sources {
		if s.Name != "" {
			known = append(known, s.Name)
		}
	}
	check := func(target, kind, source, at string) {
		if source == "" {
			return
		}
		if _, ok := f.Source(source); !ok {
			line, _ := strconv.Atoi(at[len(d.name)+1:])
			d.fail(line, fmt.Sprintf("targets.%s.%s.from: there is no source %q", target, kind, source), join(known), Nearest(source, known))
		}
	}
	for _, t := range f.Targets {
		check(t.Name, "people", t.Rules.People.From.Source, t.Rules.People.From.At)
		if g := t.Rules.Groups; g != nil {
			check(t.Name, "groups", g.From.Source, g.From.At)
		}
	}
}

func (d *document) allow(o object) []netip.Prefix {
	if !o.has("network") {
		return nil
	}
	net := d.object(o.fields["network"], "network", "allow")
	var out []netip.Prefix
	for _, n := range net.list("allow") {
		if n.Value == "loopback" {
			out = append(out, loopback...)
			continue
		}
		p, err := prefix(n)
		if err != nil {
			d.fail(n.Line, fmt.Sprintf("network.allow: %s is not an address range", kindOf(n)), "loopback, 10.1.0.0/16, 127.0.0.1, fd00::/8 …", "")
			continue
		}
		out = append(out, p)
	}
	return out
}

// loopback is this machine itself.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func prefix(n *yaml.Node) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(n.Value); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(n.Value)
	return p.Masked(), err
}

// listen refuses addresses that others can reach: the admin API has no TLS of its own.
func (d *document) listen(o object) string {
	s := o.text("listen")
	switch s {
	case "":
		return defaultListen
	case "off":
		return ""
	}
	host, _, err := net.SplitHostPort(s)
	if err != nil {
		o.wrong("listen", fmt.Sprintf("%q is not an address with a port", s), defaultListen+", off")
		return ""
	}
	if a, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !a.IsLoopback()) {
		o.wrong("listen", fmt.Sprintf("%q can be reached from other machines, and the admin API has no TLS", s), "127.0.0.1, [::1] or localhost, with a port; off")
	}
	return s
}

// database reads the address of a PostgreSQL database. With a password in it, it is a secret.
func (d *document) database(o object) Value {
	const allowed = "postgres://user@host/name, or {env: NAME} or {file: path} with such a URL that holds a password"
	switch n := o.fields["database"]; {
	case !o.has("database"):
		return Value{}
	case n.Kind == yaml.MappingNode:
		return d.secret(n, "database")
	default:
		u, err := url.Parse(o.text("database"))
		if err != nil || n.Kind != yaml.ScalarNode || u.Scheme != "postgres" && u.Scheme != "postgresql" {
			o.wrong("database", "not the address of a PostgreSQL database", allowed)
			return Value{}
		}
		if _, has := u.User.Password(); has || u.Query().Has("password") {
			return d.secret(n, "database")
		}
		return Value{At: d.at(n.Line), text: secret.New(n.Value)}
	}
}

// The intervals of a source.
const (
	defaultEvery = 5 * time.Minute
	leastEvery   = time.Second
)
