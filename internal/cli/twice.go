package cli

import (
	"fmt"
	"strings"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A listed is what stood in a list before: a dry run changes nothing, so nothing but the list tells that the second would find what the first has done.
type listed map[string]bool

// again reports whether key stood in the list before.
func (l listed) again(key string) bool {
	before := l[key]
	l[key] = true
	return before
}

// inList is the problem of who stands in a list twice.
func inList(name string) *run.Problem {
	return &run.Problem{Code: adminapi.Conflict, What: fmt.Sprintf("%q stands in the list already", name), Now: "Nothing was changed by it.", Fix: "Give each once."}
}

// once refuses names that stood in the list before, case aside.
func once[T any](do func(string) (T, error)) func(string) (T, error) {
	names := listed{}
	return func(name string) (T, error) {
		if names.again(strings.ToLower(strings.TrimSpace(name))) {
			var none T
			return none, inList(name)
		}
		return do(name)
	}
}
