package adminapitest

import (
	"context"
	"time"

	"muster/internal/server/adminapi"
)

// Drift returns a title and a stranger in a group that somebody changed at the wiki.
func (s *Service) Drift(_ context.Context, target string, limit int) ([]adminapi.Drift, error) {
	switch {
	case target == "wiki" || target == "":
	case isTarget(target):
		return nil, nil
	default:
		return nil, missing("target", target)
	}
	out := []adminapi.Drift{
		{Target: "wiki", Object: ben, Kind: "user", Name: "ben.ito", Field: "title", Wanted: "Engineer", Found: "King", Since: ago(26 * time.Hour), Repairs: true},
		{Target: "wiki", Object: staff, Kind: "group", Name: "Staff", Field: "member", Member: "stranger", Account: "u-99", Wanted: "out", Found: "in", Since: ago(2 * time.Hour), Repairs: true},
	}
	return out[:min(limit, len(out))], nil
}
