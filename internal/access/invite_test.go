package access_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/secret"
)

func (d *desk) invite(t *testing.T) string {
	t.Helper()
	var epoch int64
	d.change(t, func(o *directory.Object) { epoch = o.Epoch })
	text, expires, err := d.Invite(t.Context(), d.me.Person, epoch, "olivia", 7*24*time.Hour)
	if err != nil || !expires.Equal(d.now.Add(7*24*time.Hour)) {
		t.Fatalf("invitation until %v: %v", expires, err)
	}
	return text.Reveal()
}

// I4: an invitation sets one password, once, dies by use, with time and with the account, and tells nothing about who exists.
func TestInvitation(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		unknown := func(what, link string) {
			t.Helper()
			if name, err := d.Invited(t.Context(), link); !errors.Is(err, access.ErrUnknown) || name != "" && what != "expired" {
				t.Errorf("%s: %q, %v", what, name, err)
			}
			if _, err := d.Accept(t.Context(), link, secret.New(goodPassword)); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("%s was accepted: %v", what, err)
			}
			if _, err := d.Accept(t.Context(), link, secret.New("short")); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("%s: a bad password tells that the link is known: %v", what, err)
			}
		}
		unknown("nobody's link", strings.Repeat("A", 52))
		first, twin := d.invite(t), d.invite(t) // a mail that was sent twice
		old := d.redeem(t, goodPassword+" old")
		if name, err := d.Invited(t.Context(), first); err != nil || name != "mara" {
			t.Errorf("%q %v", name, err)
		}
		if _, err := d.Accept(t.Context(), first, secret.New("short")); !errors.Is(err, access.ErrWeak) {
			t.Errorf("a weak password: %v", err)
		}
		var wg sync.WaitGroup
		won := make(chan bool, 4)
		for _, link := range []string{first, first, twin, twin} {
			wg.Go(func() {
				_, err := d.Accept(t.Context(), link, secret.New(goodPassword))
				won <- err == nil
			})
		}
		wg.Wait()
		n := 0
		for range 4 {
			if <-won {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d of four uses of one invitation succeeded", n)
		}
		unknown("used", first)
		unknown("the other link of a used invitation", twin)
		if _, err := d.signIn(t, "mara", goodPassword); err != nil || d.alive(t, old) {
			t.Errorf("the password is not in force: %v", err)
		}
		late := d.invite(t)
		d.now = d.now.Add(7 * 24 * time.Hour)
		unknown("expired", late)
		dead := d.invite(t)
		d.change(t, func(o *directory.Object) { o.State, o.Epoch = directory.Disabled, o.Epoch+1 })
		d.change(t, func(o *directory.Object) { o.State = directory.Active })
		unknown("expired", dead) // it died with the account, and does not come back with it
		if _, _, err := d.Invite(t.Context(), d.me.Person, 0, "olivia", time.Hour); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("an invitation asked for before a deactivation is sent after it: %v", err)
		}
	})
}

// I2: passwords expire where a policy says so; then their owners choose another, and it is another. passwordNeverExpires exempts.
func TestPasswordExpires(t *testing.T) {
	onEachStore(t, func(t *testing.T, d *desk) {
		d.redeem(t, goodPassword)
		d.now = d.now.Add(365 * 24 * time.Hour)
		if _, err := d.signIn(t, "mara", goodPassword); err != nil {
			t.Errorf("without a policy a password expires: %v", err)
		}
		d.PasswordLife = 90 * 24 * time.Hour
		d.change(t, func(o *directory.Object) {
			o.Attrs = attr.Set{directory.Username: {"mara"}, access.NeverExpires: {"true"}}
		})
		if _, err := d.signIn(t, "mara", goodPassword); err != nil {
			t.Errorf("exempt: %v", err)
		}
		d.change(t, func(o *directory.Object) { o.Attrs = attr.Set{directory.Username: {"mara"}} })
		if _, err := d.signIn(t, "mara", goodPassword+"!"); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("a wrong password tells that the right one has expired: %v", err)
		}
		cookie, err := d.signIn(t, "mara", goodPassword)
		expired, ok := errors.AsType[*access.Expired](err)
		if !ok || cookie != "" {
			t.Fatalf("%q %v", cookie, err)
		}
		for _, password := range []string{"", goodPassword} {
			if _, _, err := d.Redeem(t.Context(), expired.Code.Reveal(), secret.New(password), ""); !errors.Is(err, access.ErrWeak) {
				t.Errorf("in with %q: %v", password, err)
			}
		}
		if _, _, err := d.Redeem(t.Context(), expired.Code.Reveal(), secret.New(goodPassword+" new"), ""); err != nil {
			t.Error(err)
		}
		if _, err := d.signIn(t, "mara", goodPassword+" new"); err != nil {
			t.Error(err)
		}
	})
}
