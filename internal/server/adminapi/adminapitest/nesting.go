package adminapitest

import (
	"context"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// Nesting returns Staff, in which there is a team, and which brings olivia in twice.
func (s *Service) Nesting(ctx context.Context, group, who string) (adminapi.Nesting, error) {
	if _, err := s.Object(ctx, string(directory.Group), group); err != nil {
		return adminapi.Nesting{}, err
	}
	out := adminapi.Nesting{
		Above: []adminapi.NestedGroup{{ID: "4everybody0000000000000000", Name: "Everybody", Path: []string{"Everybody", "Staff"}}},
		Below: []adminapi.NestedGroup{{ID: "5platform00000000000000000", Name: "Platform", Path: []string{"Staff", "Engineering", "Platform"}}},
		At:    []adminapi.GroupAt{{Target: "wiki", Wanted: 2, Applied: 2, Missing: []string{"ben.ito"}, Extra: []string{names()[mia]}}},

		Members: 3, Direct: 2, ByGroups: 2,
	}
	if who == "" {
		return out, nil
	}
	o, err := s.Object(ctx, string(directory.Person), who)
	if err != nil {
		return out, err
	}
	out.Who = &adminapi.NestedMember{ID: o.ID, Name: o.Name, Paths: [][]string{}}
	if o.ID == olivia {
		out.Who.Paths = [][]string{{"Staff"}, {"Staff", "Engineering", "Platform"}}
	}
	return out, nil
}
