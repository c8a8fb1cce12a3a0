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
	ItemsPerPage *int            `json:"itemsPerPage"`
	NextCursor   string          `json:"nextCursor"`
	Resources    []scim.Resource `json:"Resources"`
}

// more reports whether there are results besides those of the page.
func (p page) more() bool {
	return p.NextCursor != "" || p.TotalResults != nil && *p.TotalResults > len(p.Resources)
}

// total returns how many results there are, as far as the service says.
func (p page) total() int {
	if p.TotalResults == nil {
		return len(p.Resources)
	}
	return *p.TotalResults
}

// A position says which page is asked for.
type position struct {
	start  int    // counted from 1; 0 means 1
	cursor string // of the page before
	count  int
}

// page asks for a page of objects.
func (c *Connector) page(ctx context.Context, kind connector.Kind, at position, filter string) (page, error) {
	q := url.Values{"count": {strconv.Itoa(at.count)}}
	if c.profile.PageMethod == "cursor" {
		q.Set("cursor", at.cursor)
	} else {
		q.Set("startIndex", strconv.Itoa(max(at.start, 1)))
	}
	if kind == connector.Group && c.profile.ExcludeMembers {
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
	case p.TotalResults == nil && (c.profile.PageMethod != "cursor" || p.ItemsPerPage == nil):
		return p, fmt.Errorf("list %s: the answer does not say how many there are: %w", collection(kind), connector.ErrForeign)
	case c.profile.PageMethod == "cursor" && p.ItemsPerPage != nil && *p.ItemsPerPage != len(p.Resources):
		return p, fmt.Errorf("list %s: %d objects, where %d are announced; the service left some out", collection(kind), len(p.Resources), *p.ItemsPerPage)
	}
	return p, nil
}

// hide keeps the text of err and drops its class.
func hide(err error) error { return errors.New(err.Error()) }

// List walks through the pages. If the list moved meanwhile it is walked again, for what slipped from one page to another.
func (c *Connector) List(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
	return c.walk(ctx, kind, func(r scim.Resource) error { return yield(c.remote(kind, r)) })
}

// walk yields every object of a kind once.
func (c *Connector) walk(ctx context.Context, kind connector.Kind, yield func(scim.Resource) error) error {
	yielded := map[string]bool{}
	for range passes {
		w := walk{c: c, kind: kind, seen: map[string]bool{}, total: -1}
		err := w.run(ctx, func(r scim.Resource) error {
			if yielded[r.ID()] {
				return nil
			}
			yielded[r.ID()] = true
			return yield(r)
		})
		if err != nil || !w.moved {
			return err
		}
	}
	return fmt.Errorf("list %s: it kept changing while it was read %d times", collection(kind), passes)
}

// A walk is one way through all pages.
type walk struct {
	c      *Connector
	kind   connector.Kind
	filter string
	seen   map[string]bool
	total  int
	size   int  // what the service makes of the page size asked for
	moved  bool // the total changed or an object came twice: something may have been missed
}

func (w *walk) run(ctx context.Context, yield func(scim.Resource) error) error {
	if w.c.profile.PageMethod == "cursor" {
		return w.follow(ctx, yield)
	}
	for start := 1; w.total < 0 || start <= w.total; {
		p, err := w.c.page(ctx, w.kind, position{start: start, count: w.c.profile.PageSize}, w.filter)
		if err != nil {
			return err
		}
		w.moved = w.moved || w.total >= 0 && w.total != *p.TotalResults
		w.total = *p.TotalResults
		if err := w.short(start, len(p.Resources)); err != nil {
			return err
		}
		fresh, err := w.take(p, yield)
		if err != nil {
			return err
		}
		if len(p.Resources) > 0 && !fresh {
			return fmt.Errorf("list %s: the page at %d repeats earlier ones; the service seems to ignore startIndex", collection(w.kind), start)
		}
		start += len(p.Resources)
	}
	w.moved = w.moved || len(w.seen) != w.total
	return nil
}

// follow goes from cursor to cursor; the page without a next one is the last.
func (w *walk) follow(ctx context.Context, yield func(scim.Resource) error) error {
	at := position{count: w.c.profile.PageSize}
	for {
		p, err := w.c.page(ctx, w.kind, at, w.filter)
		if err != nil {
			return err
		}
		fresh, err := w.take(p, yield)
		if err != nil {
			return err
		}
		switch {
		case p.NextCursor == "" && p.TotalResults != nil && len(w.seen) < *p.TotalResults:
			return fmt.Errorf("list %s: %d objects, where %d are announced; the service left some out", collection(w.kind), len(w.seen), *p.TotalResults)
		case p.NextCursor == "":
			return nil
		case !fresh || p.NextCursor == at.cursor:
			return fmt.Errorf("list %s: a page repeats earlier ones; the service seems to ignore cursor", collection(w.kind))
		}
		at.cursor = p.NextCursor
	}
}

// take yields the objects of a page, and reports whether one of them is new.
func (w *walk) take(p page, yield func(scim.Resource) error) (fresh bool, err error) {
	for _, r := range p.Resources {
		if r.ID() == "" {
			return fresh, fmt.Errorf("list %s: an object without id: %w", collection(w.kind), connector.ErrForeign)
		}
		fresh = fresh || !w.seen[r.ID()]
		w.moved = w.moved || w.seen[r.ID()]
		w.seen[r.ID()] = true
		if err := yield(r); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
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
