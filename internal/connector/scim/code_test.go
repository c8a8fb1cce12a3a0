package scim

import (
	"errors"
	"testing"

	"muster/internal/connector"
	"muster/internal/scim"
)

// P11: a code word of a vendor is the detail of the error body, or begins it. That one stands in a sentence proves nothing: it may be somebody's name.
func TestCodeWords(t *testing.T) {
	p, err := loadProfile("slack")
	if err != nil {
		t.Fatal(err)
	}
	a := &api{codes: p.Errors}
	said := errors.New("said")
	for detail, want := range map[string]error{
		"cannot_modify_owner":                             connector.ErrInvalid,
		" cannot_disable_primary_owner\n":                 connector.ErrInvalid,
		"cannot_modify_owner: U0123 owns this workspace":  connector.ErrInvalid,
		"email_taken":                                     connector.ErrExists,
		"user_not_found":                                  connector.ErrNotFound,
		"token_revoked":                                   connector.ErrAuth,
		"the display name cannot_modify_owner is no word": nil,
		`userName "username_taken" is too long`:           nil,
		"cannot_modify_owners":                            nil,
		"":                                                nil,
	} {
		class, ok := a.code(&scim.Error{Detail: detail}, false)
		if ok != (want != nil) || ok && !errors.Is(class(0, "", said), want) {
			t.Errorf("%q: known %t, want %v", detail, ok, want)
		}
	}
}
