package scimtest

import (
	"encoding/json"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/google/uuid"

	"muster/internal/scim"
)

// change serves the methods that write, and records them in the order in which they took effect.
func (s *Server) change(c *call) reply {
	verbs := map[string]func(*call) (reply, error){http.MethodPost: s.post}
	if c.id != "" {
		verbs = map[string]func(*call) (reply, error){http.MethodPut: s.put, http.MethodPatch: s.patch, http.MethodDelete: s.delete}
	}
	verb, ok := verbs[c.Method]
	if !ok {
		return failed(&scim.Error{Status: http.StatusMethodNotAllowed, Detail: c.Method + " is not allowed here"})
	}
	media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if len(c.body) > 0 && media != scim.MediaType && media != "application/json" {
		return failed(&scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send " + scim.MediaType})
	}
	r, err := verb(c)
	if err != nil {
		r = failed(err)
		s.record(c, r)
	}
	return r
}

// record writes c to the journal. Writes that take effect are recorded under the lock.
func (s *Server) record(c *call, r reply) {
	if r.id == "" {
		r.id = c.id
	}
	s.log.write(Write{
		At: s.config.Now(), Method: c.Method, Class: c.table.class(), ID: r.id, Name: r.name, Status: r.status, Body: string(c.body),
	})
}

// incoming decodes and checks a resource, and splits its members off.
func (c *call) incoming() (scim.Resource, []string, error) {
	var sent scim.Resource
	if err := json.Unmarshal(c.body, &sent); err != nil || sent == nil {
		return nil, nil, scim.Errorf(scim.InvalidSyntax, "the body is not a JSON object")
	}
	if sent.Get("schemas") == nil {
		return nil, nil, scim.Errorf(scim.InvalidSyntax, "schemas is missing")
	}
	if sent.Text(c.table.name()) == "" {
		return nil, nil, scim.Errorf(scim.InvalidValue, "%s is required", c.table.name())
	}
	var members []string
	if c.table.kind == "Group" {
		members = sent.Members()
	}
	schemas := sent.Get("schemas")
	for k := range sent {
		switch strings.ToLower(k) {
		case "id", "meta", "groups", "members", "password":
			delete(sent, k)
		}
	}
	r, err := scim.Patch(scim.Resource{"schemas": schemas}, []scim.Operation{{Op: "add", Value: sent}})
	return r, members, err
}

func (s *Server) post(c *call) (reply, error) {
	r, members, err := c.incoming()
	if err != nil {
		return reply{}, err
	}
	if c.table == s.users && r["active"] == nil {
		r["active"] = true
	}
	rec := &record{id: uuid.NewString(), version: 1, created: s.config.Now(), resource: r}
	if rec.body, err = s.render(c.table, r, rec.id, 1, rec.created); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := c.table.free(r, nil); err != nil {
		return reply{}, err
	}
	if err := s.known(members); err != nil {
		return reply{}, err
	}
	c.table.insert(rec)
	for _, id := range members {
		s.join(rec, id)
	}
	return s.done(c, rec, http.StatusCreated), nil
}

// done answers with rec. The caller holds mu.
func (s *Server) done(c *call, rec *record, status int) reply {
	r := reply{status: status, etag: etag(rec.version), id: rec.id, name: rec.resource.Text(c.table.name())}
	r.location = s.URL + "/" + c.table.kind + "s/" + rec.id
	if status != http.StatusNoContent {
		r.body = full(rec)
	}
	s.record(c, r)
	return r
}

// target returns the record that c names and checks If-Match. The caller holds mu.
func (s *Server) target(c *call) (*record, error) {
	rec := c.table.byID[c.id]
	if rec == nil {
		return nil, &scim.Error{Status: http.StatusNotFound, Detail: c.table.kind + " " + c.id + " not found"}
	}
	if m := c.Header.Get("If-Match"); m != "" && m != "*" && strings.TrimPrefix(m, "W/") != strings.TrimPrefix(etag(rec.version), "W/") {
		return nil, &scim.Error{Status: http.StatusPreconditionFailed, Detail: "the resource has changed"}
	}
	return rec, nil
}

func (s *Server) put(c *call) (reply, error) {
	r, members, err := c.incoming()
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.target(c)
	if err != nil {
		return reply{}, err
	}
	if c.table == s.users && r["active"] == nil {
		r["active"] = rec.resource.Active()
	}
	change := []scim.MemberChange{{Clear: true, Add: members}}
	if c.table == s.users {
		change = nil
	}
	if err := s.store(c, rec, r, change); err != nil {
		return reply{}, err
	}
	return s.done(c, rec, http.StatusOK), nil
}

func (s *Server) patch(c *call) (reply, error) {
	var body scim.PatchOp
	if err := json.Unmarshal(c.body, &body); err != nil {
		return reply{}, scim.Errorf(scim.InvalidSyntax, "the body is not a PatchOp")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.target(c)
	if err != nil {
		return reply{}, err
	}
	rest, members, err := s.split(c, rec, body.Operations)
	if err != nil {
		return reply{}, err
	}
	r := rec.resource
	if len(rest) > 0 || len(members) == 0 {
		if r, err = scim.Patch(r, rest); err != nil {
			return reply{}, err
		}
		delete(r, "password")
	}
	if err := s.store(c, rec, r, members); err != nil {
		return reply{}, err
	}
	if c.table == s.groups && c.URL.Query().Get("attributes") == "" {
		return s.done(c, rec, http.StatusNoContent), nil
	}
	return s.done(c, rec, http.StatusOK), nil
}

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
			if whole, err = scim.Patch(withMembers(rec), []scim.Operation{op}); err != nil {
				return nil, nil, err
			}
			members = append(members, scim.MemberChange{Clear: true, Add: whole.Members()})
		default:
			rest = append(rest, op)
		}
	}
	return rest, members, nil
}

// store makes rec hold r and its members changed, if that is allowed. A change that changes nothing leaves version and time alone. The caller holds mu.
func (s *Server) store(c *call, rec *record, r scim.Resource, members []scim.MemberChange) error {
	if c.strikes.has(IgnoreDisable) && rec.resource.Active() && !r.Active() {
		r["active"] = true
	}
	if err := c.table.free(r, rec); err != nil {
		return err
	}
	for _, m := range members {
		if err := s.known(m.Add); err != nil {
			return err
		}
	}
	changed := false
	for _, m := range members {
		changed = s.edges(c, rec, m) || changed
	}
	for _, k := range []string{"id", "meta"} {
		if _, ok := r[k]; !ok {
			r[k] = rec.resource[k] // a PUT has neither
		}
	}
	if !changed && reflect.DeepEqual(r, rec.resource) {
		return nil
	}
	if reflect.ValueOf(r).Pointer() == reflect.ValueOf(rec.resource).Pointer() {
		r = r.Clone()
	}
	body, err := s.render(c.table, r, rec.id, rec.version+1, rec.created)
	if err != nil {
		return err
	}
	rec.version++
	c.table.replace(rec, r, body)
	return nil
}

// known returns a 400 if an id is neither user nor group. The caller holds mu.
func (s *Server) known(ids []string) error {
	for _, id := range ids {
		if s.users.byID[id] == nil && s.groups.byID[id] == nil {
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

func (s *Server) delete(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.target(c)
	if err != nil {
		return reply{}, err
	}
	for id := range s.memberOf[rec.id] {
		s.groups.byID[id].members.remove(rec.id)
	}
	delete(s.memberOf, rec.id)
	for _, id := range rec.members.ids {
		delete(s.memberOf[id], rec.id)
	}
	c.table.remove(rec)
	r := reply{status: http.StatusNoContent, id: rec.id, name: rec.resource.Text(c.table.name())}
	s.record(c, r)
	return r, nil
}
