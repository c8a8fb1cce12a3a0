package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"muster/internal/directory"
)

// ErrEdit says that a place cannot be so.
var ErrEdit = errors.New("cannot be so")

// A PlaceEdit changes a team or channel; nil leaves alone.
type PlaceEdit struct {
	Title, Purpose *string
	Header         *string // of a channel
	Open           *bool   // of a team: whether anybody may join it
	Private        *bool   // of a channel
	Archived       *bool
}

// The longest texts of a place, in characters.
const (
	longestTitle       = 64
	longestDescription = 255 // of a team
	longestPurpose     = 250 // of a channel
	longestHeader      = 1024
)

// Edit changes a team or channel. The channel that everybody in a team is in stays public and in use. Nobody comes into what is archived, or goes out of
// it, by any rule, and an archived team holds its channels; what is restored follows its groups again. It returns the place as it is then.
func (k *Keeper) Edit(ctx context.Context, by directory.Actor, id directory.ID, e PlaceEdit) (p Place, err error) {
	restored := false
	err = k.Store.Update(ctx, by, func(tx directory.Tx) error {
		if p, err = In(tx).Place(ctx, id); err != nil {
			return err
		}
		was := p
		if err := e.apply(&p, k.Now().UTC()); err != nil {
			return err
		}
		restored = !was.Archived.IsZero() && p.Archived.IsZero()
		if p == was {
			return nil
		}
		p.Updated = k.Now().UTC()
		return In(tx).PutPlaces(ctx, p)
	})
	if err == nil && restored {
		err = k.settleAll(ctx, func(of Place) bool { return of.ID == id || of.Team == id })
	}
	return p, err
}

func (e PlaceEdit) apply(p *Place, now time.Time) error {
	if err := e.texts(p); err != nil {
		return err
	}
	fixed := p.Kind == Public && p.Name == FirstChannel
	switch {
	case p.Kind != Team && p.Kind != Public && p.Kind != Private:
		return fmt.Errorf("a channel of few people %w: it belongs to no team", ErrEdit)
	case e.Open != nil && p.Kind != Team:
		return fmt.Errorf("a channel %w: only a team is open or takes people by invitation; a channel is public or private", ErrEdit)
	case e.Private != nil && p.Kind == Team:
		return fmt.Errorf("a team %w: only a channel is public or private; a team is open or takes people by invitation", ErrEdit)
	case fixed && e.Private != nil && *e.Private:
		return fmt.Errorf("a channel %w: everybody in the team is in %s, which stays public", ErrEdit, FirstChannel)
	case fixed && e.Archived != nil && *e.Archived:
		return fmt.Errorf("a channel %w: everybody in the team is in %s, which is never archived", ErrEdit, FirstChannel)
	}
	if e.Open != nil {
		p.Open, p.Joinable = *e.Open, *e.Open
	}
	if e.Private != nil {
		p.Kind = Public
		if *e.Private {
			p.Kind = Private
		}
	}
	switch {
	case e.Archived == nil || *e.Archived == !p.Archived.IsZero():
	case *e.Archived:
		p.Archived = now
	default:
		p.Archived = time.Time{}
	}
	return nil
}

// texts sets what people read.
func (e PlaceEdit) texts(p *Place) error {
	purpose := longestPurpose
	if p.Kind == Team {
		if purpose = longestDescription; e.Header != nil {
			return fmt.Errorf("a team %w: only a channel has a header", ErrEdit)
		}
	}
	for _, t := range []struct {
		what    string
		value   *string
		into    *string
		longest int
	}{{"title", e.Title, &p.Title, longestTitle}, {"purpose", e.Purpose, &p.Purpose, purpose}, {"header", e.Header, &p.Header, longestHeader}} {
		if t.value == nil {
			continue
		}
		text := strings.TrimSpace(*t.value)
		if n := utf8.RuneCountInString(text); n > t.longest {
			return fmt.Errorf("the %s %w: it has %d characters, and %d are the most", t.what, ErrEdit, n, t.longest)
		}
		*t.into = text
	}
	if p.Title == "" {
		return fmt.Errorf("the title %w: it is empty", ErrEdit)
	}
	return nil
}
