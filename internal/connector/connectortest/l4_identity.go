package connectortest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"muster/internal/attr"
	"muster/internal/connector"
)

var identity = level{
	name:  "L4 identity",
	story: "Two Annas are two people, and one Anna has one account. Names change, ids do not.",
	checks: []check{
		{
			name: "repeated create",
			rule: "op.Repeat says that an earlier try may have taken effect: Create looks up by op.Match first and returns what it finds.",
			need: needFind,
			run:  repeatedCreate,
		}, {
			name: "repeated create of a disabled account",
			rule: "the look-up before a repeat sees disabled accounts too, or it would make a second one.",
			need: needDisable,
			run: func(k *kit) {
				op := k.userOp(k.name("anna"))
				first := k.create(op)
				k.apply(on(first, connector.Disable))
				op.Repeat = true
				if again := k.create(op); again.ID != first.ID {
					k.failf("the repeated Create returned %s, want the disabled account %s", again.ID, first.ID)
				}
			},
		}, {
			name: "repeated create by an empty value",
			rule: "the look-up before a repeat skips a path of op.Match for which Want has no value: two people without an employee number are two people.",
			need: func(k *kit) string {
				if k.secondMatch() == "" {
					return "users can be looked up by " + string(k.s.Words.Login) + " alone"
				}
				return needFind(k)
			},
			run: repeatedByNothing,
		}, {
			name: "name taken",
			rule: "a Create that meets the name of another account is ErrExists: the engine adopts only by a match rule.",
			run:  nameTaken,
		}, {
			name: "many at once",
			rule: "a connector is safe for concurrent use, and of many creates of one name exactly one succeeds.",
			run:  manyAtOnce,
		}, {
			name: "id gone",
			rule: "an unknown ID is ErrNotFound from Get, Update, Enable and Disable; the engine believes it only while a canary answers.",
			run:  idGone,
		}, {
			name: "rename",
			rule: "a rename is an Update: the ID stays, the old name is free, the new name finds the account.",
			run:  rename,
		}, {
			name: "rename to a taken name",
			rule: "an Update to a name that is taken is ErrExists and changes nothing.",
			run: func(k *kit) {
				anna, bea := k.get(k.user("anna")), k.get(k.user("bea"))
				_, err := k.c.Apply(k.ctx, update(bea, k.s.Words.Login, anna.Attrs.First(k.s.Words.Login)))
				k.is(err, connector.ErrExists, "renaming bea to anna")
				k.holds(k.get(bea), bea.Attrs, "bea after the refused rename")
			},
		}, {
			name: "find",
			rule: "Find returns the one object with the value as the service keeps it, which is what Normalize foretells, disabled ones included; ErrNotFound if there is none.",
			need: needFind,
			run:  find,
		},
	},
}

func repeatedCreate(k *kit) {
	for _, name := range []string{"anna", "Anna-BERG"} { // services rewrite names; the look-up must find them all the same
		op := k.userOp(k.name(name))
		op.Repeat = true
		first := k.create(op) // nothing there yet: a repeat still creates
		again := k.create(op)
		if again.ID != first.ID {
			k.failf("the repeated Create of %s returned ID %s, want %s, the account that was there", name, again.ID, first.ID)
		}
		if n := k.count(connector.User, k.s.Words.Login, op.Want.First(k.s.Words.Login)); n != 1 {
			k.failf("after the repeated Create there are %d accounts called %s, want 1", n, name)
		}
	}
}

// secondMatch returns an optional attribute by which users can be looked up, or "".
func (k *kit) secondMatch() attr.Path {
	k.Helper()
	f := k.features()
	for _, p := range f.FindBy {
		if p != k.s.Words.Login && !slices.Contains(f.Required, p) {
			return p
		}
	}
	return ""
}

func repeatedByNothing(k *kit) {
	p := k.secondMatch()
	op := k.userOp(k.name("anna"))
	op.Want[p] = attr.Values{""}
	anna := k.create(op)
	for name, empty := range map[string]attr.Values{"bea": {""}, "cleo": {}, "dora": nil} {
		op := k.userOp(k.name(name))
		op.Want[p] = empty
		op.Match = []attr.Path{p, k.s.Words.Login}
		op.Repeat = true
		if r := k.create(op); r.ID == anna.ID {
			k.failf("the repeated Create of %s, matched by %s without a value, returned the account of anna", name, p)
		}
	}
}

func nameTaken(k *kit) {
	op := k.userOp(k.name("anna"))
	first := k.create(op)
	second, err := k.c.Apply(k.ctx, op)
	if err == nil {
		k.note(second.Kind, second.ID)
		k.failf("a second Create of the same name made or returned %s; want an error that is %q", second.ID, connector.ErrExists)
	}
	k.is(err, connector.ErrExists, "a second Create of the same name")
	k.holds(k.get(first), op.Want, "the first account after the refused second")
}

func manyAtOnce(k *kit) {
	const n = 16
	op := k.userOp(k.name("anna"))
	results, errs := make([]connector.Remote, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { results[i], errs[i] = k.c.Apply(k.ctx, op) })
	}
	wg.Wait()
	made := 0
	for i, err := range errs {
		switch {
		case err == nil:
			made++
			k.note(results[i].Kind, results[i].ID)
		case !errors.Is(err, connector.ErrExists):
			k.failf("one of %d concurrent creates of one name: %v, want none or %q", n, err, connector.ErrExists)
		}
	}
	if count := k.count(connector.User, k.s.Words.Login, op.Want.First(k.s.Words.Login)); made != 1 || count != 1 {
		k.failf("of %d concurrent creates of one name %d succeeded and left %d accounts, want 1 and 1", n, made, count)
	}
}

func idGone(k *kit) {
	r := k.get(k.user("anna"))
	if k.features().DeleteUser {
		k.apply(on(r, connector.Delete))
	} else {
		r.ID = "00000000-0000-4000-8000-000000000000"
	}
	_, err := k.c.Get(k.ctx, r.Kind, r.ID)
	k.is(err, connector.ErrNotFound, "Get of an id that is gone")
	_, err = k.c.Apply(k.ctx, update(r, k.s.Words.Text[0], "Nobody"))
	k.is(err, connector.ErrNotFound, "Update of an id that is gone")
	if !k.features().Disable {
		return
	}
	for _, verb := range []connector.Verb{connector.Disable, connector.Enable} {
		_, err = k.c.Apply(k.ctx, on(r, verb))
		k.is(err, connector.ErrNotFound, string(verb)+" of an id that is gone")
	}
}

func rename(k *kit) {
	r := k.get(k.user("anna"))
	login := k.s.Words.Login
	old, now := r.Attrs.First(login), k.name("anna-berg")
	if got := k.apply(update(r, login, now)); got.ID != r.ID {
		k.failf("the rename returned ID %s, want %s as before", got.ID, r.ID)
	}
	got := k.get(r)
	k.holds(got, attr.Set{login: {now}}, "the renamed account")
	if next := k.user("anna"); next.ID == r.ID {
		k.failf("a Create under the old name %q returned the renamed account", old)
	}
}

// oddLogins are names that filters stumble over.
func oddLogins() []string {
	return []string{"anna", `o'neil`, `an"na`, `an\na`, "a+b", "a%20b", "ä&ö", "a) or (b"}
}

func find(k *kit) {
	for i, name := range oddLogins() {
		// The number keeps names apart of which a service makes the same.
		op := k.userOp(k.name(fmt.Sprintf("%s%d", name, i)))
		want, err := k.c.Apply(k.ctx, op)
		if errors.Is(err, connector.ErrInvalid) && k.foretold(op.Want, k.s.Words.Login) {
			continue
		}
		k.ok(err, "create "+name)
		k.note(want.Kind, want.ID)
		word := k.login(want)
		if kept := k.normal(connector.User, op.Want).First(k.s.Words.Login); kept != word {
			k.failf("the service calls %q %q, and Normalize foretells %q", op.Want.First(k.s.Words.Login), word, kept)
		}
		k.found(word, want.ID)
		if k.features().Disable {
			if k.apply(on(want, connector.Disable)); !k.features().DisabledGone {
				k.found(word, want.ID)
			}
		}
	}
	_, err := k.c.(connector.Finder).Find(k.ctx, connector.User, k.s.Words.Login, k.name("nobody"))
	k.is(err, connector.ErrNotFound, "Find of a name that nobody has")
}

// found ends the check unless the login name leads to the account id.
func (k *kit) found(login string, id connector.RemoteID) {
	k.Helper()
	got, err := k.c.(connector.Finder).Find(k.ctx, connector.User, k.s.Words.Login, login) // L1 has seen to that
	k.ok(err, "Find "+login)
	if got.ID != id {
		k.failf("Find %q returned %s, want %s", login, got.ID, id)
	}
}

// login returns the login name of a user as the service itself has it.
func (k *kit) login(r connector.Remote) string {
	k.Helper()
	if k.s.Login != nil {
		return k.s.Login(r.ID)
	}
	return k.get(r).Attrs.First(k.s.Words.Login)
}
