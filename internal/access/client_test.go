package access_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// provider makes a dedicated user in a dedicated group with exactly the two rights, and a token for a source.
func (h *house) provider(t *testing.T) (text string, tok access.Token, group directory.ID) {
	t.Helper()
	user, group := directory.NewID(), directory.NewID()
	h.update(t, func(tx directory.Tx) error {
		return errors.Join(
			tx.PutObjects(t.Context(), directory.Object{ID: user, Kind: directory.Person, State: directory.Active}, directory.Object{ID: group, Kind: directory.Group, State: directory.Active}),
			tx.PutEdges(t.Context(), group, []directory.ID{user}, nil))
	})
	owner := h.caller(access.Owner)
	if err := h.Give(t.Context(), owner, group, access.Provisioner); err != nil {
		t.Fatal(err)
	}
	secret, tok, err := h.IssueFor(t.Context(), owner, user, access.Use{Source: "entra", Profile: "okta"}, "entra", 0)
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal(), tok, group
}

// I1, X13: the rights of a client are those that its person has through their groups at the moment of use, and its token opens nothing else.
func TestClientToken(t *testing.T) {
	h := newHouse(t)
	text, _, group := h.provider(t)
	c, tok, err := h.Client(t.Context(), text)
	if err != nil || tok.Use != (access.Use{Source: "entra", Profile: "okta"}) || !c.May(access.UseAPI) || !c.May(access.Provision) || c.May(access.View) {
		t.Fatalf("%+v %+v %v", c, tok, err)
	}
	if _, err := h.Authenticate(t.Context(), text); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("a client's token opens the admin API: %v", err)
	}
	admin, _ := h.token(t, access.Admin)
	if _, _, err := h.Client(t.Context(), admin); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("an admin's token opens a source: %v", err)
	}
	if err := h.Take(t.Context(), h.caller(access.Owner), group, access.Provisioner); err != nil {
		t.Fatal(err)
	}
	if c, _, err := h.Client(t.Context(), text); err != nil || c.May(access.Provision) {
		t.Errorf("rights that were taken: %+v %v", c, err)
	}
}

// I1: exactly the two rights, under exactly their titles.
func TestProvisioner(t *testing.T) {
	var got []string
	for _, r := range access.RightsOf(access.Provisioner) {
		got = append(got, r.Title())
	}
	if want := []string{"use APIs and connect external applications", "manage users and user groups"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// I1: two tokens side by side while one replaces the other.
func TestRotate(t *testing.T) {
	h := newHouse(t)
	text, tok, _ := h.provider(t)
	fresh, next, err := h.Rotate(t.Context(), h.caller(access.Owner), tok.ID, 0)
	if err != nil || next.Use != tok.Use || next.Person != tok.Person || next.Name != tok.Name {
		t.Fatalf("%+v %v", next, err)
	}
	for _, s := range []string{text, fresh.Reveal()} {
		if _, _, err := h.Client(t.Context(), s); err != nil {
			t.Errorf("both work for a while: %v", err)
		}
	}
	h.now = h.now.Add(access.Overlap + time.Second)
	if _, _, err := h.Client(t.Context(), text); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("the old one after that: %v", err)
	}
	if _, _, err := h.Rotate(t.Context(), h.caller(access.Owner), tok.ID, 0); !errors.Is(err, access.ErrDenied) {
		t.Errorf("rotating what has ended: %v", err)
	}
	if _, _, err := h.Rotate(t.Context(), h.caller(access.Operator), next.ID, 0); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
}

// X13: only who gives roles may, and there is always an owner.
func TestGive(t *testing.T) {
	h := newHouse(t)
	if err := h.Give(t.Context(), h.caller(access.Admin), h.people[access.Auditor], access.Operator); !errors.Is(err, access.ErrDenied) {
		t.Errorf("an admin gives roles: %v", err)
	}
	if err := h.Take(t.Context(), h.caller(access.Owner), h.people[access.Owner], access.Owner); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the last owner: %v", err)
	}
	if err := h.Give(t.Context(), h.caller(access.Owner), h.people[access.Auditor], "king"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("an unknown role: %v", err)
	}
}
