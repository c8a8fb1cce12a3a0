package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/bulkload"
	"muster/internal/cli"
	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/connector/all"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/httpclient"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/secret"
	"muster/internal/server/scimapi"
	"muster/internal/source"
	"muster/internal/source/ldap"
)

// parts is a configuration, compiled.
type parts struct {
	rules   []ingest.Rules
	known   mapping.Known
	targets []*mapping.Target
	clients []scimapi.Client
}

// compile compiles the rules of a configuration. It connects to nothing.
func compile(f *config.File) (*parts, error) {
	p := &parts{}
	var errs []error
	for _, s := range f.Sources {
		rules, err := mapping.CompileSource(s.Rules)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p.rules = append(p.rules, ingest.Rules{Source: s.Name, Mapping: rules})
		p.known.Sources = append(p.known.Sources, s.Name)
		p.known.References = union(p.known.References, referencesOf(s))
		p.known.Person = union(p.known.Person, rules.Paths(directory.Person))
		p.known.Group = union(p.known.Group, rules.Paths(directory.Group))
	}
	loaded, err := mapping.CompileSource(bulkload.Rules())
	errs = append(errs, err)
	p.clients, err = clientsOf(f)
	errs = append(errs, err)
	_, err = lettersOf(f.Mail)
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.rules = append(p.rules, ingest.Rules{Source: bulkload.Source, Mapping: loaded, Once: true})
	p.known.Sources = append(p.known.Sources, bulkload.Source)
	p.known.Person = union(p.known.Person, loaded.Paths(directory.Person))
	for _, t := range f.Targets {
		rules, err := mapping.CompileTarget(t.Rules, p.known)
		errs = append(errs, err)
		p.targets = append(p.targets, rules)
	}
	return p, errors.Join(errs...)
}

// referencesOf returns the attributes of a source's records that refer to people.
func referencesOf(s config.Source) []string {
	if s.LDAP != nil {
		return s.LDAP.References
	}
	return []string{source.Manager}
}

func union[T ~string](a, b []T) []T {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// findings turns what the rules are refused for into findings with their lines.
func findings(file string, err error) []cli.Finding {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []cli.Finding
		for _, e := range many.Unwrap() {
			out = append(out, findings(file, e)...)
		}
		return out
	}
	e := (*mapping.Error)(nil)
	if !errors.As(err, &e) {
		return []cli.Finding{{File: file, What: err.Error()}}
	}
	out := cli.Finding{File: file, What: e.Rule + ": " + e.What, Allowed: e.Fix}
	if i := strings.LastIndexByte(e.At, ':'); i >= 0 {
		out.Line, _ = strconv.Atoi(e.At[i+1:])
	}
	return []cli.Finding{out}
}

// engine joins the parts.
func (m *Muster) engine(ctx context.Context) (*engine.Engine, error) {
	m.door = &ingest.Door{Store: m.Store, Rules: m.parts.rules, Now: m.now, Log: m.log}
	cfg := engine.Config{Store: m.Store, Now: m.now, Log: m.log, Door: m.door, Counted: m.countRead}
	protect, err := m.protect(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Protect = protect
	for i, r := range cfg.Door.Rules {
		if s, ok := m.File.Source(r.Source); ok {
			cfg.Door.Rules[i].Reads = m.attributes(s)
		}
	}
	for _, s := range m.read() {
		cfg.Sources = append(cfg.Sources, engine.Source{Name: s.Name, Every: s.Every, Open: m.opener(s)})
	}
	for _, s := range m.File.Sources {
		if s.SCIM != nil {
			cfg.Tellers = append(cfg.Tellers, s.Name)
		}
	}
	said, err := m.modes(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range m.File.Targets {
		mode := engine.Mode(t.Mode)
		if t.ModeAt == "" {
			mode = cmp.Or(said[t.Name], mode)
		}
		c, err := m.connector(t)
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", t.Name, err)
		}
		cfg.Targets = append(cfg.Targets, engine.Target{Name: t.Name, Mode: mode, Connector: c, Rules: t.Rules, Known: m.parts.known, Concurrency: 64})
	}
	return engine.New(cfg)
}

// opener makes a source for one read: secrets are read anew each time, so that a changed password file counts at once.
func (m *Muster) opener(s config.Source) func(map[source.Base]source.Pin) (source.Source, error) {
	return func(pins map[source.Base]source.Pin) (source.Source, error) {
		c, err := m.reading(s)
		if err != nil {
			return nil, err
		}
		c.Pins = pins
		return ldap.New(c)
	}
}

// reading says how a directory is read, with its password as it is now.
func (m *Muster) reading(s config.Source) (ldap.Config, error) {
	c := s.LDAP
	var password secret.String
	if !c.Password.IsZero() {
		var err error
		if password, err = c.Password.Resolve(); err != nil {
			return ldap.Config{}, err
		}
	}
	return ldap.Config{
		Name: s.Name, Servers: c.Servers, StartTLS: c.StartTLS, CAFile: c.CAFile, Bind: c.Bind, Password: password, Canary: c.Canary,
		People: areas(c.People), Groups: areas(c.Groups), IDAttribute: c.IDAttribute, DisabledFilter: c.DisabledFilter, PageSize: c.PageSize,
		Attributes: m.attributes(s), References: m.references(s), Now: m.now,
	}, nil
}

func areas(bases []config.Base) []ldap.Area {
	var out []ldap.Area
	for _, b := range bases {
		a := ldap.Area{Base: source.Base(b.Name), DN: b.Base, Filter: b.Filter, Scope: ldap.Subtree}
		if b.Scope == "one" {
			a.Scope = ldap.OneLevel
		}
		out = append(out, a)
	}
	return out
}

// attributes returns the attributes that any rule reads from the records of a source, and the one that tells who the bind account is.
func (m *Muster) attributes(s config.Source) []string {
	out := []string{"userprincipalname"}
	for _, r := range m.parts.rules {
		if r.Source == s.Name {
			out = append(out, r.Mapping.Attributes()...)
		}
	}
	for _, t := range m.parts.targets {
		of := t.Attributes()
		out = append(append(out, of[s.Name]...), of[""]...)
	}
	return union(out, nil)
}

// references returns the attributes of a source that refer to people, as far as a rule of any target uses them.
func (m *Muster) references(s config.Source) []string {
	used := map[string]bool{}
	for _, t := range m.parts.targets {
		for _, name := range t.People().Referred() {
			used[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(referencesOf(s)), func(name string) bool { return !used[name] })
}

// connector makes the connector of a target.
func (m *Muster) connector(t config.Target) (connector.Connector, error) {
	typ, err := all.Find(t.Type)
	if err != nil {
		return nil, err
	}
	settings, err := t.Resolve()
	if err != nil {
		return nil, err
	}
	if settings, err = typ.Check(settings); err != nil {
		return nil, err
	}
	client, err := m.client(t.Name, typ, settings)
	if err != nil {
		return nil, err
	}
	return typ.New(connector.Env{HTTP: client, Log: m.log.With("target", t.Name), Now: m.now}, settings)
}

func (m *Muster) client(target string, typ connector.Type, settings connector.Settings) (*http.Client, error) {
	var secrets []secret.String
	for _, f := range typ.Settings {
		if f.Secret {
			secrets = append(secrets, settings[f.Name])
		}
	}
	var allow []string
	for _, p := range m.File.Allow {
		allow = append(allow, p.String())
	}
	cfg := httpclient.Config{Allow: allow, Secrets: secrets, Timeout: time.Minute, Patience: 90 * time.Second, MaxBody: 256 << 20, Pool: &m.pool}
	if typ.Pace != nil {
		cfg.Pace = typ.Pace(settings)
	}
	cfg.Observe = m.countCalls(target, cfg.Pace)
	return httpclient.New(cfg)
}
