package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// The measures of a list that breaks off: how often it is asked for in one run, and the pause before the second time, which doubles.
const (
	listTries = 6
	listPause = 2 * time.Second
)

// listKind stores what the target holds of a kind, and returns how much that is. A list that breaks off proves nothing, and is asked for again.
func (w *wave) listKind(ctx context.Context, kind connector.Kind, began time.Time) (int, error) {
	defer w.t.again.Store(nil)
	for try := 1; ; try++ {
		l := w.listing(kind, began)
		n, err := l.all(ctx)
		switch {
		case err == nil:
			w.t.e.progress.set(w.run.ID, "comparing", 0)
			return n, l.forget(ctx)
		case refuses(err):
			return 0, &refusal{err}
		case ctx.Err() != nil, l.unstored, try == listTries, !passes(err):
			return 0, fmt.Errorf("list %ss of %s: %w", kind, w.t.Name, err)
		}
		wait := pauseFor(err, try)
		why := fmt.Sprintf("its list of %ss, which broke off and is asked for again (%d of %d): %s", kind, try+1, listTries, cut(err.Error()))
		w.t.again.Store(&why)
		w.t.e.progress.set(w.run.ID, "retrying", 0)
		w.count("listed_again", 1)
		w.t.log.Warn("list broke off, and is asked for again", "kind", kind, "in", wait, "error", err)
		if !w.t.e.cfg.Rest(ctx, wait) {
			return 0, ctx.Err()
		}
	}
}

// passes reports whether an error of a list may be another the next time.
func passes(err error) bool {
	_, throttled := errors.AsType[*connector.RetryAfter](err)
	return throttled || unclassified(err)
}

// pauseFor is how long a list waits after its try-th time.
func pauseFor(err error, try int) time.Duration {
	if wait, ok := errors.AsType[*connector.RetryAfter](err); ok {
		return max(wait.Wait, time.Second)
	}
	return listPause << (try - 1)
}

// A listing stores what a target lists of one kind. Of what it listed before just so, nothing is written; of each object it remembers a hash of its id, to
// know at the end what is not listed any more.
type listing struct {
	w     *wave
	kind  connector.Kind
	began time.Time
	index []attr.Path
	page  []link.Observed
	seed  maphash.Seed
	seen  map[uint64]struct{}

	unstored bool // the store failed, not the target
}

func (w *wave) listing(kind connector.Kind, began time.Time) *listing {
	l := &listing{w: w, kind: kind, began: began, index: w.rules.rules.People.Match, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	if kind == connector.Group {
		l.index = w.rules.rules.Groups.Match
	}
	return l
}

// all stores the whole list.
func (l *listing) all(ctx context.Context) (n int, err error) {
	err = l.w.t.Connector.List(ctx, l.kind, func(r connector.Remote) error {
		n++
		return l.take(ctx, r)
	})
	if err == nil {
		err = l.flush(ctx)
	}
	return n, err
}

// listPage is how many listed objects are stored at a time.
const listPage = 500

func (l *listing) take(ctx context.Context, r connector.Remote) error {
	l.seen[maphash.String(l.seed, string(r.ID))] = struct{}{}
	if l.page = append(l.page, link.Observed{Target: l.w.t.Name, Remote: r, At: l.began}); len(l.page) < listPage {
		return nil
	}
	return l.flush(ctx)
}

func (l *listing) flush(ctx context.Context) error {
	var changed []link.Observed
	err := l.w.t.view(ctx, func(v directory.Reader) (err error) {
		changed, err = link.Of(v).NewObserved(ctx, l.index, l.page...)
		return err
	})
	l.page = l.page[:0]
	if err == nil && len(changed) > 0 {
		err = l.w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutObserved(ctx, l.index, changed...) })
	}
	l.unstored = err != nil
	return err
}

// forget drops what is not listed any more.
func (l *listing) forget(ctx context.Context) error {
	for after := connector.RemoteID(""); ; {
		var page, gone []connector.RemoteID
		err := l.w.t.view(ctx, func(v directory.Reader) (err error) {
			page, err = link.Of(v).ListedIDs(ctx, l.w.t.Name, l.kind, after, 5000)
			return err
		})
		for _, id := range page {
			after = id
			if _, ok := l.seen[maphash.String(l.seed, string(id))]; !ok {
				gone = append(gone, id)
			}
		}
		if err == nil && len(gone) > 0 {
			err = l.w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).DropObserved(ctx, l.w.t.Name, l.kind, gone...) })
		}
		if err != nil || len(page) < 5000 {
			return err
		}
	}
}

// relist has a wave that only looks go by what the target has listed last.
func (w *wave) relist(ctx context.Context) error {
	w.draft, w.listed = true, true
	if at := w.t.listedAt.Load(); at != nil {
		w.listedAt = *at
		return nil
	}
	s, err := w.t.state(ctx) // it was listed by another process
	w.listedAt = s.Listed
	return err
}
