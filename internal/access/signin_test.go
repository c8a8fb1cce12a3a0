package access_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/access/accesstest"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/secret"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

const goodPassword = "correct horse battery"

// A desk is a keeper with one person, who is an admin, and a clock.
type desk struct {
	*access.Keeper
	me   access.Caller
	now  time.Time
	acts []string
}

// onEachStore runs a test on the store in memory and on both databases.
func onEachStore(t *testing.T, test func(*testing.T, *desk)) {
	access.Cheap()
	open := func(dsn string) func(*testing.T) directory.Store {
		return func(t *testing.T) directory.Store {
			if dsn == "" {
				dsn = storetest.Postgres(t)
			}
			s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
	}
	for name, s := range map[string]func(*testing.T) directory.Store{
		"memory":   func(*testing.T) directory.Store { return accesstest.New() },
		"sqlite":   open(storetest.SQLite(t, t.TempDir())),
		"postgres": open(""),
	} {
		t.Run(name, func(t *testing.T) { test(t, newDesk(t, s(t))) })
	}
}

func newDesk(t *testing.T, s directory.Store) *desk {
	d := &desk{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	d.Keeper = &access.Keeper{
		Store: s, Now: func() time.Time { return d.now },
		Audit: func(_ context.Context, _ directory.Tx, by, act, _ string) error {
			d.acts = append(d.acts, by+" "+act)
			return nil
		},
	}
	id := directory.NewID()
	d.me = access.Caller{Person: id, Handle: "mara", Roles: []access.Role{access.Admin}}
	d.change(t, func(o *directory.Object) {
		*o = directory.Object{ID: id, Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"mara"}}}
	})
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		return access.In(tx).PutGrant(t.Context(), access.Grant{Person: id, Role: access.Admin, At: d.now})
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) change(t *testing.T, fn func(*directory.Object)) {
	t.Helper()
	err := d.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
		o, err := tx.Object(t.Context(), d.me.Person)
		if errors.Is(err, directory.ErrNotFound) {
			err = nil
		}
		fn(&o)
		return errors.Join(err, tx.PutObjects(t.Context(), o))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) code(t *testing.T) string {
	t.Helper()
	text, expires, err := d.NewCode(t.Context(), d.me, d.me.Person)
	if err != nil || !expires.Equal(d.now.Add(access.CodeLife)) {
		t.Fatalf("code until %v: %v", expires, err)
	}
	return text.Reveal()
}

func (d *desk) redeem(t *testing.T, password string) string {
	t.Helper()
	cookie, c, err := d.Redeem(t.Context(), d.code(t), secret.New(password), "a browser")
	if err != nil || c.Handle != "mara" || !c.May(access.Approve) {
		t.Fatalf("redeem: %+v, %v", c, err)
	}
	return cookie.Reveal()
}

func (d *desk) signIn(t *testing.T, name, password string) (string, error) {
	t.Helper()
	cookie, _, err := d.SignIn(t.Context(), name, secret.New(password), "a browser")
	return cookie.Reveal(), err
}

func (d *desk) alive(t *testing.T, cookie string) bool {
	t.Helper()
	c, err := d.Resume(t.Context(), cookie, true)
	if err != nil && !errors.Is(err, access.ErrUnknown) {
		t.Fatal(err)
	}
	return err == nil && c.Person == d.me.Person
}

// X13: a code signs its person in once, sets their password, and is then worth nothing.
func TestRedeem(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		code := d.code(t)
		if _, _, err := d.Redeem(t.Context(), code, secret.New("short"), ""); !errors.Is(err, access.ErrWeak) {
			t.Fatalf("a short password: %v", err)
		}
		cookie, _, err := d.Redeem(t.Context(), " "+code+"\n", secret.New(goodPassword), "")
		if err != nil || !d.alive(t, cookie.Reveal()) {
			t.Fatalf("the code is worth nothing after a weak password was refused: %v", err)
		}
		if _, _, err := d.Redeem(t.Context(), code, secret.String{}, ""); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("a second time: %v", err)
		}
		late := d.code(t)
		d.now = d.now.Add(access.CodeLife)
		if _, _, err := d.Redeem(t.Context(), late, secret.String{}, ""); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("too late: %v", err)
		}
		old := d.code(t)
		d.change(t, func(o *directory.Object) { o.Epoch++ })
		if _, _, err := d.Redeem(t.Context(), old, secret.String{}, ""); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("from before a deactivation: %v", err)
		}
		if want := []string{"mara code.create", "mara password.set", "mara session.open", "mara code.create", "mara code.create"}; !slices.Equal(d.acts, want) {
			t.Errorf("audit = %v, want %v", d.acts, want)
		}
	})
}

// Of many who use a code at once, one gets in.
func TestRedeemOnce(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		code := d.code(t)
		var in atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, _, err := d.Redeem(t.Context(), code, secret.String{}, ""); err == nil {
					in.Add(1)
				}
			})
		}
		if all.Wait(); in.Load() != 1 {
			t.Errorf("%d got in", in.Load())
		}
	})
}

// X13: whoever knows name and password gets in; nobody else does.
func TestSignIn(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		if _, err := d.signIn(t, "mara", ""); !errors.Is(err, access.ErrUnknown) {
			t.Fatalf("without a password: %v", err)
		}
		first := d.redeem(t, goodPassword)
		second, err := d.signIn(t, "MARA", goodPassword)
		if err != nil || !d.alive(t, first) || !d.alive(t, second) {
			t.Fatalf("sign in: %v", err)
		}
		for _, try := range [][2]string{{"mara", goodPassword + "!"}, {"nobody", goodPassword}, {"", ""}} {
			if _, err := d.signIn(t, try[0], try[1]); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("%q: %v", try, err)
			}
		}
		third := d.redeem(t, goodPassword+" staple")
		if d.alive(t, first) || d.alive(t, second) || !d.alive(t, third) {
			t.Error("a new password ends the sessions before it, and only those")
		}
		if _, err := d.signIn(t, "mara", goodPassword); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("the old password: %v", err)
		}
		d.change(t, func(o *directory.Object) { o.Stop = &directory.Stop{By: "owner"} })
		if _, err := d.signIn(t, "mara", goodPassword+" staple"); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("deactivated: %v", err)
		}
	})
}

// Wrong passwords cost time, more with each; nobody is locked out for good.
func TestGuessing(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		d.redeem(t, goodPassword)
		for i := range 5 {
			if _, err := d.signIn(t, "mara", "wrong"); !errors.Is(err, access.ErrUnknown) {
				t.Fatalf("try %d: %v", i, err)
			}
		}
		slow := (*access.Slow)(nil)
		if _, err := d.signIn(t, "mara", goodPassword); !errors.As(err, &slow) || slow.Wait != time.Second {
			t.Fatalf("after five: %v", err)
		}
		for range 30 {
			d.now = d.now.Add(slow.Wait)
			if _, err := d.signIn(t, "mara", "wrong"); !errors.Is(err, access.ErrUnknown) {
				t.Fatal(err)
			}
			if _, err := d.signIn(t, "mara", goodPassword); !errors.As(err, &slow) {
				t.Fatal(err)
			}
		}
		if slow.Wait != 5*time.Minute {
			t.Errorf("the longest wait is %s", slow.Wait)
		}
		d.now = d.now.Add(slow.Wait)
		if _, err := d.signIn(t, "mara", goodPassword); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if _, err := d.signIn(t, "mara", "wrong"); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("the right password does not start the count anew: %v", err)
			}
		}
	})
}

// M13: a session ends when it is signed out, unused, old, or when its person is deactivated, and then for good.
func TestSessionsEnd(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		d.redeem(t, goodPassword)
		end := map[string]func(cookie string){
			"signed out": func(cookie string) {
				if err := errors.Join(d.SignOut(t.Context(), cookie), d.SignOut(t.Context(), cookie)); err != nil {
					t.Fatal(err)
				}
			},
			"unused": func(string) { d.now = d.now.Add(access.IdleLife) },
			"old": func(cookie string) {
				for began := d.now; d.now.Sub(began) < access.SessionLife; d.now = d.now.Add(access.IdleLife / 2) {
					if !d.alive(t, cookie) {
						t.Fatalf("ended after %s of use", d.now.Sub(began))
					}
				}
			},
			"deactivated and back": func(string) {
				d.change(t, func(o *directory.Object) { o.State, o.Epoch = directory.Disabled, o.Epoch+1 })
				d.change(t, func(o *directory.Object) { o.State = directory.Active })
			},
		}
		for name, fn := range end {
			cookie, err := d.signIn(t, "mara", goodPassword)
			if err != nil || !d.alive(t, cookie) {
				t.Fatal(err)
			}
			if fn(cookie); d.alive(t, cookie) {
				t.Errorf("%s: the session goes on", name)
			}
		}
		if d.alive(t, "") || d.alive(t, strings.Repeat("A", 52)) {
			t.Error("a cookie of nobody's is somebody's")
		}
	})
}

// What a page asks for by itself is no use of a session.
func TestWatchingIsNoUse(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		cookie := d.redeem(t, "")
		d.now = d.now.Add(access.IdleLife - time.Minute)
		if _, err := d.Resume(t.Context(), cookie, false); err != nil {
			t.Fatal(err)
		}
		if d.now = d.now.Add(time.Minute); d.alive(t, cookie) {
			t.Error("watching kept it alive")
		}
	})
}

// A code for somebody else takes what a token for them takes.
func TestCodesForOthers(t *testing.T) {
	h := newHouse(t)
	if _, _, err := h.NewCode(t.Context(), h.caller(access.Admin), h.people[access.Owner]); !errors.Is(err, access.ErrDenied) {
		t.Errorf("an admin makes an owner's code: %v", err)
	}
	if _, _, err := h.NewCode(t.Context(), h.caller(access.Owner), h.people[access.Auditor]); err != nil {
		t.Errorf("an owner makes an auditor's code: %v", err)
	}
}

func TestOwner(t *testing.T) {
	access.Cheap()
	h := newHouse(t)
	owner, claimed, err := h.Owner(t.Context())
	if err != nil || claimed || owner.Person != h.people[access.Owner] {
		t.Fatalf("owner = %+v, claimed %v, %v", owner, claimed, err)
	}
	code, _, err := h.NewCode(t.Context(), owner, owner.Person)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Redeem(t.Context(), code.Reveal(), secret.New(goodPassword), ""); err != nil {
		t.Fatal(err)
	}
	if _, claimed, err = h.Owner(t.Context()); err != nil || !claimed {
		t.Errorf("claimed %v, %v", claimed, err)
	}
	h.update(t, func(tx directory.Tx) error {
		o, err := tx.Object(t.Context(), owner.Person)
		o.State = directory.Disabled
		return errors.Join(err, tx.PutObjects(t.Context(), o))
	})
	if _, _, err := h.Owner(t.Context()); !errors.Is(err, access.ErrDenied) {
		t.Errorf("without an owner: %v", err)
	}
}

// M13: a reset ends the password, every session, token and code, for good, and nobody resets whoever may do more than they.
func TestReset(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		first := d.code(t)
		cookie, _, err := d.Redeem(t.Context(), first, secret.New("correct horse battery"), "test")
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := d.Issue(t.Context(), d.me, d.me.Person, "script", 0)
		if err != nil {
			t.Fatal(err)
		}
		stale := d.code(t)
		less := access.Caller{Person: "somebody", Handle: "pia", Roles: []access.Role{access.Provisioner}}
		if _, _, err := d.Reset(t.Context(), less, d.me.Person, secret.String{}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a provisioner resets an admin: %v", err)
		}
		if _, _, err := d.Reset(t.Context(), d.me, d.me.Person, secret.New("short")); !errors.Is(err, access.ErrWeak) {
			t.Errorf("a weak password: %v", err)
		}
		code, _, err := d.Reset(t.Context(), d.me, d.me.Person, secret.String{})
		if err != nil || code.Reveal() == "" {
			t.Fatalf("reset: %v", err)
		}
		if _, err := d.Resume(t.Context(), cookie.Reveal(), false); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("the session lives on: %v", err)
		}
		if _, err := d.Authenticate(t.Context(), token.Reveal()); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("the token lives on: %v", err)
		}
		if _, _, err := d.SignIn(t.Context(), "mara", secret.New("correct horse battery"), "test"); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("the password lives on: %v", err)
		}
		if _, _, err := d.Redeem(t.Context(), stale, secret.String{}, "test"); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("an older code lives on: %v", err)
		}
		tokens, err := d.Tokens(t.Context(), d.me)
		if err != nil || len(tokens) != 1 || !tokens[0].Revoked {
			t.Errorf("a dead token is listed as alive: %+v, %v", tokens, err)
		}
		if _, _, err := d.Redeem(t.Context(), code.Reveal(), secret.New("another horse battery"), "test"); err != nil {
			t.Errorf("the new code: %v", err)
		}
	})
}

// S14: who does not wait any more for a password to be looked at takes nobody's place.
func TestNobodyWaits(t *testing.T) {
	access.Cheap()
	d := newDesk(t, accesstest.New())
	free := access.Busy()
	defer free()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := d.SignIn(ctx, "olivia", secret.New(goodPassword), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("signing in without waiting for it: %v", err)
	}
}
