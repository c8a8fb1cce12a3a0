package store

import (
	"context"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/notify"
)

// pruneRows is how many rows one transaction of Prune deletes: few enough for it to be short.
const pruneRows = 2000

// oldLines are lines that Prune deletes.
const oldLines = `select l.plan, l.seq from line l join plan p on p.id = l.plan where p.created < $1 and p.decided < $1
	and p.status not in ('waiting', 'approved') and l.status <> 'rejected' and p.class <> 'matches' order by l.plan, l.seq limit $2`

// old are the deletions of Prune, some with what is done before; $1 is the time before which, $2 how many rows at most.
var old = []struct{ what, text, before string }{
	{"journal", "delete from journal where seq in (select seq from journal where began < $1 and result <> '' order by began limit $2)", ""},
	{"intervals", `delete from span where (target, object, what, member, since) in
		(select target, object, what, member, since from span where upto > 0 and upto < $1 order by upto limit $2)`, ""},
	{"audit", "delete from audit where seq in (select seq from audit where at_ms < $1 order by at_ms limit $2)", ""},
	{"lines", "delete from line where (plan, seq) in (" + oldLines + ")", `insert into line_tally (plan, kind, act, class, cause, status, n)
		select plan, kind, act, class, cause, status, -count(*) from line where (plan, seq) in (` + oldLines + `) group by plan, kind, act, class, cause, status
		on conflict (plan, kind, act, class, cause, status) do update set n = line_tally.n + excluded.n`},
	{"plans", `delete from plan where id in (select p.id from plan p where p.created < $1 and p.decided < $1 and p.status not in ('waiting', 'approved')
		and not exists (select 1 from line l where l.plan = p.id) limit $2)`, ""},
	{"erasures", "delete from erasure where person in (select person from erasure where done > 0 and done < $1 order by done limit $2)", ""},
	{"rows of runs", `delete from run_row where (run, what, seq) in (select r.run, r.what, r.seq from run join run_row r on r.run = run.id
		where run.ended > 0 and run.ended < $1 limit $2)`, ""},
	{"runs", "delete from run where id in (select id from run where ended > 0 and ended < $1 limit $2)", ""},
}

// Prune deletes what happened before then: settled journal entries, ended intervals, the audit log, erasures that are done, ended runs, and decided plans. What is still open or
// still true is kept, however old, and what a person has rejected, or said about who somebody is. It also drops the tombstones of memberships that every target
// has seen. It returns the number of rows deleted, and may
// be called at any time.
func (s *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	var sum int64
	for _, o := range old {
		n, err := s.repeat(ctx, func(w *session) (int64, error) {
			if o.before != "" {
				if _, err := w.exec(ctx, o.before, ms(before), int64(pruneRows)); err != nil {
					return 0, err
				}
			}
			return w.exec(ctx, o.text, ms(before), int64(pruneRows))
		})
		sum += n
		if err != nil {
			return sum, fmt.Errorf("prune %s: %w", o.what, err)
		}
	}
	n, err := s.repeat(ctx, func(w *session) (int64, error) { return w.pruneTombstones(ctx) })
	if err != nil {
		return sum, fmt.Errorf("prune tombstones: %w", err)
	}
	return sum + n, nil
}

// repeat runs one short transaction after another until there is nothing left to do.
func (s *Store) repeat(ctx context.Context, fn func(*session) (int64, error)) (int64, error) {
	for sum := int64(0); ; {
		var n int64
		err := s.update(ctx, "prune", func(w *session) (err error) { n, err = fn(w); return err })
		sum += n
		if err != nil || n == 0 {
			return sum, err
		}
	}
}

// pruneTombstones deletes removed edges up to the cursor of a target or webhook that is furthest behind; a target without a cursor has seen nothing yet.
func (s *session) pruneTombstones(ctx context.Context) (int64, error) {
	behind, err := one(ctx, s, scanOne[int], "select count(*) from target t where not exists (select 1 from target_cursor c where c.target = t.name)")
	if err != nil || behind > 0 {
		return 0, err
	}
	upto := directory.Rev{Tx: 1<<63 - 1}
	cursors, err := collect(ctx, s, scanRev, "select rev_tx, rev_seq from (select rev_tx, rev_seq from target_cursor union all select rev_tx, rev_seq from hook_cursor) c order by rev_tx, rev_seq limit 1")
	if err != nil {
		return 0, err
	}
	for _, c := range cursors {
		upto = c
	}
	ended := s.d.by("edge_removed") + " where removed and (rev_tx, rev_seq) <= ($1, $2) and " + s.d.settled
	newest, err := collect(ctx, s, scanRev, "select rev_tx, rev_seq from edge"+ended+" order by rev_tx desc, rev_seq desc limit 1", upto.Tx, upto.Seq)
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	if err := (tx{reader{s}}).SetAnchor(ctx, notify.FeedAnchor, notify.PrunedAnchor, newest[0].String()); err != nil {
		return 0, err
	}
	return s.exec(ctx, "delete from edge where (grp, member) in (select grp, member from edge"+ended+" limit $3)", upto.Tx, upto.Seq, int64(pruneRows))
}
