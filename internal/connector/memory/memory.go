// Package memory is the model of a connector: the whole contract over a service that lives in this process. Copy it to start a new one.
//
// memory.go is the connector: it turns calls into requests, and replies into the errors of the contract. service.go plays the service at the other end
// of the wire, with faults that can be switched on; a real connector has HTTP calls in api.go instead, and a sandbox in a package of its own.
// Nobody is offered this connector: package all does not list it. What every connector must do is tested by package connectortest.
package memory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
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
		FindBy: []attr.Path{"userName", "displayName", "externalId"}, FindGroupBy: []attr.Path{"displayName", "externalId"},
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
	return c.one(ctx, fmt.Sprintf("get %s %s", kind, id), func() (connector.Remote, int) { return c.service.get(kind, id) })
}

// Find looks an object up by one attribute.
func (c *Connector) Find(ctx context.Context, kind connector.Kind, by attr.Path, value string) (connector.Remote, error) {
	what, found := fmt.Sprintf("find %s by %s", kind, by), []connector.Remote(nil)
	err := c.call(ctx, what, func() int {
		found = c.service.find(kind, by, value)
		return http.StatusOK
	})
	switch {
	case err != nil:
		return connector.Remote{}, err
	case len(found) == 0:
		return connector.Remote{}, fmt.Errorf("%s: %w", what, connector.ErrNotFound)
	case len(found) > 1:
		return connector.Remote{}, fmt.Errorf("%s: %d of them: %w", what, len(found), connector.ErrExists)
	}
	return found[0], nil
}

// Members yields who is in group.
func (c *Connector) Members(ctx context.Context, group connector.RemoteID, yield func(connector.RemoteID) error) error {
	var ids []connector.RemoteID
	err := c.call(ctx, "members of "+string(group), func() (status int) {
		ids, status = c.service.memberships(group)
		return status
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := yield(id); err != nil {
			return err
		}
	}
	return nil
}

// Apply performs op.
func (c *Connector) Apply(ctx context.Context, op connector.Op) (connector.Remote, error) {
	what := fmt.Sprintf("%s %s %s", op.Verb, op.Kind, op.ID)
	switch op.Verb {
	case connector.Create:
		return c.create(ctx, op)
	case connector.Update, connector.Enable, connector.Disable:
		return c.one(ctx, what, func() (connector.Remote, int) { return c.change(op) })
	case connector.Delete:
		return connector.Remote{}, c.call(ctx, what, func() int {
			c.service.remove(op.ID) // also when there is nothing left to delete
			return http.StatusNoContent
		})
	case connector.Member:
		return c.one(ctx, what, func() (connector.Remote, int) { return c.service.edges(op.ID, op.Add, op.Remove) })
	}
	return connector.Remote{}, fmt.Errorf("verb %q: %w", op.Verb, connector.ErrUnsupported)
}

// create looks up first when an earlier try may have taken effect, so that no fault makes a second account.
func (c *Connector) create(ctx context.Context, op connector.Op) (connector.Remote, error) {
	if op.Repeat {
		for _, by := range op.Match {
			if op.Want.First(by) == "" {
				continue // nobody is found by what they lack
			}
			found, err := c.Find(ctx, op.Kind, by, op.Want.First(by))
			if !errors.Is(err, connector.ErrNotFound) {
				return found, err
			}
		}
	}
	return c.one(ctx, "create "+string(op.Kind), func() (connector.Remote, int) {
		return c.service.create(connector.Remote{Kind: op.Kind, Attrs: op.Want, Active: op.Active || op.Kind == connector.Group})
	})
}

// change updates the paths that op names, and whether the account is active.
func (c *Connector) change(op connector.Op) (connector.Remote, int) {
	o, status := c.service.get(op.Kind, op.ID)
	if status != http.StatusOK {
		return o, status
	}
	if op.Verb == connector.Disable {
		o.Active = false
		return c.service.replace(o)
	}
	for _, p := range op.Changed {
		o.Attrs[p] = op.Want[p]
	}
	o.Active = o.Active || op.Verb == connector.Enable
	return c.service.replace(o)
}

// Normalize foretells how the service rewrites values, and leaves out what is too long for it.
func (c *Connector) Normalize(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
	out, problems := attr.Set{}, []connector.Problem(nil)
	for p, values := range want {
		stored, ok := rewrite(kind, p, values)
		if !ok {
			problems = append(problems, connector.Problem{Path: p, Reason: fmt.Sprintf("longer than %d bytes", longest)})
			continue
		}
		out[p] = stored
	}
	return out, problems
}

// one makes a request that is answered by one object. What was never confirmed is not returned.
func (c *Connector) one(ctx context.Context, what string, fn func() (connector.Remote, int)) (got connector.Remote, err error) {
	err = c.call(ctx, what, func() (status int) {
		got, status = fn()
		return status
	})
	if err != nil {
		return connector.Remote{}, err
	}
	return got, nil
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
		err = errors.New("the answer breaks off")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
