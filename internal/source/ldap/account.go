package ldap

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// accountDisable is ACCOUNTDISABLE in userAccountControl ([MS-ADTS] §2.2.16).
const accountDisable = 0x2

// fileTimeUnix is the Unix epoch as seconds since 1601-01-01.
const fileTimeUnix = 11_644_473_600

// parseFileTime reads accountExpires: intervals of 100 ns since 1601, 0 and the largest number standing for never (the zero Time).
func parseFileTime(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, fmt.Errorf("%q is not a file time", s)
	}
	if n == 0 || n == math.MaxInt64 {
		return time.Time{}, nil
	}
	return time.Unix(n/10_000_000-fileTimeUnix, n%10_000_000*100).UTC(), nil
}

// errStateUnknown says that an entry does not show whether it is enabled.
var errStateUnknown = errors.New("whether the account is enabled cannot be read")

// standing is what an entry states about itself.
type standing struct {
	disabled bool
	expires  time.Time
}

// standingOf reads the flags that the server has. Where the attribute ought to be there and is not, the state is unknown: neither enabled nor disabled,
// since a right lost on one attribute must not re-enable everybody.
func (p profile) standingOf(e *ldapv3.Entry) (standing, error) {
	var s standing
	switch p.disabledBy {
	case byAccountControl:
		v := e.GetEqualFoldAttributeValue("userAccountControl")
		n, err := strconv.ParseInt(v, 10, 64)
		switch {
		case v == "" && !isAccount(e):
		case err != nil:
			return s, fmt.Errorf("%w: %s has userAccountControl %q", errStateUnknown, e.DN, v)
		}
		s.disabled = n&accountDisable != 0
	case byAccountLock:
		s.disabled = strings.EqualFold(e.GetEqualFoldAttributeValue("nsAccountLock"), "true")
	}
	if p.kind != kindAD {
		return s, nil
	}
	v := e.GetEqualFoldAttributeValue("accountExpires")
	if v == "" && (s.disabled || !isAccount(e)) {
		return s, nil // who is disabled is so whenever they expire
	}
	t, err := parseFileTime(v)
	if err != nil {
		return s, fmt.Errorf("%w: %s has accountExpires %q", errStateUnknown, e.DN, v)
	}
	s.expires = t
	return s, nil
}

// isAccount reports whether the entry is of a class that always has a userAccountControl. A contact is not.
func isAccount(e *ldapv3.Entry) bool {
	classes := e.GetEqualFoldAttributeValues("objectClass")
	return len(classes) == 0 || slices.ContainsFunc(classes, func(c string) bool { return strings.EqualFold(c, "user") })
}
