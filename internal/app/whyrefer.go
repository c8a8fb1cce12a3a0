package app

import (
	"fmt"
	"strings"

	"muster/internal/attr"
	"muster/internal/engine"
	"muster/internal/mapping"
	"muster/internal/server/adminapi"
)

// refer fills in, among the values of an explanation, whom each reference leads to, and why it is empty. References stand in the order of their rules.
func refer(x engine.Explanation, values []adminapi.Value) {
	n := 0
	for i := range values {
		v := &values[i]
		if !strings.HasPrefix(v.Rule, mapping.ReferenceRule) || n >= len(x.Want.Refs) {
			continue
		}
		r := x.Want.Refs[n]
		n++
		if r.To == "" {
			continue
		}
		v.Inputs = append(v.Inputs, mapping.Reading{Name: "person", Values: attr.Values{r.Name}})
		if r.Account != "" {
			v.Value = attr.Values{string(r.Account)}
			continue
		}
		v.Problem = fmt.Sprintf("%s has no account there: %s", r.Name, r.Why)
	}
}
