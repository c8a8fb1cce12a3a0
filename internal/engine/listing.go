package engine

import (
	"context"
	"hash/maphash"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

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
	if err != nil || len(changed) == 0 {
		return err
	}
	return l.w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutObserved(ctx, l.index, changed...) })
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
