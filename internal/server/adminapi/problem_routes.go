package adminapi

import (
	"context"
	"fmt"
	"net/http"

	"muster/internal/access"
	"muster/internal/problem"
	"muster/internal/run"
)

type oneCode struct {
	Code string `path:"code" doc:"Code of a problem."`
}

// problemRoutes answer what the type of a problem points to.
func (a *api) problemRoutes() {
	add(a, route{"list-problems", http.MethodGet, "/problems", "The codes of problems, and what they mean", access.View, 0},
		func(context.Context, *none) (List[problem.Kind], error) { return list(problem.All(), 0, nil), nil })
	add(a, route{"explain-problem", http.MethodGet, "/problems/{code}", "What a code of a problem means", access.View, 0},
		func(_ context.Context, in *oneCode) (problem.Kind, error) {
			k, ok := problem.Find(in.Code)
			if !ok {
				return k, &run.Problem{Code: NotFound, What: fmt.Sprintf("There is no problem with the code %q.", in.Code)}
			}
			return k, nil
		})
}
