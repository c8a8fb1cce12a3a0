package bulkload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// A brought is one piece of a load being written. A transaction may run more than once, so that nothing outlasts it but what it writes.
type brought struct {
	*loading
	ctx     context.Context
	tx      directory.Tx
	written map[string]int
}

func (b *brought) space() workspace.Tx { return workspace.In(b.tx) }

// count notes what became of an object.
func (b *brought) count(what, outcome string) { b.written[what+" "+outcome]++ }

// outcome says what putting is over was makes of it. There was none if was is the zero value.
func outcome[T comparable](was, is T) string {
	var none T
	switch was {
	case none:
		return "added"
	case is:
		return "unchanged"
	default:
		return "changed"
	}
}

// since1970 is a time as the format writes it.
func since1970(ms *int64) time.Time {
	if value(ms) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(*ms).UTC()
}

// over sets what a line says, and leaves what it does not say.
func over[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// images keeps the files that a line names.
func (w *loading) images(_ context.Context, e *entry) error {
	switch {
	case e.Emoji != nil:
		return w.image(e, e.Emoji.Image)
	case e.User != nil:
		return w.image(e, e.User.ProfileImage)
	case e.Bot != nil:
		return w.image(e, e.Bot.ProfileImage)
	case e.said() == nil:
		return nil
	}
	if err := w.attachmentsOf(e, e.said()); err != nil {
		return err
	}
	for _, some := range e.said().portions() {
		for i := range some {
			if err := w.attachmentsOf(e, &some[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *loading) attachmentsOf(e *entry, p *post) error {
	for _, a := range p.Attachments {
		if err := w.image(e, a.Path); err != nil {
			return err
		}
	}
	return nil
}

// image keeps one file. One that is missing was told of when the file was validated.
func (w *loading) image(e *entry, path *string) error {
	name := value(path)
	if _, again := e.files[name]; again || name == "" {
		return nil
	}
	if err := w.keepImage(e, name); err != nil {
		return fmt.Errorf("line %d: %w", e.no, err)
	}
	return nil
}

func (w *loading) keepImage(e *entry, name string) error {
	r, err := w.a.attachment(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	hash, size, err := w.Files.Put(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if e.files == nil {
		e.files = map[string]workspace.File{}
	}
	e.files[name] = workspace.File{Hash: hash, Name: path.Base(strings.ReplaceAll(name, `\`, "/")), Size: size}
	return nil
}

// said is the post of a line, in a channel or between few.
func (e *entry) said() *post { return cmp.Or(e.Post, e.DirectPost) }

// text is v as JSON; nothing is "".
func text(v any) (string, error) {
	t, err := json.Marshal(v, json.Deterministic(true))
	if string(t) == "{}" || string(t) == "null" {
		return "", err
	}
	return string(t), err
}

// merged is what was stated before, as JSON, with what is stated now over it.
func merged[T any](was string, is T) (string, error) {
	now, err := text(is)
	if err != nil || was == "" || now == "" {
		return cmp.Or(now, was), err
	}
	var both T
	if err := errors.Join(json.Unmarshal([]byte(was), &both), json.Unmarshal([]byte(now), &both)); err != nil {
		return "", err
	}
	return text(both)
}

// named are the objects of a list by a name of theirs.
func named[K comparable, T any](list []T, name func(T) K) map[K]T {
	out := make(map[K]T, len(list))
	for _, v := range list {
		out[name(v)] = v
	}
	return out
}

func (b *brought) definitions(p piece) error {
	have := map[workspace.DefinitionKind]map[string]workspace.Definition{}
	var put []workspace.Definition
	for _, e := range p {
		d, err := e.definition()
		if err != nil {
			return err
		}
		if have[d.Kind] == nil {
			known, err := b.space().Definitions(b.ctx, d.Kind)
			if err != nil {
				return err
			}
			have[d.Kind] = named(known, func(d workspace.Definition) string { return d.Name })
		}
		was := have[d.Kind][d.Name]
		if d.File.Hash == "" {
			d.File = was.File
		}
		b.count(string(d.Kind), outcome(was, d))
		have[d.Kind][d.Name] = d
		put = append(put, d)
	}
	return b.space().PutDefinitions(b.ctx, put...)
}

// definition is what a line defines, kept as it is stated.
func (e *entry) definition() (workspace.Definition, error) {
	d := workspace.Definition{Kind: workspace.DefinitionKind(e.Type)}
	var err error
	switch {
	case e.Role != nil:
		r := *e.Role
		d.Name, r.Name = *r.Name, nil
		d.Doc, err = text(r)
	case e.Scheme != nil:
		s := *e.Scheme
		d.Name, s.Name = *s.Name, nil
		d.Doc, err = text(s)
	default:
		d.Name, d.File = *e.Emoji.Name, e.files[value(e.Emoji.Image)]
	}
	return d, err
}
