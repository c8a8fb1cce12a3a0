package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/run"
	"muster/internal/source"
)

// A BaseChange is what would come of taking the entry that is now at the place of a search base for the base, in place of the one that was found there first.
type BaseChange struct {
	Source string
	Base   source.Base
	Was    source.Pin
	Now    source.Pin
	Read   int      // entries in it
	Enter  int      // of these, entries that were not in the base before
	Leave  int      // entries that were, and are not in it
	Names  []string // of those who would leave, the first few
}

// Count is the number of people and groups affected.
func (c BaseChange) Count() int { return c.Enter + c.Leave }

// shownNames is how many names of those who would leave are told.
const shownNames = 20

// PreviewBase reads a source as if a base had no pin, stores nothing, and compares what is there with what was. base "" means the only base that was
// replaced.
func (e *Engine) PreviewBase(ctx context.Context, name string, base source.Base) (BaseChange, error) {
	r, err := e.reader(name)
	if err != nil {
		return BaseChange{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.previewBase(ctx, base)
}

func (e *Engine) reader(name string) (*reader, error) {
	for _, s := range e.sources {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("source %q: %w", name, directory.ErrNotFound)
}

func (r *reader) previewBase(ctx context.Context, base source.Base) (BaseChange, error) {
	c := BaseChange{Source: r.Name}
	pins, err := r.e.cfg.Door.Pins(ctx, r.Name)
	if err != nil {
		return c, err
	}
	if base != "" {
		if _, ok := pins[base]; !ok {
			return c, unpinned(r.Name, base, pins)
		}
	}
	loose := maps.Clone(pins)
	maps.DeleteFunc(loose, func(b source.Base, _ source.Pin) bool { return base == "" || b == base })
	now, seen, err := r.glance(ctx, loose)
	if err != nil {
		return c, err
	}
	var replaced []source.Base
	for b, was := range pins {
		if p, ok := now[b]; ok && p.For == was.For && p.Key != was.Key && (base == "" || b == base) {
			replaced = append(replaced, b)
		}
	}
	if len(replaced) != 1 {
		return c, notReplaced(r.Name, slices.Sorted(slices.Values(replaced)))
	}
	c.Base, c.Was, c.Now = replaced[0], pins[replaced[0]], now[replaced[0]]
	return c, r.compare(ctx, &c, seen[c.Base])
}

func unpinned(name string, base source.Base, pins map[source.Base]source.Pin) error {
	return &run.Problem{
		Code: "not_found", What: fmt.Sprintf("source %s has no base %q that was ever read", name, base), Now: "Nothing was changed.",
		Fix: fmt.Sprintf("Its bases are %v.", slices.Sorted(maps.Keys(pins))),
	}
}

func notReplaced(name string, replaced []source.Base) error {
	if len(replaced) > 1 {
		return &run.Problem{
			Code: "ambiguous", What: fmt.Sprintf("several bases of %s were replaced: %v", name, replaced), Now: "Nothing was changed.",
			Fix: "Name one of them, and confirm one after the other.",
		}
	}
	return &run.Problem{
		Code: "nothing_to_confirm", What: "no base of " + name + " was replaced by another entry", Why: "Each is the entry that was found there first, or was renamed and is followed.",
		Now: "Nothing was changed.", Fix: "See what the last read says: `muster source test " + name + "`.",
	}
}

// glance reads the source and keeps where its bases stand and the keys in each. Nothing is stored.
func (r *reader) glance(ctx context.Context, pins map[source.Base]source.Pin) (map[source.Base]source.Pin, map[source.Base]map[string]bool, error) {
	now, seen := map[source.Base]source.Pin{}, map[source.Base]map[string]bool{}
	src, err := r.Open(pins)
	if err == nil {
		err = src.Pull(ctx, "", func(b source.Batch) error {
			maps.Copy(now, b.Pins)
			for _, rec := range b.Records {
				if seen[rec.Base] == nil {
					seen[rec.Base] = map[string]bool{}
				}
				seen[rec.Base][string(rec.Key)] = true
			}
			return nil
		})
	}
	if inc, ok := errors.AsType[*source.Incomplete](err); ok {
		return nil, nil, &run.Problem{
			Code: "source_" + inc.Code, What: "the source " + r.Name + " could not be read whole: " + inc.What, Now: "Nothing was changed.", Fix: inc.Fix,
		}
	}
	return now, seen, err
}

// compare counts who would enter and leave a base that holds the entries seen.
func (r *reader) compare(ctx context.Context, c *BaseChange, seen map[string]bool) error {
	c.Read, c.Enter = len(seen), len(seen)
	return r.e.cfg.Store.View(ctx, func(v directory.Reader) error {
		for after := ""; ; {
			page, err := v.ListRecords(ctx, r.Name, string(c.Base), []directory.Status{directory.Present, directory.Absent}, after, 1000)
			if err != nil {
				return err
			}
			for _, rec := range page {
				if after = rec.Key; seen[rec.Key] {
					c.Enter--
					continue
				}
				if c.Leave++; len(c.Names) < shownNames {
					c.Names = append(c.Names, rec.Name)
				}
			}
			if len(page) < 1000 {
				return nil
			}
		}
	})
}

// ConfirmBase takes the entry that is now at the place of a base for the base. count is what PreviewBase counts. The reads that follow judge what is missing
// as ever.
func (e *Engine) ConfirmBase(ctx context.Context, name string, base source.Base, by string, count int) (BaseChange, error) {
	r, err := e.reader(name)
	if err != nil {
		return BaseChange{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, err := r.previewBase(ctx, base)
	if err != nil {
		return c, err
	}
	if c.Count() != count {
		return c, miscounted(c.Count(), count)
	}
	return c, e.cfg.Store.Update(ctx, directory.Actor(by), func(tx directory.Tx) error {
		if err := ingest.Unpin(ctx, tx, name, c.Base); err != nil {
			return err
		}
		detail := fmt.Sprintf("base %s, %s: %s, and was %s; %d enter, %d leave", c.Base, c.Now.For, c.Now.Key, c.Was.Key, c.Enter, c.Leave)
		return run.In(tx).Audit(ctx, run.Event{At: e.cfg.Now(), By: by, Act: "base.confirm", Object: name, Detail: detail})
	})
}
