package bulkload

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"muster/internal/directory"
)

const exportPage = 500

// users writes all people by the usernames that they have in the export: to load it and to export again gives the same order.
func (x *exporting) users() error {
	all := x.browse()
	for o, err := all.next(); o.ID != "" || err != nil; o, err = all.next() {
		if err == nil {
			_, err = x.named(o)
		}
		if err != nil {
			return err
		}
	}
	return x.merge(x.browse(), x.oddly())
}

// merge writes people with the names that they have here, and those with others in between.
func (x *exporting) merge(plain, odd *people) error {
	var page []directory.Object
	a, err := plain.next()
	if err != nil {
		return err
	}
	b, err := odd.next()
	for err == nil && (a.ID != "" || b.ID != "") {
		_, other := x.odd[a.ID]
		switch {
		case other:
		case b.ID == "" || a.ID != "" && strings.ToLower(a.Handle()) < x.odd[b.ID]:
			page = append(page, a)
		default:
			page = append(page, b)
			if b, err = odd.next(); err == nil && len(page) >= exportPage {
				err, page = x.userPage(page), page[:0]
			}
			continue
		}
		if a, err = plain.next(); err == nil && len(page) >= exportPage {
			err, page = x.userPage(page), page[:0]
		}
	}
	if err != nil || len(page) == 0 {
		return err
	}
	return x.userPage(page)
}

// people are some people, a page at a time.
type people struct {
	page []directory.Object
	more func() ([]directory.Object, error) // none = the end
}

// next returns the next of them; none at the end.
func (p *people) next() (directory.Object, error) {
	if len(p.page) == 0 {
		var err error
		if p.page, err = p.more(); err != nil || len(p.page) == 0 {
			return directory.Object{}, err
		}
	}
	o := p.page[0]
	p.page = p.page[1:]
	return o, nil
}

// browse are all people, by the names that they have here.
func (x *exporting) browse() *people {
	look := directory.Look{Kind: directory.Person, Limit: exportPage}
	return &people{more: func() ([]directory.Object, error) {
		page, err := x.r.Browse(x.ctx, look)
		if len(page) > 0 {
			last := page[len(page)-1]
			look.AfterName, look.After = last.Handle(), last.ID
		}
		return page, err
	}}
}

// oddly are those whose names are not those that they have here, by the names of the export.
func (x *exporting) oddly() *people {
	ids := slices.SortedFunc(maps.Keys(x.odd), func(a, b directory.ID) int { return cmp.Compare(x.odd[a], x.odd[b]) })
	return &people{more: func() ([]directory.Object, error) {
		n := min(exportPage, len(ids))
		page, err := x.r.Objects(x.ctx, ids[:n])
		ids = ids[n:]
		slices.SortFunc(page, func(a, b directory.Object) int { return cmp.Compare(x.odd[a.ID], x.odd[b.ID]) })
		return page, err
	}}
}
