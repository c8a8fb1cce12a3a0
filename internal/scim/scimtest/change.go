package scimtest

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

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
		return s.failed(c, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: c.Method + " is not allowed here"})
	}
	media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if len(c.body) > 0 && media != scim.MediaType && media != "application/json" {
		return s.failed(c, &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send " + scim.MediaType})
	}
	r, err := verb(c)
	if err != nil {
		r = s.failed(c, err)
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
func (s *Server) incoming(c *call) (scim.Resource, []string, error) {
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
	if s.ways.receive != nil {
		if err := s.ways.receive(c.table, sent); err != nil {
			return nil, nil, err
		}
	}
	var members []string
	if c.table.kind == "Group" {
		members = sent.Members()
	}
	schemas := named(c.table, sent)
	for k := range sent {
		switch strings.ToLower(k) {
		case "id", "meta", "groups", "members":
			delete(sent, k)
		}
	}
	r, err := scim.Patch(scim.Resource{"schemas": schemas}, []scim.Operation{{Op: "add", Value: sent}})
	return r, members, err
}

// named are the schemas of sent. An extension that it holds without naming it counts as named.
func named(t *table, sent scim.Resource) any {
	schemas, ok := sent.Get("schemas").([]any)
	if !ok {
		return sent.Get("schemas")
	}
	schemas = slices.Clone(schemas)
	for k := range sent {
		same := func(s any) bool { text, _ := s.(string); return strings.EqualFold(text, k) }
		if strings.HasSuffix(strings.ToLower(k), ":"+strings.ToLower(t.kind)) && !slices.ContainsFunc(schemas, same) {
			schemas = append(schemas, k)
		}
	}
	return schemas
}

func (s *Server) post(c *call) (reply, error) {
	r, members, err := s.incoming(c)
	if err != nil {
		return reply{}, err
	}
	if err := c.seats(false, r.Active()); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.asleep(c.table, r); rec != nil {
		if err := s.store(c, rec, r, nil); err != nil {
			return reply{}, err
		}
		return s.done(c, rec, http.StatusCreated), nil
	}
	rec, err := s.create(c.table, r, members)
	if err != nil {
		return reply{}, err
	}
	return s.done(c, rec, http.StatusCreated), nil
}

// hides reports whether the service answers as if rec were gone. The caller holds mu.
func (s *Server) hides(rec *record) bool { return s.ways.hidden != nil && s.ways.hidden(s, rec) }

// asleep returns the hidden user whose name r has, or nil. The caller holds mu.
func (s *Server) asleep(t *table, r scim.Resource) *record {
	found := t.at(t.name(), r.Text(t.name()))
	if len(found) == 1 && s.hides(found[0]) {
		return found[0]
	}
	return nil
}

// create makes a record of r. The caller holds mu.
func (s *Server) create(t *table, r scim.Resource, members []string) (*record, error) {
	if t == s.users && r["active"] == nil {
		r["active"] = true
	}
	rec := &record{id: s.newID(t), version: 1, created: s.config.Now(), resource: r}
	if err := s.allowed(edit{t, nil, r}, rec, []scim.MemberChange{{Add: members}}); err != nil {
		return nil, err
	}
	var err error
	if rec.shown, rec.body, err = s.render(t, r, rec.id, 1, rec.created); err != nil {
		return nil, err
	}
	t.insert(rec)
	for _, id := range members {
		s.join(rec, id)
	}
	return rec, nil
}

// allowed lets the vendor have its way with e, and refuses names that are taken and members that do not exist. The caller holds mu.
func (s *Server) allowed(e edit, group *record, members []scim.MemberChange) error {
	if s.ways.settle != nil {
		if err := s.ways.settle(s, e); err != nil {
			return err
		}
	}
	delete(e.new, "password") // never answered
	if err := e.table.free(e.new, e.old); err != nil {
		return err
	}
	if s.ways.members != nil && e.table == s.groups {
		if err := s.ways.members(s, group, members); err != nil {
			return err
		}
	}
	for _, m := range members {
		if err := s.known(m.Add); err != nil {
			return err
		}
	}
	return nil
}

// done answers with rec. The caller holds mu.
func (s *Server) done(c *call, rec *record, status int) reply {
	r := reply{status: status, etag: s.etag(rec), id: rec.id, name: rec.resource.Text(c.table.name())}
	r.location = s.URL + "/" + c.table.kind + "s/" + rec.id
	if status != http.StatusNoContent {
		r.body = s.full(rec)
	}
	s.record(c, r)
	return r
}

// target returns the record that c names and checks If-Match. The caller holds mu.
func (s *Server) target(c *call) (*record, error) {
	rec := c.table.byID[c.id]
	if rec == nil || s.hides(rec) {
		return nil, &scim.Error{Status: http.StatusNotFound, Detail: c.table.kind + " " + c.id + " not found"}
	}
	if m := c.Header.Get("If-Match"); !s.ways.noETag && m != "" && m != "*" && strings.TrimPrefix(m, "W/") != strings.TrimPrefix(etag(rec.version), "W/") {
		return nil, &scim.Error{Status: http.StatusPreconditionFailed, Detail: "the resource has changed"}
	}
	return rec, nil
}

func (s *Server) put(c *call) (reply, error) {
	r, members, err := s.incoming(c)
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
	if s.ways.operations != nil {
		if err := s.ways.operations(c.table, body.Operations); err != nil {
			return reply{}, err
		}
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
	}
	if err := s.store(c, rec, r, members); err != nil {
		return reply{}, err
	}
	if c.table == s.groups && c.URL.Query().Get("attributes") == "" {
		return s.done(c, rec, http.StatusNoContent), nil
	}
	return s.done(c, rec, http.StatusOK), nil
}

// store makes rec hold r and its members changed, if that is allowed. A change that changes nothing leaves version and time alone. The caller holds mu.
func (s *Server) store(c *call, rec *record, r scim.Resource, members []scim.MemberChange) error {
	if c.strikes.has(IgnoreDisable) && rec.resource.Active() && !r.Active() {
		r["active"] = true
	}
	if err := c.seats(rec.resource.Active(), r.Active()); err != nil {
		return err
	}
	if r = maps.Clone(r); r["id"] == nil {
		r["id"], r["meta"] = rec.id, rec.resource["meta"] // a PUT has neither
	}
	if err := s.allowed(edit{c.table, rec, r}, rec, members); err != nil {
		return err
	}
	changed := false
	for _, m := range members {
		changed = s.edges(c, rec, m) || changed
	}
	if !changed && reflect.DeepEqual(r, rec.resource) {
		return nil
	}
	shown, body, err := s.render(c.table, r, rec.id, rec.version+1, rec.created)
	if err != nil {
		return err
	}
	rec.version++
	c.table.replace(rec, r, shown, body)
	return nil
}

func (s *Server) delete(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.target(c)
	if err != nil {
		return reply{}, err
	}
	kept := false
	if s.ways.remove != nil {
		if kept, err = s.ways.remove(s, c, rec); err != nil {
			return reply{}, err
		}
	}
	if !kept {
		s.destroy(c.table, rec)
	}
	r := reply{status: http.StatusNoContent, id: rec.id, name: rec.resource.Text(c.table.name())}
	s.record(c, r)
	return r, nil
}

// destroy removes rec for good, its memberships included. The caller holds mu.
func (s *Server) destroy(t *table, rec *record) {
	for id := range s.memberOf[rec.id] {
		s.groups.byID[id].members.remove(rec.id)
	}
	delete(s.memberOf, rec.id)
	for _, id := range rec.members.ids {
		delete(s.memberOf[id], rec.id)
	}
	t.remove(rec)
}
