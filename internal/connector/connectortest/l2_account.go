package connectortest

import (
	"errors"

	"muster/internal/attr"
	"muster/internal/connector"
)

var oneAccount = level{
	name:  "L2 one account",
	story: "Anna joins, changes her title, goes on leave, comes back, and leaves. Each step is one Apply, and each may be told twice.",
	checks: []check{
		{
			name: "create, get, list",
			rule: "Apply returns what the service now holds, and Get and List tell the same.",
			run:  createGetList,
		}, {
			name: "create disabled",
			rule: "an Op says whether the account is created active; a disabled person never gets a window in which signing in works.",
			need: needCreateDisabled,
			run: func(k *kit) {
				op := k.userOp(k.name("asleep"))
				op.Active = false
				r := k.create(op)
				if r.Active {
					k.failf("created with Active false, but the account may sign in")
				}
				k.off(r, "its creation as disabled")
			},
		}, {
			name: "update one attribute",
			rule: "Update changes the paths that Changed names; the rest of the account stays as it is.",
			run:  updateOne,
		}, {
			name: "update of a disabled account",
			rule: "Update with Active false leaves a disabled account disabled, also where the service replaces the whole.",
			need: needDisable,
			run: func(k *kit) {
				r := k.apply(on(k.user("away"), connector.Disable))
				if _, err := k.c.Apply(k.ctx, update(r, k.s.Words.Text[0], "Director")); !k.away(err) {
					k.ok(err, "Update of a disabled account")
				}
				k.off(r, "an update of the title")
			},
		}, {
			name: "disable twice",
			rule: "disabling the disabled succeeds, changes nothing else, and the Remote returned says that the account is inactive. Only with Features.DisabledGone may the service hide it.",
			need: needDisable,
			run:  disableTwice,
		}, {
			name: "enable",
			rule: "Enable lets the account sign in again, with the same ID, and carries changed attributes along. An account that the service hides comes back by a Create.",
			need: needDisable,
			run:  enable,
		}, {
			name: "delete twice",
			rule: "deleting the absent succeeds; after a Delete the Remote has the zero ID, and Get answers ErrNotFound.",
			need: needDelete,
			run:  deleteTwice,
		},
	},
}

func createGetList(k *kit) {
	op := k.userOp(k.name("anna"))
	r := k.create(op)
	if !r.Active {
		k.failf("created with Active true, but the Remote returned is not active")
	}
	k.holds(r, op.Want, "what Apply returned")
	got := k.get(r)
	k.holds(got, op.Want, "what Get returned")
	listed, ok := k.list(connector.User)[r.ID]
	if !ok {
		k.failf("List does not yield %s, which was just created", r.ID)
	}
	k.holds(listed, op.Want, "what List yielded")
	for _, x := range []connector.Remote{got, listed} {
		if x.ID != r.ID || x.Kind != connector.User || !x.Active {
			k.failf("Get or List returned ID %q, kind %q, active %t; want %q, user, true", x.ID, x.Kind, x.Active, r.ID)
		}
		if _, ok := x.Attrs["active"]; ok {
			k.failf("Attrs holds \"active\"; Remote.Active alone says so, or the mapping and the engine would fight over it")
		}
	}
}

func updateOne(k *kit) {
	before := k.get(k.user("anna"))
	p := k.s.Words.Text[0]
	op := update(before, p, "Head of Design")
	// Want holds values that are not to be written: were they sent, the rest would change.
	op.Want[k.s.Words.Text[1]] = attr.Values{"must not be written"}
	returned := k.apply(op)
	got := k.get(before)
	for what, r := range map[string]connector.Remote{"what Apply returned": returned, "what Get returned": got} {
		if r.ID != before.ID || !r.Active {
			k.failf("%s has ID %q, active %t; want %q, true", what, r.ID, r.Active, before.ID)
		}
		if v := r.Attrs.First(p); v != "Head of Design" {
			k.failf("%s has %s %q after the update, want %q", what, p, v, "Head of Design")
		}
	}
	for _, d := range attr.Diff(without(got.Attrs, p), without(before.Attrs, p)) {
		if !volatile(d.Path) {
			k.failf("the update of %s also changed %s from %q to %q", p, d.Path, d.New, d.Old)
		}
	}
}

// volatile reports whether the service itself changes p with every write.
func volatile(p attr.Path) bool { return p == "meta.version" || p == "meta.lastModified" }

func disableTwice(k *kit) {
	before := k.get(k.user("anna"))
	for _, round := range []string{"first", "second"} {
		r, err := k.c.Apply(k.ctx, on(before, connector.Disable))
		if round == "second" && k.away(err) {
			continue
		}
		k.ok(err, "the "+round+" Disable")
		if r.ID != before.ID || r.Active {
			k.failf("the %s Disable returned ID %q, active %t; want %q, false", round, r.ID, r.Active, before.ID)
		}
		if got, shown := k.off(before, "the "+round+" Disable"); shown {
			k.holds(got, before.Attrs, "after the "+round+" Disable")
		}
	}
	if r, ok := k.list(connector.User)[before.ID]; !ok && !k.features().DisabledGone || r.Active {
		k.failf("List must yield the disabled account, as inactive; yielded: %t, active: %t", ok, r.Active)
	}
}

// off ends the check if the account of r is active after what was done. It reports whether the service shows it.
func (k *kit) off(r connector.Remote, after string) (got connector.Remote, shown bool) {
	k.Helper()
	got, err := k.c.Get(k.ctx, connector.User, r.ID)
	if k.away(err) {
		return got, false
	}
	k.ok(err, "Get of a disabled account")
	if got.Active {
		k.failf("after %s, Get says that the account is active", after)
	}
	return got, true
}

// away reports whether err is how a service that hides disabled accounts answers of one.
func (k *kit) away(err error) bool {
	k.Helper()
	return errors.Is(err, connector.ErrNotFound) && k.features().DisabledGone
}

func enable(k *kit) {
	create := k.userOp(k.name("anna"))
	r := k.apply(on(k.create(create), connector.Disable))
	op := update(r, k.s.Words.Text[0], "Back again")
	op.Verb, op.Active = connector.Enable, true
	for _, round := range []string{"first", "second"} {
		e, err := k.c.Apply(k.ctx, op)
		if k.away(err) {
			k.comeBack(create)
			return
		}
		k.ok(err, "the "+round+" Enable")
		if !e.Active || e.ID != r.ID {
			k.failf("the %s Enable returned ID %q, active %t; want %q, true", round, e.ID, e.Active, r.ID)
		}
	}
	got := k.get(r)
	if !got.Active || got.Attrs.First(k.s.Words.Text[0]) != "Back again" {
		k.failf("after Enable: active %t, %s %q; want true, %q", got.Active, k.s.Words.Text[0], got.Attrs.First(k.s.Words.Text[0]), "Back again")
	}
}

// comeBack creates an account again that the service hides because it is disabled.
func (k *kit) comeBack(create connector.Op) {
	k.Helper()
	create.Repeat = true
	if r := k.create(create); !r.Active || !k.get(r).Active {
		k.failf("a disabled account that the service hides was created again, and is not active")
	}
	if n := k.count(connector.User, k.s.Words.Login, create.Want.First(k.s.Words.Login)); n != 1 {
		k.failf("after the Create of an account that the service hid there are %d of that name, want 1", n)
	}
}

func deleteTwice(k *kit) {
	r := k.user("anna")
	for _, round := range []string{"first", "second"} {
		if d := k.apply(on(r, connector.Delete)); d.ID != "" {
			k.failf("the %s Delete returned ID %q, want none", round, d.ID)
		}
	}
	_, err := k.c.Get(k.ctx, connector.User, r.ID)
	k.is(err, connector.ErrNotFound, "Get of the deleted account")
	if _, ok := k.list(connector.User)[r.ID]; ok {
		k.failf("List yields the deleted account %s", r.ID)
	}
}
