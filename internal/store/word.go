package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/internal/attr"
	"muster/internal/directory"
)

// Words are what people look for people by: each object has, in table word, the words of its values, with its handle, so that a page of those found is read
// from the index in the order in which it is shown. What is written follows what has changed of an object, and is written with it.

const (
	longestWord  = 60   // bytes of a word; a longer one is found by its beginning
	longestValue = 1000 // bytes of a value; what is longer is no text that somebody looks for
	mostWords    = 200  // of one object
	mostTerms    = 6    // of one search
)

// A wordRow is one word of one object.
type wordRow struct {
	kind   directory.Kind
	word   string
	handle string
	object int64
}

func compareWords(a, b wordRow) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.word, b.word), cmp.Compare(a.handle, b.handle), cmp.Compare(a.object, b.object))
}

// cut returns a word as it is kept.
func cut(word string) string {
	if len(word) <= longestWord {
		return word
	}
	n := longestWord
	for !utf8.RuneStart(word[n]) {
		n--
	}
	return word[:n]
}

// wordsOf returns the words of an object, each once.
func wordsOf(attrs attr.Set, handle string) []string {
	var out []string
	if handle != "" {
		out = append(out, cut(handle))
	}
	for _, path := range attrs.Paths() {
		for _, v := range attrs[path] {
			if len(v) > longestValue || len(out) > mostWords {
				continue
			}
			for w := range strings.FieldsSeq(fold(v)) {
				out = append(out, cut(w))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// putWords brings the words of objects that are about to be written from what they were to what they will be.
func (t tx) putWords(ctx context.Context, rows []objectRow, was map[directory.ID]have) error {
	list := make([]string, len(rows))
	for i, w := range rows {
		list[i] = string(w.o.ID)
	}
	n, err := t.numbers(ctx, list)
	if err != nil {
		return err
	}
	var add, drop []wordRow
	for _, w := range rows {
		id := n[string(w.o.ID)]
		h := was[w.o.ID]
		now, before := wordsOf(w.o.Attrs, w.handle), wordsOf(h.attrs, h.handle)
		moved := h.handle != w.handle || h.kind != w.o.Kind
		for _, word := range now {
			if _, had := slices.BinarySearch(before, word); moved || !had {
				add = append(add, wordRow{w.o.Kind, word, w.handle, id})
			}
		}
		for _, word := range before {
			if _, has := slices.BinarySearch(now, word); moved || !has {
				drop = append(drop, wordRow{h.kind, word, h.handle, id})
			}
		}
	}
	return t.changeWords(ctx, add, drop)
}

// changeWords drops rows and adds rows, in the order of the index.
func (t tx) changeWords(ctx context.Context, add, drop []wordRow) error {
	slices.SortFunc(add, compareWords)
	slices.SortFunc(drop, compareWords)
	args := func(w wordRow, a []any) []any { return append(a, string(w.kind), w.word, w.handle, w.object) }
	columns := table{"text", "text", "text", "bigint"}
	_, err := bulk(ctx, t.session, columns, "with v (kind, word, handle, object) as (",
		") delete from word where (kind, word, handle, object) in (select kind, word, handle, object from v)", drop, args)
	if err != nil {
		return err
	}
	_, err = bulk(ctx, t.session, columns, "insert into word (kind, word, handle, object)", " on conflict do nothing", add, args)
	return err
}

// Up to which object the words are written of those that were stored before there was a table of words.
const (
	wordOwner = "store"
	wordPlace = "words written up to"
	wordsDone = "~" // behind every id
	wordBatch = 500
)

// writeWords writes the words of objects that were stored before there was a table of words. It goes on where it was cut off.
func (s *Store) writeWords(ctx context.Context) error {
	for done := false; !done; {
		err := s.update(ctx, "store", func(w *session) (err error) {
			done, err = tx{reader{w}}.writeSomeWords(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t tx) writeSomeWords(ctx context.Context) (done bool, err error) {
	place, err := t.Anchor(ctx, wordOwner, wordPlace)
	if err != nil || place == wordsDone {
		return true, err
	}
	objects, err := collect(ctx, t.session, scanObject, "select "+objectColumns+" from object where id > $1 order by id limit $2"+t.d.forWrite, place, int64(wordBatch))
	if err != nil {
		return false, err
	}
	rows := objectRows(objects)
	if err := t.putWords(ctx, rows, nil); err != nil {
		return false, err
	}
	place = wordsDone
	if len(rows) == wordBatch {
		place = string(rows[len(rows)-1].o.ID)
	}
	return place == wordsDone, t.SetAnchor(ctx, wordOwner, wordPlace, place)
}
