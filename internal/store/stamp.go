package store

import (
	"context"
	"errors"

	"muster/internal/directory"
)

var _ directory.Stamper = (*Store)(nil)

// Stamp implements directory.Stamper. On SQLite it is a number that the database keeps for each connection, which says whether another one has written; several
// nodes of PostgreSQL have nothing of the kind.
func (s *Store) Stamp(ctx context.Context) (int64, bool) {
	d, ok := s.db.(*sqliteDB)
	if !ok {
		return 0, false
	}
	n, err := d.stamp(ctx)
	return n, err == nil
}

func (d *sqliteDB) stamp(ctx context.Context) (n int64, err error) {
	var c *liteConn
	select {
	case c = <-d.sentry:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { d.sentry <- c }()
	rows, err := c.query(context.WithoutCancel(ctx), "pragma data_version", nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if rows.Next() {
		err = rows.Scan(&n)
	}
	return n, errors.Join(err, rows.Err())
}
