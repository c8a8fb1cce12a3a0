package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"muster/internal/attr"
	"muster/internal/directory"
)

const (
	objectColumns   = "id, kind, attrs, digest, state, cause, since, stop, epoch, rev_tx, rev_seq"
	objectColumnsOf = "o.id, o.kind, o.attrs, o.digest, o.state, o.cause, o.since, o.stop, o.epoch, o.rev_tx, o.rev_seq" // in joins
)

func scanObject(rows *sql.Rows, o *directory.Object) error {
	var attrs, stop string
	var since int64
	if err := rows.Scan(&o.ID, &o.Kind, &attrs, &o.Digest, &o.State, &o.Cause, &since, &stop, &o.Epoch, &o.Rev.Tx, &o.Rev.Seq); err != nil {
		return err
	}
	o.Since = moment(since)
	if err := decode(attrs, &o.Attrs); err != nil {
		return err
	}
	return decode(stop, &o.Stop)
}

// Object implements directory.Reader.
func (r reader) Object(ctx context.Context, id directory.ID) (directory.Object, error) {
	o, err := one(r.calm(ctx), r.session, scanObject, "select "+objectColumns+" from object where id = $1", id)
	if err != nil {
		return o, fmt.Errorf("object %s: %w", id, err)
	}
	return o, nil
}

// Objects implements directory.Reader.
func (r reader) Objects(ctx context.Context, list []directory.ID) ([]directory.Object, error) {
	if len(list) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "id", 1, list)
	return collect(r.calm(ctx), r.session, scanObject, "select "+objectColumns+" from object where "+in, arg)
}

// ObjectsByHandle implements directory.Reader.
func (r reader) ObjectsByHandle(ctx context.Context, kind directory.Kind, handles []string) ([]directory.Object, error) {
	if len(handles) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "handle", 2, folds(handles))
	return collect(r.calm(ctx), r.session, scanObject, "select "+objectColumns+" from object"+r.d.by("object_by_place")+" where "+in+
		" and kind = $1 and state <> 'gone' and handle <> '' order by id", kind, arg)
}

// ObjectsByEmail implements directory.Reader.
func (r reader) ObjectsByEmail(ctx context.Context, kind directory.Kind, addresses []string) ([]directory.Object, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	return collect(r.calm(ctx), r.session, scanObject, "select "+objectColumns+" from object where "+r.d.member("email", 2)+
		" and email <> '' and kind = $1 and state <> 'gone' order by id", kind, ids(r.session, folds(addresses)))
}

// ListObjects implements directory.Reader.
func (r reader) ListObjects(ctx context.Context, kind directory.Kind, after directory.ID, limit int) ([]directory.Object, error) {
	return collect(ctx, r.session, scanObject, "select "+objectColumns+
		" from object where kind = $1 and id > $2 order by id limit $3", kind, after, atMost(limit))
}

// ListIDs implements directory.Reader.
func (r reader) ListIDs(ctx context.Context, kind directory.Kind, after directory.ID, limit int) ([]directory.ID, error) {
	return collect(ctx, r.session, scanOne[directory.ID], "select id from object where kind = $1 and id > $2 order by id limit $3", kind, after, atMost(limit))
}

// sources lists the sources that have records, by hops through the primary key.
const sources = `with recursive hop (source) as (
	select min(source) from record
	union all select (select min(r.source) from record r where r.source > hop.source) from hop where hop.source is not null) `

// Search implements directory.Reader.
func (r reader) Search(ctx context.Context, text string, limit int) ([]directory.Object, error) {
	const found = sources + `select id from object where id = $3 or kind in ('person', 'group') and handle = $2 or email = $2 and email <> ''
		union select object from record where name_fold = $2 and object <> ''
		union select r.object from hop join record r on r.source = hop.source where r.key in ($1, $2) and r.object <> ''
		order by 1 limit $4`
	if text == "" {
		return nil, nil
	}
	list, err := collect(ctx, r.session, scanOne[directory.ID], found, text, fold(text), fold(text), atMost(limit))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	out, err := r.Objects(ctx, list)
	slices.SortFunc(out, func(a, b directory.Object) int { return compare(a.ID, b.ID) })
	return out, err
}

// Count implements directory.Reader.
func (r reader) Count(ctx context.Context, kind directory.Kind) (map[directory.State]int, error) {
	all, err := r.tallies(ctx, "object", string(kind))
	out := make(map[directory.State]int, len(all))
	for state, n := range all {
		out[directory.State(state)] = n
	}
	return out, err
}

// have is what is stored of an object that is about to be written.
type have struct {
	id     directory.ID
	hash   int64
	handle string
	kind   directory.Kind
	state  directory.State
	attrs  attr.Set // if it was locked
	rev    directory.Rev
}

// unique reports whether its handle takes part in uniqueness.
func (h have) unique() bool {
	return h.kind == directory.Person && h.state != directory.Gone && h.handle != ""
}

func scanHave(rows *sql.Rows, h *have) error {
	var attrs string
	if err := rows.Scan(&h.id, &h.hash, &h.handle, &h.kind, &h.state, &h.rev.Tx, &h.rev.Seq, &attrs); err != nil {
		return err
	}
	return decode(attrs, &h.attrs)
}

// haves reads what is stored of the objects list; lock keeps others from changing them.
func (t tx) haves(ctx context.Context, list []directory.ID, lock bool) (map[directory.ID]have, error) {
	if len(list) == 0 {
		return nil, nil
	}
	attrs, tail := "''", ""
	if lock {
		attrs, tail = "attrs", " order by id"+t.d.forWrite
	}
	in, arg := among(t.session, "id", 1, list)
	rows, err := collect(ctx, t.session, scanHave, "select id, hash, handle, kind, state, rev_tx, rev_seq, "+attrs+" from object where "+in+tail, arg)
	out := make(map[directory.ID]have, len(rows))
	for _, h := range rows {
		out[h.id] = h
	}
	return out, err
}

// PutObjects implements directory.Tx.
func (t tx) PutObjects(ctx context.Context, objects ...directory.Object) error {
	rows := objectRows(objects)
	was, err := t.haves(ctx, stored(rows), false)
	if err != nil {
		return err
	}
	if err := t.fresh(rows, was); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(w objectRow) bool { h, ok := was[w.o.ID]; return ok && h.hash == w.hash })
	if len(rows) == 0 {
		return nil
	}
	if len(rows) == 1 && !t.d.numbered { // one row is written by one statement, which leaves nothing behind when it meets a conflict
		return t.conflict(t.putRows(ctx, rows, was))
	}
	return t.atomic(ctx, func() error { return t.putRows(ctx, rows, was) })
}

type objectRow struct {
	o             directory.Object
	handle, email string
	hash          int64
}

// isNew reports whether the object is said to be in no store yet.
func (w objectRow) isNew() bool { return w.o.Rev == directory.Unborn }

// stored returns the ids of rows that may be stored already.
func stored(rows []objectRow) []directory.ID {
	out := make([]directory.ID, 0, len(rows))
	for _, w := range rows {
		if !w.isNew() {
			out = append(out, w.o.ID)
		}
	}
	return out
}

func objectRows(objects []directory.Object) []objectRow {
	objects = last(objects, func(o directory.Object) directory.ID { return o.ID })
	rows := make([]objectRow, len(objects))
	for i, o := range objects {
		w := objectRow{o: o, handle: fold(o.Handle()), email: fold(o.Attrs.First(directory.Email))}
		var d digest
		d.text(string(o.Kind), o.Handle(), o.Attrs.First(directory.Email), o.Attrs.Hash(), o.Digest, string(o.State), string(o.Cause)).number(ms(o.Since), o.Epoch)
		if o.Stop != nil {
			d.text(o.Stop.By, o.Stop.Reason).number(ms(o.Stop.At))
		}
		w.hash = d.sum()
		rows[i] = w
	}
	return rows
}

func (t tx) putRows(ctx context.Context, rows []objectRow, was map[directory.ID]have) error {
	if t.d.forWrite != "" || len(was) > 0 { // on SQLite nobody writes meanwhile: who was not there is not there
		var err error
		if was, err = t.haves(ctx, stored(rows), true); err != nil {
			return err
		}
		if err := t.fresh(rows, was); err != nil {
			return err
		}
	}
	if err := t.release(ctx, rows, was); err != nil {
		return err
	}
	if err := t.insertRows(ctx, rows); err != nil {
		return err
	}
	if err := t.putWords(ctx, rows, was); err != nil {
		t.torn = fmt.Errorf("words of objects: %w", err)
		return t.torn
	}
	t.tallyObjects(rows, was)
	t.hearRows(rows, was)
	return nil
}

// insertRows writes objects and enters them into the feed.
func (t tx) insertRows(ctx context.Context, rows []objectRow) error {
	seq, err := t.take(ctx, len(rows))
	if err != nil {
		return err
	}
	columns := table{"", "", "", "", "", "", "", "", "", "", "", "", "", t.d.revTx, ""}
	const head = "insert into object (id, kind, handle, email, attrs, digest, state, cause, since, stop, epoch, actor, hash, rev_tx, rev_seq)"
	row := func(w objectRow, a []any) []any {
		o := w.o
		a = append(a, string(o.ID), string(o.Kind), w.handle, w.email, encode(o.Attrs), o.Digest, string(o.State), string(o.Cause), ms(o.Since), encodeStop(o.Stop),
			o.Epoch, string(t.by), w.hash, seq)
		seq++
		return a
	}
	var born, others []objectRow
	list := make([]directory.ID, len(rows))
	for i, w := range rows {
		if list[i] = w.o.ID; w.isNew() {
			born = append(born, w)
		} else {
			others = append(others, w)
		}
	}
	n, err := bulk(ctx, t.session, columns, head,
		` on conflict (id) do update set kind = excluded.kind, handle = excluded.handle, email = excluded.email, attrs = excluded.attrs, digest = excluded.digest, state = excluded.state,
		cause = excluded.cause, since = excluded.since, stop = excluded.stop, epoch = excluded.epoch, actor = excluded.actor, hash = excluded.hash,
		rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq`,
		others, row)
	if err != nil {
		return err
	}
	more, err := bulk(ctx, t.session, columns, head, "", born, row)
	if err != nil {
		return err
	}
	t.fed = t.fed || n+more > 0
	t.wrote(list)
	return t.number(ctx, born)
}

// number gives new objects their numbers.
func (t tx) number(ctx context.Context, born []objectRow) error {
	list := make([]string, len(born))
	for i, w := range born {
		list[i] = string(w.o.ID)
	}
	if err := t.addNodes(ctx, list); err != nil {
		t.torn = fmt.Errorf("numbers of objects: %w", err)
		return t.torn
	}
	return nil
}

func encodeStop(s *directory.Stop) string {
	if s == nil {
		return ""
	}
	return encode(s)
}

// tallyObjects keeps the number of objects in each state.
func (t tx) tallyObjects(rows []objectRow, was map[directory.ID]have) {
	delta := tallyDelta{}
	for _, w := range rows {
		delta[tallyKey{"object", string(w.o.Kind), string(w.o.State)}]++
		if h, ok := was[w.o.ID]; ok {
			delta[tallyKey{"object", string(h.kind), string(h.state)}]--
		}
	}
	t.tally(delta)
}

// fresh refuses objects that somebody else changed since they were read.
func (t tx) fresh(rows []objectRow, was map[directory.ID]have) error {
	for _, w := range rows {
		h, ok := was[w.o.ID]
		if _, own := t.own[w.o.ID]; ok && !own && !w.o.Rev.IsZero() && w.o.Rev != h.rev {
			return &staleError{w.o.ID}
		}
	}
	return nil
}

// release frees the handles that others of the same call may take.
func (t tx) release(ctx context.Context, rows []objectRow, was map[directory.ID]have) error {
	if len(rows) == 1 {
		return nil
	}
	var free []directory.ID
	for _, w := range rows {
		if h, ok := was[w.o.ID]; ok && h.unique() && (h.handle != w.handle || w.o.State == directory.Gone) {
			free = append(free, w.o.ID)
		}
	}
	if len(free) == 0 {
		return nil
	}
	_, err := t.exec(ctx, "update object set handle = '' where "+t.d.member("id", 1), ids(t.session, free))
	return err
}

func (s *session) wrote(list []directory.ID) {
	if s.own == nil {
		s.own = make(map[directory.ID]struct{}, len(list))
	}
	for _, id := range list {
		s.own[id] = struct{}{}
	}
}

func compare[T ~string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// dollar is $n.
func dollar(n int) string { return "$" + strconv.Itoa(n) }
