package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/scim"
)

var _ connector.Prober = (*Connector)(nil)

// Probe compares what is written of the service with its ServiceProviderConfig, Schemas and ResourceTypes, and with how it treats a throw-away account.
func (c *Connector) Probe(ctx context.Context, account string) (connector.Probe, error) {
	var p connector.Probe
	var err error
	if p.Features, err = c.Check(ctx); err != nil {
		return p, err
	}
	if p.Facts, err = c.profile.facts(); err != nil {
		return p, err
	}
	for _, ask := range []func(context.Context, *connector.Probe) error{c.probeConfig, c.probeSchemas, c.probeTypes} {
		if err := ask(ctx, &p); err != nil && !absent(err) && !errors.Is(err, connector.ErrForeign) {
			return p, err // what is not offered is not told; anything else may pass
		}
	}
	if account != "" {
		p.Account = account
		if err := c.probeAccount(ctx, &p); err != nil {
			return p, fmt.Errorf("throw-away account %s: %w", account, err)
		}
	}
	p.At = c.api.now().UTC().Truncate(time.Millisecond)
	return p, nil
}

func found(ok bool) connector.Finding {
	if ok {
		return connector.Verified
	}
	return connector.Contradicted
}

// probeConfig believes what the service denies; what it claims is left for the account to prove, since such claims are often wrong.
func (c *Connector) probeConfig(ctx context.Context, p *connector.Probe) error {
	var conf scim.ServiceProviderConfig
	if _, err := c.api.call(ctx, http.MethodGet, "/ServiceProviderConfig", nil, nil, &conf); err != nil {
		return err
	}
	const says = "ServiceProviderConfig says that there is no "
	if !conf.Patch.Supported {
		for name, by := range map[string]string{"user_update": c.profile.UserUpdate, "group_update": c.profile.GroupUpdate} {
			if by != "put" {
				p.Settle(name, connector.Contradicted, says+"PATCH")
			}
		}
	}
	if !conf.Filter.Supported {
		for _, by := range c.profile.UserMatch {
			if !c.profile.FilterIgnored {
				p.Settle("user_match "+string(by), connector.Contradicted, says+"filter")
			}
		}
		p.Settle("filter_ignored", found(c.profile.FilterIgnored), says+"filter")
	}
	if most := conf.Filter.MaxResults; conf.Filter.Supported && most > 0 {
		p.Settle("page_size", found(most >= c.profile.PageSize), fmt.Sprintf("ServiceProviderConfig says %d results at most", most))
	}
	return nil
}

// probeSchemas looks for the attributes that the profile names.
func (c *Connector) probeSchemas(ctx context.Context, p *connector.Probe) error {
	var list struct {
		Resources []scim.Resource `json:"Resources"`
	}
	if _, err := c.api.call(ctx, http.MethodGet, "/Schemas", nil, nil, &list); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, s := range list.Resources {
		prefix := ""
		if urn := s.ID(); urn != scim.UserURN {
			prefix = strings.ToLower(urn) + ":"
		}
		attributes, _ := s.Get("attributes").([]any)
		for _, a := range attributes {
			o, _ := a.(map[string]any)
			known[prefix+strings.ToLower(scim.Resource(o).Text("name"))] = true
		}
	}
	if len(known) == 0 || len(c.profile.UserAttributes) == 0 {
		return nil
	}
	var missing []string
	for path := range c.profile.UserAttributes {
		parts := split(path)
		parts.Sub = ""
		if name := strings.ToLower(string(parts.Path())); !known[name] && !slices.Contains(missing, string(parts.Path())) {
			missing = append(missing, string(parts.Path()))
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		p.Settle("user_attributes", connector.Contradicted, "Schemas does not name "+strings.Join(missing, ", "))
	} else {
		p.Settle("user_attributes", connector.Verified, "Schemas names all of them")
	}
	return nil
}

// probeTypes looks for groups.
func (c *Connector) probeTypes(ctx context.Context, p *connector.Probe) error {
	var list struct {
		Resources []scim.Resource `json:"Resources"`
	}
	if _, err := c.api.call(ctx, http.MethodGet, "/ResourceTypes", nil, nil, &list); err != nil {
		return err
	}
	groups := slices.ContainsFunc(list.Resources, func(r scim.Resource) bool { return strings.EqualFold(r.Text("endpoint"), "/Groups") })
	if len(list.Resources) > 0 && !groups {
		p.Settle("members", connector.Contradicted, "ResourceTypes names no groups")
	}
	return nil
}

// An experiment is what is done to a throw-away account.
type experiment struct {
	c    *Connector
	p    *connector.Probe
	op   connector.Op
	made connector.Remote
}

// probeAccount makes a throw-away account, disabled, and removes it as far as the service lets it.
func (c *Connector) probeAccount(ctx context.Context, p *connector.Probe) error {
	e := experiment{c: c, p: p}
	if err := e.describe(p.Account); err != nil {
		return err
	}
	if err := e.free(ctx); err != nil {
		return err
	}
	made, err := c.Apply(ctx, e.op)
	if err != nil {
		return err
	}
	e.made, p.Left = made, string(made.ID)
	err = e.run(ctx)
	if away := e.leave(context.WithoutCancel(ctx)); err == nil {
		err = away
	}
	if err != nil && p.Left != "" {
		err = fmt.Errorf("%w; the account %s is still there: look after it by hand", err, p.Left)
	}
	return err
}

// describe makes the op that creates the account: with what the service needs, and a little that can be changed.
func (e *experiment) describe(account string) error {
	local, _, ok := strings.Cut(account, "@")
	if !ok || local == "" {
		return fmt.Errorf("%w: name the account by an address that nobody has, such as muster-probe@example.com", connector.ErrInvalid)
	}
	want := attr.Set{
		"userName": {account}, "name.givenName": {"Muster"}, "name.familyName": {"Probe"}, "displayName": {"Muster Probe"}, "title": {probeTitle},
		`emails[type eq "work"].value`: {account}, `emails[type eq "work"].primary`: {"true"}, "externalId": {probeID},
	}
	if v := e.kept(want, "userName"); v != account {
		want["userName"] = attr.Values{local}
	}
	for _, problem := range e.problems(want) {
		delete(want, problem.Path)
	}
	if want.First("userName") == "" {
		return fmt.Errorf("%w: the service takes neither %q nor %q as a username", connector.ErrInvalid, account, local)
	}
	want, _ = e.c.Normalize(connector.User, want)
	e.op = connector.Op{Key: "probe", Verb: connector.Create, Kind: connector.User, Want: want, Match: []attr.Path{"userName"}}
	return nil
}

const (
	probeTitle = "throw-away account"
	probeID    = "muster-probe"
)

func (e *experiment) kept(want attr.Set, p attr.Path) string {
	got, _ := e.c.Normalize(connector.User, want)
	return got.First(p)
}

func (e *experiment) problems(want attr.Set) []connector.Problem {
	_, problems := e.c.Normalize(connector.User, want)
	return problems
}

// free makes sure that nobody has the name.
func (e *experiment) free(ctx context.Context) error {
	_, err := e.c.Find(ctx, connector.User, "userName", e.op.Want.First("userName"))
	switch {
	case err == nil:
		return fmt.Errorf("somebody has it: %w", connector.ErrExists)
	case errors.Is(err, connector.ErrNotFound), errors.Is(err, connector.ErrUnsupported):
		return nil
	}
	return err
}
