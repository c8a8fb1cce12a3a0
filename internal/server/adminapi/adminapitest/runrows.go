package adminapitest

import (
	"context"
	"slices"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// RunRows returns, of a read that has ended, a membership, an entry that is nobody yet, and two of the company, one of whom was deleted for good.
func (s *Service) RunRows(_ context.Context, q adminapi.RunRowQuery) (adminapi.RunRowPage, error) {
	v, ok := runView(q.Run, true)
	if !ok {
		return adminapi.RunRowPage{}, missing("run", q.Run)
	}
	if !slices.Contains(v.Kept, q.What) {
		return adminapi.RunRowPage{}, nil
	}
	rows := []adminapi.RunRow{
		{Seq: 1, Object: olivia, Kind: directory.Person, Name: names()[olivia], State: directory.Active},
		{Seq: 2, Object: "7gone000000000000000000000"},
		{Seq: 3, Entry: "8c1f6a2e-ada"},
		{Seq: 4, Object: staff, Kind: directory.Group, Name: "Staff", State: directory.Active, Member: olivia, MemberKind: directory.Person, MemberName: names()[olivia]},
	}
	page := adminapi.RunRowPage{Rows: slices.DeleteFunc(rows, func(r adminapi.RunRow) bool { return r.Seq <= q.After })}
	if q.Limit > 0 && len(page.Rows) > q.Limit {
		page.Rows = page.Rows[:q.Limit]
		page.Next = page.Rows[q.Limit-1].Seq
	}
	return page, nil
}
