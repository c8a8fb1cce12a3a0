package scimapi

import (
	"context"
	"errors"
	"strings"
	"time"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// The attributes that are not kept as values: what the service itself knows of a resource.

// schemas compiles a comparison with the list of schemas.
func (c compiler) schemas(n filter.Test) (inbound.Cond, error) {
	if n.Op == filter.Present {
		return always, nil
	}
	if n.Value.Type != filter.String || n.Op != filter.Equal && n.Op != filter.NotEqual {
		return nil, scim.Errorf(scim.InvalidFilter, "schemas can be compared with eq and a URN")
	}
	hit := never
	if strings.EqualFold(n.Value.Text, c.t.Core.URN) {
		hit = always
	}
	for _, e := range c.t.Extensions {
		if strings.EqualFold(n.Value.Text, e.URN) {
			hit = inbound.Has{Paths: extensionPaths(e)}
		}
	}
	if n.Op == filter.NotEqual {
		return inbound.Not{Cond: hit}, nil
	}
	return hit, nil
}

func extensionPaths(e *scim.Schema) []string {
	var out []string
	for i := range e.Attributes {
		out = append(out, searched(scim.Place{URN: e.URN, Attr: &e.Attributes[i]})...)
	}
	return out
}

// extension compiles a comparison with a whole extension.
func (c compiler) extension(n filter.Test, at scim.Place) (inbound.Cond, error) {
	for _, e := range c.t.Extensions {
		if e.URN == at.URN && (n.Op == filter.Present || n.Value.Type == filter.Null) {
			return presence(n, extensionPaths(e))
		}
	}
	return nil, scim.Errorf(scim.InvalidFilter, "%s is a whole extension: only pr applies to it", at.Path())
}

// meta compiles a comparison with what the service keeps about a resource.
func (c compiler) meta(n filter.Test, at scim.Place) (inbound.Cond, error) {
	if at.Sub == nil {
		if n.Op == filter.Present {
			return always, nil
		}
		return nil, scim.Errorf(scim.InvalidFilter, "meta needs a sub-attribute")
	}
	if n.Op == filter.Present || n.Value.Type == filter.Null {
		return truth(n.Op != filter.Equal), nil
	}
	switch at.Sub.Name {
	case "resourceType":
		if n.Op == filter.Equal || n.Op == filter.NotEqual {
			return truth((n.Value.Text == c.t.Name) == (n.Op == filter.Equal)), nil
		}
	case "created", "lastModified":
		key, err := c.key(n, at.Sub, at.Path())
		if err != nil {
			return nil, err
		}
		return instant(at.Path(), n, key)
	}
	return nil, scim.Errorf(scim.InvalidFilter, "%s is not searched by %s", at.Path(), n.Op)
}

// instant compares with a time of ours, which is exact to the millisecond.
func instant(path string, n filter.Test, key string) (inbound.Cond, error) {
	at, err := time.Parse(time.RFC3339Nano, key)
	if err != nil {
		return nil, scim.Errorf(scim.InvalidFilter, "%s needs a time", path)
	}
	whole := at.Truncate(time.Millisecond)
	if whole.Equal(at) {
		return inbound.Test{Path: path, Op: n.Op, Key: key}, nil
	}
	op := n.Op // between two milliseconds there is nothing
	switch n.Op {
	case filter.Equal:
		return never, nil
	case filter.NotEqual:
		return always, nil
	case filter.GreaterOrEqual:
		op = filter.Greater
	case filter.Less:
		op = filter.LessOrEqual
	}
	return inbound.Test{Path: path, Op: op, Key: scim.TimeKey(whole)}, nil
}

func (c compiler) id(n filter.Test) (inbound.Cond, error) {
	if n.Op == filter.Present || n.Value.Type == filter.Null {
		return truth(n.Op != filter.Equal), nil
	}
	if n.Value.Type != filter.String {
		return nil, scim.Errorf(scim.InvalidFilter, "id is compared with a text")
	}
	return inbound.Test{Path: "id", Op: n.Op, Key: n.Value.Text}, nil
}

func (c compiler) active(n filter.Test) (inbound.Cond, error) {
	if n.Op == filter.Present || n.Value.Type == filter.Null {
		return truth(n.Op != filter.Equal), nil
	}
	at, _ := c.t.Find("active")
	key, err := c.key(n, at.Attr, "active")
	if err != nil {
		return nil, err
	}
	return inbound.Test{Path: "active", Op: n.Op, Key: key}, nil
}

// membership compiles a comparison with the groups of a user or the members of a group.
func (c compiler) membership(ctx context.Context, n filter.Test, at scim.Place) (inbound.Cond, error) {
	some := func(objects []directory.ID) inbound.Cond {
		if at.Attr.Name == "members" {
			return inbound.HasMember{Objects: objects}
		}
		return inbound.InGroup{Groups: objects}
	}
	if n.Op == filter.Present {
		return some(nil), nil
	}
	if n.Value.Type == filter.Null && (n.Op == filter.Equal || n.Op == filter.NotEqual) {
		if n.Op == filter.Equal {
			return inbound.Not{Cond: some(nil)}, nil
		}
		return some(nil), nil
	}
	name := "value"
	if at.Sub != nil {
		name = at.Sub.Name
	}
	if n.Op != filter.Equal || n.Value.Type != filter.String || name != "value" && !(name == "display" && at.Attr.Name == "groups") {
		return nil, scim.Errorf(scim.InvalidFilter, "%s can be searched by eq with an id, and by pr", at.Path())
	}
	found, err := c.named(ctx, name, n.Value.Text)
	if err != nil || len(found) == 0 {
		return never, err
	}
	return some(found), nil
}

// named returns the objects that an id or a group's name means.
func (c compiler) named(ctx context.Context, by, text string) ([]directory.ID, error) {
	var found []inbound.Resource
	var err error
	if by == "value" {
		found, err = c.in.ByID(ctx, c.source, []string{text})
	} else {
		var r inbound.Resource
		if r, err = c.in.ByHandle(ctx, c.source, directory.Group, text); err == nil {
			found = append(found, r)
		} else if errors.Is(err, directory.ErrNotFound) {
			err = nil
		}
	}
	var out []directory.ID
	for _, r := range found {
		out = append(out, r.Object)
	}
	return out, err
}
