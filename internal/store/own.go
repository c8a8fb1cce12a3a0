package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"muster/internal/directory"
)

// Those for whom no source speaks but what was loaded are kept beside everybody else, in table own, with their handles: in a company of which all but a few come
// from a directory, a page of the few is read without walking over the many. What may have changed who they are is noted, and looked at before the commit.

// A speech is what a transaction has done to an object that is no reason, or no sure one, for it to be among the own.
type speech struct {
	born   bool // it was in no store before
	spoken bool // a record that speaks for it was written, and nothing was taken back since
}

// voices reports whether a record of a source, with a status, speaks for its object as loads do not.
func voices(source string, status directory.Status) bool {
	return source != directory.Loaded && status != directory.Outside && status != directory.Removed
}

// hear notes what happened to an object.
func (s *session) hear(id directory.ID, change func(*speech)) {
	if s.heard == nil {
		s.heard = map[directory.ID]speech{}
	}
	x := s.heard[id]
	change(&x)
	s.heard[id] = x
}

// doubt has an object looked at: something that spoke for it may have gone.
func (s *session) doubt(id directory.ID) { s.hear(id, func(x *speech) { x.spoken = false }) }

// hearRows notes objects that are new, or are called something else.
func (t tx) hearRows(rows []objectRow, was map[directory.ID]have) {
	for _, w := range rows {
		if h, ok := was[w.o.ID]; !ok || h.handle != w.handle || h.kind != w.o.Kind {
			t.hear(w.o.ID, func(x *speech) { x.born = x.born || w.isNew() })
		}
	}
}

// hearRecord notes a record that is another's than it was, or began or ceased to speak.
func (t tx) hearRecord(now directory.Record, was storedRecord) {
	spoke := was.object != "" && voices(now.Source, directory.Status(was.status))
	speaks := now.Object != "" && voices(now.Source, now.Status)
	same := was.object == string(now.Object)
	if spoke && !(speaks && same) {
		t.doubt(directory.ID(was.object))
	}
	if speaks && !(spoke && same) {
		t.hear(now.Object, func(x *speech) { x.spoken = true })
	}
}

// unhear looks at all objects: what was written for them has no effect any more.
func (s *session) unhear() {
	for id := range s.heard {
		s.doubt(id)
	}
}

type ownRow struct {
	id           directory.ID
	kind, handle string
}

func scanOwn(rows *sql.Rows, w *ownRow) error { return rows.Scan(&w.id, &w.kind, &w.handle) }

// writeOwn brings table own up to date with what was noted.
func (s *session) writeOwn(ctx context.Context) error {
	var known, open []directory.ID
	for id, x := range s.heard {
		if !x.born {
			known = append(known, id)
		}
		if !x.spoken {
			open = append(open, id)
		}
	}
	s.heard = nil
	slices.Sort(known)
	slices.Sort(open)
	have, err := s.ownOf(ctx, known)
	if err != nil {
		return err
	}
	now, err := s.unspoken(ctx, open)
	if err != nil {
		return err
	}
	was := make(map[directory.ID]ownRow, len(have))
	for _, w := range have {
		was[w.id] = w
	}
	var add []ownRow
	for _, w := range now {
		if was[w.id] != w {
			add = append(add, w)
		}
		delete(was, w.id)
	}
	return s.changeOwn(ctx, add, slices.Sorted(maps.Keys(was)))
}

// ownOf returns those of list that are among the own.
func (s *session) ownOf(ctx context.Context, list []directory.ID) ([]ownRow, error) {
	if len(list) == 0 {
		return nil, nil
	}
	in, arg := among(s, "m.id", 1, list)
	return collect(s.calm(ctx), s, scanOwn, "select m.id, w.kind, w.handle from node m cross join own w where "+in+" and w.object = m.n", arg)
}

// unspoken returns those of list for whom nothing but a load speaks, and keeps others from changing that.
func (s *session) unspoken(ctx context.Context, list []directory.ID) ([]ownRow, error) {
	if len(list) == 0 {
		return nil, nil
	}
	in, arg := among(s, "o.id", 1, list)
	if s.d.forWrite != "" {
		if _, err := collect(ctx, s, scanOne[string], "select o.id from object o where "+in+" order by o.id"+s.d.forWrite, arg); err != nil {
			return nil, err
		}
	}
	return collect(s.calm(ctx), s, scanOwn, "select o.id, o.kind, o.handle from object o where "+in+" and not exists (select 1 from record r"+s.d.by("record_by_object")+
		" where r.object <> '' and r.object = o.id and r.source <> '"+directory.Loaded+"' and r.status not in ('outside', 'removed'))", arg)
}

func (s *session) changeOwn(ctx context.Context, add []ownRow, drop []directory.ID) error {
	if len(drop) > 0 {
		in, arg := among(s, "id", 1, drop)
		if _, err := s.exec(ctx, "delete from own where object in (select n from node where "+in+")", arg); err != nil {
			return err
		}
	}
	list := make([]string, len(add))
	for i, w := range add {
		list[i] = string(w.id)
	}
	n, err := s.numbers(ctx, list)
	if err != nil {
		return err
	}
	_, err = bulk(ctx, s, table{"bigint", "text", "text"}, "insert into own (object, kind, handle)",
		" on conflict (object) do update set kind = excluded.kind, handle = excluded.handle", add, func(w ownRow, a []any) []any { return append(a, n[string(w.id)], w.kind, w.handle) })
	return err
}
