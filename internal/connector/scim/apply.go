package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/scim"
)

// Apply performs op.
func (c *Connector) Apply(ctx context.Context, op connector.Op) (connector.Remote, error) {
	var r connector.Remote
	var err error
	if c.profile.SerialPerObject && op.ID != "" {
		leave, err := c.lanes.enter(ctx, object(op.Kind, op.ID))
		if err != nil {
			return r, fmt.Errorf("%s %s: %w", op.Verb, op.Kind, err)
		}
		defer leave()
	}
	switch op.Verb {
	case connector.Create:
		r, err = c.create(ctx, op)
	case connector.Update, connector.Enable:
		r, err = c.update(ctx, op)
	case connector.Disable:
		r, err = c.disable(ctx, op)
	case connector.Delete:
		r, err = connector.Remote{}, c.delete(ctx, op)
	case connector.Member:
		r, err = c.member(ctx, op)
	default:
		err = connector.ErrUnsupported
	}
	if err != nil {
		return connector.Remote{}, fmt.Errorf("%s %s: %w", op.Verb, op.Kind, err)
	}
	return r, nil
}

// values returns op.Want as the service would hold it. A value that it cannot hold is an error if op writes it.
func (c *Connector) values(op connector.Op, changed []attr.Path) (attr.Set, []attr.Path, error) {
	want, problems := c.Normalize(op.Kind, op.Want)
	bad := map[attr.Path]string{}
	for _, p := range problems {
		bad[p.Path] = p.Reason
	}
	out := make([]attr.Path, 0, len(changed))
	for _, p := range changed {
		if reason := bad[p]; reason != "" {
			return nil, nil, fmt.Errorf("%w: %s: %s", connector.ErrInvalid, p, reason)
		}
		canonical, err := scim.Canonical(p)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", connector.ErrInvalid, err)
		}
		out = append(out, canonical)
	}
	return want, out, nil
}

func (c *Connector) create(ctx context.Context, op connector.Op) (connector.Remote, error) {
	want, _, err := c.values(op, op.Want.Paths())
	if err != nil {
		return connector.Remote{}, err
	}
	if op.Repeat {
		if r, err := c.lookUp(ctx, op, want); !errors.Is(err, connector.ErrNotFound) {
			return r, err
		}
	}
	body, err := c.body(op.Kind, want)
	if err != nil {
		return connector.Remote{}, fmt.Errorf("%w: %w", connector.ErrInvalid, err)
	}
	if op.Kind == connector.User {
		body["active"] = op.Active
	}
	var made scim.Resource
	if _, err := c.api.call(ctx, http.MethodPost, collection(op.Kind), nil, body, &made); err != nil {
		return connector.Remote{}, foreignIfAbsent(err)
	}
	if made.ID() == "" {
		return connector.Remote{}, fmt.Errorf("POST %s: the answer has no id", collection(op.Kind))
	}
	return c.remote(op.Kind, made), nil
}

// foreignIfAbsent turns 404 for a collection into ErrForeign: it is there, or the address is wrong.
func foreignIfAbsent(err error) error {
	if errors.Is(err, connector.ErrNotFound) {
		return fmt.Errorf("%w: %w", connector.ErrForeign, hide(err))
	}
	return err
}

// lookUp finds what an earlier try may have made.
func (c *Connector) lookUp(ctx context.Context, op connector.Op, want attr.Set) (connector.Remote, error) {
	for _, p := range op.Match {
		p, err := scim.Canonical(p)
		if err != nil {
			return connector.Remote{}, fmt.Errorf("%w: %w", connector.ErrInvalid, err)
		}
		if want.First(p) == "" {
			continue
		}
		r, err := c.Find(ctx, op.Kind, p, want.First(p))
		if !errors.Is(err, connector.ErrNotFound) {
			return r, err
		}
	}
	return connector.Remote{}, connector.ErrNotFound
}

// update writes the changed attributes, and with Enable also that the account is active.
func (c *Connector) update(ctx context.Context, op connector.Op) (connector.Remote, error) {
	want, changed, err := c.values(op, op.Changed)
	if err != nil {
		return connector.Remote{}, err
	}
	enable := op.Verb == connector.Enable && op.Kind == connector.User
	if c.replaces(op.Kind) {
		return c.put(ctx, op, func(r scim.Resource) error {
			if op.Kind == connector.User {
				r["active"] = op.Active || enable
			}
			return c.assign(r, want, changed)
		})
	}
	var have scim.Resource
	if touchesList(changed) {
		if have, err = c.read(ctx, op.Kind, op.ID, false); err != nil {
			return connector.Remote{}, err
		}
	}
	ops, err := c.operations(have, want, changed)
	if err != nil {
		return connector.Remote{}, fmt.Errorf("%w: %w", connector.ErrInvalid, err)
	}
	if enable {
		ops = append(ops, scim.Operation{Op: "replace", Path: "active", Value: true})
	}
	r, err := c.patch(ctx, op.Kind, op.ID, ops)
	if err == nil && enable && !r.Active {
		err = errors.New("the service accepted it, and the account is still disabled")
	}
	return r, err
}

func (c *Connector) replaces(kind connector.Kind) bool {
	if kind == connector.Group {
		return c.profile.GroupUpdate == "put"
	}
	return c.profile.UserUpdate == "put"
}

// disable takes nothing but the right to sign in. A service that says yes and does no is an error: a leaver would stay.
func (c *Connector) disable(ctx context.Context, op connector.Op) (connector.Remote, error) {
	if op.Kind == connector.Group {
		return connector.Remote{}, fmt.Errorf("%w: groups are always active", connector.ErrUnsupported)
	}
	var r connector.Remote
	var err error
	switch c.profile.Deactivate {
	case "patch":
		r, err = c.patch(ctx, op.Kind, op.ID, []scim.Operation{{Op: "replace", Path: "active", Value: false}})
	case "put":
		r, err = c.put(ctx, op, func(r scim.Resource) error { r["active"] = false; return nil })
	case "delete":
		err = c.delete(ctx, op)
		r = connector.Remote{ID: op.ID, Kind: op.Kind}
	default:
		err = fmt.Errorf("%w: the service has no disabled accounts", connector.ErrUnsupported)
	}
	if err == nil && r.Active {
		err = errors.New("the service accepted it, and the account is still active")
	}
	return r, err
}

// patch sends ops and returns what the service then holds, asking for it if the answer does not say. Without ops it only asks.
func (c *Connector) patch(ctx context.Context, kind connector.Kind, id connector.RemoteID, ops []scim.Operation) (connector.Remote, error) {
	if len(ops) > 0 {
		var r scim.Resource
		answered, err := c.api.call(ctx, http.MethodPatch, object(kind, id), nil, patchOp(ops), &r)
		if err != nil {
			return connector.Remote{}, err
		}
		if answered && complete(kind, r) {
			return c.remote(kind, r), nil
		}
	}
	return c.Get(ctx, kind, id)
}

func patchOp(ops []scim.Operation) scim.PatchOp {
	return scim.PatchOp{Schemas: []string{scim.PatchURN}, Operations: ops}
}

// complete reports whether r is a whole resource; some services answer with a part of it.
func complete(kind connector.Kind, r scim.Resource) bool {
	if kind == connector.Group {
		return r.ID() != "" && r.Text("displayName") != ""
	}
	return r.ID() != "" && r.Text("userName") != "" && r.Get("active") != nil
}

// put reads the object, changes it and writes it back whole, so that what is not mapped survives.
func (c *Connector) put(ctx context.Context, op connector.Op, change func(scim.Resource) error) (connector.Remote, error) {
	r, err := c.read(ctx, op.Kind, op.ID, true)
	if err != nil {
		return connector.Remote{}, err
	}
	next := whole(r)
	if err := change(next); err != nil {
		return connector.Remote{}, fmt.Errorf("%w: %w", connector.ErrInvalid, err)
	}
	var got scim.Resource
	answered, err := c.api.call(ctx, http.MethodPut, object(op.Kind, op.ID), nil, next, &got)
	if err != nil {
		return connector.Remote{}, err
	}
	if answered && complete(op.Kind, got) {
		return c.remote(op.Kind, got), nil
	}
	return c.Get(ctx, op.Kind, op.ID)
}

// delete removes the object. That it is gone already is believed only while the list of its kind answers.
func (c *Connector) delete(ctx context.Context, op connector.Op) error {
	if op.Verb == connector.Delete && op.Kind == connector.User && c.profile.Delete == "none" {
		return fmt.Errorf("%w: the service cannot delete accounts, or the setting delete is none", connector.ErrUnsupported)
	}
	_, err := c.api.call(ctx, http.MethodDelete, object(op.Kind, op.ID), nil, nil, nil)
	if errors.Is(err, connector.ErrNotFound) {
		_, err = c.page(ctx, op.Kind, position{count: 1}, "")
	}
	return err
}
