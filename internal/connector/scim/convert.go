package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/scim"
)

// remote returns r as the contract wants it.
func (c *Connector) remote(kind connector.Kind, r scim.Resource) connector.Remote {
	out := connector.Remote{ID: connector.RemoteID(r.ID()), Kind: kind, Attrs: scim.Attrs(c.typed(r)), Active: kind == connector.Group || r.Active()}
	if m := c.profile.ManagerAttr; m != "value" {
		own, plain := managerPath(m), managerPath("value")
		if v, ok := out.Attrs[own]; ok {
			delete(out.Attrs, own)
			out.Attrs[plain] = v
		}
	}
	return out
}

func managerPath(sub string) attr.Path { return attr.Path(scim.EnterpriseURN + ":manager." + sub) }

// Normalize returns want in canonical paths, without what a SCIM service cannot hold or decides itself.
func (c *Connector) Normalize(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
	out := make(attr.Set, len(want))
	var problems []connector.Problem
	for _, p := range want.Paths() {
		canonical, v, err := c.normal(kind, p, want[p])
		if err == nil && canonical == "" {
			continue // the service ignores it
		}
		if err == nil && out[canonical] != nil && !out[canonical].Equal(v) {
			err = fmt.Errorf("it is %s by another name, with another value", canonical)
		}
		if err != nil {
			problems = append(problems, connector.Problem{Path: p, Reason: err.Error()})
			continue
		}
		out[canonical] = v
	}
	return out, problems
}

// normal returns one attribute as a service holds it; no path if it ignores it.
func (c *Connector) normal(kind connector.Kind, p attr.Path, v attr.Values) (attr.Path, attr.Values, error) {
	canonical, err := scim.Canonical(p)
	if err != nil {
		return "", nil, err
	}
	parts, err := attr.Split(string(canonical))
	if err != nil {
		return "", nil, err
	}
	if reason := c.reserved(parts); reason != "" {
		return "", nil, fmt.Errorf("%s", reason)
	}
	if c.typeless(parts) && parts.Sub == "primary" {
		return "", nil, nil // the one that is kept apart is the primary one
	}
	rule, known := c.attribute(kind, parts)
	switch {
	case known:
	case c.profile.UnknownAttributes == "drop":
		return "", nil, nil
	case c.profile.UnknownAttributes == "error":
		return "", nil, fmt.Errorf("%s has no such attribute", c.profile.Title)
	}
	out := make(attr.Values, 0, len(v))
	for _, s := range v {
		if rule != nil && s != "" {
			if s, err = rule.value(s); err != nil {
				return "", nil, err
			}
		}
		if s = strings.ToValidUTF8(s, "\uFFFD"); s == "" || slices.Contains(out, s) {
			continue
		}
		if parts.Sub == "primary" {
			if s = strings.ToLower(s); s != "true" && s != "false" {
				return "", nil, fmt.Errorf("%q is neither true nor false", s)
			}
		}
		out = append(out, s)
	}
	return canonical, out, scim.Assign(scim.Resource{}, canonical, out)
}

// reserved returns why a mapping cannot write at p, or "".
func (c *Connector) reserved(p attr.Parts) string {
	if p.URN == "" {
		switch p.Name {
		case "id", "meta", "schemas", "groups":
			return "the service itself decides it"
		case "active":
			return "it follows from whether the person is active"
		case "members":
			return "memberships are kept one by one, not as an attribute"
		case "externalId":
			if !c.profile.ExternalIDWritable {
				return "the service does not store it"
			}
		}
	}
	switch {
	case c.typeless(p) && p.Where == "type" && p.Value != work:
		return "the service keeps no types: only the primary one, as type work, can be told apart"
	case p.Where != "" && p.Where != "type" && p.Where != "primary":
		return "values can be told apart by type and primary only"
	case p.Where != "" && p.Sub == p.Where:
		return "the filter says it already"
	}
	return ""
}

// equals returns the filter that compares the attribute p with value. Elements of a list are compared without their filter: that is what most services
// understand, and Find looks at the answers itself.
func equals(p attr.Path, value string) string {
	parts, err := attr.Split(string(p))
	if err == nil {
		parts.Where, parts.Value = "", ""
		p = parts.Path()
	}
	return string(p) + " eq " + quote(value)
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSpace(b.String())
}

// body returns a resource that holds want.
func (c *Connector) body(kind connector.Kind, want attr.Set) (scim.Resource, error) {
	r := scim.Resource{"schemas": []any{scim.UserURN}}
	if kind == connector.Group {
		r["schemas"] = []any{scim.GroupURN}
	}
	return r, c.assign(r, want, want.Paths())
}

// assign makes r hold what want says at paths.
func (c *Connector) assign(r scim.Resource, want attr.Set, paths []attr.Path) error {
	for _, p := range paths {
		to, v := c.wire(p), want[p]
		if err := scim.Assign(r, to, v); err != nil {
			return err
		}
		parts := split(to)
		if a, _ := c.attribute(connector.User, parts); a != nil && a.Bool && len(v) > 0 {
			retype(r, parts)
		}
	}
	return nil
}

// wire returns the path under which the service knows p.
func (c *Connector) wire(p attr.Path) attr.Path {
	if p == managerPath("value") {
		return managerPath(c.profile.ManagerAttr)
	}
	if parts := split(p); c.typeless(parts) && parts.Where == "type" {
		parts.Where, parts.Value = "primary", "true"
		return parts.Path()
	}
	return p
}

// whole turns a resource as it was read into one that can be written back by PUT: without what the service alone writes, and without nulls.
func whole(r scim.Resource) scim.Resource {
	r = r.Clone()
	for k := range r {
		switch strings.ToLower(k) {
		case "id", "meta", "groups", "password":
			delete(r, k)
		}
	}
	dropNulls(r)
	return r
}

func dropNulls(v any) {
	switch v := v.(type) {
	case scim.Resource:
		dropNulls(map[string]any(v))
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, e any) bool { return e == nil })
		for _, e := range v {
			dropNulls(e)
		}
	case []any:
		for _, e := range v {
			dropNulls(e)
		}
	}
}
