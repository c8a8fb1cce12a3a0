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
	for _, find := range []func(context.Context, []string) error{s.findNodes, s.addNodes, s.findNodes} { // somebody else may add them meanwhile
		if err := find(ctx, rest); err != nil {
			return nil, err
		}
		if rest = s.numbered(rest, out); len(rest) == 0 {
			return out, nil
		}
	}
	return nil, fmt.Errorf("number of %q: it was not kept", rest[0])
}

// numbered moves the numbers of list that this transaction knows into out, and returns the rest.
func (s *session) numbered(list []string, out map[string]int64) (rest []string) {
	for _, id := range list {
		if n, ok := s.made[id]; ok {
			out[id] = n
		} else {
			rest = append(rest, id)
		}
	}
	return rest
}

// findNodes reads the numbers of list.
func (s *session) findNodes(ctx context.Context, list []string) error {
	in, arg := among(s, "id", 1, list)
	rows, err := collect(ctx, s, scanNode, "select n, id from node where "+in, arg)
	s.keepNodes(rows)
	return err
}

// addNodes gives numbers to those of list that have none, in their order.
func (s *session) addNodes(ctx context.Context, list []string) error {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	from, arg := "select l.value from "+s.d.list(1)+" where true order by l.value", ids(s, list)
	if len(list) == 1 {
		from, arg = "values ($1)", any(valid(list[0]))
	}
	rows, err := collect(ctx, s, scanNode, "insert into node (id) "+from+" on conflict (id) do nothing returning n, id", arg)
	s.keepNodes(rows)
	return err
}

// keepNodes notes numbers. They may be those of another transaction that shares the commit of this one: the store remembers them after that.
func (s *session) keepNodes(rows []node) {
	if s.made == nil {
		s.made = map[string]int64{}
	}
	for _, v := range rows {
		s.made[v.id] = v.n
	}
}

// nodeOf is the number of the id bound as $n, and nothing if it has none.
func nodeOf(n int) string { return "(select n from node where id = " + dollar(n) + ")" }

// nodesIn says that column is the number of an id in the list bound as $n.
func (d dialect) nodesIn(column string, n int) string {
	return column + " in (select n from node where " + d.member("id", n) + ")"
}
