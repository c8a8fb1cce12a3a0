package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"muster/internal/connector"
	"muster/internal/scim"
)

// member changes who is in the group op.ID. What was written counts, not what the service echoes; only removals are read back, since there are services
// that answer 204 and remove nobody.
func (c *Connector) member(ctx context.Context, op connector.Op) (connector.Remote, error) {
	if c.profile.GroupUpdate != "patch" {
		return c.memberWhole(ctx, op)
	}
	for batch := range slices.Chunk(op.Add, c.profile.MemberBatch) {
		if err := c.patchMembers(ctx, op.ID, []scim.Operation{{Op: "add", Path: "members", Value: values(batch)}}); err != nil {
			return connector.Remote{}, err
		}
	}
	for batch := range slices.Chunk(op.Remove, c.profile.MemberBatch) {
		if err := c.removeMembers(ctx, op.ID, batch); err != nil {
			return connector.Remote{}, err
		}
	}
	done := connector.Remote{ID: op.ID, Kind: connector.Group, Active: true}
	switch {
	case len(op.Remove) == 0 || !c.profile.VerifyRemovals || c.profile.Members == "none":
		return done, nil
	case c.profile.Members == "users":
		return done, c.Members(ctx, op.ID, func(id connector.RemoteID) error {
			return unless(!slices.Contains(op.Remove, id), remains(op.ID, id))
		})
	}
	r, err := c.read(ctx, connector.Group, op.ID, true)
	if err != nil {
		return connector.Remote{}, err
	}
	return c.remote(connector.Group, r), stillThere(r, op.Remove)
}

func values(ids []connector.RemoteID) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = map[string]any{"value": string(id)}
	}
	return out
}

func (c *Connector) patchMembers(ctx context.Context, group connector.RemoteID, ops []scim.Operation) error {
	_, err := c.api.call(ctx, http.MethodPatch, object(connector.Group, group), nil, patchOp(ops), nil)
	return err
}

// removeMembers removes a batch. A service that minds the absence of one is asked for each by itself.
func (c *Connector) removeMembers(ctx context.Context, group connector.RemoteID, ids []connector.RemoteID) error {
	ops := make([]scim.Operation, len(ids))
	for i, id := range ids {
		ops[i] = scim.Operation{Op: "remove", Path: "members[value eq " + quote(string(id)) + "]"}
	}
	err := c.patchMembers(ctx, group, ops)
	if !noTarget(err) || len(ids) == 1 {
		return unless(noTarget(err), err)
	}
	for _, op := range ops {
		if err := c.patchMembers(ctx, group, []scim.Operation{op}); err != nil && !noTarget(err) {
			return err
		}
	}
	return nil
}

// noTarget reports whether a service minds that what is to be removed is not there.
func noTarget(err error) bool {
	r, ok := errors.AsType[*rejected](err)
	return ok && r.scimType == scim.NoTarget
}

func unless(fine bool, err error) error {
	if fine {
		return nil
	}
	return err
}

// memberWhole is for services that take the members of a group only as the whole list, the empty one included.
func (c *Connector) memberWhole(ctx context.Context, op connector.Op) (connector.Remote, error) {
	r, err := c.read(ctx, connector.Group, op.ID, true)
	if err != nil {
		return connector.Remote{}, err
	}
	list, changed := memberList(r, op)
	if !changed {
		return c.remote(connector.Group, r), nil
	}
	method, body := http.MethodPatch, any(patchOp([]scim.Operation{{Op: "replace", Path: "members", Value: list}}))
	if c.profile.GroupUpdate == "put" {
		next := whole(r)
		next["members"] = list
		method, body = http.MethodPut, next
	}
	if _, err := c.api.call(ctx, method, object(connector.Group, op.ID), nil, body, nil); err != nil {
		return connector.Remote{}, err
	}
	return c.remote(connector.Group, r), nil
}

// memberList returns the members of r after op, and whether that differs from before.
func memberList(r scim.Resource, op connector.Op) ([]any, bool) {
	gone := map[string]bool{}
	for _, id := range op.Remove {
		gone[string(id)] = true
	}
	ids := []connector.RemoteID{}
	in := map[string]bool{}
	for _, id := range r.Members() {
		in[id] = true
		if !gone[id] {
			ids = append(ids, connector.RemoteID(id))
		}
	}
	changed := len(ids) != len(in)
	for _, id := range op.Add {
		if !in[string(id)] {
			in[string(id)] = true
			ids = append(ids, id)
			changed = true
		}
	}
	return values(ids), changed
}

// stillThere returns an error if r lists one of those that were removed.
func stillThere(r scim.Resource, removed []connector.RemoteID) error {
	in := map[string]bool{}
	for _, id := range r.Members() {
		in[id] = true
	}
	for _, id := range removed {
		if in[string(id)] {
			return remains(connector.RemoteID(r.ID()), id)
		}
	}
	return nil
}

func remains(group, member connector.RemoteID) error {
	return fmt.Errorf("remove members from group %s: the service accepted it, and %s is still a member", group, member)
}

// Members reads who is in group.
func (c *Connector) Members(ctx context.Context, group connector.RemoteID, yield func(connector.RemoteID) error) error {
	r, err := c.read(ctx, connector.Group, group, true)
	if err != nil {
		return err
	}
	if c.profile.Members == "users" {
		w := walk{c: c, kind: connector.User, filter: equals("groups.value", string(group)), seen: map[string]bool{}, total: -1}
		return w.run(ctx, func(r scim.Resource) error { return yield(connector.RemoteID(r.ID())) })
	}
	for _, id := range r.Members() {
		if err := yield(connector.RemoteID(id)); err != nil {
			return err
		}
	}
	return nil
}
