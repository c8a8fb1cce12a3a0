// Package all lists the connectors that are built in. A new one is one line here; there is no other registry.
//
// It neither makes connectors nor reads their settings: package engine makes them from the types that package app passes on. The connector memory is for
// tests and for copying, and is not offered.
package all

import (
	"fmt"
	"strings"

	"muster/internal/connector"
	"muster/internal/connector/scim"
)

// Types returns the built-in types, in the order in which people are offered them.
func Types() []connector.Type {
	return scim.Types()
}

// Find returns the type called name, or an error that names those there are.
func Find(name string) (connector.Type, error) {
	var names []string
	for _, t := range Types() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return connector.Type{}, fmt.Errorf("no target type %q; there is %s", name, strings.Join(names, ", "))
}
