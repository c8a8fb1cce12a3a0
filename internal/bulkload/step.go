package bulkload

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"muster/internal/workspace"
)

// A step is a part of a load: lines of some types, which need what earlier steps brought.
type step struct {
	name  string
	types []string
	// counts names what is counted of those lines that the step takes, if it does not take all of types; only says which these are.
	counts string
	only   func(*line) bool
	// ready does with a line what needs no transaction. nil = nothing.
	ready func(context.Context, *entry) error
	// before does with lines what commits by itself, and may be done again. nil = nothing.
	before func(context.Context, piece) error
	write  func(*brought, piece) error
}

// steps are in such an order that each finds what it needs, whatever the order of the lines.
func (w *loading) steps() []step {
	return []step{
		{name: "roles, schemes and emoji", types: []string{"role", "scheme", "emoji"}, ready: w.images, write: (*brought).definitions},
		{name: "teams", types: []string{"team"}, write: (*brought).teams},
		{name: "channels", types: []string{"channel"}, write: (*brought).channels},
		{name: "people", types: []string{"user"}, before: w.people, write: (*brought).counted},
		{name: "profiles and memberships", types: []string{"user"}, ready: w.images, write: (*brought).profiles},
		{name: "passwords", types: []string{"user"}, counts: "password", only: statesPassword, ready: w.hash, write: (*brought).passwords},
		{name: "bots", types: []string{"bot"}, ready: w.images, write: (*brought).bots},
		{name: "direct channels", types: []string{"direct_channel"}, write: (*brought).directChannels},
		{name: "posts", types: []string{"post", "direct_post"}, ready: w.images, write: (*brought).posts},
	}
}

// An entry is a line on its way in.
type entry struct {
	no   int
	size int // of the line, in bytes
	*line
	files map[string]workspace.File // what was kept of the attachments that the line names, by path
	hash  string                    // of the password that the line states, once there is one
	err   error
}

// A piece is what one transaction takes: lines that follow each other among those of a step.
type piece []*entry

const (
	pieceLines = 200
	pieceBytes = 1 << 20
)

// take decodes the lines of a step on all processors and writes them in their order.
func (w *loading) take(ctx context.Context, s step) error {
	var p piece
	size := 0
	err := inOrder(ctx, w.a, func(b *batch) []*entry { return w.entries(ctx, s, b) }, func(_ *batch, entries []*entry) error {
		for _, e := range entries {
			if e.err != nil {
				return e.err
			}
			p, size = append(p, e), size+e.size
			if len(p) < pieceLines && size < pieceBytes {
				continue
			}
			if err := w.bring(ctx, s, p); err != nil {
				return err
			}
			p, size = nil, 0
		}
		return nil
	})
	if err != nil || len(p) == 0 {
		return err
	}
	return w.bring(ctx, s, p)
}

// entries returns the lines of a batch that a step takes and that were not taken before.
func (w *loading) entries(ctx context.Context, s step, b *batch) []*entry {
	var out []*entry
	var q quick
	b.each(func(no int, text []byte, tooLong bool) {
		if no <= w.at.Line || tooLong || w.bad[no] || !slices.Contains(s.types, typeOf(text)) {
			return
		}
		e := &entry{no: no, size: len(text)}
		e.err = e.decode(&q, text)
		if e.err == nil && s.only != nil && !s.only(e.line) {
			return
		}
		out = append(out, e)
		if e.err == nil && s.ready != nil {
			e.err = s.ready(ctx, e)
		}
	})
	return out
}

// typeOf returns the type of a line, from its beginning if it stands there.
func typeOf(text []byte) string {
	const head = `{"type":"`
	if rest, ok := bytes.CutPrefix(text, []byte(head)); ok {
		if name, _, ok := bytes.Cut(rest, []byte(`"`)); ok && !bytes.ContainsRune(name, '\\') {
			return string(name)
		}
	}
	var l struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(text, &l, lenient) // what cannot be read is a bad line, and has no type
	return l.Type
}

// decode reads a line that is known to be right.
func (e *entry) decode(q *quick, text []byte) error {
	var ok bool
	if e.line, ok = q.line(text); ok {
		return nil
	}
	e.line = &line{}
	if err := json.Unmarshal(text, e.line, lenient); err != nil {
		return fmt.Errorf("line %d: %w", e.no, err)
	}
	e.Type = strings.ToLower(e.Type)
	return nil
}

// bring writes a piece.
func (w *loading) bring(ctx context.Context, s step, p piece) error {
	if s.before != nil {
		if err := s.before(ctx, p); err != nil {
			return err
		}
	}
	return w.write(ctx, s, p)
}
