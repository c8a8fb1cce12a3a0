package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/connector/all"
	"muster/internal/httpclient"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// A trial tries a new configuration out.
type trial struct {
	*Muster // of the configuration alone: it has no store
	req     adminapi.NewConfiguration
	out     adminapi.Trial
}

// tryOut composes a configuration and tries out what it connects to, with the code that serves and the addresses that may be connected to. With look, it finds out
// where people and groups are in a directory, and chooses where nobody has.
func (m *Muster) tryOut(ctx context.Context, req adminapi.NewConfiguration, look bool) adminapi.Trial {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	t := &trial{req: req, out: adminapi.Trial{Steps: []adminapi.TrialStep{}}}
	kept, said := m.places(req)
	t.out.Secrets = append([]adminapi.SecretPlace{}, said...)
	look = look && req.Source.Type != "scim"
	if look && req.Source.People == "" && !t.choose(ctx, m, kept) || !t.compose(m, kept) {
		return t.out
	}
	t.step("", "The file is right", "pass", "", "")
	t.source(ctx, kept)
	if look && t.out.Chosen == nil {
		t.survey(ctx, kept)
	}
	t.target(ctx, kept)
	return t.out
}

// compose makes the configuration, and reports whether it is right.
func (t *trial) compose(m *Muster, kept map[string]config.Value) bool {
	t.out.Text = config.Compose(composed(t.req, kept))
	f, err := config.Parse(filepath.Base(m.firstFile()), []byte(t.out.Text), all.Types()...)
	if err == nil {
		f.Allow = m.File.Allow
		t.Muster = &Muster{File: f, log: m.log, now: m.now}
		t.parts, err = compile(f)
	}
	if err != nil {
		t.refused(err)
	}
	return err == nil
}

func (t *trial) step(of, what, state, why, fix string) {
	t.out.Steps = append(t.out.Steps, adminapi.TrialStep{Of: of, What: what, State: state, Why: why, Fix: fix})
}

// refused says what is wrong with the fields.
func (t *trial) refused(err error) {
	var wrong config.Errors
	if !errors.As(err, &wrong) {
		t.step("", "The file is not right", "fail", err.Error(), "Correct the field.")
		return
	}
	for _, e := range wrong {
		fix := "Correct the field."
		if e.Allowed != "" {
			fix = "Allowed: " + e.Allowed
		}
		t.step("", "The file is not right", "fail", e.What, fix)
	}
}

func composed(req adminapi.NewConfiguration, kept map[string]config.Value) config.Draft {
	s := req.Source
	d := config.Draft{Source: config.DraftSource{
		Name: s.Name, Type: s.Type, Servers: s.Servers, StartTLS: s.StartTLS, CAFile: s.CAFile, Bind: s.Bind, Password: kept[s.Name+" password"],
		Canary: s.Canary, People: s.People, Groups: s.Groups, Profile: s.Profile,
	}}
	if req.Target == nil {
		return d
	}
	t := &config.DraftTarget{
		Name: req.Target.Name, Type: req.Target.Type, Settings: map[string]string{}, Secrets: map[string]config.Value{}, Group: req.Target.Group,
		DisplayName: req.Target.Type != "meisterplan", // its schema is closed, and has none
	}
	typ, err := all.Find(req.Target.Type)
	for name, v := range req.Target.Settings {
		if err == nil && !secretOf(typ, name) {
			t.Settings[name] = v
		}
	}
	for _, s := range typ.Settings {
		if s.Secret {
			t.Secrets[s.Name] = kept[t.Name+" "+s.Name]
		}
	}
	d.Target = t
	return d
}

func secretOf(t connector.Type, name string) bool {
	return slices.ContainsFunc(t.Settings, func(s connector.Setting) bool { return s.Name == name && s.Secret })
}

// source reads a directory once, as `muster source test` does.
func (t *trial) source(ctx context.Context, kept map[string]config.Value) {
	c := t.File.Sources[0]
	if c.SCIM != nil {
		t.step(c.Name, "Nothing to connect to: the provider writes to Muster", "note", "", "Once it is taken up, its page has the address and token to enter at the provider.")
		return
	}
	c.LDAP.Password = given(t.req.Source.Password, kept[c.Name+" password"])
	if !t.resolves(c.Name, "The password is at hand", c.LDAP.Password) {
		return
	}
	var rep source.Report
	src, err := t.opener(c)(nil)
	if err == nil {
		rep, err = src.Check(ctx)
	}
	t.read(c, rep, err)
}

// resolves says whether a secret can be had, where it was not typed.
func (t *trial) resolves(of, what string, v config.Value) bool {
	_, err := v.Resolve()
	if err != nil {
		t.step(of, what, "fail", fmt.Sprintf("Nothing is in the %s.", v), "Type it in to try it out, or put it in its place.")
	}
	return err == nil
}

// read says what a check of a directory has shown, in the order in which things are tried.
func (t *trial) read(c config.Source, rep source.Report, err error) {
	wrong := func(what string) {
		p := sourceProblem(c.Name, err)
		why := p.What
		if p.Why != "" {
			why += ": " + p.Why
		}
		t.step(c.Name, what, "fail", why, p.Fix)
	}
	inc := (*source.Incomplete)(nil)
	denied := errors.As(err, &inc) && inc.Code == "bind"
	switch {
	case rep.Server == "" && !denied:
		wrong("The server answers")
		return
	case denied:
		t.step(c.Name, "The server answers", "pass", "", "")
		wrong("The account is let in")
		return
	}
	t.step(c.Name, "The server answers", "pass", fmt.Sprintf("%s, a server of the kind %s, encryption: %s", rep.Server, rep.Kind, rep.TLS), "")
	t.step(c.Name, "The account is let in", "pass", "as "+rep.Bound, "")
	if err != nil {
		wrong("Everything is read")
		return
	}
	t.step(c.Name, "Everything is read", "pass", fmt.Sprintf("people: %d, of them disabled: %d; groups: %d", rep.People, rep.Disabled, rep.Groups), "")
	for _, w := range rep.Warnings {
		t.step(c.Name, w.What, "note", "", w.Fix)
	}
	t.out.Samples = rep.Samples
}

// target asks a service what it supports, as `muster target test` does.
func (t *trial) target(ctx context.Context, kept map[string]config.Value) {
	if len(t.File.Targets) == 0 {
		return
	}
	c := t.File.Targets[0]
	typ, err := all.Find(c.Type)
	for _, s := range typ.Settings {
		if s.Secret {
			c.Settings[s.Name] = given(t.req.Target.Settings[s.Name], kept[c.Name+" "+s.Name])
			if (s.Required || t.req.Target.Settings[s.Name] != "") && !t.resolves(c.Name, "The "+s.Name+" is at hand", c.Settings[s.Name]) {
				return
			}
		}
	}
	var conn connector.Connector
	if err == nil {
		conn, err = t.connector(c)
	}
	if err == nil {
		_, err = conn.Check(ctx)
	}
	t.answered(c.Name, err)
}

// answered says what a check of a service has shown.
func (t *trial) answered(name string, err error) {
	const address, token, service = "The address answers", "The token is taken", "The service answers as it should"
	var p *run.Problem
	if err != nil {
		p = targetProblem(name, "", err)
	}
	switch {
	case err == nil:
		for _, what := range []string{address, token, service} {
			t.step(name, what, "pass", "", "")
		}
	case errors.Is(err, connector.ErrAuth):
		t.step(name, address, "pass", "", "")
		t.step(name, token, "fail", p.Why, "Use a valid token, and check the rights of its owner.")
	case errors.Is(err, connector.ErrForeign):
		t.step(name, address, "pass", "", "")
		t.step(name, service, "fail", p.Why, p.Fix)
	case errors.Is(err, httpclient.ErrDenied):
		t.step(name, address, "fail", p.Why, "Check the address. Private addresses are connected to only where a file lists them under network.allow: put that into the text by hand.")
	default:
		t.step(name, address, "fail", p.Why, p.Fix)
	}
}
