package scimapi

import (
	"regexp"
	"strings"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// patch answers a PATCH.
func (q *request) patch(t *scim.Type, id string) error {
	var body patchBody
	if err := q.body(&body); err != nil {
		return err
	}
	ops, err := q.operations(body)
	if err != nil {
		return err
	}
	return q.changed(t, func(w *writer) (inbound.Resource, error) {
		return w.patch(t, id, q.r.Header.Get("If-Match"), ops)
	}, true)
}

// A patchBody is the body of a PATCH.
type patchBody struct {
	Schemas    []string `json:"schemas"`
	Operations *[]struct {
		Op    *string `json:"op"`
		Path  *string `json:"path"`
		Value given   `json:"value"`
	} `json:"Operations"`
}

// given is a value that may be missing, which is not the same as null: null clears, and what is missing was forgotten or misspelt.
type given struct {
	there bool
	value any
}

// UnmarshalJSON notes that there is a value.
func (g *given) UnmarshalJSON(data []byte) error {
	g.there = true
	return scim.Decode(data, &g.value)
}

// operations checks the message around the operations.
func (q *request) operations(b patchBody) ([]scim.Operation, error) {
	if !lists(b.Schemas, scim.PatchURN) && !q.tol.Use(scim.NoPatchSchema) {
		return nil, scim.Errorf(scim.InvalidSyntax, "schemas must name %s", scim.PatchURN)
	}
	if b.Operations == nil {
		return nil, scim.Errorf(scim.InvalidSyntax, "Operations is missing")
	}
	if len(*b.Operations) == 0 && !q.tol.Use(scim.NoOperations) {
		return nil, scim.Errorf(scim.InvalidSyntax, "Operations is empty")
	}
	out := make([]scim.Operation, 0, len(*b.Operations))
	for _, o := range *b.Operations {
		if o.Op == nil {
			return nil, scim.Errorf(scim.InvalidSyntax, "an operation has no op")
		}
		op := scim.Operation{Op: *o.Op, Value: o.Value.value}
		if !o.Value.there && !strings.EqualFold(op.Op, "remove") {
			return nil, scim.Errorf(scim.InvalidValue, "%s needs a value; null clears", op.Op)
		}
		if o.Path != nil {
			op.Path = q.quoted(q.colon(strings.TrimSpace(*o.Path)))
			if op.Path == "" {
				return nil, scim.Errorf(scim.InvalidPath, "the path is empty: leave it out")
			}
		} else if op.Value == nil && !strings.EqualFold(op.Op, "remove") {
			return nil, scim.Errorf(scim.InvalidValue, "an operation without a path needs a value")
		}
		if value, ok := op.Value.(map[string]any); ok && o.Path == nil {
			q.mend(value)
		}
		out = append(out, op)
	}
	return out, nil
}

// colon puts the colon of the standard where a client puts a dot behind the URN of an extension.
func (q *request) colon(path string) string {
	for _, e := range q.prof.User.Extensions {
		if rest, ok := dotted(path, e.URN); ok && q.tol.Use(scim.FlatKeys) {
			return e.URN + ":" + rest
		}
	}
	return path
}

var bareLiteral = regexp.MustCompile(`(?i)(\[\s*[a-z$][a-z0-9$._-]*\s+(?:eq|ne)\s+)([^"\s\]][^\s\]]*)(\s*\])`)

// quoted quotes a text that a client left bare.
func (q *request) quoted(path string) string {
	m := bareLiteral.FindStringSubmatch(path)
	if m == nil || strings.ContainsAny(m[2], `"\`) || m[2] == "true" || m[2] == "false" || m[2] == "null" || !q.tol.Use(scim.BareLiterals) {
		return path
	}
	return bareLiteral.ReplaceAllString(path, `${1}"${2}"${3}`)
}

// patch applies operations to one resource.
func (w *writer) patch(t *scim.Type, id, ifMatch string, ops []scim.Operation) (inbound.Resource, error) {
	r, err := w.lock(t, id, ifMatch)
	if err != nil {
		return r, err
	}
	doc, err := stored(r)
	if err != nil {
		return r, err
	}
	var edit memberEdit
	if r.Kind == directory.Group {
		if ops, edit, err = w.memberOps(t, r, ops); err != nil {
			return r, err
		}
	}
	fresh := r
	if len(ops) > 0 {
		doc["id"] = r.ID
		was := doc
		if doc, err = w.patched(t, was, ops); err != nil {
			return r, err
		}
		delete(doc, "id")
		if err := w.q.needed(t, was, doc); err != nil {
			return r, err
		}
		if err := named(t, doc); err != nil {
			return r, err
		}
		w.fill(t, &fresh, doc)
	}
	edited, err := w.setMembers(r, edit)
	if err != nil {
		return r, err
	}
	return w.keep(t, r, fresh, doc, edited)
}

// patched applies operations to a document. What is kept of somebody from the time of other schemas stands in nobody's way, and stays: whoever leaves is deactivated
// though the profile became narrower meanwhile.
func (w *writer) patched(t *scim.Type, was scim.Resource, ops []scim.Operation) (scim.Resource, error) {
	doc, err := t.Patch(was, ops, w.q.tol)
	if err == nil {
		return doc, nil
	}
	fits, rest := t.Outdated(was)
	if len(rest) == 0 {
		return nil, err
	}
	if doc, err = t.Patch(fits, ops, w.q.tol); err != nil {
		return nil, err
	}
	return doc.With(rest), nil
}

// memberOps takes the operations on members out of a PATCH of a group: they are edges, not part of the resource.
func (w *writer) memberOps(t *scim.Type, g inbound.Resource, ops []scim.Operation) (rest []scim.Operation, edit memberEdit, err error) {
	for _, op := range ops {
		about, other := split(op)
		if other != nil {
			rest = append(rest, *other)
		}
		if about == nil {
			continue
		}
		next, err := w.memberOp(t, g, *about, edit)
		if err != nil {
			return nil, edit, err
		}
		edit = edit.then(next)
	}
	return rest, edit, nil
}

// split parts an operation into what is about members and what is not.
func split(op scim.Operation) (about, other *scim.Operation) {
	if op.Path != "" {
		name := strings.ToLower(op.Path)
		name = strings.TrimPrefix(name, strings.ToLower(scim.GroupURN)+":")
		if name == "members" || strings.HasPrefix(name, "members[") || strings.HasPrefix(name, "members.") {
			op.Path = op.Path[len(op.Path)-len(name):]
			return &op, nil
		}
		return nil, &op
	}
	value, ok := op.Value.(map[string]any)
	if !ok {
		return nil, &op
	}
	left := map[string]any{}
	for k, v := range value {
		name := strings.TrimPrefix(strings.ToLower(k), strings.ToLower(scim.GroupURN)+":")
		if name == "members" {
			about = &scim.Operation{Op: op.Op, Path: "members", Value: v}
			continue
		}
		left[k] = v
	}
	if about == nil || len(left) > 0 {
		other = &scim.Operation{Op: op.Op, Value: left}
	}
	return about, other
}

// memberOp returns what one operation does to the members.
func (w *writer) memberOp(t *scim.Type, g inbound.Resource, op scim.Operation, before memberEdit) (memberEdit, error) {
	verb, err := op.Verb(w.q.tol)
	if err != nil {
		return memberEdit{}, err
	}
	if list, ok := op.Value.([]any); ok {
		if err := w.q.memberForm(list); err != nil {
			return memberEdit{}, err
		}
	}
	if after := op.Path[max(len("members"), strings.LastIndexByte(op.Path, ']')+1):]; after != "" {
		if at, ok := t.Find("members" + after); ok && at.Sub != nil {
			return memberEdit{}, scim.Errorf(scim.Mutability, "%s cannot be changed: remove the member, and add another", at.Path())
		}
	}
	plain := strings.EqualFold(op.Path, "members")
	if plain && verb == "remove" && op.Value != nil && !w.q.tol.Use(scim.RemoveByValue) {
		return memberEdit{}, scim.Errorf(scim.InvalidValue, `remove takes no value: name the member in the path, as in members[value eq "…"]`)
	}
	if plain && op.Value == nil && verb == "add" {
		return memberEdit{}, scim.Errorf(scim.InvalidValue, "add needs a value")
	}
	if _, isObject := op.Value.(map[string]any); isObject && plain && !w.q.tol.Use(scim.OneOrMany) && verb != "add" {
		return memberEdit{}, scim.Errorf(scim.InvalidValue, "members must be a list")
	}
	if change, ok := op.Members(); ok {
		return memberEdit{clear: change.Clear, add: change.Add, remove: change.Remove}, nil
	}
	if plain {
		return memberEdit{}, scim.Errorf(scim.InvalidValue, "members: value is missing: it is the id of a user or group")
	}
	return w.slowMembers(t, g, op, before)
}

// slowMembers applies an operation that needs to see all members: one with a filter by more than an id.
func (w *writer) slowMembers(t *scim.Type, g inbound.Resource, op scim.Operation, before memberEdit) (memberEdit, error) {
	have := map[string]any{}
	doc := scim.Resource{"schemas": []any{scim.GroupURN}, "displayName": g.Name}
	var list []any
	enter := func(id, display, kind string) {
		if have[id] == nil {
			have[id] = true
			list = append(list, map[string]any{"value": id, "display": display, "type": kind})
		}
	}
	err := eachMember(w.ctx, w.in, g, func(m inbound.Member) error {
		enter(m.ID, m.Name, w.q.typeOf(m.Kind).Name)
		return nil
	})
	if err != nil {
		return memberEdit{}, err
	}
	all := make([]string, 0, len(list))
	for id := range have {
		all = append(all, id)
	}
	now := memberEdit{clear: true, add: all}.then(before)
	if before.clear {
		now = before
	}
	keep := make(map[string]bool, len(now.add))
	for _, id := range now.add {
		keep[id] = true
		enter(id, "", "")
	}
	doc["members"] = keepMembers(list, keep)
	after, err := t.Patch(doc, []scim.Operation{op}, w.q.tol)
	if err != nil {
		return memberEdit{}, err
	}
	return memberEdit{clear: true, add: after.Members()}, nil
}

func keepMembers(list []any, keep map[string]bool) []any {
	var out []any
	for _, e := range list {
		if o, ok := e.(map[string]any); ok && keep[scim.Resource(o).Text("value")] {
			out = append(out, e)
		}
	}
	return out
}
