package scimapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

const stamp = "2006-01-02T15:04:05.000Z"

// version is the entity tag of a resource.
func version(r inbound.Resource) string { return `W/"` + strconv.FormatInt(r.Version, 10) + `"` }

func (q *request) location(t *scim.Type, id string) string { return q.base + t.Endpoint + "/" + id }

// typeOf returns the type of a resource.
func (q *request) typeOf(kind directory.Kind) *scim.Type {
	if kind == directory.Group {
		return q.prof.Group
	}
	return q.prof.User
}

// stored returns what a client wrote.
func stored(r inbound.Resource) (scim.Resource, error) {
	var doc scim.Resource
	if err := json.Unmarshal([]byte(r.Doc), &doc); err != nil {
		return nil, fmt.Errorf("resource %s: %w", r.ID, err)
	}
	return doc, nil
}

// render returns resources of one type as the client reads them.
func (q *request) render(ctx context.Context, in inbound.Reader, t *scim.Type, list []inbound.Resource, p scim.Projection) ([]scim.Resource, error) {
	var around map[directory.ID][]any
	if t.Name == "User" && p.Wants("groups") {
		var err error
		if around, err = q.groupsOf(ctx, in, list); err != nil {
			return nil, err
		}
	}
	out := make([]scim.Resource, 0, len(list))
	for _, r := range list {
		var members []any
		if t.Name == "Group" && p.Wants("members") {
			var err error
			if members, err = q.membersOf(ctx, in, r); err != nil {
				return nil, err
			}
		}
		doc, err := q.draw(t, r, p, around[r.Object], members)
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, nil
}

// draw returns a resource as the client reads it, with the groups that it is in and its members.
func (q *request) draw(t *scim.Type, r inbound.Resource, p scim.Projection, groups, members []any) (scim.Resource, error) {
	doc, err := stored(r)
	if err != nil {
		return nil, err
	}
	doc["id"] = r.ID
	doc["meta"] = map[string]any{
		"resourceType": t.Name, "created": r.Created.UTC().Format(stamp), "lastModified": r.Modified.UTC().Format(stamp),
		"location": q.location(t, r.ID), "version": version(r),
	}
	if len(groups) > 0 {
		doc["groups"] = groups
	}
	if len(members) > 0 {
		doc["members"] = members
	}
	return t.Project(doc, p), nil
}

// groupsOf returns the groups of users, direct ones and those around these, by the object of the user.
func (q *request) groupsOf(ctx context.Context, in inbound.Reader, list []inbound.Resource) (map[directory.ID][]any, error) {
	ids := make([]directory.ID, len(list))
	for i, r := range list {
		ids[i] = r.Object
	}
	edges, err := in.Around(ctx, q.client.Name, ids)
	up := map[directory.ID][]directory.ID{}
	names := map[directory.ID]inbound.Around{}
	for _, e := range edges {
		up[e.Member] = append(up[e.Member], e.Group)
		if e.ID != "" {
			names[e.Group] = e
		}
	}
	out := map[directory.ID][]any{}
	for _, r := range list {
		out[r.Object] = q.groupValues(r.Object, up, names)
	}
	return out, err
}

func (q *request) groupValues(person directory.ID, up map[directory.ID][]directory.ID, names map[directory.ID]inbound.Around) []any {
	var out []any
	seen := map[directory.ID]bool{}
	kind := "direct"
	for level := up[person]; len(level) > 0; kind = "indirect" {
		var next []directory.ID
		slices.Sort(level)
		for _, id := range level {
			if seen[id] {
				continue
			}
			seen[id] = true
			next = append(next, up[id]...)
			if g, ok := names[id]; ok {
				out = append(out, map[string]any{"value": g.ID, "$ref": q.location(q.prof.Group, g.ID), "display": g.Name, "type": kind})
			}
		}
		level = next
	}
	return out
}

// membersOf returns all members of a group.
func (q *request) membersOf(ctx context.Context, in inbound.Reader, g inbound.Resource) ([]any, error) {
	var out []any
	err := eachMember(ctx, in, g, func(m inbound.Member) error {
		t := q.typeOf(m.Kind)
		out = append(out, map[string]any{"value": m.ID, "$ref": q.location(t, m.ID), "display": m.Name, "type": t.Name})
		return nil
	})
	return out, err
}

func eachMember(ctx context.Context, in inbound.Reader, g inbound.Resource, do func(inbound.Member) error) error {
	const size = 5000
	for after := directory.ID(""); ; {
		page, last, err := in.Members(ctx, g.Source, g.Object, after, size)
		if err != nil {
			return err
		}
		for _, m := range page {
			if err := do(m); err != nil {
				return err
			}
		}
		if after = last; len(page) < size {
			return nil
		}
	}
}

// projection reads attributes and excludedAttributes from the address of a request.
func (q *request) projection(t *scim.Type) (scim.Projection, error) {
	v := q.r.URL.Query()
	return t.Projection(names(v["attributes"]), names(v["excludedAttributes"]))
}

// names splits lists of names.
func names(lists []string) []string {
	var out []string
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// get answers one resource.
func (q *request) get(t *scim.Type, id string) error {
	p, err := q.projection(t)
	if err != nil {
		return err
	}
	var r inbound.Resource
	var body []scim.Resource
	err = q.view(func(v directory.Reader) error {
		in := inbound.Of(v)
		if r, err = q.find(in, t, id); err != nil {
			return err
		}
		if q.unchanged(r) {
			return nil
		}
		body, err = q.render(q.ctx, in, t, []inbound.Resource{r}, p)
		return err
	})
	if err != nil {
		return err
	}
	q.w.Header().Set("ETag", version(r))
	if body == nil {
		return q.empty(http.StatusNotModified)
	}
	q.w.Header().Set("Content-Location", q.location(t, r.ID))
	return q.answer(http.StatusOK, body[0])
}

// unchanged reports whether the client has what it asks for.
func (q *request) unchanged(r inbound.Resource) bool {
	return tagged(q.r.Header.Get("If-None-Match"), version(r))
}

// tagged reports whether a list of entity tags names one, or anything.
func tagged(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || one != "" && strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// find returns a resource of the client.
func (q *request) find(in inbound.Reader, t *scim.Type, id string) (inbound.Resource, error) {
	r, err := in.Resource(q.ctx, q.client.Name, kindOf(t), id)
	return r, named404(err, t, id)
}

func named404(err error, t *scim.Type, id string) error {
	if isMissing(err) {
		return notFound(fmt.Sprintf("%s %q", t.Name, id))
	}
	return err
}
