package ldaptest

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Faults is what goes wrong. The zero value is a server in good health.
type Faults struct {
	// Only limits the faults of searches to those it returns true for; nil = every search. The rootDSE always answers.
	Only func(Request) bool

	Down        bool             // new connections are closed at once; those that are open are cut when it is set
	RefuseBind  uint16           // every bind fails with this result code
	Code        uint16           // searches end with this result code …
	Page        int              // … at this page, counted from 1, without its entries; 0 = at any page
	CutAfter    int              // the connection is cut after this many entries of a search, pages counted together
	SizeLimit   int              // result 4 after this many entries of a search, pages counted together
	Empty       bool             // searches succeed with no entry
	Hide        func(Entry) bool // entries that an access rule hides
	HideAttrs   []string         // attributes that nobody may read
	Delay       time.Duration    // before each page
	DropPaging  bool             // pages come without the paging control, so that the first one looks like all there is
	CutRange    bool             // every range after the first comes without values
	ReferOnPage int              // a continuation reference comes with this page, counted from 1
}

// A Request is a search as a fault rule sees it.
type Request struct {
	Base       string
	Scope      int // as in package ldap: 0 base, 1 one level, 2 subtree
	Filter     string
	Attributes []string
	Page       int // from 1; 1 for a search without pages
	BoundAs    string
}

// Set replaces the faults. It works at once, also on searches under way from their next piece on.
func (s *Server) Set(f Faults) {
	f.HideAttrs = slices.Clone(f.HideAttrs)
	s.setting.Lock()
	s.faults = f
	var open []*conn
	if f.Down {
		for c := range s.conns {
			open = append(open, c)
		}
	}
	s.setting.Unlock()
	for _, c := range open {
		c.cut()
	}
}

// forSearch returns the faults that apply to a search.
func (f Faults) forSearch(r Request) Faults {
	if f.Only != nil && !f.Only(r) {
		return Faults{}
	}
	return f
}

func (f Faults) codeFor(page int) uint16 {
	if f.Page == 0 || f.Page == page {
		return f.Code
	}
	return 0
}

func (f Faults) hiddenAttrs() map[string]bool {
	hidden := make(map[string]bool, len(f.HideAttrs))
	for _, name := range f.HideAttrs {
		hidden[strings.ToLower(name)] = true
	}
	return hidden
}

func (f Faults) hides(n *node) bool { return f.Hide != nil && f.Hide(n.entry()) }

// wait waits, unless ctx ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
