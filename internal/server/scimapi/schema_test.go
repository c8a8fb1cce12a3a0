package scimapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

// A walk tries every attribute that the service announces, as scim2-tester does: what discovery shows is what is kept, changed and answered.
type walk struct {
	*client
	t       *testing.T
	core    string         // URN of the core schema
	path    string         // "/Users"
	needed  map[string]any // of every resource, but for its name
	members []string       // to be members of groups
	made    int
	place   int  // which attribute it is at
	deep    bool // sub-attributes too
}

// I8, S-DI3, S-NC3, S-Q5, S-Q6, S-PA3, S-PA5, S-PA6, S-PA7, S-CR1: for every profile and one with an extension of all types, each attribute that /Schemas lists is created, read
// back, added to, replaced, removed, and projected by GET of one, of a list, and by .search.
func TestEveryAttribute(t *testing.T) {
	kinds := []scim.Attribute{{Name: "flags", Type: scim.Boolean}, {Name: "floor", Type: scim.Integer}, {Name: "share", Type: scim.Decimal}, {Name: "since", Type: scim.DateTime}, {Name: "badge", Type: scim.Binary}, {Name: "page", Type: scim.Reference}, {Name: "tags", Multi: true}}
	custom := append(slices.Clone(kinds), scim.Attribute{Name: "title", Type: scim.Integer}, scim.Attribute{Name: "desk", Type: scim.Complex, Sub: kinds}, scim.Attribute{Name: "seats", Type: scim.Complex, Multi: true, Sub: kinds[1:6]})
	for _, p := range append(scimapi.Profiles(), scimapi.Profile{Name: "custom"}) {
		t.Run(p.Name, func(t *testing.T) {
			o, name := scimapi.Options{}, p.Name
			if name == "custom" {
				name, o.Extensions = "standard", []*scim.Schema{{URN: "urn:example:2.0:User", Name: "Custom", Attributes: custom}}
			}
			whole, err := scimapi.NewProfile(name, o)
			if err != nil {
				t.Fatal(err)
			}
			c := newWorld(t, scimapi.Client{Name: name, Profile: whole}).client(name)
			w := &walk{client: c, t: t, needed: map[string]any{}, members: []string{"", "", ""}, deep: p.Name == "custom" || p.Name == "closed"}
			if name == "closed" {
				w.needed["emails"] = []any{map[string]any{"type": "work", "value": "x@example.com"}}
			}
			list := c.send("GET", "/Schemas", "").want(200)
			schemas, _ := list.body["Resources"].([]any)
			for i := range w.members {
				w.members[i] = w.create(nil)
			}
			w.schemas(schemas)
		})
	}
}

func (w *walk) schemas(list []any) {
	w.core, w.path = scim.UserURN, "/Users"
	for _, s := range list {
		schema := scim.Resource(s.(map[string]any))
		urn, prefix := schema.ID(), schema.ID()+":"
		if urn == scim.GroupURN {
			w.core, w.path, w.needed = urn, "/Groups", map[string]any{}
		}
		if urn == w.core {
			urn = ""
		}
		attributes, _ := schema["attributes"].([]any)
		for _, a := range attributes {
			w.attribute(urn, prefix, a.(map[string]any))
		}
	}
}

// body is a resource with one attribute more.
func (w *walk) body(more map[string]any) string {
	w.made++
	core, path := scim.UserURN, "userName"
	if w.path == "/Groups" {
		core, path = scim.GroupURN, "displayName"
	}
	all := map[string]any{"schemas": []string{core}, path: fmt.Sprint("n", w.made)}
	for _, from := range []map[string]any{w.needed, more} {
		maps.Copy(all, from)
	}
	return scim.Encode(all)
}

func (w *walk) create(more map[string]any) string {
	path := w.path
	if path == "" {
		path = "/Users"
	}
	return w.send("POST", path, w.body(more)).want(201).id()
}

// attribute tries one attribute by its whole path.
func (w *walk) attribute(urn, prefix string, a map[string]any) {
	w.place++
	name, path := a["name"].(string), prefix+a["name"].(string)
	if a["mutability"] == "readOnly" {
		id := w.create(map[string]any{name: "ignored"})
		w.patch(id, "add", path, []any{map[string]any{"value": "x"}}).want(400, "mutability")
		return
	}
	holder := map[string]any{name: w.value(a, 1)}
	if urn != "" {
		holder = map[string]any{"schemas": []string{w.core, urn}, urn: holder}
	}
	id := w.create(holder)
	read := func(step string, want any) {
		w.t.Helper()
		if diff := cmp.Diff(plain(want), w.seen(w.send("GET", w.path+"/"+id, "").want(200).body, urn, name)); diff != "" {
			w.t.Errorf("%s after %s (-want +got):\n%s", path, step, diff)
		}
	}
	read("POST", w.value(a, 1))
	w.projected(id, urn, name, "")
	w.changed(w.patch(id, "replace", path, w.value(a, 2)))
	read("replace", w.value(a, 2))
	w.changed(w.patch(id, "add", path, w.value(a, 3)))
	if list, ok := w.value(a, 2).([]any); ok {
		read("add", append(list, w.value(a, 3).([]any)...))
	} else {
		read("add", w.value(a, 3))
	}
	if subs, _ := a["subAttributes"].([]any); w.deep && name != "members" {
		for _, s := range subs {
			w.sub(id, urn, path, a, s.(map[string]any))
		}
	}
	if a["required"] == true || name == "active" {
		w.patch(id, "remove", path, nil).want(400, "mutability")
		return
	}
	w.changed(w.patch(id, "remove", path, nil))
	read("remove", nil)
}

// sub tries a sub-attribute, of lists in those elements that a filter chooses.
func (w *walk) sub(id, urn, path string, a, s map[string]any) {
	name, sub := a["name"].(string), s["name"].(string)
	w.projected(id, urn, name, sub)
	at := path + "." + sub
	if a["multiValued"] == true && sub != "type" && w.has(a, "type") {
		at = path + `[type pr].` + sub
	}
	if sub == "primary" {
		at = path + `[type eq "work" and not (value eq "x")].primary`
	}
	for i, verb := range []string{"replace", "add"} {
		v := w.value(s, 4+i)
		if sub == "primary" {
			v = false
		}
		if a := w.patch(id, verb, at, v); sub == "primary" && a.status == 400 {
			continue // nothing of that type
		} else {
			w.changed(a)
		}
		if list, ok := v.([]any); ok && verb == "add" {
			v = append(w.value(s, 4).([]any), list...)
		}
		for _, got := range w.inside(id, urn, name, sub) {
			if diff := cmp.Diff(plain(v), got); diff != "" {
				w.t.Errorf("%s after %s (-want +got):\n%s", at, verb, diff)
			}
		}
	}
	if a["required"] == true && (sub == "value" || sub == "type") || sub == "primary" {
		return
	}
	w.changed(w.patch(id, "remove", at, nil))
	for _, got := range w.inside(id, urn, name, sub) {
		if got != nil {
			w.t.Errorf("%s is %v once it is removed", at, got)
		}
	}
	w.changed(w.patch(id, "replace", path, w.value(a, 2)))
}

func (w *walk) has(a map[string]any, sub string) bool {
	subs, _ := a["subAttributes"].([]any)
	return slices.ContainsFunc(subs, func(s any) bool { return s.(map[string]any)["name"] == sub })
}

// inside returns a sub-attribute, in every element of a list.
func (w *walk) inside(id, urn, name, sub string) []any {
	var out []any
	switch v := w.seen(w.send("GET", w.path+"/"+id, "").want(200).body, urn, name).(type) {
	case []any:
		for _, e := range v {
			out = append(out, e.(map[string]any)[sub])
		}
	case map[string]any:
		out = append(out, v[sub])
	}
	return out
}

// projected asks for one attribute alone, and for all but it, in three ways.
func (w *walk) projected(id, urn, name, sub string) {
	w.t.Helper()
	path := strings.TrimPrefix(strings.TrimSuffix(urn+":"+name+"."+sub, "."), ":")
	for _, which := range []string{"attributes", "excludedAttributes"} {
		one := w.send("GET", w.path+"/"+id+query(which, path), "").want(200)
		list := w.send("GET", w.path+query(which, path, "filter", `id eq "`+id+`"`), "").want(200)
		search := w.send("POST", w.path+"/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"id eq \"`+id+`\"",`+quote(which)+`:[`+quote(path)+`]}`).want(200)
		if search.text != list.text {
			w.t.Errorf("%s=%s: .search answers %s, GET %s", which, path, search.text, list.text)
		}
		inList, _ := list.body["Resources"].([]any)
		if diff := cmp.Diff(map[string]any(one.body), inList[0]); diff != "" {
			w.t.Errorf("%s=%s: one and list differ (-one +list):\n%s", which, path, diff)
		}
		w.only(one, which, path, urn, name, sub)
	}
}

func (w *walk) only(a answer, which, path, urn, name, sub string) {
	w.t.Helper()
	got := a.body[name]
	if urn != "" {
		o, _ := a.body[urn].(map[string]any)
		got = o[name]
	}
	text := scim.Encode(got)
	there := got != nil && (sub == "" || strings.Contains(text, quote(sub)+":"))
	if which == "attributes" {
		for k := range a.body {
			if k != "schemas" && k != "id" && k != name && k != urn {
				w.t.Errorf("%s=%s answers %s too", which, path, k)
			}
		}
	}
	if there != (which == "attributes") && !(a.body["schemas"] == nil) && name != "userName" {
		w.t.Errorf("%s=%s: %s", which, path, a.text)
	}
	if a.id() == "" || a.body["schemas"] == nil {
		w.t.Errorf("%s=%s without id or schemas: %s", which, path, a.text)
	}
}

func (w *walk) patch(id, verb, path string, value any) answer {
	o := map[string]any{"op": verb, "path": path}
	if verb != "remove" {
		o["value"] = value
	}
	return w.send("PATCH", w.path+"/"+id, op(scim.Encode(o)))
}

func (w *walk) changed(a answer) {
	w.t.Helper()
	if a.status != 200 && a.status != 204 {
		w.t.Fatalf("%d %s", a.status, a.text)
	}
}

// seen is what a resource has at an attribute; of members, their ids.
func (w *walk) seen(r scim.Resource, urn, name string) any {
	if urn != "" {
		o, _ := r[urn].(map[string]any)
		r = o
	}
	v := r[name]
	if list, ok := v.([]any); ok && name == "members" {
		var out []any
		for _, m := range list {
			out = append(out, map[string]any{"value": m.(map[string]any)["value"]})
		}
		return out
	}
	return v
}

// value makes the n-th value of an attribute.
func (w *walk) value(a map[string]any, n int) any {
	name := a["name"].(string)
	if name == "members" {
		return []any{map[string]any{"value": w.members[n-1]}}
	}
	var v any
	switch a["type"] {
	case "boolean":
		v = n%2 == 1 && name != "primary"
	case "integer":
		v = n
	case "decimal":
		v = float64(n) + 0.5
	case "dateTime":
		v = fmt.Sprintf("2026-11-%02dT09:00:00Z", n)
	case "binary":
		v = []string{"", "AQ==", "Ag==", "Aw==", "BA==", "BQ=="}[n]
	case "reference":
		v = fmt.Sprintf("https://example.com/%d", n)
	case "complex":
		o := map[string]any{}
		for _, s := range a["subAttributes"].([]any) {
			if s := s.(map[string]any); s["mutability"] != "readOnly" {
				o[s["name"].(string)] = w.value(s, n)
			}
		}
		v = o
	default:
		if v = fmt.Sprintf("%s %d of %d", name, n, w.place); name == "type" {
			v = "work"
		}
	}
	if a["multiValued"] == true {
		return []any{v}
	}
	return v
}

// plain is a value as JSON has it.
func plain(v any) any {
	var out any
	if err := json.Unmarshal([]byte(scim.Encode(v)), &out); err != nil {
		panic(err)
	}
	return out
}

// I8, S-MT4, S-MT5, S-DI1: discovery can be read and nothing else, and what is not there is 404, in every profile.
func TestDiscoveryIsReadOnly(t *testing.T) {
	for _, p := range scimapi.Profiles() {
		c := newClient(t, p.Name)
		for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/Group", "/Schemas", "/Schemas/" + scim.UserURN} {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				if got := c.send(method, path, "{}").want(405).header.Get("Allow"); got != "GET" {
					t.Errorf("%s %s allows %q", method, path, got)
				}
			}
		}
		for _, path := range []string{"/ResourceTypes/Robot", "/Schemas/urn:nothing", "/ServiceProviderConfig/x", "/Robots", "/Users/nobody", "/Groups/nobody"} {
			c.send("GET", path, "").want(404)
		}
	}
}
