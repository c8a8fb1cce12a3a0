// Package scim is the connector for services that speak SCIM 2.0. What a vendor does differently is data: profiles/*.yaml.
//
// scim.go is the connector and its reads, list.go walks through pages, apply.go and member.go write, convert.go, attribute.go and patch.go turn attributes into
// SCIM and back without any I/O, api.go speaks HTTP and turns answers into the errors of package connector, profile.go reads the dialects, type.go makes a
// connector.Type of each, rate.go says how often they may be called, serial.go lets one write at a time through to an object. The messages themselves are those of
// muster/internal/scim; the sandbox to test against is its scimtest.
package scim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/httpclient"
	"muster/internal/scim"
)

// A Connector keeps the users and groups of one SCIM service. Safe for concurrent use.
type Connector struct {
	api     *api
	profile profile
	log     *slog.Logger
	lanes   lanes
	pace    httpclient.Pace // what Estimate reckons with
	below   string          // path of the service below its host
}

var (
	_ connector.Connector  = (*Connector)(nil)
	_ connector.Finder     = (*Connector)(nil)
	_ connector.Members    = (*Connector)(nil)
	_ connector.Normalizer = (*Connector)(nil)
)

func open(p profile, env connector.Env, s connector.Settings) (*Connector, error) {
	p, err := p.with(s)
	if err != nil {
		return nil, err
	}
	address, err := p.base(s)
	if err != nil {
		return nil, err
	}
	a, err := newAPI(env, address, s.Text("token"), p.Errors)
	if err != nil {
		return nil, err
	}
	c := &Connector{api: a, profile: p, log: env.Log, pace: p.pace(s), below: basePath(address)}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Check reads the service's description, and one user and one group to see whether the token is good for more than that.
func (c *Connector) Check(ctx context.Context) (connector.Features, error) {
	var conf *scim.ServiceProviderConfig
	_, err := c.api.call(ctx, http.MethodGet, "/ServiceProviderConfig", nil, nil, &conf)
	if absent(err) || errors.Is(err, connector.ErrForeign) {
		conf = nil // optional in practice; the list of users decides
	} else if err != nil {
		return connector.Features{}, err
	}
	if _, err := c.page(ctx, connector.User, position{count: 1}, ""); err != nil {
		return connector.Features{}, err
	}
	_, noGroups := c.page(ctx, connector.Group, position{count: 1}, "")
	if noGroups != nil && !absent(noGroups) && !errors.Is(noGroups, connector.ErrForeign) {
		return connector.Features{}, noGroups
	}
	return c.features(conf, noGroups), nil
}

// absent reports whether err says that an endpoint is not offered.
func absent(err error) bool {
	return errors.Is(err, connector.ErrNotFound) || errors.Is(err, connector.ErrUnsupported)
}

func (c *Connector) features(conf *scim.ServiceProviderConfig, noGroups error) connector.Features {
	p := c.profile
	f := connector.Features{
		FindBy: p.UserMatch, FindGroupBy: p.GroupMatch, Groups: noGroups == nil, MembersReadable: p.Members != "none" && noGroups == nil, RenameGroup: p.GroupRename && noGroups == nil,
		Disable: p.Deactivate != "none", DisabledGone: p.DisabledGone, CreateDisabled: p.CreateDisabled && (p.Deactivate == "patch" || p.Deactivate == "put"),
		DeleteUser: p.Delete == "hard", MemberBatch: p.MemberBatch, Required: p.Required, Notes: map[string]string{},
	}
	maps.Copy(f.Notes, p.Notes)
	if conf != nil && !conf.Filter.Supported {
		f.Notes["find_by"] = "the service says in /ServiceProviderConfig that it has no filters"
		if p.FilterIgnored {
			f.Notes["find_by"] += "; its lists are read instead"
		} else {
			f.FindBy, f.FindGroupBy = nil, nil
		}
	}
	if conf != nil && !conf.Patch.Supported && (p.UserUpdate == "patch" || p.GroupUpdate != "put") {
		f.Notes["patch"] = "the service says in /ServiceProviderConfig that it has no PATCH; if updates fail, set user_update and group_update to put"
	}
	for _, n := range []struct {
		name   string
		has    bool
		reason string
	}{
		{"groups", f.Groups, "the service does not answer at /Groups"},
		{"members_readable", f.MembersReadable, "the service does not list the members of a group"},
		{"rename_group", f.RenameGroup, "the service cannot rename a group"},
		{"disable", f.Disable, "the service has no disabled accounts"},
		{"create_disabled", f.CreateDisabled, "the service creates accounts as active only"},
		{"delete_user", f.DeleteUser, "the service cannot delete accounts, or the setting delete is none"},
	} {
		if !n.has {
			f.Notes[n.name] = cmp.Or(p.Notes[n.name], n.reason)
		}
	}
	return f
}

// Get reads one object.
func (c *Connector) Get(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
	r, err := c.read(ctx, kind, id, false)
	if err != nil {
		return connector.Remote{}, err
	}
	return c.remote(kind, r), nil
}

// read returns the resource id, with its members if they are asked for.
func (c *Connector) read(ctx context.Context, kind connector.Kind, id connector.RemoteID, members bool) (scim.Resource, error) {
	var q url.Values
	if kind == connector.Group && !members && c.profile.ExcludeMembers {
		q = url.Values{"excludedAttributes": {"members"}}
	}
	var r scim.Resource
	if _, err := c.api.call(ctx, http.MethodGet, object(kind, id), q, nil, &r); err != nil {
		return nil, err
	}
	if r.ID() == "" {
		return nil, fmt.Errorf("get %s: the answer has no id: %w", object(kind, id), connector.ErrForeign)
	}
	return r, nil
}

// Find asks with a filter and believes only what it can see: services ignore filters, or compare more loosely than is safe. Where the filter is ignored,
// the whole list is read instead, if the dialect says that this happens.
func (c *Connector) Find(ctx context.Context, kind connector.Kind, by attr.Path, value string) (connector.Remote, error) {
	by, err := scim.Canonical(by)
	if err != nil {
		return connector.Remote{}, fmt.Errorf("find %s: %w: %w", kind, connector.ErrInvalid, err)
	}
	what := fmt.Sprintf("find %s by %s", kind, by)
	if !slices.Contains(c.match(kind), by) {
		return connector.Remote{}, fmt.Errorf("%s: the service has no such filter: %w", what, connector.ErrUnsupported)
	}
	page, err := c.page(ctx, kind, position{count: c.profile.PageSize}, equals(c.wire(by), value))
	if err != nil {
		return connector.Remote{}, err
	}
	var found []connector.Remote
	keep := func(r scim.Resource) error {
		if slices.ContainsFunc(scim.Values(c.typed(r), by), func(v string) bool { return v == value || by != "externalId" && strings.EqualFold(v, value) }) {
			found = append(found, c.remote(kind, r))
		}
		return nil
	}
	for _, r := range page.Resources {
		_ = keep(r) // never fails
	}
	if len(found) < 2 && page.more() {
		if !c.profile.FilterIgnored {
			return connector.Remote{}, fmt.Errorf("%s: %d results; the service seems to ignore filters: %w", what, page.total(), connector.ErrUnsupported)
		}
		found = nil
		if err := c.walk(ctx, kind, keep); err != nil {
			return connector.Remote{}, err
		}
	}
	switch len(found) {
	case 0:
		return connector.Remote{}, fmt.Errorf("%s: %w", what, connector.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return connector.Remote{}, fmt.Errorf("%s: %d of them: %w", what, len(found), connector.ErrExists)
}

// match returns the attributes by which objects of a kind can be looked up.
func (c *Connector) match(kind connector.Kind) []attr.Path {
	if kind == connector.Group {
		return c.profile.GroupMatch
	}
	return c.profile.UserMatch
}

func collection(kind connector.Kind) string {
	if kind == connector.Group {
		return "/Groups"
	}
	return "/Users"
}

func object(kind connector.Kind, id connector.RemoteID) string {
	return collection(kind) + "/" + url.PathEscape(string(id))
}
