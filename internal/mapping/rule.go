package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
)

// A rule is a compiled Rule.
type rule struct {
	Rule
	path attr.Path
	expr *expr // nil = Rule.Value, or Rule.Reference
}

// rules compiles all rules of one kind of object, sorted by path. It reports every mistake, not the first one.
func (c *compiler) rules(where string, in Rules) ([]rule, error) {
	var out []rule
	var errs []error
	seen := map[string]attr.Path{}
	for _, p := range slices.Sorted(maps.Keys(in)) {
		r := in[p]
		at := place{r.At, where + string(p)}
		lower := strings.ToLower(string(p))
		if other, ok := seen[lower]; ok {
			errs = append(errs, at.error(fmt.Sprintf("the same attribute as %s, which differs only in case", other), ""))
		}
		seen[lower] = p
		compiled, err := c.rule(at, p, r)
		errs = append(errs, err)
		out = append(out, compiled)
	}
	return out, errors.Join(errs...)
}

func (c *compiler) rule(at place, p attr.Path, r Rule) (rule, error) {
	out := rule{Rule: r, path: p}
	if canonical, err := attr.ParsePath(string(p)); err != nil {
		return out, at.error(err.Error(), "")
	} else if canonical != p {
		return out, at.error("the name is not in canonical form", fmt.Sprintf("write %s", canonical))
	}
	if r.Reference != "" {
		return c.reference(at, out)
	}
	switch {
	case r.Expr != "" && len(r.Value) > 0:
		return out, at.error("a rule has an expression or a value, not both", "a value to fall back on is called default")
	case r.Expr == "" && len(clean(r.Value)) == 0:
		return out, at.error("the rule says nothing", "allowed: an expression (expr) or a constant (value)")
	case r.Expr == "":
		out.Value = clean(r.Value)
		return out, nil
	}
	var err error
	out.expr, err = c.value(at, r.Expr)
	return out, err
}

// apply computes the values of the rule.
func (r rule) apply(v *vars) (result, error) {
	if r.expr == nil {
		return result{values: slices.Clone(r.Value)}, nil
	}
	got, err := r.expr.eval(v)
	if err == nil && !got.keep && len(got.values) == 0 {
		got.values, got.defaulted = clean(r.Default), len(clean(r.Default)) > 0
	}
	return got, err
}

// digest is the stable digest of the canonical JSON of rules.
func digest(rules any) (string, error) {
	raw, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("digest rules: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16]), nil
}
