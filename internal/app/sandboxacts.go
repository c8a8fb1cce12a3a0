package app

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// MakeSandbox implements adminapi.Sandboxes.
func (m *Muster) MakeSandbox(ctx context.Context, by access.Caller) (adminapi.Sandbox, error) {
	err := m.refill(ctx, by, "sandbox.create", func(there bool) error {
		if !there {
			return nil
		}
		return &run.Problem{
			Code: adminapi.Conflict, What: "there is a sandbox already", Now: "It was left as it is.",
			Fix: "Begin anew with `muster client sandbox reset`, or remove it with `muster client sandbox drop`.",
		}
	})
	if err != nil {
		return adminapi.Sandbox{}, err
	}
	return m.Sandbox(ctx, adminapi.SandboxQuery{})
}

// ResetSandbox implements adminapi.Sandboxes.
func (m *Muster) ResetSandbox(ctx context.Context, by access.Caller) (adminapi.Sandbox, error) {
	err := m.refill(ctx, by, "sandbox.reset", func(there bool) error {
		if !there {
			return noSandbox()
		}
		return nil
	})
	if err != nil {
		return adminapi.Sandbox{}, err
	}
	return m.Sandbox(ctx, adminapi.SandboxQuery{})
}

// refill makes the sandbox anew, with the tokens that it had.
func (m *Muster) refill(ctx context.Context, by access.Caller, act string, may func(there bool) error) error {
	b := &m.sandbox
	b.mu.Lock()
	defer b.mu.Unlock()
	there, err := m.sandboxThere(ctx)
	if err != nil {
		return err
	}
	if err := may(there); err != nil {
		return err
	}
	kept := &tokensKept{}
	if there {
		if b.store == nil {
			err = b.open(ctx, m)
		}
		if err == nil {
			err = kept.read(ctx, b)
		}
		if err == nil {
			err = b.remove(ctx, m)
		}
		if err != nil {
			return err
		}
	}
	if err := b.fill(ctx, m, by); err != nil {
		return err
	}
	if err := kept.write(ctx, b, by); err != nil {
		return err
	}
	return m.noteSandbox(ctx, by, act, "")
}

// tokensKept are the tokens of a sandbox that is made anew, with the epochs of their people.
type tokensKept struct {
	tokens []access.Token
	epochs map[directory.ID]string
}

func (k *tokensKept) read(ctx context.Context, b *sandbox) error {
	return b.store.View(ctx, func(r directory.Reader) (err error) {
		if k.tokens, err = access.Of(r).Tokens(ctx, ""); err != nil {
			return err
		}
		k.epochs = map[directory.ID]string{}
		for _, t := range k.tokens {
			if k.epochs[t.Person], err = r.Anchor(ctx, sandboxOwner, "epoch "+string(t.Person)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *tokensKept) write(ctx context.Context, b *sandbox, by access.Caller) error {
	return b.store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		for _, t := range k.tokens {
			p, err := tx.Object(ctx, t.Person)
			if err != nil {
				continue // gone for good since: so is the token
			}
			t.Epoch = p.Epoch
			if err := access.In(tx).PutToken(ctx, t); err != nil {
				return err
			}
			if err := tx.SetAnchor(ctx, sandboxOwner, "epoch "+string(t.Person), k.epochs[t.Person]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *Muster) noteSandbox(ctx context.Context, by access.Caller, act, object string) error {
	return m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: act, Object: object})
	})
}

// DropSandbox implements adminapi.Sandboxes.
func (m *Muster) DropSandbox(ctx context.Context, by access.Caller) error {
	b := &m.sandbox
	b.mu.Lock()
	defer b.mu.Unlock()
	there, err := m.sandboxThere(ctx)
	if err != nil {
		return err
	}
	if !there {
		return noSandbox()
	}
	if err := b.remove(ctx, m); err != nil {
		return err
	}
	return m.noteSandbox(ctx, by, "sandbox.drop", "")
}

// SandboxToken implements adminapi.Sandboxes.
func (m *Muster) SandboxToken(ctx context.Context, req adminapi.SandboxToken, by access.Caller) (out adminapi.Issued, err error) {
	who := by.Person
	if req.Person != "" {
		o, err := m.person(ctx, req.Person)
		if err != nil {
			return out, err
		}
		who = o.ID
	}
	err = m.inSandbox(ctx, func(b *sandbox) error {
		var real directory.Object
		err := m.Store.View(ctx, func(r directory.Reader) (err error) {
			real, err = r.Object(ctx, who)
			return err
		})
		if err != nil {
			return err
		}
		life := sandboxLife
		if req.Days > 0 {
			life = min(life, time.Duration(req.Days)*24*time.Hour)
		}
		text, t, err := b.keeper.IssueFor(ctx, by, who, access.Use{Source: req.Source, Profile: req.Profile}, req.Name, life)
		if err != nil {
			return fmt.Errorf("token for the sandbox: %w", err)
		}
		out = adminapi.IssuedToken(t, text.Reveal())
		return b.store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
			return tx.SetAnchor(ctx, sandboxOwner, "epoch "+string(who), strconv.FormatInt(real.Epoch, 10))
		})
	})
	if err != nil {
		return out, err
	}
	return out, m.noteSandbox(ctx, by, "sandbox.token", out.ID)
}

// RevokeSandboxToken implements adminapi.Sandboxes.
func (m *Muster) RevokeSandboxToken(ctx context.Context, id string, by access.Caller) error {
	err := m.inSandbox(ctx, func(b *sandbox) error { return b.keeper.Revoke(ctx, by, id) })
	if err != nil {
		return err
	}
	return m.noteSandbox(ctx, by, "sandbox.token.revoke", id)
}
