package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"muster/internal/connector"
	"muster/internal/scim"
)

// passes is how often a list that moves while it is read is read again.
const passes = 3

// A page is a ListResponse as services send it: what they leave out can be told from zero.
type page struct {
	Schemas      []string        `json:"schemas"`
	TotalResults *int            `json:"totalResults"`
	Resources    []scim.Resource `json:"Resources"`
}

// page asks for count objects from start on, counted from 1.
func (c *Connector) page(ctx context.Context, kind connector.Kind, start, count int, filter string) (page, error) {
	q := url.Values{"startIndex": {strconv.Itoa(start)}, "count": {strconv.Itoa(count)}}
	if kind == connector.Group {
		q.Set("excludedAttributes", "members")
	}
	if filter != "" {
		q.Set("filter", filter)
	}
	var p page
	_, err := c.api.call(ctx, http.MethodGet, collection(kind), q, nil, &p)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return p, fmt.Errorf("%w: %w", connector.ErrForeign, hide(err)) // a collection is there, or the address is wrong
	case err != nil:
		return p, err
	case p.TotalResults == nil:
		return p, fmt.Errorf("list %s: the answer has no totalResults: %w", collection(kind), connector.ErrForeign)
	}
	return p, nil
}

// hide keeps the text of err and drops its class.
func hide(err error) error { return errors.New(err.Error()) }

// List walks through the pages. If the list moved meanwhile it is walked again, for what slipped from one page to another.
func (c *Connector) List(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
	yielded := map[string]bool{}
	for range passes {
		w := walk{c: c, kind: kind, seen: map[string]bool{}, total: -1}
		err := w.run(ctx, func(r scim.Resource) error {
			if yielded[r.ID()] {
				return nil
			}
			yielded[r.ID()] = true
			return yield(c.remote(kind, r))
		})
		if err != nil || !w.moved {
			return err
		}
	}
	return fmt.Errorf("list %s: it kept changing while it was read %d times", collection(kind), passes)
}

// A walk is one way through all pages.
type walk struct {
	c     *Connector
	kind  connector.Kind
	seen  map[string]bool
	total int
	size  int  // what the service makes of the page size asked for
	moved bool // the total changed or an object came twice: something may have been missed
}

func (w *walk) run(ctx context.Context, yield func(scim.Resource) error) error {
	for start := 1; w.total < 0 || start <= w.total; {
		p, err := w.c.page(ctx, w.kind, start, w.c.profile.PageSize, "")
		if err != nil {
			return err
		}
		w.moved = w.moved || w.total >= 0 && w.total != *p.TotalResults
		w.total = *p.TotalResults
		if err := w.short(start, len(p.Resources)); err != nil {
			return err
		}
		fresh := false
		for _, r := range p.Resources {
			if r.ID() == "" {
				return fmt.Errorf("list %s: an object without id: %w", collection(w.kind), connector.ErrForeign)
			}
			fresh = fresh || !w.seen[r.ID()]
			w.moved = w.moved || w.seen[r.ID()]
			w.seen[r.ID()] = true
			if err := yield(r); err != nil {
				return err
			}
		}
		if len(p.Resources) > 0 && !fresh {
			return fmt.Errorf("list %s: the page at %d repeats earlier ones; the service seems to ignore startIndex", collection(w.kind), start)
		}
		start += len(p.Resources)
	}
	w.moved = w.moved || len(w.seen) != w.total
	return nil
}

// short returns an error if a page of n objects at start leaves something out. The first page shows how many the service gives at most.
func (w *walk) short(start, n int) error {
	if start == 1 {
		w.size = n
	}
	if due := min(w.size, w.total-start+1); n < due || n == 0 && due == 0 && start <= w.total {
		return fmt.Errorf("list %s: %d of %d objects at %d, where %d were due; the service left some out", collection(w.kind), n, w.total, start, max(due, 1))
	}
	return nil
}
