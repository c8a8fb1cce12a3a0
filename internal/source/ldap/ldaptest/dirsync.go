package ldaptest

import (
	"context"
	"errors"

	"github.com/go-ldap/ldap/v3"
)

func (s *search) dirSync(ctx context.Context) error {
	return refuse(ldap.LDAPResultUnavailableCriticalExtension, errors.New("no DirSync"))
}
