package scimtest

import (
	"bytes"
	"fmt"
	"net/url"
	"sort"
	"strconv"

	"muster/internal/scim"
)

// A listHead is what a list says of itself: by index, start and total; by cursor (start 0), where it goes on.
type listHead struct {
	start, total int
	count        int // resources announced
	next         string
}

// write writes the list up to its resources, of which shown follow. By cursor, where no total tells that one is missing, the number announced does.
func (h listHead) write(b *bytes.Buffer, shown int) {
	fmt.Fprintf(b, `{"schemas":[%q],`, scim.ListURN)
	switch {
	case h.start > 0:
		fmt.Fprintf(b, `"totalResults":%d,"startIndex":%d,"itemsPerPage":%d,`, h.total, h.start, shown)
	case h.next != "":
		fmt.Fprintf(b, `"itemsPerPage":%d,"nextCursor":%q,`, h.count, h.next)
	default:
		fmt.Fprintf(b, `"itemsPerPage":%d,`, h.count)
	}
	b.WriteString(`"Resources":[`)
}

// after returns where in all the page begins that the cursor of q asks for; from if q has none, or an empty one, which stands for the first page.
func (s *Server) after(q url.Values, all []*record, from int) (int, error) {
	cursor := q.Get("cursor")
	if !s.ways.cursor || cursor == "" {
		return from, nil
	}
	seq, err := strconv.Atoi(cursor)
	if err != nil {
		return 0, scim.Errorf("invalidCursor", "the cursor %q is not of this list", cursor)
	}
	return sort.Search(len(all), func(i int) bool { return all[i].seq > seq }), nil
}

// next is the cursor behind page if it is not the last one; left counts from its first resource to the end of the list.
func next(page []*record, left int) string {
	if len(page) == 0 || len(page) == left {
		return ""
	}
	return strconv.Itoa(page[len(page)-1].seq)
}
