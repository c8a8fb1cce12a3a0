package scimapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/ingest"
	"muster/internal/scim"
	"muster/internal/source"
)

// A writer changes resources in one transaction.
type writer struct {
	q   *request
	ctx context.Context
	tx  directory.Tx
	in  inbound.Tx
	now time.Time

	made directory.ID // the person or group that came into being last
}

func (q *request) writer(ctx context.Context, tx directory.Tx) *writer {
	return &writer{q: q, ctx: ctx, tx: tx, in: inbound.In(tx), now: q.s.now()}
}

func isMissing(err error) bool { return errors.Is(err, directory.ErrNotFound) }

// checked is a body as it is kept, with the members apart.
type checked struct {
	doc     scim.Resource
	members []string
	named   bool // members were named at all
}

// check checks a body by the schemas.
func (q *request) check(t *scim.Type, body scim.Resource) (checked, error) {
	q.mend(body)
	doc, err := t.Check(body, q.tol)
	if err != nil {
		return checked{}, err
	}
	if err := q.needed(t, nil, doc); err != nil {
		return checked{}, err
	}
	if err := named(t, doc); err != nil {
		return checked{}, err
	}
	c := checked{doc: doc, named: body.Get("members") != nil}
	if sent, ok := body.Get("members").([]any); ok {
		if err := q.memberForm(sent); err != nil {
			return checked{}, err
		}
	}
	if list, ok := doc["members"].([]any); ok {
		if c.members, err = memberIDs(list); err != nil {
			return c, err
		}
	}
	delete(doc, "members")
	return c, nil
}

// maxHandle is the longest name, in bytes, that is unique as a whole and found by every comparison.
const maxHandle = 600

func named(t *scim.Type, doc scim.Resource) error {
	if len(filter.Fold(doc.Text(handleName(t)))) > maxHandle {
		return scim.Errorf(scim.InvalidValue, "%s is longer than %d bytes", handleName(t), maxHandle)
	}
	return nil
}

// needed asks for what a closed profile needs beside required attributes.
// What was so before is nobody's fault now: whoever leaves can be deactivated whatever is kept of them.
func (q *request) needed(t *scim.Type, was, doc scim.Resource) error {
	if !t.Closed || was != nil && scim.Encode(was.Get("emails")) == scim.Encode(doc.Get("emails")) {
		return nil
	}
	if scim.Attrs(doc).First(`emails[type eq "work"].value`) == "" {
		return scim.Errorf(scim.InvalidValue, `emails[type eq "work"].value is required`)
	}
	if at, ok := t.Find("emails"); !ok || !at.Attr.Required { // all of it was accepted by the configuration
		return nil
	}
	list, _ := doc.Get("emails").([]any)
	for _, e := range list {
		o, _ := e.(map[string]any)
		if kind := scim.Resource(o).Text("type"); !strings.EqualFold(kind, "work") {
			return scim.Errorf(scim.InvalidValue, "the attribute emails[type eq %q] is not one of this service: remove its mapping", kind)
		}
	}
	return nil
}

// mend brings keys into the form of the standard that a client may spell with a dot after the URN of an extension.
func (q *request) mend(body scim.Resource) {
	for _, e := range q.prof.User.Extensions {
		for k, v := range body {
			if rest, ok := dotted(k, e.URN); ok && q.tol.Use(scim.FlatKeys) {
				delete(body, k)
				body[e.URN+":"+rest] = v
			}
		}
	}
}

// dotted returns what stands behind a URN and a dot.
func dotted(key, urn string) (string, bool) {
	if len(key) > len(urn)+1 && strings.EqualFold(key[:len(urn)], urn) && key[len(urn)] == '.' {
		return key[len(urn)+1:], true
	}
	return "", false
}

// fill makes a resource of what a client wrote. A person who is not said to be inactive stays what they are.
func (w *writer) fill(t *scim.Type, r *inbound.Resource, doc scim.Resource) {
	if kindOf(t) == directory.Group {
		r.Handle, r.Name, r.Active = doc.Text("displayName"), doc.Text("displayName"), true
	} else {
		r.Handle = prepared(directory.Person, doc.Text("userName"))
		if active, ok := doc["active"].(bool); ok {
			r.Active = active
		}
		doc["active"] = r.Active
		if r.Name = doc.Text("displayName"); r.Name == "" {
			r.Name = doc.Text("userName")
		}
	}
	r.External, r.Doc = doc.Text("externalId"), scim.Encode(doc)
}

// put keeps a resource and lets what it says in.
func (w *writer) put(t *scim.Type, r *inbound.Resource, doc scim.Resource, bind directory.ID) error {
	if err := w.state(r, doc, bind); err != nil {
		return err
	}
	return w.in.Put(w.ctx, *r, t.Values(doc))
}

// state lets a record into the directory, and refuses what would wait there.
func (w *writer) state(r *inbound.Resource, doc scim.Resource, bind directory.ID) error {
	key := source.Key(r.ID)
	rec := source.Record{Kind: source.Kind(r.Kind), Key: key, Base: peopleBase, Name: r.Name, Attrs: scim.Attrs(doc), Disabled: !r.Active}
	if r.Kind == directory.Group {
		rec.Base = groupsBase
	}
	binds := map[source.Key]directory.ID{}
	if bind != "" {
		binds[key] = bind
	}
	out, err := w.q.s.cfg.Door.State(w.ctx, w.tx, r.Source, source.Batch{Records: []source.Record{rec}, Refers: refersOf(rec)}, binds)
	if err != nil {
		return err
	}
	o := out[key]
	if o.Waiting != "" {
		if o, err = w.adopt(r, rec, o, bind); err != nil {
			return err
		}
	}
	if !o.New && r.Object == "" {
		if err := w.guard(o.Object); err != nil { // a rule found somebody who was there before
			return err
		}
	}
	if r.Object = o.Object; o.New {
		w.made = o.Object
	}
	return nil
}

// refersOf states whom a person refers to: their manager, by the id that Muster gave that person.
func refersOf(rec source.Record) []source.Reference {
	if rec.Kind != source.Person {
		return nil
	}
	f := source.Reference{Of: rec.Key, Name: source.Manager}
	if id := rec.Attrs.First(scim.EnterpriseURN + ":manager.value"); id != "" {
		f.To = []source.Key{source.Key(id)}
	}
	return []source.Reference{f}
}

// guard refuses to touch those whom no client may change: owners, admins, and the person whose token is used.
func (w *writer) guard(id directory.ID) error {
	if id == w.q.caller.Person {
		return &scim.Error{Status: http.StatusForbidden, Detail: "this is the person whose token is used: a client cannot change who it acts for"}
	}
	role, err := w.powerOf(id)
	if err != nil || role == "" {
		return err
	}
	return &scim.Error{Status: http.StatusForbidden, Detail: fmt.Sprintf("this person is %s of this Muster: no client can change them", role)}
}

// adopt says why a record cannot go in, or, if an administrator has approved that a new user is the person who has its name, lets it in as them.
func (w *writer) adopt(r *inbound.Resource, rec source.Record, o ingest.Outcome, bind directory.ID) (ingest.Outcome, error) {
	if o.Holder == "" || bind != "" {
		return o, scim.Errorf(scim.InvalidValue, "%s", o.Waiting)
	}
	e, err := w.takenBy(rec, r.Handle, o.Holder)
	if err != nil {
		return o, err
	}
	if r.N != 0 { // it has a person already, and wants another's name
		e.asks = false
		return o, e
	}
	if yes, err := w.approved(e); err != nil || !yes {
		return o, cmp.Or(err, error(e))
	}
	door := w.q.s.cfg.Door
	out, err := door.State(w.ctx, w.tx, r.Source, source.Batch{Records: []source.Record{rec}}, map[source.Key]directory.ID{rec.Key: o.Holder})
	if err != nil {
		return o, err
	}
	if o = out[rec.Key]; o.Waiting != "" {
		return o, scim.Errorf(scim.InvalidValue, "%s", o.Waiting)
	}
	return o, door.Adopted(w.ctx, w.tx, w.adoption(e))
}

// taken is the error for a value that another resource of the client has.
func taken(t *scim.Type, attribute, value string) error {
	return &takenError{
		err: scim.Error{Status: http.StatusConflict, Type: scim.Uniqueness, Detail: fmt.Sprintf("there is a %s with %s %q already", t.Name, attribute, value)},
		fix: "This client has made it before. Have the provider look for it by " + attribute + " and update it; if it always creates, tolerate `update_existing`.",
	}
}

func handleName(t *scim.Type) string {
	if t.Name == "Group" {
		return "displayName"
	}
	return "userName"
}

// settled compares the precondition of a request with a resource.
func (q *request) settled(ifMatch string, r inbound.Resource) error {
	if ifMatch == "" || tagged(ifMatch, version(r)) {
		return nil
	}
	return &scim.Error{Status: http.StatusPreconditionFailed, Detail: fmt.Sprintf("the version is %s, not %s: read it again", version(r), ifMatch)}
}

// lock returns a resource that nobody else changes until the transaction ends, if the precondition holds and it may be touched.
func (w *writer) lock(t *scim.Type, id, ifMatch string) (inbound.Resource, error) {
	r, err := w.in.Lock(w.ctx, w.q.client.Name, kindOf(t), id)
	if err != nil {
		return r, named404(err, t, id)
	}
	if err := w.q.settled(ifMatch, r); err != nil {
		return r, err
	}
	if r.Kind == directory.Person {
		err = w.guard(r.Object)
	}
	return r, err
}

// touched gives a resource its next version.
func (w *writer) touched(r *inbound.Resource) { r.Version, r.Modified = r.Version+1, w.now }
