package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
)

// querier runs statements in a transaction that somebody else began and will end.
type querier interface {
	exec(ctx context.Context, text string, args []any) (int64, error)
	query(ctx context.Context, text string, args []any) (*sql.Rows, error)
}

// dialect is the difference between the databases in the text of statements.
type dialect struct {
	numbered bool                              // VALUES rows print $n; else ?
	revTx    string                            // the Tx of a Rev written now
	shard    string                            // which of the rows of a number a transaction writes
	settled  string                            // condition on rev_tx: no transaction that is still open can come before
	forShare string                            // suffix of a select that keeps others from changing the row
	forWrite string                            // suffix of a select of rows about to be written
	member   func(column string, n int) string // column is in the list bound as $n
	list     func(n int) string                // table "l (key, value)" of the list bound as $n, key counting up
	bind     func(list []string) any           // the list as an argument
	contains func(at, key string) string       // the text at holds key
	by       func(index string) string         // behind a table: read it by that index
}

// session is one transaction: what reader, tx and their kin of the other contracts share.
type session struct {
	q       querier
	d       dialect
	taken   func(error) bool
	by      directory.Actor
	seq     int64 // last Seq given out
	ordered bool  // seq is known
	fed     bool  // something entered the feed
	nodes   *nodes
	made    map[string]int64          // numbers of nodes that are not committed yet
	own     map[directory.ID]struct{} // objects written here: their Rev may be older than the stored one
	counts  tallyDelta                // what becomes of numbers, to be written before the commit
	heard   map[directory.ID]speech   // whose place among the own may have changed, to be looked at before the commit
	absent  map[recordKey]struct{}    // records that were asked for here and are not there; nil where others may write meanwhile
	torn    error                     // why this must not be committed, whatever the caller makes of it
}

func (s *Store) newSession(q querier, by directory.Actor) *session {
	return &session{q: q, d: s.db.dialect(), taken: s.db.taken, nodes: &s.nodes, by: by}
}

type (
	reader       struct{ *session }
	tx           struct{ reader }
	linkReader   struct{ *session }
	linkTx       struct{ linkReader }
	runReader    struct{ *session }
	runTx        struct{ runReader }
	accessReader struct{ *session }
	accessTx     struct{ accessReader }
)

var (
	_ directory.Tx = tx{}
	_ link.Tx      = linkTx{}
	_ run.Tx       = runTx{}
	_ access.Tx    = accessTx{}
)

// LinkReader returns the reading half of package link's contract.
func (r reader) LinkReader() link.Reader { return linkReader(r) }

// RunReader returns the reading half of package run's contract.
func (r reader) RunReader() run.Reader { return runReader(r) }

// AccessReader returns the reading half of package access's contract.
func (r reader) AccessReader() access.Reader { return accessReader(r) }

// LinkTx returns package link's contract.
func (t tx) LinkTx() link.Tx { return linkTx{linkReader{t.session}} }

// RunTx returns package run's contract.
func (t tx) RunTx() run.Tx { return runTx{runReader{t.session}} }

// AccessTx returns package access's contract.
func (t tx) AccessTx() access.Tx { return accessTx{accessReader{t.session}} }

func (s *session) exec(ctx context.Context, text string, args ...any) (int64, error) {
	n, err := s.q.exec(ctx, text, plain(args))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", headOf(text), err)
	}
	return n, nil
}

// calm is ctx for a statement that reads a few rows by an index: on SQLite it is not worth a goroutine that could interrupt it.
func (s *session) calm(ctx context.Context) context.Context {
	if s.d.numbered || ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// atomic runs fn so that it has no effect if it fails, without ending the transaction: on both databases a caller may go on after a conflict.
func (s *session) atomic(ctx context.Context, fn func() error) error {
	if _, err := s.exec(ctx, "savepoint attempt"); err != nil {
		return err
	}
	counts := maps.Clone(s.counts)
	err := fn()
	if err != nil {
		s.counts = counts
		s.unhear()
		if _, back := s.exec(ctx, "rollback to savepoint attempt"); back != nil {
			return fmt.Errorf("%w (and then: %w)", err, back)
		}
		err = s.conflict(err)
	}
	if _, done := s.exec(ctx, "release savepoint attempt"); done != nil && err == nil {
		err = done
	}
	return err
}

// conflict is err, as ErrConflict if a unique value is taken.
func (s *session) conflict(err error) error {
	if err != nil && s.taken(err) && !errors.Is(err, directory.ErrConflict) {
		return fmt.Errorf("%w: %w", directory.ErrConflict, err)
	}
	return err
}

// collect runs a query and scans every row of the answer before it returns.
func collect[T any](ctx context.Context, s *session, scan func(*sql.Rows, *T) error, text string, args ...any) ([]T, error) {
	rows, err := s.q.query(ctx, text, plain(args))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", headOf(text), err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var t T
		if err := scan(rows, &t); err != nil {
			return nil, fmt.Errorf("%s: %w", headOf(text), err)
		}
		out = append(out, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", headOf(text), err)
	}
	return out, nil
}

// one is collect for a query of at most one row; none is directory.ErrNotFound.
func one[T any](ctx context.Context, s *session, scan func(*sql.Rows, *T) error, text string, args ...any) (T, error) {
	all, err := collect(ctx, s, scan, text, args...)
	if err != nil || len(all) == 0 {
		var none T
		if err == nil {
			err = directory.ErrNotFound
		}
		return none, err
	}
	return all[0], nil
}

// scanOne scans rows of a single column.
func scanOne[T any](rows *sql.Rows, t *T) error { return rows.Scan(t) }

// headOf names a statement in an error: its first words, which hold no values.
func headOf(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(4, len(words))], " ")
}

// plain turns arguments into what both drivers store alike: named strings into strings, and text that PostgreSQL would refuse (NUL, broken UTF-8) into text
// that it takes, so that one odd value does not sink everybody else's.
func plain(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = valid(v)
		case nil, int64, int, bool, []byte, []string:
		default:
			if r := reflect.ValueOf(a); r.Kind() == reflect.String {
				args[i] = valid(r.String())
			}
		}
	}
	return args
}

func valid(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// among says that column is in list, which is bound as $n to what it returns, too. A list of one is compared as it is: most requests ask for one.
func among[T ~string](s *session, column string, n int, list []T) (string, any) {
	if len(list) == 1 && !s.d.numbered {
		return column + " = " + dollar(n), valid(string(list[0]))
	}
	return s.d.member(column, n), ids(s, list)
}

// ids binds a list of ids, keys or names.
func ids[T ~string](s *session, list []T) any { return s.d.bind(texts(list)) }

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = valid(string(v))
	}
	return out
}

// ms is a time as it is stored: Unix milliseconds, 0 = never.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment is the reverse of ms.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// atMost is a limit as SQL takes it: none or less means all.
func atMost(limit int) int64 {
	if limit <= 0 {
		return 1 << 60
	}
	return int64(limit)
}

// encode is v as JSON text; nothing is "".
func encode(v any) string {
	if set, ok := v.(attr.Set); ok {
		if text, ok := encodeSet(set); ok {
			return text
		}
	}
	if r := reflect.ValueOf(v); !r.IsValid() || (r.Kind() == reflect.Map || r.Kind() == reflect.Pointer || r.Kind() == reflect.Slice) && r.IsNil() {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T cannot be JSON: %v", v, err)) // only types of ours come here, all of them plain data
	}
	return string(b)
}

// decode is the reverse of encode.
func decode(text string, into any) error {
	if text == "" {
		return nil
	}
	if set, ok := into.(*attr.Set); ok {
		if *set, ok = decodeSet(text); ok {
			return nil
		}
	}
	return json.Unmarshal([]byte(text), into)
}
