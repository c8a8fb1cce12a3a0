package scimtest

import (
	"strings"

	"muster/internal/scim"
)

// split sorts the operations on members out. One that names members in a way that ids cannot express is turned into the list that it leads to.
func (s *Server) split(c *call, rec *record, ops []scim.Operation) (rest []scim.Operation, members []scim.MemberChange, err error) {
	if c.table == s.users {
		return ops, nil, nil
	}
	for _, op := range ops {
		m, ok := op.Members()
		switch {
		case ok:
			members = append(members, m)
		case strings.HasPrefix(strings.ToLower(strings.TrimSpace(op.Path)), "members"):
			var whole scim.Resource
			if whole, err = scim.Patch(withMembers(rec.resource, rec.members.ids), []scim.Operation{op}); err != nil {
				return nil, nil, err
			}
			members = append(members, scim.MemberChange{Clear: true, Add: whole.Members()})
		default:
			rest = append(rest, op)
		}
	}
	return rest, members, nil
}

// known returns a 400 if an id is neither user nor group. The caller holds mu.
func (s *Server) known(ids []string) error {
	for _, id := range ids {
		if u := s.users.byID[id]; s.groups.byID[id] == nil && (u == nil || s.hides(u)) {
			return scim.Errorf(scim.InvalidValue, "member %q does not exist", id)
		}
	}
	return nil
}

// edges applies m to the members of rec and reports whether that changed anything. The caller holds mu.
func (s *Server) edges(c *call, rec *record, m scim.MemberChange) bool {
	changed := false
	if !c.strikes.has(IgnoreRemove) {
		keep := map[string]bool{}
		if m.Clear {
			for _, id := range m.Add {
				keep[id] = true
			}
			m.Remove = nil
			for _, id := range rec.members.ids {
				if !keep[id] {
					m.Remove = append(m.Remove, id)
				}
			}
		}
		for _, id := range m.Remove {
			changed = s.leave(rec, id) || changed
		}
	}
	for _, id := range m.Add {
		changed = s.join(rec, id) || changed
	}
	return changed
}

func (s *Server) join(group *record, id string) bool {
	if s.memberOf[id] == nil {
		s.memberOf[id] = map[string]bool{}
	}
	s.memberOf[id][group.id] = true
	return group.members.add(id)
}

func (s *Server) leave(group *record, id string) bool {
	delete(s.memberOf[id], group.id)
	return group.members.remove(id)
}
