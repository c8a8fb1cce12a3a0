// Package scim is the connector for services that speak SCIM 2.0. What a vendor does differently is data: profiles/*.yaml.
//
// scim.go is the connector and its reads, list.go walks through pages, apply.go and member.go write, convert.go and patch.go turn attributes into SCIM and
// back without any I/O, api.go speaks HTTP and turns answers into the errors of package connector, profile.go reads the dialects. The messages themselves are those of muster/internal/scim; the sandbox to
// test against is its scimtest.
package scim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/scim"
)

// Type describes a plain SCIM 2.0 service.
var Type = connector.Type{
	Name:  "scim",
	Title: "SCIM 2.0 service",
	Settings: []connector.Setting{
		{Name: "url", Help: "base address of the service, up to and without /Users", Required: true, Example: "https://wiki.example.com/scim/v2"},
		{Name: "token", Help: "bearer token that the service asks for", Required: true, Secret: true, Example: "9f86d081884c7d65"},
		{Name: "page_size", Help: "accounts or groups to ask for per page, 1 to 10000", Default: "100", Example: "50"},
		{Name: "user_update", Help: "how accounts are changed: patch (only what differs) or put (read, change, replace the whole)", Default: "patch", Example: "put"},
		{
			Name:    "group_update",
			Help:    "how groups are changed: patch (members as deltas), replace (PATCH with the whole list) or put (PUT with the whole list)",
			Default: "patch", Example: "put",
		},
		{Name: "member_batch", Help: "most members named in one request, 1 or more", Default: "100", Example: "1000"},
		{Name: "delete", Help: "what the service offers for removal: hard (DELETE) or none", Default: "hard", Example: "none"},
	},
	New: func(env connector.Env, s connector.Settings) (connector.Connector, error) {
		return open("plain", env, s)
	},
}

// A Connector keeps the users and groups of one SCIM service. Safe for concurrent use.
type Connector struct {
	api     *api
	profile profile
}

var (
	_ connector.Connector  = (*Connector)(nil)
	_ connector.Finder     = (*Connector)(nil)
	_ connector.Members    = (*Connector)(nil)
	_ connector.Normalizer = (*Connector)(nil)
)

func open(dialect string, env connector.Env, s connector.Settings) (*Connector, error) {
	p, err := loadProfile(dialect)
	if err != nil {
		return nil, err
	}
	p.UserUpdate = cmp.Or(s.Text("user_update"), p.UserUpdate)
	p.GroupUpdate = cmp.Or(s.Text("group_update"), p.GroupUpdate)
	p.Delete = cmp.Or(s.Text("delete"), p.Delete)
	if p.PageSize, err = number(s, "page_size", p.PageSize); err != nil {
		return nil, err
	}
	if p.MemberBatch, err = number(s, "member_batch", p.MemberBatch); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.UserUpdate == "put" && p.Deactivate == "patch" {
		p.Deactivate = "put"
	}
	a, err := newAPI(env, s)
	if err != nil {
		return nil, err
	}
	return &Connector{api: a, profile: p}, nil
}

func number(s connector.Settings, name string, missing int) (int, error) {
	if s.Text(name) == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(s.Text(name))
	if err != nil {
		return 0, fmt.Errorf("%s must be a whole number", name)
	}
	return n, nil
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
	if _, err := c.page(ctx, connector.User, 1, 1, ""); err != nil {
		return connector.Features{}, err
	}
	_, noGroups := c.page(ctx, connector.Group, 1, 1, "")
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
		FindBy: p.UserMatch, Groups: noGroups == nil, MembersReadable: p.MembersReadable && noGroups == nil, RenameGroup: p.GroupRename && noGroups == nil,
		Disable: p.Deactivate != "none", CreateDisabled: p.Deactivate == "patch" || p.Deactivate == "put", DeleteUser: p.Delete == "hard",
		MemberBatch: p.MemberBatch, Required: p.Required, Notes: map[string]string{},
	}
	if conf != nil && !conf.Filter.Supported {
		f.FindBy = nil
		f.Notes["find_by"] = "the service says in /ServiceProviderConfig that it has no filters"
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
			f.Notes[n.name] = n.reason
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
	if kind == connector.Group && !members {
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

// Find asks with a filter and believes only what it can see: services ignore filters, or compare more loosely than is safe.
func (c *Connector) Find(ctx context.Context, kind connector.Kind, by attr.Path, value string) (connector.Remote, error) {
	by, err := scim.Canonical(by)
	if err != nil {
		return connector.Remote{}, fmt.Errorf("find %s: %w: %w", kind, connector.ErrInvalid, err)
	}
	page, err := c.page(ctx, kind, 1, c.profile.PageSize, equals(by, value))
	if err != nil {
		return connector.Remote{}, err
	}
	var found []scim.Resource
	for _, r := range page.Resources {
		if slices.ContainsFunc(scim.Values(r, by), func(v string) bool { return v == value || by != "externalId" && strings.EqualFold(v, value) }) {
			found = append(found, r)
		}
	}
	what := fmt.Sprintf("find %s by %s", kind, by)
	switch {
	case len(found) > 1:
		return connector.Remote{}, fmt.Errorf("%s: %d of them: %w", what, len(found), connector.ErrExists)
	case *page.TotalResults > len(page.Resources):
		return connector.Remote{}, fmt.Errorf("%s: %d results; the service seems to ignore filters: %w", what, *page.TotalResults, connector.ErrUnsupported)
	case len(found) == 0:
		return connector.Remote{}, fmt.Errorf("%s: %w", what, connector.ErrNotFound)
	}
	return c.remote(kind, found[0]), nil
}

// Members reads who is in group.
func (c *Connector) Members(ctx context.Context, group connector.RemoteID, yield func(connector.RemoteID) error) error {
	r, err := c.read(ctx, connector.Group, group, true)
	if err != nil {
		return err
	}
	for _, id := range r.Members() {
		if err := yield(connector.RemoteID(id)); err != nil {
			return err
		}
	}
	return nil
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
