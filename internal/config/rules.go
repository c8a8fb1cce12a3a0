package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/attr"
	"muster/internal/mapping"
)

const (
	pathRule = `userName, name.givenName, emails[type eq "work"].value …`
	ruleRule = "an expression (person.email), or {expr | value, default, when: always | create, required: true}, or {reference: manager}"
)

// rules reads a mapping from attributes to the rules that compute them. It returns nil if key is not there.
func (d *document) rules(o object, key string, target bool) mapping.Rules {
	if !o.has(key) {
		return nil
	}
	in := d.object(o.fields[key], o.join(key))
	out := mapping.Rules{}
	lines := map[attr.Path]int{}
	for _, k := range in.keys {
		p, err := attr.ParsePath(k.Value)
		switch {
		case err != nil:
			d.fail(k.Line, fmt.Sprintf("%s: %v", in.path, err), pathRule, "")
			continue
		case target && strings.EqualFold(string(p), "active"):
			d.fail(k.Line, in.path+": active is not mapped: it follows the person, see when_removed", "", "")
			continue
		case lines[p] > 0:
			d.fail(k.Line, fmt.Sprintf("%s: %s stands in line %d already", in.path, p, lines[p]), "each attribute once", "")
			continue
		}
		lines[p] = k.Line
		out[p] = d.rule(in, k, target)
	}
	return out
}

func (d *document) rule(in object, k *yaml.Node, target bool) mapping.Rule {
	n, path := in.fields[k.Value], in.join(k.Value)
	r := mapping.Rule{At: d.at(k.Line)}
	switch {
	case n.Kind == yaml.ScalarNode && !isNull(n) && strings.TrimSpace(n.Value) != "":
		r.Expr = strings.TrimSpace(n.Value)
		return r
	case n.Kind != yaml.MappingNode:
		d.fail(n.Line, fmt.Sprintf("%s: %s is not a rule", path, kindOf(n)), ruleRule, "")
		return r
	}
	allowed := []string{"expr", "value", "default", "required"}
	if target {
		allowed = append(allowed, "when", "reference")
	}
	before := len(d.errs)
	o := d.object(n, path, allowed...)
	r.Reference = o.text("reference")
	r.Expr = o.text("expr")
	r.Value = o.values("value")
	r.Default = o.values("default")
	r.Need = o.bool("required", false)
	r.Once = o.oneOf("when", "always", "always", "create") == "create"
	if len(d.errs) > before || r.Reference != "" {
		return r // what goes with a reference, package mapping says
	}
	if (r.Expr == "") == (r.Value == nil) {
		d.fail(o.line, path+": a rule has either expr or value", ruleRule, "")
	}
	if r.Expr == "" && r.Default != nil {
		o.wrong("default", "a constant needs no default", "value alone, or expr with default")
	}
	return r
}

// values reads one value or a list of them.
func (o object) values(key string) attr.Values {
	var out attr.Values
	for _, n := range o.list(key) {
		if n.Kind != yaml.ScalarNode || isNull(n) {
			o.d.fail(n.Line, fmt.Sprintf("%s: %s stands where a value should", o.join(key), kindOf(n)), "text, a number, true, false, or a list of these", "")
			continue
		}
		out = append(out, n.Value)
	}
	return out
}

// label names the item n of a list by its name, or by its position.
func label(n *yaml.Node, path, list string) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if v := deref(n.Content[i+1]); n.Content[i].Value == "name" && name.MatchString(v.Value) {
			return list + "." + v.Value
		}
	}
	return path
}

func join(names []string) string { return strings.Join(names, ", ") }
