package scimapi

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
	"muster/internal/source"
)

// A memberEdit is a change of who is in a group: first everybody goes, if clear, then some are added and some removed.
type memberEdit struct {
	clear       bool
	add, remove []string
}

// then is e followed by another edit.
func (e memberEdit) then(next memberEdit) memberEdit {
	if next.clear {
		return next
	}
	without := func(list, gone []string) []string {
		drop := make(map[string]bool, len(gone))
		for _, id := range gone {
			drop[id] = true
		}
		return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return drop[id] })
	}
	return memberEdit{
		clear:  e.clear,
		add:    append(without(e.add, next.remove), next.add...),
		remove: append(without(e.remove, next.add), next.remove...),
	}
}

// memberIDs returns the ids in a list of members.
func memberIDs(list []any) ([]string, error) {
	out := make([]string, 0, len(list))
	for _, e := range list {
		o, _ := e.(map[string]any)
		id := scim.Resource(o).Text("value")
		if id == "" {
			return nil, scim.Errorf(scim.InvalidValue, "members: value is missing: it is the id of a user or group")
		}
		out = append(out, id)
	}
	return out, nil
}

// memberForm refuses what not every client may send with members: what is computed here, and references to nothing.
func (q *request) memberForm(list []any) error {
	for _, e := range list {
		o, ok := e.(map[string]any)
		if !ok {
			continue
		}
		if o["display"] != nil && !q.tol.Use(scim.MemberDisplay) {
			return scim.Errorf(scim.InvalidValue, "members.display is computed here: leave it out")
		}
		if ref, there := o["$ref"]; there && ref == nil && !q.tol.Use(scim.NullRefs) {
			return scim.Errorf(scim.InvalidValue, "members.$ref is null: leave it out")
		}
	}
	return nil
}

// setMembers applies an edit and reports whether anything changed. It writes what differs and nothing else.
func (w *writer) setMembers(g inbound.Resource, e memberEdit) (bool, error) {
	adds, err := w.members(g, e.add)
	if err != nil {
		return false, err
	}
	var batch source.Batch
	edit := func(id string, op source.MemberOp) {
		batch.Members = append(batch.Members, source.Membership{Group: source.Key(g.ID), Member: source.Key(id), Op: op})
	}
	if e.clear {
		err = eachMember(w.ctx, w.in, g, func(m inbound.Member) error {
			if _, stays := adds[m.ID]; stays {
				delete(adds, m.ID)
			} else {
				edit(m.ID, source.Remove)
			}
			return nil
		})
	} else {
		err = w.delta(g, adds, e.remove, edit)
	}
	if err != nil {
		return false, err
	}
	for id := range adds {
		edit(id, source.Add)
	}
	if len(batch.Members) == 0 {
		return false, nil
	}
	_, err = w.q.s.cfg.Door.State(w.ctx, w.tx, g.Source, batch, nil)
	return true, err
}

// delta leaves in adds who is not in the group yet, and removes who is.
func (w *writer) delta(g inbound.Resource, adds map[string]inbound.Resource, remove []string, edit func(string, source.MemberOp)) error {
	gone, err := w.in.ByID(w.ctx, g.Source, remove)
	if err != nil {
		return err
	}
	ids := map[directory.ID]string{}
	var asked []directory.ID
	for _, r := range gone {
		ids[r.Object] = r.ID
		asked = append(asked, r.Object)
	}
	for _, r := range adds {
		asked = append(asked, r.Object)
	}
	if len(asked) == 0 {
		return nil
	}
	slices.Sort(asked)
	there, err := w.tx.Within(w.ctx, []directory.ID{g.Object}, slices.Compact(asked))
	if err != nil {
		return err
	}
	for _, object := range there {
		if id, removed := ids[object]; removed {
			edit(id, source.Remove)
		}
		for id, r := range adds {
			if r.Object == object {
				delete(adds, id)
				break
			}
		}
	}
	return nil
}

// members finds who is to be added.
func (w *writer) members(g inbound.Resource, ids []string) (map[string]inbound.Resource, error) {
	if len(ids) == 0 {
		return map[string]inbound.Resource{}, nil
	}
	found, err := w.in.ByID(w.ctx, g.Source, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]inbound.Resource, len(found))
	for _, r := range found {
		out[r.ID] = r
	}
	var missing []string
	for _, id := range ids {
		if _, ok := out[id]; !ok {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 && !w.q.tol.Use(scim.SkipUnknown) {
		return nil, scim.Errorf(scim.InvalidValue, "members: there is no user or group with the id %s", shorten(missing))
	}
	if _, self := out[g.ID]; self {
		return nil, scim.Errorf(scim.InvalidValue, "members: a group cannot be in itself")
	}
	return out, nil
}

func shorten(ids []string) string {
	if len(ids) > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:5], ", "), len(ids)-5)
	}
	return strings.Join(ids, ", ")
}

// leaveGroups takes a resource out of the client's groups.
func (w *writer) leaveGroups(r inbound.Resource) error {
	edges, err := w.tx.GroupsOf(w.ctx, []directory.ID{r.Object})
	if err != nil || len(edges) == 0 {
		return err
	}
	var ids []directory.ID
	for _, e := range edges {
		ids = append(ids, e.Group)
	}
	groups, err := w.in.ByObject(w.ctx, r.Source, ids)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.Kind != directory.Group {
			continue
		}
		if err := w.tx.PutEdges(w.ctx, g.Object, nil, []directory.ID{r.Object}); err != nil {
			return err
		}
		w.touched(&g)
		if err := w.in.Touch(w.ctx, g); err != nil {
			return err
		}
	}
	return nil
}
