package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// mostNodes is how many numbers are remembered: some 25 MB, whatever the number of people.
const mostNodes = 250_000

// nodes remembers the numbers of ids. A number never changes, so what was read once stays true; only those that this transaction made wait for its commit.
type nodes struct {
	mu    sync.RWMutex // guards known
	known map[string]int64
}

func (n *nodes) add(more map[string]int64) {
	if len(more) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known)+len(more) > mostNodes { // begun anew rather than sorted by use: what is needed is read again
		n.known = map[string]int64{}
	}
	maps.Copy(n.known, more)
}

// look returns the numbers that are known of list, and the rest.
func (n *nodes) look(list []string, into map[string]int64) (rest []string) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, id := range list {
		if v, ok := n.known[id]; ok {
			into[id] = v
		} else {
			rest = append(rest, id)
		}
	}
	return rest
}

type node struct {
	id string
	n  int64
}

func scanNode(rows *sql.Rows, v *node) error { return rows.Scan(&v.n, &v.id) }

// numbers returns the number of each of list, giving one to those that have none. They are given in the order of the ids. "" is 0.
func (s *session) numbers(ctx context.Context, list []string) (map[string]int64, error) {
	out := make(map[string]int64, len(list))
	var rest []string
	for _, id := range s.nodes.look(list, out) {
		if n, ok := s.made[id]; ok {
			out[id] = n
		} else if id == "" {
			out[id] = 0
		} else {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	slices.Sort(rest)
	rest = slices.Compact(rest)
	// In a transaction that writes, they may be those of another one that shares its commit: they are remembered after that.
	if s.made == nil {
		s.made = map[string]int64{}
	}
	remember := func(found map[string]int64) { maps.Copy(s.made, found) }
	if err := s.stored(ctx, rest, out, remember); err != nil {
		return nil, err
	}
	rest = slices.DeleteFunc(rest, func(id string) bool { _, ok := out[id]; return ok })
	if len(rest) == 0 {
		return out, nil
	}
	if _, err := s.exec(ctx, "insert into node (id) select l.value from "+s.d.list(1)+" where true order by l.value on conflict (id) do nothing", ids(s, rest)); err != nil {
		return nil, err
	}
	if err := s.stored(ctx, rest, out, remember); err != nil {
		return nil, err
	}
	for _, id := range rest {
		if out[id] == 0 {
			return nil, fmt.Errorf("number of %q: it was not kept", id)
		}
	}
	return out, nil
}

// stored reads the numbers of list into out and hands them to keep.
func (s *session) stored(ctx context.Context, list []string, out map[string]int64, keep func(map[string]int64)) error {
	rows, err := collect(ctx, s, scanNode, "select n, id from node where "+s.d.member("id", 1), ids(s, list))
	if err != nil {
		return err
	}
	found := make(map[string]int64, len(rows))
	for _, v := range rows {
		found[v.id] = v.n
		out[v.id] = v.n
	}
	keep(found)
	return nil
}

// nodeOf is the number of the id bound as $n, and nothing if it has none.
func nodeOf(n int) string { return "(select n from node where id = " + dollar(n) + ")" }

// nodesIn says that column is the number of an id in the list bound as $n.
func (d dialect) nodesIn(column string, n int) string {
	return column + " in (select n from node where " + d.member("id", n) + ")"
}
