package console

import (
	"cmp"
	"strconv"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// A runRowsView is a page of what a run counted under a name.
type runRowsView struct {
	run  adminapi.RunView
	what string
	rows []adminapi.RunRow
	next string
}

func (c *console) runRowsPage(v *visit) (view, error) {
	x := runRowsView{what: v.query("what")}
	var err error
	if x.run, err = c.Service.Run(v.ctx(), v.PathValue("id"), 0); err != nil {
		return view{}, err
	}
	place, _ := strconv.Atoi(v.query("after")) // what is no number begins
	page, err := c.Service.RunRows(v.ctx(), adminapi.RunRowQuery{Run: x.run.ID, What: x.what, After: max(place, 0), Limit: rowsShown})
	if x.rows = page.Rows; page.Next > 0 {
		x.next = strconv.Itoa(page.Next)
	}
	return view{title: title(countName(x.what)) + " in a run on " + x.run.Name, entry: "history", body: runRowsBody(v, x)}, err
}

// counted are the counts of the run whose rows are kept, as choices.
func (x runRowsView) counted() []tab {
	var out []tab
	for _, t := range tallies(x.run.Counts) {
		for _, kept := range x.run.Kept {
			if kept == t.name {
				out = append(out, tab{t.name, title(countName(t.name)) + " " + number(t.n)})
			}
		}
	}
	return out
}

// membership reports whether the rows are memberships.
func (x runRowsView) membership() bool { return len(x.rows) > 0 && x.rows[len(x.rows)-1].Member != "" }

// rowPath leads to a person or group.
func rowPath(kind directory.Kind, id directory.ID) string {
	return Root + string(kindPath(kind)) + "/" + string(id)
}

// unnamed says who a row was that has no name any more, or none yet.
func unnamed(r adminapi.RunRow) string {
	if r.Object == "" {
		return cmp.Or(r.Entry, "—")
	}
	return string(r.Object)
}
