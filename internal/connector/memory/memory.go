// Package memory is the model of a connector: the whole contract over a service that lives in this process. Copy it to start a new one.
//
// memory.go is the connector: it turns calls into requests and replies into the errors of the contract. service.go plays the service, with faults that
// can be switched on; a real connector has an HTTP client there, and its faults in a sandbox of its own. Nobody is offered this connector: package all
// does not list it. What every connector must do is tested by package connectortest.
package memory

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
)

const longest = 1024 // bytes in a value

var (
	errLost = errors.New("connection closed before the answer")
	errCut  = errors.New("the answer breaks off")
)

// Type describes the connector. Each one it makes has a service of its own.
var Type = connector.Type{
	Name:  "memory",
	Title: "Service in memory",
	Settings: []connector.Setting{
		{Name: "token", Help: "the secret that the service asks for", Required: true, Secret: true, Example: "s3cret"},
	},
	New: func(_ connector.Env, s connector.Settings) (connector.Connector, error) {
		return Open(NewService(s.Text("token")), s.Text("token")), nil
	},
}

// A Connector is a client of one Service. Safe for concurrent use.
type Connector struct {
	service *Service
	token   string
}

var (
	_ connector.Connector  = (*Connector)(nil)
	_ connector.Finder     = (*Connector)(nil)
	_ connector.Members    = (*Connector)(nil)
	_ connector.Normalizer = (*Connector)(nil)
)

// Open returns a connector to s that shows token with every request.
func Open(s *Service, token string) *Connector { return &Connector{service: s, token: token} }

// Check asks for anything, to see whether the service lets us in.
func (c *Connector) Check(ctx context.Context) (connector.Features, error) {
	err := c.call(ctx, "check", func() int { return http.StatusOK })
	if errors.Is(err, connector.ErrNotFound) { // nothing can be gone yet: the address is wrong
		err = fmt.Errorf("check: %w", connector.ErrForeign)
	}
	if err != nil {
		return connector.Features{}, err
	}
	return connector.Features{
		FindBy: []attr.Path{"userName", "displayName", "externalId"},
		Groups: true, MembersReadable: true, RenameGroup: true,
		Disable: true, CreateDisabled: true, DeleteUser: true,
		Required: []attr.Path{"userName"},
	}, nil
}

// List goes through the pages. A page that holds less than it promises is an error: what is missing must not pass for gone.
func (c *Connector) List(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
	for after := 0; ; {
		var page []object
		var rest int
		err := c.call(ctx, "list "+string(kind), func() int {
			page, rest = c.service.page(kind, after)
			return http.StatusOK
		})
		if err != nil {
			return err
		}
		if len(page) < min(rest, PageSize) {
			return fmt.Errorf("list %s: page of %d where %d were due", kind, len(page), min(rest, PageSize))
		}
		for _, o := range page {
			if err := yield(clone(o.Remote)); err != nil {
				return err
			}
			after = o.seq
		}
		if rest == len(page) {
			return nil
		}
	}
}

// Get returns one object.
func (c *Connector) Get(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
	var got connector.Remote
	err := c.call(ctx, fmt.Sprintf("get %s %s", kind, id), func() int {
		o, ok := c.service.objects[id]
		if !ok || o.Kind != kind {
			return http.StatusNotFound
		}
		got = clone(o.Remote)
		return http.StatusOK
	})
	return got, err
}

// Find looks an object up by one attribute, without regard to the case of letters.
func (c *Connector) Find(ctx context.Context, kind connector.Kind, by attr.Path, value string) (connector.Remote, error) {
	var got []connector.Remote
	err := c.call(ctx, fmt.Sprintf("find %s by %s", kind, by), func() int {
		for _, o := range c.service.objects {
			if o.Kind == kind && slices.ContainsFunc(o.Attrs[by], func(v string) bool { return strings.EqualFold(v, value) }) {
				got = append(got, clone(o.Remote))
			}
		}
		return http.StatusOK
	})
	switch {
	case err != nil:
		return connector.Remote{}, err
	case len(got) == 0:
		return connector.Remote{}, fmt.Errorf("find %s by %s: %w", kind, by, connector.ErrNotFound)
	case len(got) > 1:
		return connector.Remote{}, fmt.Errorf("find %s by %s: %d of them: %w", kind, by, len(got), connector.ErrExists)
	}
	return got[0], nil
}

// Members yields who is in group.
func (c *Connector) Members(ctx context.Context, group connector.RemoteID, yield func(connector.RemoteID) error) error {
	var ids []connector.RemoteID
	err := c.call(ctx, "members of "+string(group), func() int {
		g, ok := c.service.objects[group]
		if !ok || g.Kind != connector.Group {
			return http.StatusNotFound
		}
		for id := range g.members {
			ids = append(ids, id)
		}
		return http.StatusOK
	})
	for _, id := range ids {
		if err := yield(id); err != nil {
			return err
		}
	}
	return err
}

// Normalize trims values and lowers user names, as the service does, and leaves out what is too long for it.
func (c *Connector) Normalize(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
	out, problems := attr.Set{}, []connector.Problem(nil)
	for p, values := range want.Clone() {
		for i, v := range values {
			values[i] = strings.TrimSpace(v)
			if kind == connector.User && p == "userName" {
				values[i] = strings.ToLower(values[i])
			}
		}
		if slices.ContainsFunc(values, func(v string) bool { return len(v) > longest }) {
			problems = append(problems, connector.Problem{Path: p, Reason: fmt.Sprintf("longer than %d bytes", longest)})
			continue
		}
		out[p] = values
	}
	return out, problems
}

// call makes one request and turns the reply into an error of the contract. The table below is the heart of any connector.
func (c *Connector) call(ctx context.Context, what string, fn func() int) error {
	r, err := c.service.request(ctx, c.token, fn)
	switch {
	case err != nil: // network, end of ctx: unclassified, so it is tried again
	case r.html:
		err = connector.ErrForeign
	case r.status == http.StatusUnauthorized:
		err = connector.ErrAuth
	case r.status == http.StatusNotFound:
		err = connector.ErrNotFound
	case r.status == http.StatusConflict:
		err = connector.ErrExists
	case r.status == http.StatusBadRequest:
		err = connector.ErrInvalid
	case r.status == http.StatusTooManyRequests:
		err = &connector.RetryAfter{Wait: max(r.wait, time.Second), Err: errors.New(http.StatusText(r.status))}
	case r.status >= http.StatusInternalServerError:
		err = fmt.Errorf("status %d", r.status)
	case r.cut:
		err = errCut
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
