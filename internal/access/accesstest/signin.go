package accesstest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// signIns are the sessions, codes and passwords, by hash or person.
type signIns struct {
	sessions  map[string]access.Session
	codes     map[string]access.Code
	passwords map[directory.ID]access.Password
	invited   map[string]access.Invitation
}

func newSignIns() signIns {
	return signIns{map[string]access.Session{}, map[string]access.Code{}, map[directory.ID]access.Password{}, map[string]access.Invitation{}}
}

func (s signIns) clone() signIns {
	return signIns{maps.Clone(s.sessions), maps.Clone(s.codes), maps.Clone(s.passwords), maps.Clone(s.invited)}
}

func get[K comparable, V any](m map[K]V, k K) (V, error) {
	v, ok := m[k]
	if !ok {
		return v, directory.ErrNotFound
	}
	return v, nil
}

func (s signIns) Session(_ context.Context, hash []byte) (access.Session, error) {
	return get(s.sessions, string(hash))
}

func (s signIns) Code(_ context.Context, hash []byte) (access.Code, error) {
	return get(s.codes, string(hash))
}

func (s signIns) Password(_ context.Context, person directory.ID) (access.Password, error) {
	return get(s.passwords, person)
}

func (s signIns) LastUse(_ context.Context, person directory.ID) (last time.Time, err error) {
	for _, v := range s.sessions {
		if v.Person == person && v.Used.After(last) {
			last = v.Used
		}
	}
	return last, nil
}

func (s signIns) PutSession(_ context.Context, v access.Session) error {
	s.sessions[string(v.Hash)] = v
	return nil
}

func (s signIns) DropSession(_ context.Context, hash []byte) error {
	delete(s.sessions, string(hash))
	return nil
}

func (s signIns) DropSessions(_ context.Context, person directory.ID) error {
	maps.DeleteFunc(s.sessions, func(_ string, v access.Session) bool { return v.Person == person })
	return nil
}

func (s signIns) PutCode(_ context.Context, c access.Code) error {
	s.codes[string(c.Hash)] = c
	return nil
}

func (s signIns) DropCode(_ context.Context, hash []byte) error {
	_, err := get(s.codes, string(hash))
	delete(s.codes, string(hash))
	return err
}

func (s signIns) PutPassword(_ context.Context, p access.Password) error {
	s.passwords[p.Person] = p
	return nil
}

func (s signIns) Invitation(_ context.Context, hash []byte) (access.Invitation, error) {
	return get(s.invited, string(hash))
}

func (s signIns) PutInvitation(_ context.Context, i access.Invitation) error {
	s.invited[string(i.Hash)] = i
	return nil
}

func (s signIns) DropInvitations(_ context.Context, person directory.ID) (int, error) {
	had := len(s.invited)
	maps.DeleteFunc(s.invited, func(_ string, i access.Invitation) bool { return i.Person == person })
	return had - len(s.invited), nil
}

func (s signIns) Sweep(_ context.Context, began, used, now time.Time) error {
	maps.DeleteFunc(s.sessions, func(_ string, v access.Session) bool { return v.Created.Before(began) || v.Used.Before(used) })
	maps.DeleteFunc(s.invited, func(_ string, i access.Invitation) bool { return i.Expires.Before(now) })
	maps.DeleteFunc(s.codes, func(_ string, c access.Code) bool { return c.Expires.Before(now) })
	return nil
}

func (t *tx) ObjectsByHandle(_ context.Context, kind directory.Kind, handles []string) ([]directory.Object, error) {
	var out []directory.Object
	for _, o := range t.people {
		if o.Kind == kind && slices.ContainsFunc(handles, func(h string) bool { return strings.EqualFold(h, o.Handle()) }) {
			out = append(out, o)
		}
	}
	return out, nil
}
