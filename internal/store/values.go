package store

import (
	"context"
	"database/sql"
	"math/bits"
	"strconv"
	"strings"
)

// Bulk statements are cut into pieces of a power of two of rows, so that there are few different texts to prepare.
const (
	maxRows   = 256
	fewRows   = 16 // up to here, any number
	maxParams = 8000
)

// table describes the rows of a VALUES list: the SQL type of each column, which PostgreSQL must be told where nothing else says it. "=…" is an expression
// instead of a parameter.
type table []string

// width is the number of parameters in a row.
func (t table) width() int {
	n := 0
	for _, c := range t {
		if !strings.HasPrefix(c, "=") {
			n++
		}
	}
	return n
}

// print returns the text of rows rows, the first parameter being $(from+1).
func (t table) print(b *strings.Builder, rows, from int, numbered bool) {
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j, c := range t {
			if j > 0 {
				b.WriteByte(',')
			}
			switch {
			case strings.HasPrefix(c, "="):
				b.WriteString(c[1:])
			case numbered:
				from++
				b.WriteString("$" + strconv.Itoa(from))
				if c != "" {
					b.WriteString("::" + c)
				}
			default:
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
}

// text is a bulk statement: head, VALUES list, tail.
func (t table) text(head, tail string, rows int, numbered bool) string {
	var b strings.Builder
	b.Grow(len(head) + len(tail) + rows*(len(t)*6+4))
	b.WriteString(head)
	b.WriteString(" values ")
	t.print(&b, rows, 0, numbered)
	b.WriteString(tail)
	return b.String()
}

// pieces calls fn with the bounds of the pieces into which n rows are cut.
func (t table) pieces(n int, fn func(from, to int) error) error {
	most := maxRows
	for most > 1 && most*t.width() > maxParams {
		most /= 2
	}
	for from := 0; from < n; {
		size := min(most, n-from)
		if size > fewRows {
			size = 1 << (bits.Len(uint(size)) - 1)
		}
		if err := fn(from, from+size); err != nil {
			return err
		}
		from += size
	}
	return nil
}

// bulk runs "head VALUES rows tail" for all of items and returns how many rows were written. head and tail hold no parameters.
func bulk[T any](ctx context.Context, s *session, t table, head, tail string, items []T, row func(T, []any) []any) (int64, error) {
	var sum int64
	args := make([]any, 0, min(len(items), maxRows)*t.width())
	err := t.pieces(len(items), func(from, to int) error {
		args = args[:0]
		for _, item := range items[from:to] {
			args = row(item, args)
		}
		n, err := s.exec(ctx, t.text(head, tail, to-from, s.d.numbered), args...)
		sum += n
		return err
	})
	return sum, err
}

// bulkQuery is bulk for statements that return rows.
func bulkQuery[T, R any](ctx context.Context, s *session, t table, head, tail string, items []T, row func(T, []any) []any, scan func(*sql.Rows, *R) error) ([]R, error) {
	var out []R
	err := t.pieces(len(items), func(from, to int) error {
		args := make([]any, 0, (to-from)*t.width())
		for _, item := range items[from:to] {
			args = row(item, args)
		}
		got, err := collect(ctx, s, scan, t.text(head, tail, to-from, s.d.numbered), args...)
		out = append(out, got...)
		return err
	})
	return out, err
}

// last returns items with only the last one of each key, in their order: one statement must not write a row twice.
func last[T any, K comparable](items []T, key func(T) K) []T {
	if len(items) < 2 {
		return items
	}
	at := make(map[K]int, len(items))
	for i, item := range items {
		at[key(item)] = i
	}
	if len(at) == len(items) {
		return items
	}
	out := make([]T, 0, len(at))
	for i, item := range items {
		if at[key(item)] == i {
			out = append(out, item)
		}
	}
	return out
}
