package access_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/access/accesstest"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

// A house is a store with one person per role, and a clock.
type house struct {
	*access.Keeper
	store  *accesstest.Store
	people map[access.Role]directory.ID
	now    time.Time
	acts   []string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{store: accesstest.New(), people: map[access.Role]directory.ID{}, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	h.Keeper = &access.Keeper{
		Store: h.store, Now: func() time.Time { return h.now },
		Audit: func(_ context.Context, _ directory.Tx, by, act, _ string) error {
			h.acts = append(h.acts, by+" "+act)
			return nil
		},
	}
	for _, role := range []access.Role{access.Owner, access.Admin, access.Operator, access.Helpdesk, access.Auditor} {
		id := directory.NewID()
		h.people[role] = id
		h.update(t, func(tx directory.Tx) error {
			o := directory.Object{ID: id, Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {string(role) + "1"}}}
			if err := tx.PutObjects(t.Context(), o); err != nil {
				return err
			}
			return access.In(tx).PutGrant(t.Context(), access.Grant{Person: id, Role: role})
		})
	}
	return h
}

func (h *house) update(t *testing.T, fn func(directory.Tx) error) {
	t.Helper()
	if err := h.store.Update(t.Context(), "test", fn); err != nil {
		t.Fatal(err)
	}
}

func (h *house) caller(role access.Role) access.Caller {
	return access.Caller{Person: h.people[role], Handle: string(role) + "1", Roles: []access.Role{role}}
}

func (h *house) token(t *testing.T, role access.Role) (string, access.Token) {
	t.Helper()
	text, tok, err := h.Issue(t.Context(), h.caller(role), h.people[role], "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	return text.Reveal(), tok
}

func TestAuthenticate(t *testing.T) {
	h := newHouse(t)
	text, tok := h.token(t, access.Operator)
	if strings.Contains(string(tok.Hash), text) || !strings.HasPrefix(text, "muster_pat_"+tok.ID+"_") {
		t.Errorf("token %q of %+v", text, tok)
	}
	c, err := h.Authenticate(t.Context(), text)
	if err != nil || c.Handle != "operator1" || c.Token != tok.ID || !slices.Equal(c.Roles, []access.Role{access.Operator}) {
		t.Errorf("caller = %+v, %v", c, err)
	}
	if !c.May(access.Disable) || c.May(access.Approve) {
		t.Errorf("an operator disables and does not approve: %+v", c)
	}
	list, err := h.Tokens(t.Context(), c)
	if err != nil || len(list) != 1 || !list[0].LastUsed.Equal(h.now) {
		t.Errorf("tokens = %+v, %v: the use was not noted", list, err)
	}
}

// TestDeadTokens spoils a good token in each way that must end it.
func TestDeadTokens(t *testing.T) {
	set := func(fn func(*directory.Object)) func(*testing.T, *house, string, access.Token) string {
		return func(t *testing.T, h *house, text string, tok access.Token) string {
			h.update(t, func(tx directory.Tx) error {
				o, err := tx.Object(t.Context(), tok.Person)
				fn(&o)
				return errors.Join(err, tx.PutObjects(t.Context(), o))
			})
			return text
		}
	}
	cases := map[string]func(*testing.T, *house, string, access.Token) string{
		"empty":        func(*testing.T, *house, string, access.Token) string { return "" },
		"other secret": func(_ *testing.T, _ *house, s string, _ access.Token) string { return flip(s, 30) },
		"other id":     func(_ *testing.T, _ *house, s string, _ access.Token) string { return flip(s, 13) },
		"no checksum":  func(_ *testing.T, _ *house, s string, _ access.Token) string { return s[:len(s)-9] },
		"expired": func(_ *testing.T, h *house, s string, _ access.Token) string {
			h.now = h.now.Add(access.DefaultLife)
			return s
		},
		"revoked": func(t *testing.T, h *house, s string, tok access.Token) string {
			if err := h.Revoke(t.Context(), h.caller(access.Owner), tok.ID); err != nil {
				t.Fatal(err)
			}
			return s
		},
		"older epoch": set(func(o *directory.Object) { o.Epoch++ }),
		"deactivated": set(func(o *directory.Object) { o.State = directory.Disabled }),
		"stopped":     set(func(o *directory.Object) { o.Stop = &directory.Stop{By: "owner1"} }),
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			text, tok := h.token(t, access.Admin)
			text = spoil(t, h, text, tok)
			if c, err := h.Authenticate(t.Context(), text); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("Authenticate = %+v, %v", c, err)
			}
		})
	}
}

// flip changes one character and mends the checksum by trying: what remains wrong is the secret alone.
func flip(s string, at int) string {
	b := []byte(s)
	if b[at]++; b[at] == 'z'+1 || b[at] == '9'+1 || b[at] == 'Z'+1 {
		b[at] = 'a'
	}
	return access.Sealed(string(b[:len(b)-9]))
}

// A demotion counts at once.
func TestDemotion(t *testing.T) {
	h := newHouse(t)
	text, tok := h.token(t, access.Admin)
	h.update(t, func(tx directory.Tx) error { return access.In(tx).DropGrant(t.Context(), tok.Person, access.Admin) })
	c, err := h.Authenticate(t.Context(), text)
	if err != nil || c.May(access.View) {
		t.Errorf("caller = %+v, %v: rights are those of this moment", c, err)
	}
	if err := c.Authorize(access.Approve); !errors.Is(err, access.ErrDenied) || !strings.Contains(err.Error(), "[owner admin]") {
		t.Errorf("err = %v: it should name who may", err)
	}
}

func TestIssueForOthers(t *testing.T) {
	cases := []struct {
		by, who access.Role
		ok      bool
	}{
		{access.Owner, access.Admin, true},
		{access.Admin, access.Operator, true},
		{access.Admin, access.Owner, false}, // it would make an owner of an admin
		{access.Operator, access.Auditor, false},
	}
	for _, c := range cases {
		h := newHouse(t)
		_, tok, err := h.Issue(t.Context(), h.caller(c.by), h.people[c.who], "x", time.Hour)
		if ok := err == nil; ok != c.ok || err != nil && !errors.Is(err, access.ErrDenied) {
			t.Errorf("%s for %s: %v, want %v", c.by, c.who, err, c.ok)
		}
		if c.ok && !tok.Expires.Equal(h.now.Add(time.Hour)) {
			t.Errorf("expires %v", tok.Expires)
		}
	}
	h := newHouse(t)
	if _, _, err := h.Issue(t.Context(), h.caller(access.Owner), h.people[access.Owner], "x", access.LongestLife+1); err == nil {
		t.Error("a token for ever was issued")
	}
}

func TestRevokeAndList(t *testing.T) {
	h := newHouse(t)
	_, tok := h.token(t, access.Owner)
	h.token(t, access.Helpdesk)
	if err := h.Revoke(t.Context(), h.caller(access.Helpdesk), tok.ID); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("helpdesk revokes the owner's: %v, want not found", err)
	}
	if err := h.Revoke(t.Context(), h.caller(access.Admin), tok.ID); !errors.Is(err, access.ErrDenied) {
		t.Errorf("admin revokes the owner's: %v, want denied", err)
	}
	for role, want := range map[access.Role]int{access.Owner: 2, access.Helpdesk: 1, access.Auditor: 0} {
		if got, err := h.Tokens(t.Context(), h.caller(role)); err != nil || len(got) != want {
			t.Errorf("%s sees %d tokens, want %d (%v)", role, len(got), want, err)
		}
	}
	if want := []string{"owner1 token.create", "helpdesk1 token.create"}; !slices.Equal(h.acts, want) {
		t.Errorf("audit = %v, want %v: what was refused is no act", h.acts, want)
	}
}

func TestLocal(t *testing.T) {
	sqlite, err := store.Open(t.Context(), storetest.SQLite(t, t.TempDir()), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sqlite.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, s := range map[string]directory.Store{"memory": accesstest.New(), "sqlite": sqlite} {
		t.Run(name, func(t *testing.T) { testLocal(t, s) })
	}
}

func testLocal(t *testing.T, s directory.Store) {
	k := &access.Keeper{Store: s}
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	k.Now = func() time.Time { return now }
	file := filepath.Join(t.TempDir(), "local.token")
	local := func() (string, access.Caller) {
		t.Helper()
		if err := k.Local(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSpace(string(b))
		c, err := k.Authenticate(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		return text, c
	}
	first, c := local()
	if !c.May(access.Roles) || c.Handle != "owner" {
		t.Errorf("caller = %+v", c)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v", st.Mode(), err)
	}
	if again, c2 := local(); again != first || c2.Person != c.Person {
		t.Error("a good token was replaced")
	}
	now = now.Add(access.DefaultLife - 24*time.Hour)
	second, c3 := local()
	if second == first || c3.Person != c.Person {
		t.Error("a token about to expire was kept, or a second owner was made")
	}
	if _, err := k.Authenticate(t.Context(), first); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("the replaced token: %v", err)
	}
	err := k.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
		o, err := tx.Object(t.Context(), c.Person)
		o.State, o.Epoch = directory.Disabled, o.Epoch+1
		return errors.Join(err, tx.PutObjects(t.Context(), o))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Local(t.Context(), file); !errors.Is(err, access.ErrDenied) {
		t.Errorf("deactivated owner: %v, want denied", err)
	}
}

// Roles differ only as the table of the product says.
func TestRightsShrink(t *testing.T) {
	order := []access.Role{access.Owner, access.Admin, access.Operator, access.Helpdesk}
	for i := 1; i < len(order); i++ {
		for _, r := range access.RightsOf(order[i]) {
			if !slices.Contains(access.RightsOf(order[i-1]), r) {
				t.Errorf("%s may %s, %s may not", order[i], r, order[i-1])
			}
		}
	}
	for _, r := range []access.Right{access.Run, access.Approve, access.Release, access.Disable, access.Configure} {
		if slices.Contains(access.RightsOf(access.Auditor), r) {
			t.Errorf("an auditor may %s", r)
		}
	}
	if len(access.RightsOf("guest")) != 0 {
		t.Error("an unknown role has rights")
	}
}

func FuzzAuthenticate(f *testing.F) {
	f.Add("muster_pat_AAAAAAAA_" + strings.Repeat("a", 43) + "_00000000")
	k := &access.Keeper{Store: accesstest.New()}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := k.Authenticate(t.Context(), s); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("Authenticate(%q) = %v", s, err)
		}
	})
}
