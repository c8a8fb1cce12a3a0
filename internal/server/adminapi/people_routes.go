package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/directory"
)

type objectQuery struct {
	Text  string `query:"text" doc:"Id, username, name, email, key or DN; or an account id at a target."`
	After string `query:"after"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

type who struct {
	Who string `path:"who" doc:"Id, username, name, email, key or DN."`
}

type whyQuery struct {
	Who    string `query:"who" required:"true" minLength:"1"`
	Target string `query:"target" doc:"All targets if left out."`
}

func (a *api) peopleRoutes() {
	for kind, plural := range map[directory.Kind]string{directory.Person: "people", directory.Group: "groups"} {
		add(a, route{"list-" + plural, http.MethodGet, "/" + plural, "Find " + plural, access.View, 0},
			func(ctx context.Context, in *objectQuery) (List[Object], error) {
				q := ObjectQuery{string(kind), in.Text, directory.ID(in.After), in.Limit}
				found, err := a.svc.Objects(ctx, q)
				if in.Text != "" {
					return list(found, 0, nil), err
				}
				return list(found, in.Limit, func(o Object) string { return string(o.ID) }), err
			})
		add(a, route{"get-" + string(kind), http.MethodGet, "/" + plural + "/{who}", "Everything about a " + string(kind), access.View, 0},
			func(ctx context.Context, in *who) (Object, error) { return a.svc.Object(ctx, string(kind), in.Who) })
	}
	add(a, route{"why", http.MethodGet, "/why", "Why someone is what they are at a target", access.View, 0},
		func(ctx context.Context, in *whyQuery) (Explanation, error) { return a.svc.Why(ctx, in.Who, in.Target) })
	a.closingRoutes()
}

// A Reason says why something is done.
type Reason struct {
	Reason string `json:"reason" minLength:"1"`
}
