package console

import "muster/internal/server/adminapi"

// oneMore is how many rows of what happened are asked for: those of a page, and one that tells whether another page follows.
const oneMore = 2*rowsShown + 1

// cutPage cuts the row that was asked for too much, and returns where the next page begins, "" if none follows.
func cutPage[T any](rows []T, key func(T) string) ([]T, string) {
	if len(rows) < oneMore {
		return rows, ""
	}
	return rows[:oneMore-1], key(rows[oneMore-2])
}

// writes returns the page of what was sent that the address names, and where the next one begins.
func (c *console) writes(v *visit, q adminapi.CallQuery) ([]adminapi.CallAt, string, error) {
	q.Before, q.Limit = v.query("after"), oneMore
	writes, err := c.Service.Writes(v.ctx(), q)
	page, next := cutPage(writes, func(w adminapi.CallAt) string { return w.ID })
	return page, next, err
}
