package connectortest

import (
	"bytes"
	"errors"
	"runtime"

	"muster/internal/connector"
)

var paging = level{
	name:  "L6 paging",
	story: "List is how the engine learns what is there. One object lost at the edge of a page is a person who gets a second account.",
	checks: []check{
		{name: "0 users", rule: exactlyOnce, run: func(k *kit) { k.listed(connector.User, 0) }},
		{name: "1 user", rule: exactlyOnce, run: func(k *kit) { k.listed(connector.User, 1) }},
		{name: "one page of users", rule: exactlyOnce, run: func(k *kit) { k.listed(connector.User, k.s.Page) }},
		{name: "a page and one of users", rule: exactlyOnce, run: func(k *kit) { k.listed(connector.User, k.s.Page+1) }},
		{name: "three pages of users", rule: exactlyOnce, run: func(k *kit) { k.listed(connector.User, 3*k.s.Page) }},
		{name: "a page and one of groups", rule: exactlyOnce, need: needGroups, run: func(k *kit) { k.listed(connector.Group, k.s.Page+1) }},
		{
			name: "yield error",
			rule: "an error from yield stops List and is returned as is.",
			run:  yieldError,
		},
		{
			name: "calling goroutine",
			rule: "List calls yield on the goroutine that called List, so that yield needs no lock.",
			run: func(k *kit) {
				k.seed(connector.User, 2)
				me := goroutine()
				err := k.c.List(k.ctx, connector.User, func(connector.Remote) error {
					if g := goroutine(); g != me {
						return errors.New("yield was called on " + g + ", List on " + me)
					}
					return nil
				})
				k.ok(err, "List")
			},
		},
	},
}

const exactlyOnce = "List yields every object of the kind exactly once, however the pages fall."

func (k *kit) listed(kind connector.Kind, n int) {
	k.Helper()
	there := len(k.list(kind)) // a tenant that lives on is not empty
	ids := k.seed(kind, n)
	all := k.list(kind)
	for i, id := range ids {
		r, ok := all[id]
		if !ok {
			k.failf("with %d objects of kind %s and %d per page, List misses number %d, %s", n, kind, k.s.Page, i+1, id)
		}
		if r.Kind != kind {
			k.failf("List %s yields %s with kind %q", kind, id, r.Kind)
		}
	}
	if len(all) != there+n {
		k.failf("List yields %d objects, want %d", len(all), there+n)
	}
}

func yieldError(k *kit) {
	k.seed(connector.User, 3)
	stop, n := errors.New("enough"), 0
	err := k.c.List(k.ctx, connector.User, func(connector.Remote) error {
		n++
		if n == 2 {
			return stop
		}
		return nil
	})
	if err != stop { //nolint:errorlint // as is means as is
		k.failf("List returned %v, want the error of yield itself", err)
	}
	if n != 2 {
		k.failf("List called yield %d times, want 2: the second returned an error", n)
	}
}

// goroutine names the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	head, _, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte(" ["))
	return string(head)
}
