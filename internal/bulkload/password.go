package bulkload

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/directory"
)

// statesPassword reports whether a line has a password. Whoever signs in elsewhere has none.
func statesPassword(l *line) bool { return l.User.Password != nil }

// hash works out the hash of the password that a line states, before the transaction that writes it: on all processors, and only if somebody is to have it.
func (w *loading) hash(ctx context.Context, e *entry) error {
	if access.GoodPassword(*e.User.Password) != nil || w.replaced(e) {
		return nil // told when the file was validated
	}
	var is access.Loadable
	known := false
	err := w.Store.View(ctx, func(r directory.Reader) error {
		marks, err := r.Marks(ctx, Source, []string{w.keyOf(*e.User.Username)})
		if err != nil || len(marks) == 0 || marks[0].Object == "" {
			return err
		}
		why, err := elsewhere(ctx, r, []directory.ID{marks[0].Object})
		if err != nil || why[marks[0].Object] != "" {
			return err
		}
		known = true
		is, err = access.Loads(ctx, r, marks[0].Object)
		return err
	})
	if err != nil || !known || is.Refused != "" {
		return err
	}
	if e.hash, err = access.HashLoaded(ctx, is, *e.User.Password); err != nil {
		return fmt.Errorf("line %d: hash a password: %w", e.no, err)
	}
	return nil
}

// replaced reports whether a later line states the password of the same user.
func (w *loading) replaced(e *entry) bool {
	later, is := w.stale[e.no]
	return is && !w.bad[later]
}

// elsewhere says of those of people who do not sign in with a password of their own why not.
func elsewhere(ctx context.Context, r directory.Reader, people []directory.ID) (map[directory.ID]string, error) {
	records, err := r.RecordsOf(ctx, people)
	why := map[directory.ID]string{}
	for _, rec := range records {
		switch service := rec.Attrs.First("auth_service"); {
		case rec.Source != Source && rec.Status != directory.Outside && rec.Status != directory.Removed:
			why[rec.Object] = "they belong to the source " + rec.Source
		case rec.Source == Source && service != "" && service != "email" && why[rec.Object] == "":
			why[rec.Object] = "they sign in elsewhere"
		}
	}
	return why, err
}

// passwords writes the passwords of a piece.
func (b *brought) passwords(p piece) error {
	who, err := b.who(namesOf(p, func(e *entry) []string { return []string{*e.User.Username} }))
	if err != nil {
		return err
	}
	var ids []directory.ID
	for _, id := range who {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	why, err := elsewhere(b.ctx, b.tx, ids)
	if err != nil {
		return err
	}
	for _, e := range p {
		id := who.id(*e.User.Username)
		switch {
		case id == "":
			b.count("password", "waiting")
		case b.replaced(e):
			b.count("password", "left out: a later line states it")
		case access.GoodPassword(*e.User.Password) != nil:
			b.count("password", "left out: too weak")
		case why[id] != "":
			b.count("password", "left out: "+why[id])
		default:
			made, err := b.Keeper.PutLoaded(b.ctx, b.tx, id, e.hash)
			if err != nil {
				return fmt.Errorf("password of %s: %w", strings.ToLower(*e.User.Username), err)
			}
			b.count("password", made)
		}
	}
	return nil
}
