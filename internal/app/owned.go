package app

import (
	"context"
	"fmt"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// own finds a person who is managed in Muster, and whom by may act on. Whoever a source speaks for is managed there.
func (m *Muster) own(ctx context.Context, who string, by access.Caller, act string) (directory.Object, error) {
	o, err := m.person(ctx, who)
	if err != nil {
		return o, err
	}
	return o, m.Store.View(ctx, func(v directory.Reader) error {
		if err := access.Covers(ctx, v, by, o.ID); err != nil {
			return err
		}
		records, err := v.RecordsOf(ctx, []directory.ID{o.ID})
		if err != nil {
			return err
		}
		if w := m.ownership(records); w != nil {
			return ownedProblem(o, *w, act)
		}
		return nil
	})
}

// speaks reports whether a record says that somebody is there.
func speaks(rec directory.Record) bool {
	return rec.Status != directory.Outside && rec.Status != directory.Removed
}

// ownership says which source speaks for somebody with these records, and nil if they are managed here.
func (m *Muster) ownership(records []directory.Record) *adminapi.Ownership {
	for _, rec := range records {
		if rec.Source == bulkload.Source || !speaks(rec) {
			continue
		}
		s, configured := m.File.Source(rec.Source)
		where := fmt.Sprintf("Change the entry %s in the directory; %s reads it.", rec.Name, rec.Source)
		switch {
		case !configured:
			where = fmt.Sprintf("The source %s is not configured any more: configure it again, or disable them here.", rec.Source)
		case s.SCIM != nil:
			where = fmt.Sprintf("Change them at the identity provider that writes to %s.", rec.Source)
		}
		return &adminapi.Ownership{Source: rec.Source, Where: where}
	}
	return nil
}

func ownedProblem(o directory.Object, w adminapi.Ownership, act string) error {
	p := &run.Problem{
		Code: adminapi.OwnedBySource, What: fmt.Sprintf("%s comes from %s: Muster cannot %s them", o.Handle(), w.Source, act), Why: "What a source says of its people holds.",
		Now: "Nothing was changed.", Fix: w.Where,
	}
	switch {
	case act == "deactivate", act == "delete":
		p.Fix += fmt.Sprintf(" If they must be out now: `muster disable %s`.", o.Handle())
	case act == "activate" && o.Stop != nil:
		p.Fix = fmt.Sprintf("They were closed here by %s. Lift that: `muster enable %s`.", o.Stop.Who(), o.Handle())
	}
	return p
}
