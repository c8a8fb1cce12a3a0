package ldap

import (
	"context"
	"errors"
	"fmt"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// Resolve returns the pin of the entry dn, a scope group for example. With a pin from earlier it follows the entry when that was renamed or moved. The
// error is an *source.Incomplete with the code "base" if the entry is not to be found, or if another one has taken its place.
func (src *Source) Resolve(ctx context.Context, dn string, earlier source.Pin) (source.Pin, error) {
	s, p, err := src.connect(ctx)
	if err != nil {
		return source.Pin{}, err
	}
	defer s.close()
	pin, _, err := s.resolve(ctx, p, dn, earlier)
	return pin, err
}

// resolve finds the entry configured as dn, and says in a note if it is not there any more.
//
//	at dn            pinned entry elsewhere   result
//	the pinned one   –                        dn
//	none             found                    follow, note
//	another one      found                    follow, note
//	none             gone                     fault
//	another one      gone                     fault: replaced
//	any, no pin      –                        pin it
func (s *session) resolve(ctx context.Context, p profile, dn string, pin source.Pin) (_ source.Pin, note string, err error) {
	e, err := s.read(ctx, dn, "(objectClass=*)", []string{p.nativeID})
	if err != nil && !isFault(err, "base") && !isFault(err, "referral") {
		return source.Pin{}, "", err
	}
	pinned := pin.Key != "" && sameDN(pin.For, dn)
	if e == nil && !pinned {
		if err != nil {
			return source.Pin{}, "", err
		}
		return source.Pin{}, "", s.fault("base", fmt.Sprintf("%q does not exist, or the bind account may not see it", dn),
			"check the DN for typing errors, and what the bind account may read", nil)
	}
	if e != nil {
		key, err := keyOf(e, p.nativeID)
		switch {
		case err == nil && (!pinned || key == pin.Key):
			return source.Pin{For: dn, Key: key, DN: e.DN}, "", nil
		case err != nil && !pinned:
			return source.Pin{For: dn, DN: e.DN}, fmt.Sprintf("%s shows no %s: a rename of it cannot be followed", dn, p.nativeID), nil
		case err != nil:
			return source.Pin{}, "", s.fault("attribute", fmt.Sprintf("%s, which it did before", err), "let the bind account read it", nil)
		}
	}
	return s.follow(ctx, p, dn, pin, e != nil)
}

// follow looks the pinned entry up by its id.
func (s *session) follow(ctx context.Context, p profile, dn string, pin source.Pin, replaced bool) (source.Pin, string, error) {
	now, err := s.dnOf(ctx, p, pin.Key)
	if err != nil {
		return source.Pin{}, "", err
	}
	if now != "" {
		return source.Pin{For: dn, Key: pin.Key, DN: now}, fmt.Sprintf("%s was renamed or moved to %s, and is followed there", dn, now), nil
	}
	what := fmt.Sprintf("%q (%s %s) is not found at its place nor elsewhere", dn, p.nativeID, pin.Key)
	fix := "if it was removed on purpose, change the configuration; else check what the bind account may read"
	if replaced {
		what = fmt.Sprintf("%q is another entry than before: the one with %s %s is gone", dn, p.nativeID, pin.Key)
		fix = "restore the base that was there, name another one in the configuration, or take the new one with `muster source confirm-base`"
	}
	return source.Pin{}, "", s.fault("base", what, fix, nil)
}

// dnOf returns where the entry with a native id is, or "".
func (s *session) dnOf(ctx context.Context, p profile, key source.Key) (string, error) {
	if p.kind == kindAD {
		e, err := s.read(ctx, "<GUID="+string(key)+">", "(objectClass=*)", []string{p.nativeID})
		if e == nil || err != nil {
			return "", err
		}
		return e.DN, nil
	}
	filter, err := keyFilter(p.nativeID, key)
	if err != nil {
		return "", err
	}
	var dn string
	for _, root := range p.roots {
		_, err := s.pages(ctx, query{base: root, filter: filter, attrs: []string{p.nativeID}, pageSize: 2}, func(e *ldapv3.Entry) error {
			dn = e.DN
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return dn, nil
}

func sameDN(a, b string) bool {
	na, errA := normalDN(a)
	nb, errB := normalDN(b)
	return errA == nil && errB == nil && na == nb
}

func isFault(err error, code string) bool {
	var inc *source.Incomplete
	return errors.As(err, &inc) && inc.Code == code
}
