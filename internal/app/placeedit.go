package app

import (
	"context"
	"strings"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/workspace"
)

// EditPlace implements adminapi.Places.
func (m *Muster) EditPlace(ctx context.Context, ref string, e adminapi.PlaceEdit, by access.Caller) (adminapi.Place, error) {
	id, err := m.placeID(ctx, ref)
	if err != nil {
		return adminapi.Place{}, err
	}
	keeper := m.keeps(e.DryRun)
	p, err := keeper.Edit(ctx, operator(by), id, workspace.PlaceEdit{Title: e.Title, Purpose: e.Purpose, Header: e.Header, Open: e.Open, Private: e.Private, Archived: e.Archived})
	if err != nil {
		return adminapi.Place{}, placeProblem(ref, err)
	}
	if err := m.actedIn(ctx, keeper.Store, by, "place.edit", ref+": "+strings.Join(changesOf(e), ", ")); err != nil {
		return adminapi.Place{}, err
	}
	if e.DryRun {
		return placeView(p, strings.ToLower(ref)), nil
	}
	return m.Place(ctx, ref)
}

// changesOf names what a request changes.
func changesOf(e adminapi.PlaceEdit) (out []string) {
	for _, f := range []struct {
		name string
		text *string
		flag *bool
	}{{"title", e.Title, nil}, {"purpose", e.Purpose, nil}, {"header", e.Header, nil}, {"open", nil, e.Open}, {"private", nil, e.Private}, {"archived", nil, e.Archived}} {
		switch {
		case f.text != nil:
			out = append(out, f.name)
		case f.flag != nil && *f.flag:
			out = append(out, f.name)
		case f.flag != nil:
			out = append(out, "not "+f.name)
		}
	}
	return out
}
