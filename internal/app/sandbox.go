package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
	"muster/internal/store"
)

const (
	sandboxPrefix = "/scim/sandbox/v2"
	sandboxFile   = "sandbox.db"
	sandboxSchema = "muster_sandbox"
	sandboxLife   = 30 * 24 * time.Hour // of a token, at most

	sandboxOwner = "sandbox" // of the anchors in its store
)

// sandbox is the copy of the people on which an identity provider is tried out: a store of its own, with a SCIM service of its own. No engine looks at it.
type sandbox struct {
	mu     sync.RWMutex // guards the rest: whoever uses them reads, whoever makes or drops the sandbox writes
	store  *store.Store // nil = not open
	keeper *access.Keeper
	scim   *scimapi.Server
}

// place is the address of the sandbox's store.
func (m *Muster) sandboxPlace() (dsn, real string, postgres bool, err error) {
	if real, err = m.database(); err != nil {
		return "", "", false, err
	}
	if strings.HasPrefix(real, "postgres://") || strings.HasPrefix(real, "postgresql://") {
		dsn, err = store.InSchema(real, sandboxSchema)
		return dsn, real, true, err
	}
	return filepath.Join(m.Data, sandboxFile), real, false, nil
}

// sandboxThere reports whether there is a sandbox.
func (m *Muster) sandboxThere(ctx context.Context) (bool, error) {
	dsn, real, postgres, err := m.sandboxPlace()
	if err != nil {
		return false, err
	}
	if postgres {
		return store.HasSchema(ctx, real, sandboxSchema)
	}
	_, err = os.Stat(dsn)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// inSandbox runs fn with the sandbox open. If there is none, the problem says how to make one.
func (m *Muster) inSandbox(ctx context.Context, fn func(*sandbox) error) error {
	b := &m.sandbox
	b.mu.RLock()
	if b.store == nil {
		b.mu.RUnlock()
		if err := m.openSandbox(ctx); err != nil {
			return err
		}
		b.mu.RLock()
	}
	defer b.mu.RUnlock()
	if b.store == nil {
		return noSandbox()
	}
	return fn(b)
}

func noSandbox() error {
	return &run.Problem{Code: adminapi.NotFound, What: "there is no sandbox", Fix: "Make one: `muster client sandbox create`."}
}

// openSandbox opens the sandbox that is there.
func (m *Muster) openSandbox(ctx context.Context) error {
	b := &m.sandbox
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.store != nil {
		return nil
	}
	there, err := m.sandboxThere(ctx)
	if err != nil {
		return err
	}
	if !there {
		return noSandbox()
	}
	return b.open(ctx, m)
}

// open opens the store and puts a service on it. Its clients, rules and profiles are those of the real one.
func (b *sandbox) open(ctx context.Context, m *Muster) error {
	dsn, _, _, err := m.sandboxPlace()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, dsn, store.Options{Log: m.log})
	if err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	b.store, b.keeper = s, &access.Keeper{Store: s, Now: m.now}
	door := &ingest.Door{Store: s, Rules: m.door.Rules, Now: m.now, Log: m.log}
	b.scim = scimapi.New(scimapi.Config{
		Store: s, Keeper: b.keeper, Door: door, Clients: m.parts.clients, Now: m.now, Log: m.log, Prefix: sandboxPrefix, Adoptable: []string{bulkload.Source},
		Admit: func(ctx context.Context, person directory.ID) error { return m.admit(ctx, s, person) },
	})
	return nil
}

// admit refuses the sandbox to people who could not use the real service now: they left, were reset, or lost the right.
func (m *Muster) admit(ctx context.Context, s *store.Store, person directory.ID) error {
	text := ""
	err := s.View(ctx, func(r directory.Reader) (err error) {
		text, err = r.Anchor(ctx, sandboxOwner, "epoch "+string(person))
		return err
	})
	if err != nil {
		return err
	}
	epoch, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return access.ErrUnknown
	}
	c, err := m.Keeper.Standing(ctx, person, epoch)
	if err == nil {
		err = errors.Join(c.Authorize(access.UseAPI), c.Authorize(access.Provision))
	}
	return err
}

// close closes the store, if it is open.
func (b *sandbox) close() error {
	if b.store == nil {
		return nil
	}
	err := b.store.Close()
	b.store, b.keeper, b.scim = nil, nil, nil
	return err
}

// remove removes the store for good.
func (b *sandbox) remove(ctx context.Context, m *Muster) error {
	if err := b.close(); err != nil {
		return err
	}
	dsn, real, postgres, err := m.sandboxPlace()
	if err != nil {
		return err
	}
	if postgres {
		return store.DropSchema(ctx, real, sandboxSchema)
	}
	for _, side := range []string{"-wal", "-shm", ""} { // the file itself last: as long as it is there, there is a sandbox
		if err := os.Remove(dsn + side); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// fill makes the store anew and copies the people into it.
func (b *sandbox) fill(ctx context.Context, m *Muster, by access.Caller) (err error) {
	dsn, real, postgres, err := m.sandboxPlace()
	if err != nil {
		return err
	}
	if postgres {
		if err := store.MakeSchema(ctx, real, sandboxSchema); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.remove(context.WithoutCancel(ctx), m)) // no half of a copy
		}
	}()
	if b.store, err = store.Open(ctx, dsn, store.Options{Log: m.log}); err != nil {
		return err
	}
	if err := m.Store.CopyPeople(ctx, b.store); err != nil {
		return err
	}
	if err := b.close(); err != nil {
		return err
	}
	if err := b.open(ctx, m); err != nil {
		return err
	}
	head, err := b.store.Head(ctx)
	if err != nil {
		return err
	}
	return b.store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		for name, value := range map[string]string{
			"made": m.now().UTC().Format(time.RFC3339), "by": by.Handle, "baseline": fmt.Sprintf("%d,%d", head.Tx, head.Seq),
		} {
			if err := tx.SetAnchor(ctx, sandboxOwner, name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// serveSandbox answers the SCIM service of the sandbox. Where there is none, its address is nobody's.
func (m *Muster) serveSandbox(w http.ResponseWriter, r *http.Request) {
	err := m.inSandbox(r.Context(), func(b *sandbox) error {
		b.scim.ServeHTTP(w, r)
		return nil
	})
	if p := (*run.Problem)(nil); errors.As(err, &p) {
		http.NotFound(w, r)
	} else if err != nil {
		m.log.Error("the sandbox cannot be opened", "error", err)
		http.Error(w, "the sandbox cannot be opened", http.StatusInternalServerError)
	}
}
