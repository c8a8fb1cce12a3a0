package store

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
)

// How many there are of what there may be hundreds of thousands of is kept beside them, in table tally, and written with each change: nothing counts everybody
// to say how many they are. On PostgreSQL a number is kept in several rows, so that transactions at the same time do not wait for each other; their sum counts.

// A tallyKey is what is counted: objects by kind and state, records by source, base and status, accounts and groups by target and kind.
type tallyKey struct{ about, of, sort string }

type tallyDelta map[tallyKey]int

func compareTallies(a, b tallyKey) int {
	return cmp.Or(cmp.Compare(a.about, b.about), cmp.Compare(a.of, b.of), cmp.Compare(a.sort, b.sort))
}

// tally changes numbers. They are written together, before the commit or when somebody asks.
func (s *session) tally(delta tallyDelta) {
	if s.counts == nil {
		s.counts = tallyDelta{}
	}
	for k, n := range delta {
		s.counts[k] += n
	}
}

// writeTally writes the numbers that changed. They are written in one order, so that two transactions do not wait for each other in a circle.
func (s *session) writeTally(ctx context.Context) error {
	delta := s.counts
	s.counts = nil
	maps.DeleteFunc(delta, func(_ tallyKey, n int) bool { return n == 0 })
	if len(delta) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(delta), compareTallies)
	_, err := bulk(ctx, s, table{"text", "text", "text", s.d.shard, "bigint"}, "insert into tally (about, name, sort, shard, n)",
		" on conflict (about, name, sort, shard) do update set n = tally.n + excluded.n", keys,
		func(k tallyKey, a []any) []any { return append(a, k.about, k.of, k.sort, delta[k]) })
	return err
}

// A tallied is a number with what it counts.
type tallied struct {
	sort string
	n    int
}

// tallies returns the numbers of one thing, by sort.
func (s *session) tallies(ctx context.Context, about, of string) (map[string]int, error) {
	if err := s.writeTally(ctx); err != nil {
		return nil, err
	}
	rows, err := collect(ctx, s, func(rows *sql.Rows, t *tallied) error { return rows.Scan(&t.sort, &t.n) },
		"select sort, cast(sum(n) as bigint) from tally where about = $1 and name = $2 group by sort", about, of)
	out := make(map[string]int, len(rows))
	for _, t := range rows {
		if t.n != 0 {
			out[t.sort] = t.n
		}
	}
	return out, err
}

// counted returns one number, or with sort "" the sum of all sorts.
func (s *session) counted(ctx context.Context, about, of, sort string) (int, error) {
	all, err := s.tallies(ctx, about, of)
	sum := 0
	for k, n := range all {
		if sort == "" || sort == k {
			sum += n
		}
	}
	return sum, err
}
