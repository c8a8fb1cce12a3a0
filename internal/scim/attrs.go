package scim

import (
	"strings"

	"muster/internal/attr"
)

// Attrs returns what r holds, by canonical paths. Of a multi-valued complex attribute it has every form that a mapping may use: "emails.value",
// `emails[type eq "work"].value`, `emails[primary eq "true"].value`. Left out are id, meta, schemas, active, password, and the lists groups and members.
func Attrs(r Resource) attr.Set {
	out := attr.Set{}
	for k, v := range r {
		if isURN(k) {
			o, _ := object(v)
			for name, v := range o {
				flatten(out, schemaOf(k), name, v)
			}
			continue
		}
		flatten(out, "", k, v)
	}
	return out
}

func flatten(out attr.Set, urn, name string, v any) {
	def, _ := define(urn, name)
	if urn == "" {
		switch def.name {
		case "id", "meta", "schemas", "active", "password", "groups", "members":
			return
		}
	}
	at := attr.Parts{URN: urn, Name: def.name}
	if o, ok := object(v); ok && !def.multi {
		for sub, v := range o {
			add(out, at, def.sub(sub), v)
		}
		return
	}
	list := elements(v)
	for _, e := range list {
		o, ok := object(e)
		if !ok {
			add(out, at, "", e)
			continue
		}
		flattenElement(out, at, def, o)
	}
}

func flattenElement(out attr.Set, at attr.Parts, def definition, o Resource) {
	kind, primary := o.Text("type"), o.Text("primary")
	for sub, v := range o {
		sub = def.sub(sub)
		if sub == "value" {
			add(out, at, sub, v)
		}
		if kind != "" && sub != "type" && !strings.ContainsAny(kind, `"\`) {
			w := at
			w.Where, w.Value = "type", kind
			add(out, w, sub, v)
		}
		if primary == "true" && sub != "primary" {
			w := at
			w.Where, w.Value = "primary", "true"
			add(out, w, sub, v)
		}
	}
}

func add(out attr.Set, at attr.Parts, sub string, v any) {
	if sub == "$ref" {
		return
	}
	if s := text(v); s != "" {
		at.Sub = sub
		p := at.Path()
		out[p] = append(out[p], s)
	}
}
