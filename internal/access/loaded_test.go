package access_test

import (
	"errors"
	"testing"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/secret"
)

// load states a password in a file and returns what became of it.
func (d *desk) load(t *testing.T, password string) (made string) {
	t.Helper()
	var is access.Loadable
	err := d.Store.View(t.Context(), func(r directory.Reader) (err error) {
		is, err = access.Loads(t.Context(), r, d.me.Person)
		return err
	})
	hash := ""
	if err == nil && is.Refused == "" {
		hash, err = access.HashLoaded(t.Context(), is, password)
	}
	if err == nil {
		err = d.Store.Update(t.Context(), "load", func(tx directory.Tx) (err error) {
			made, err = d.PutLoaded(t.Context(), tx, d.me.Person, hash)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (d *desk) stored(t *testing.T) (p access.Password) {
	t.Helper()
	if err := d.Store.View(t.Context(), func(r directory.Reader) (err error) {
		p, err = access.Of(r).Password(t.Context(), d.me.Person)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// M4, M13: a file gives a password to whoever has none, and replaces none but its own: then everything of the old one is dead. Who holds rights gets none.
func TestLoadedPasswords(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		says := func(password, want string) {
			t.Helper()
			if made := d.load(t, password); made != want {
				t.Errorf("%q, want %q", made, want)
			}
		}
		says(goodPassword, "left out: who holds rights here is given none by a file")
		if err := d.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
			return access.In(tx).DropGrant(t.Context(), d.me.Person, access.Admin)
		}); err != nil {
			t.Fatal(err)
		}
		says(goodPassword, "set")
		if access.Usual(d.stored(t).Hash) {
			t.Error("many passwords are to cost less than one")
		}
		says(goodPassword, "unchanged")
		session, err := d.signIn(t, "mara", goodPassword)
		if err != nil || !access.Usual(d.stored(t).Hash) || !d.stored(t).Loaded {
			t.Fatalf("sign in: %v, stored %+v", err, d.stored(t))
		}
		says(goodPassword, "unchanged")
		says(goodPassword+"!", "changed")
		if _, err := d.signIn(t, "mara", goodPassword); !errors.Is(err, access.ErrUnknown) || d.alive(t, session) {
			t.Errorf("the password before it: %v", err)
		}
		if _, _, err := d.Reset(t.Context(), access.Caller{Handle: "boss", Roles: []access.Role{access.Owner}}, d.me.Person, secret.New("chosen by herself")); err != nil {
			t.Fatal(err)
		}
		says(goodPassword, "left out: another was set here")
		says("chosen by herself", "unchanged")
		if _, err := d.signIn(t, "mara", "chosen by herself"); err != nil {
			t.Error(err)
		}
		if _, _, err := d.Reset(t.Context(), access.Caller{Handle: "boss", Roles: []access.Role{access.Owner}}, d.me.Person, secret.New("")); err != nil {
			t.Fatal(err)
		}
		says(goodPassword, "left out: it was ended here")
	})
}
