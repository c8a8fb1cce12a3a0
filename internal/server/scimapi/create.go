package scimapi

import (
	"context"
	"errors"
	"net/http"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// post answers a creation.
func (q *request) post(t *scim.Type) error {
	p, err := q.projection(t)
	if err != nil {
		return err
	}
	var body scim.Resource
	if err := q.body(&body); err != nil {
		return err
	}
	c, err := q.check(t, body)
	if err != nil {
		return err
	}
	var r inbound.Resource
	var shown scim.Resource
	err = q.update(func(ctx context.Context, tx directory.Tx) error {
		w := q.writer(ctx, tx)
		var err error
		r, err = w.create(t, checked{c.doc.Clone(), c.members, c.named})
		if shown = nil; err != nil || w.made == r.Object && len(c.members) == 0 { // nobody else can know who has just come into being
			return err
		}
		shown, err = w.shown(t, r, p)
		return err
	})
	if err == nil && shown == nil {
		shown, err = q.draw(t, r, p, nil, nil)
	}
	if err != nil {
		return q.asked(err)
	}
	q.w.Header().Set("Location", q.location(t, r.ID))
	q.w.Header().Set("ETag", version(r))
	return q.answer(http.StatusCreated, shown)
}

// shown is a resource as it is answered.
func (w *writer) shown(t *scim.Type, r inbound.Resource, p scim.Projection) (scim.Resource, error) {
	out, err := w.q.render(w.ctx, w.in, t, []inbound.Resource{r}, p)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// create makes a resource, or takes up one that is there where the profile says so.
func (w *writer) create(t *scim.Type, c checked) (inbound.Resource, error) {
	have, err := w.twin(t, c.doc)
	if err == nil {
		return w.again(t, have, c)
	}
	if !isMissing(err) {
		return have, err
	}
	r := inbound.Resource{Source: w.q.client.Name, Kind: kindOf(t), ID: string(directory.NewID()), Active: true, Version: 1, Created: w.now, Modified: w.now}
	name := c.doc.Text(handleName(t))
	if err := visible(t, name); err != nil {
		return r, err
	}
	w.fill(t, &r, c.doc)
	bind, err := w.leftBehind(r, name)
	if err != nil {
		return r, err
	}
	if err := w.unlike(t, r, name, bind); err != nil {
		return r, err
	}
	if err := w.put(t, &r, c.doc, bind); err != nil {
		return r, err
	}
	if err := w.invite(t, r, c.doc); err != nil {
		return r, err
	}
	if len(c.members) > 0 {
		_, err = w.setMembers(r, memberEdit{add: c.members})
	}
	return r, err
}

// twin returns the resource of the client that has the name of a new one, or, where people may be revived, its externalId.
func (w *writer) twin(t *scim.Type, doc scim.Resource) (inbound.Resource, error) {
	name := prepared(kindOf(t), doc.Text(handleName(t)))
	found, err := w.in.Twins(w.ctx, w.q.client.Name, kindOf(t), name, doc.Text("externalId"))
	if err != nil {
		return inbound.Resource{}, err
	}
	for _, r := range found {
		if sameName(r, name) {
			return r, nil
		}
	}
	if len(found) == 0 {
		return inbound.Resource{}, directory.ErrNotFound
	}
	return found[0], nil
}

// again answers the creation of what is there: a conflict, or, where the profile says so, an update.
func (w *writer) again(t *scim.Type, have inbound.Resource, c checked) (inbound.Resource, error) {
	person := have.Kind == directory.Person
	if !(person && !have.Active && w.q.tol.Use(scim.Revive)) && !(person && w.q.tol.Use(scim.UpdateExisting)) {
		if have.Handle != "" && sameName(have, c.doc.Text(handleName(t))) {
			return have, taken(t, handleName(t), c.doc.Text(handleName(t)))
		}
		return have, taken(t, "externalId", c.doc.Text("externalId"))
	}
	if err := w.guard(have.Object); err != nil {
		return have, err
	}
	if _, said := c.doc["active"]; !said {
		c.doc["active"] = true
	}
	return w.replace(t, have, c)
}

// leftBehind returns the person of a name whom this client deleted and who was only deactivated: they come back as who they are.
func (w *writer) leftBehind(r inbound.Resource, name string) (directory.ID, error) {
	if !w.q.client.Deactivate || r.Kind != directory.Person {
		return "", nil
	}
	found, err := w.tx.ObjectsByHandle(w.ctx, directory.Person, []string{name})
	if err != nil || len(found) != 1 {
		return "", err
	}
	records, err := w.tx.RecordsOf(w.ctx, []directory.ID{found[0].ID})
	if err != nil {
		return "", err
	}
	for _, rec := range records {
		if rec.Source != r.Source {
			return "", nil
		}
		if _, err := w.in.Resource(w.ctx, r.Source, r.Kind, rec.Key); !errors.Is(err, directory.ErrNotFound) {
			return "", err
		}
	}
	if len(records) == 0 {
		return "", nil
	}
	return found[0].ID, w.forget(records)
}
