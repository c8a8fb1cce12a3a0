package scimapi

import (
	"context"
	"net/http"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
	"muster/internal/source"
)

// put answers a replacement.
func (q *request) put(t *scim.Type, id string) error {
	var body scim.Resource
	if err := q.body(&body); err != nil {
		return err
	}
	return q.changed(t, func(w *writer) (inbound.Resource, error) {
		return w.overwrite(t, id, q.r.Header.Get("If-Match"), body.Clone())
	}, false)
}

// overwrite replaces one resource.
func (w *writer) overwrite(t *scim.Type, id, ifMatch string, body scim.Resource) (inbound.Resource, error) {
	r, err := w.lock(t, id, ifMatch)
	if err != nil {
		return r, err
	}
	c, err := w.q.check(t, body)
	if err != nil {
		return r, err
	}
	c.named = true // what is left out is cleared
	return w.replace(t, r, c)
}

// changed runs a change and answers what came of it.
func (q *request) changed(t *scim.Type, change func(*writer) (inbound.Resource, error), mayBeEmpty bool) error {
	p, err := q.projection(t)
	if err != nil {
		return err
	}
	silent := mayBeEmpty && p.IsDefault() && t.Name == "Group" && q.tol.Use(scim.EmptyAnswer)
	var r inbound.Resource
	var shown scim.Resource
	err = q.update(func(ctx context.Context, tx directory.Tx) error {
		w := q.writer(ctx, tx)
		var err error
		if r, err = change(w); err != nil || silent {
			return err
		}
		shown, err = w.shown(t, r, p)
		return err
	})
	if err != nil {
		return err
	}
	q.w.Header().Set("ETag", version(r))
	if silent {
		return q.empty(http.StatusNoContent)
	}
	q.w.Header().Set("Content-Location", q.location(t, r.ID))
	return q.answer(http.StatusOK, shown)
}

// replace makes a resource what was checked. What is equal changes nothing.
func (w *writer) replace(t *scim.Type, r inbound.Resource, c checked) (inbound.Resource, error) {
	old, err := stored(r)
	if err != nil {
		return r, err
	}
	if err := t.Settled(old, c.doc); err != nil {
		return r, err
	}
	fresh := r
	w.fill(t, &fresh, c.doc)
	edited := false
	if r.Kind == directory.Group && c.named {
		if edited, err = w.setMembers(r, memberEdit{clear: true, add: c.members}); err != nil {
			return r, err
		}
	}
	return w.keep(t, r, fresh, c.doc, edited)
}

// keep writes what differs.
func (w *writer) keep(t *scim.Type, old, fresh inbound.Resource, doc scim.Resource, edited bool) (inbound.Resource, error) {
	switch {
	case fresh.Doc != old.Doc:
		if err := w.free(t, old, fresh, doc.Text(handleName(t))); err != nil {
			return old, err
		}
		w.touched(&fresh)
		return fresh, w.put(t, &fresh, doc, "")
	case edited:
		w.touched(&fresh)
		return fresh, w.in.Touch(w.ctx, fresh)
	}
	return old, nil
}

// free says whether a new name is free among the client's own.
func (w *writer) free(t *scim.Type, old, fresh inbound.Resource, name string) error {
	if sameName(old, name) {
		return nil
	}
	if err := visible(t, name); err != nil {
		return err
	}
	other, err := w.in.ByHandle(w.ctx, fresh.Source, fresh.Kind, fresh.Handle)
	switch {
	case isMissing(err):
		return w.unlike(t, fresh, name, "")
	case err != nil:
		return err
	case other.ID != old.ID:
		return taken(t, handleName(t), name)
	}
	return nil
}

// remove answers a deletion.
func (q *request) remove(t *scim.Type, id string) error {
	err := q.update(func(ctx context.Context, tx directory.Tx) error {
		return q.writer(ctx, tx).delete(t, id, q.r.Header.Get("If-Match"))
	})
	if err != nil {
		return err
	}
	return q.empty(http.StatusNoContent)
}

// delete ends a resource: it is in no group any more, and its name is free.
func (w *writer) delete(t *scim.Type, id, ifMatch string) error {
	r, err := w.lock(t, id, ifMatch)
	if err != nil {
		return err
	}
	if err := w.leaveGroups(r); err != nil {
		return err
	}
	if err := w.in.Delete(w.ctx, r); err != nil {
		return err
	}
	if r.Kind == directory.Person && w.q.client.Deactivate {
		return w.deactivate(r)
	}
	_, err = w.q.s.cfg.Door.State(w.ctx, w.tx, r.Source, source.Batch{Deleted: []source.Key{source.Key(r.ID)}}, nil)
	return err
}

// deactivate keeps the person of a deleted resource, deactivated.
func (w *writer) deactivate(r inbound.Resource) error {
	doc, err := stored(r)
	if err != nil {
		return err
	}
	r.Active = false
	return w.state(&r, doc, "")
}

// forget ends the records of a person who comes back under a new id.
func (w *writer) forget(records []directory.Record) error {
	var keys []source.Key
	for _, rec := range records {
		keys = append(keys, source.Key(rec.Key))
	}
	_, err := w.q.s.cfg.Door.State(w.ctx, w.tx, w.q.client.Name, source.Batch{Deleted: keys}, nil)
	return err
}
