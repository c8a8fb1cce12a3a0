package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"muster/internal/directory"
)

const (
	headColumns   = "source, key, kind, object, base, name, disabled, expires, expired, status, cause, since, digest, members_hash, refers, waiting, waits"
	recordColumns = headColumns + ", attrs"
)

func scanHead(rows *sql.Rows, r *directory.Record) error { return scanRecordInto(rows, r) }

func scanRecord(rows *sql.Rows, r *directory.Record) error {
	var attrs string
	if err := scanRecordInto(rows, r, &attrs); err != nil {
		return err
	}
	return decode(attrs, &r.Attrs)
}

func scanRecordInto(rows *sql.Rows, r *directory.Record, more ...any) error {
	var expires, since, waits int64
	into := append([]any{
		&r.Source, &r.Key, &r.Kind, &r.Object, &r.Base, &r.Name, &r.Disabled, &expires, &r.Expired, &r.Status, &r.Cause, &since, &r.Digest,
		&r.MembersHash, &r.Refers, &r.Waiting, &waits,
	}, more...)
	if err := rows.Scan(into...); err != nil {
		return err
	}
	r.Expires, r.Since, r.Waits = moment(expires), moment(since), moment(waits)
	return nil
}

// Records implements directory.Reader.
func (r reader) Records(ctx context.Context, source string, keys []string) ([]directory.Record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	in, list := among(r.session, "key", 2, keys)
	found, err := collect(r.calm(ctx), r.session, scanRecord, "select "+recordColumns+" from record where source = $1 and "+in+" order by key", source, list)
	if err == nil && len(found) == 0 && r.absent != nil {
		for _, key := range keys {
			r.absent[recordKey{source, key}] = struct{}{}
		}
	}
	return found, err
}

func scanMark(rows *sql.Rows, m *directory.Mark) error {
	return rows.Scan(&m.Key, &m.Kind, &m.Object, &m.Status, &m.Digest, &m.MembersHash, &m.Refers, &m.Waiting)
}

// Marks implements directory.Reader.
func (r reader) Marks(ctx context.Context, source string, keys []string) ([]directory.Mark, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	in, list := among(r.session, "key", 2, keys)
	return collect(r.calm(ctx), r.session, scanMark, "select key, kind, object, status, digest, members_hash, refers, waiting from record where source = $1 and "+in, source, list)
}

// RecordsByName implements directory.Reader.
func (r reader) RecordsByName(ctx context.Context, source string, names []string) ([]directory.Record, error) {
	if len(names) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanRecord, "select "+recordColumns+" from record"+r.d.by("record_by_name")+" where source = $1 and "+r.d.member("name_fold", 2)+" order by key",
		source, ids(r.session, folds(names)))
}

// RecordsOf implements directory.Reader.
func (r reader) RecordsOf(ctx context.Context, list []directory.ID) ([]directory.Record, error) {
	if len(list) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "object", 1, list)
	return collect(r.calm(ctx), r.session, scanRecord, "select "+recordColumns+" from record"+r.d.by("record_by_object")+" where object <> '' and "+in+" order by source, key", arg)
}

const inBase = " from record where source = $1 and base = $2 and "

// ListRecords implements directory.Reader.
func (r reader) ListRecords(ctx context.Context, source, base string, in []directory.Status, after string, limit int) ([]directory.Record, error) {
	from := inBase + r.d.member("status", 3)
	if slices.Equal(in, []directory.Status{directory.Absent}) { // the few of many
		from = " from record" + r.d.by("record_absent") + " where source = $1 and base = $2 and status = 'absent' and " + r.d.member("status", 3)
	}
	return collect(ctx, r.session, scanRecord, "select "+recordColumns+from+" and key > $4 order by key limit $5",
		source, base, ids(r.session, in), after, atMost(limit))
}

// ListHeads implements directory.Reader.
func (r reader) ListHeads(ctx context.Context, source, base string, in []directory.Status, after string, limit int) ([]directory.Record, error) {
	return collect(ctx, r.session, scanHead, "select "+headColumns+inBase+r.d.member("status", 3)+" and key > $4 order by key limit $5",
		source, base, ids(r.session, in), after, atMost(limit))
}

// CountRecords implements directory.Reader.
func (r reader) CountRecords(ctx context.Context, source, base string, in []directory.Status) (int, error) {
	all, err := r.tallies(ctx, "record", baseName(source, base))
	sum := 0
	for status, n := range all {
		if slices.Contains(in, directory.Status(status)) {
			sum += n
		}
	}
	return sum, err
}

// baseName names a base of a source where its records are counted.
func baseName(source, base string) string {
	return source + "/" + base
}

// Waiting implements directory.Reader.
func (r reader) Waiting(ctx context.Context, source, after string, limit int) ([]directory.Record, error) {
	return collect(ctx, r.session, scanRecord, "select "+recordColumns+" from record where source = $1 and key > $2 and waiting <> '' order by key limit $3",
		source, after, atMost(limit))
}

// Due implements directory.Reader.
func (r reader) Due(ctx context.Context, source string, now int64, limit int) ([]directory.Record, error) {
	return collect(ctx, r.session, scanRecord, "select "+recordColumns+` from record
		where source = $1 and expires > 0 and not expired and expires <= $2 and status = 'present' order by key limit $3`, source, now, atMost(limit))
}

// A recordKey is what a record is known by.
type recordKey struct{ source, key string }

type recordRow struct {
	directory.Record
	hash int64
}

// PutRecords implements directory.Tx.
func (t tx) PutRecords(ctx context.Context, records ...directory.Record) error {
	records = last(records, func(r directory.Record) recordKey { return recordKey{r.Source, r.Key} })
	rows, delta, err := t.changedRecords(ctx, records)
	if err != nil || len(rows) == 0 {
		return err
	}
	for _, w := range rows {
		delete(t.absent, recordKey{w.Source, w.Key})
	}
	columns := make(table, 20)
	_, err = bulk(ctx, t.session, columns, "insert into record ("+recordColumns+", name_fold, hash)",
		` on conflict (source, key) do update set kind = excluded.kind, object = excluded.object, base = excluded.base, name = excluded.name,
		name_fold = excluded.name_fold, attrs = excluded.attrs, disabled = excluded.disabled, expires = excluded.expires, expired = excluded.expired,
		status = excluded.status, cause = excluded.cause, since = excluded.since, digest = excluded.digest, members_hash = excluded.members_hash, refers = excluded.refers,
		waiting = excluded.waiting, waits = case when record.waiting <> '' and excluded.waiting <> '' then record.waits else excluded.waits end, hash = excluded.hash`,
		rows, func(w recordRow, a []any) []any {
			r := w.Record
			return append(a, r.Source, r.Key, string(r.Kind), string(r.Object), r.Base, r.Name, r.Disabled, ms(r.Expires), r.Expired, string(r.Status),
				string(r.Cause), ms(r.Since), r.Digest, r.MembersHash, r.Refers, r.Waiting, waits(r), encode(r.Attrs), fold(r.Name), w.hash)
		})
	if err != nil {
		return fmt.Errorf("put records: %w", err)
	}
	t.tally(delta)
	return nil
}

// waits is since when a record waits, 0 = it does not.
func waits(r directory.Record) int64 {
	if r.Waiting == "" {
		return 0
	}
	return ms(r.Waits)
}

// storedRecord is what is stored of a record that is about to be written.
type storedRecord struct {
	key, base, status, object string
	hash                      int64
}

func scanStoredRecord(rows *sql.Rows, h *storedRecord) error {
	return rows.Scan(&h.key, &h.hash, &h.base, &h.status, &h.object)
}

// changedRecords returns those of records that are not stored just so, and what becomes of the number of records by them.
func (t tx) changedRecords(ctx context.Context, records []directory.Record) ([]recordRow, tallyDelta, error) {
	keys := map[string][]string{}
	for _, r := range records {
		if _, absent := t.absent[recordKey{r.Source, r.Key}]; !absent {
			keys[r.Source] = append(keys[r.Source], r.Key)
		}
	}
	was := map[string]map[string]storedRecord{}
	for source, list := range keys {
		in, arg := among(t.session, "key", 2, list)
		rows, err := collect(ctx, t.session, scanStoredRecord, "select key, hash, base, status, object from record where source = $1 and "+in, source, arg)
		if err != nil {
			return nil, nil, err
		}
		was[source] = make(map[string]storedRecord, len(rows))
		for _, h := range rows {
			was[source][h.key] = h
		}
	}
	var out []recordRow
	delta := tallyDelta{}
	for _, r := range records {
		w := recordRow{r, recordHash(r)}
		h, ok := was[r.Source][r.Key]
		if ok && h.hash == w.hash {
			continue
		}
		out = append(out, w)
		t.hearRecord(r, h)
		delta[tallyKey{"record", baseName(r.Source, r.Base), string(r.Status)}]++
		if ok {
			delta[tallyKey{"record", baseName(r.Source, h.base), h.status}]--
		}
	}
	return out, delta, nil
}

func recordHash(r directory.Record) int64 {
	var d digest
	if r.Refers != "" {
		d.text(r.Refers)
	}
	return d.text(string(r.Kind), string(r.Object), r.Base, r.Name, r.Attrs.Hash(), string(r.Status), string(r.Cause), r.Digest, r.MembersHash, r.Waiting).
		number(ms(r.Expires), ms(r.Since)).flag(r.Disabled, r.Expired).sum()
}
