package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/directory"
)

// take reserves n Seqs of the feed and returns the first. On SQLite one row counts for ever; on PostgreSQL every transaction counts for itself, and the
// transaction id comes first in a Rev.
func (s *session) take(ctx context.Context, n int) (int64, error) {
	if lite, ok := s.q.(*liteConn); ok && !s.ordered {
		seq, err := lite.lastSeq(ctx)
		if err != nil {
			return 0, err
		}
		s.seq = seq
	}
	s.ordered = true
	first := s.seq + 1
	s.seq += int64(n)
	return first, nil
}

// finish does what is left to do before the commit: it writes the numbers that changed, and of a transaction that entered the feed it notes how far the feed got
// (SQLite) or tells the other nodes (PostgreSQL).
func (s *session) finish(ctx context.Context) error {
	if s.torn != nil {
		return s.torn
	}
	if err := s.writeTally(ctx); err != nil {
		return err
	}
	if err := s.writeOwn(ctx); err != nil || !s.fed {
		return err
	}
	if lite, ok := s.q.(*liteConn); ok {
		lite.feed.last = s.seq
		return nil
	}
	_, err := s.exec(ctx, "select pg_notify($1, '')", channel)
	return err
}

// Changes implements directory.Store.
func (s *Store) Changes(ctx context.Context, after directory.Rev, limit int) ([]directory.Change, error) {
	var out []directory.Change
	err := s.view(ctx, func(r *session) (err error) {
		where := " where (rev_tx, rev_seq) > ($1, $2) and " + r.d.settled + " order by rev_tx, rev_seq limit $3"
		out, err = collect(ctx, r, scanChange,
			"select rev_tx, rev_seq, id, member from (select * from (select rev_tx, rev_seq, id, '' as member from object"+where+") o"+
				" union all select e.rev_tx, e.rev_seq, g.id, m.id from (select rev_tx, rev_seq, grp, member from edge"+where+") e"+
				" join node g on g.n = e.grp join node m on m.n = e.member) c order by rev_tx, rev_seq limit $3",
			after.Tx, after.Seq, atMost(limit))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	return out, nil
}

func scanChange(rows *sql.Rows, c *directory.Change) error {
	return rows.Scan(&c.Rev.Tx, &c.Rev.Seq, &c.Object, &c.Member)
}

// Head implements directory.Store.
func (s *Store) Head(ctx context.Context) (directory.Rev, error) {
	var head directory.Rev
	err := s.view(ctx, func(r *session) error {
		newest := " where " + r.d.settled + " order by rev_tx desc, rev_seq desc limit 1"
		revs, err := collect(ctx, r, scanRev, "select * from (select rev_tx, rev_seq from object"+newest+") o"+
			" union all select * from (select rev_tx, rev_seq from edge"+newest+") e")
		for _, rev := range revs {
			if head.Less(rev) {
				head = rev
			}
		}
		return err
	})
	if err != nil {
		return directory.Rev{}, fmt.Errorf("head: %w", err)
	}
	return head, nil
}

func scanRev(rows *sql.Rows, rev *directory.Rev) error { return rows.Scan(&rev.Tx, &rev.Seq) }
