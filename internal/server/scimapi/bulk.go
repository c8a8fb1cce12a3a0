package scimapi

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

const (
	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

	// What one transaction takes of a bulk request: enough to share the cost of making it durable, little enough to keep nobody waiting.
	bulkSlice = 64
	bulkTime  = 30 * time.Millisecond
)

// A bulkRequest is the body of POST /Bulk (RFC 7644 §3.7).
type bulkRequest struct {
	Schemas      []string `json:"schemas"`
	FailOnErrors int      `json:"failOnErrors"`
	Operations   []bulkOp `json:"Operations"`
}

type bulkOp struct {
	Method  string        `json:"method"`
	Path    string        `json:"path"`
	BulkID  string        `json:"bulkId"`
	Version string        `json:"version"`
	Data    scim.Resource `json:"data"`
}

type bulkResult struct {
	Method   string      `json:"method"`
	BulkID   string      `json:"bulkId,omitempty"`
	Version  string      `json:"version,omitempty"`
	Location string      `json:"location,omitempty"`
	Status   string      `json:"status"`
	Response *scim.Error `json:"response,omitempty"`
}

// bulk answers a bulk request. An operation that fails does not keep the others from succeeding.
func (q *request) bulk() error {
	var body bulkRequest
	if err := q.body(&body); err != nil {
		return err
	}
	if err := q.checkBulk(body); err != nil {
		return err
	}
	b := &batch{ops: body.Operations, most: body.FailOnErrors, ids: map[string]string{}, failed: map[string]bool{}, done: map[int]bulkResult{}}
	for i := range b.ops {
		b.queue = append(b.queue, i)
	}
	for !b.finished() {
		var next *batch
		err := q.s.cfg.Store.Update(q.ctx, q.actor(), func(tx directory.Tx) error {
			next = b.clone()
			return next.slice(q.writer(q.ctx, tx))
		})
		if err != nil {
			return err
		}
		b = next
	}
	results := []bulkResult{}
	for _, i := range slices.Sorted(maps.Keys(b.done)) {
		results = append(results, b.done[i])
	}
	return q.answer(http.StatusOK, struct {
		Schemas    []string     `json:"schemas"`
		Operations []bulkResult `json:"Operations"`
	}{[]string{bulkResponseURN}, results})
}

func (q *request) checkBulk(b bulkRequest) error {
	if !lists(b.Schemas, bulkRequestURN) && !q.tol.Use(scim.NoPatchSchema) {
		return scim.Errorf(scim.InvalidSyntax, "schemas must name %s", bulkRequestURN)
	}
	if len(b.Operations) == 0 {
		return scim.Errorf(scim.InvalidSyntax, "Operations is missing or empty")
	}
	if n := len(b.Operations); n > MaxOperations {
		return &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("%d operations are more than maxOperations (%d)", n, MaxOperations)}
	}
	if b.FailOnErrors < 0 {
		return scim.Errorf(scim.InvalidValue, "failOnErrors must be at least 1")
	}
	seen := map[string]bool{}
	for _, op := range b.Operations {
		if op.BulkID != "" && seen[op.BulkID] {
			return scim.Errorf(scim.InvalidValue, "the bulkId %q stands there twice", op.BulkID)
		}
		seen[op.BulkID] = true
	}
	return nil
}

// A batch is how far a bulk request has come.
type batch struct {
	ops    []bulkOp
	queue  []int             // not done yet
	ids    map[string]string // resources by bulkId
	failed map[string]bool   // bulkIds that lead nowhere
	done   map[int]bulkResult
	mend   []int // made without what they refer to, since that refers to them
	most   int   // errors after which it ends; 0 = it does not
	errors int
}

func (b *batch) clone() *batch {
	c := *b
	c.queue, c.mend = slices.Clone(b.queue), slices.Clone(b.mend)
	c.ids, c.failed, c.done = maps.Clone(b.ids), maps.Clone(b.failed), maps.Clone(b.done)
	return &c
}

func (b *batch) stopped() bool { return b.most > 0 && b.errors >= b.most }

func (b *batch) finished() bool { return b.stopped() || len(b.queue) == 0 && len(b.mend) == 0 }

// slice does a part of the batch.
func (b *batch) slice(w *writer) error {
	began := time.Now()
	for n := 0; n < bulkSlice && time.Since(began) < bulkTime && !b.finished(); n++ {
		if len(b.queue) == 0 {
			i := b.mend[0]
			b.mend = b.mend[1:]
			if err := b.complete(w, i); err != nil {
				return err
			}
			continue
		}
		i, whole := b.next()
		b.queue = slices.DeleteFunc(b.queue, func(j int) bool { return j == i })
		if err := b.do(w, i, whole); err != nil {
			return err
		}
	}
	return nil
}

// next returns the operation to do next: the first whose references are known, else the first creation, without what it refers to.
func (b *batch) next() (i int, whole bool) {
	if first := b.queue[0]; len(b.ops[first].references()) == 0 {
		return first, true
	}
	made := map[string]bool{}
	for _, i := range b.queue {
		if strings.EqualFold(b.ops[i].Method, http.MethodPost) {
			made[b.ops[i].BulkID] = true
		}
	}
	for _, i := range b.queue {
		if !slices.ContainsFunc(b.ops[i].references(), func(id string) bool { return made[id] && id != b.ops[i].BulkID }) {
			return i, true
		}
	}
	for _, i := range b.queue {
		if strings.EqualFold(b.ops[i].Method, http.MethodPost) {
			return i, false
		}
	}
	return b.queue[0], true
}

// do does one operation; what goes wrong with it is its result.
func (b *batch) do(w *writer, i int, whole bool) error {
	op := b.ops[i]
	var r inbound.Resource
	var t *scim.Type
	status := http.StatusOK
	err := w.in.Attempt(w.ctx, func() error {
		path, data, err := b.resolved(op, whole)
		if err != nil {
			return err
		}
		r, t, status, err = w.operation(op, path, data)
		return err
	})
	if ctxErr := w.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if e, ok := isTaken(err); ok && e.asks {
		if err = w.ask(e); !errors.Is(err, e) {
			return err
		}
	}
	if err != nil {
		b.fail(w, i, err)
		return nil
	}
	if op.BulkID != "" && r.ID != "" {
		b.ids[op.BulkID] = r.ID
	}
	if !whole {
		b.mend = append(b.mend, i)
	}
	b.done[i] = b.success(w, op, t, r, status)
	return nil
}

func (b *batch) success(w *writer, op bulkOp, t *scim.Type, r inbound.Resource, status int) bulkResult {
	out := bulkResult{Method: strings.ToUpper(op.Method), BulkID: op.BulkID, Status: strconv.Itoa(status), Location: w.q.location(t, r.ID)}
	if status != http.StatusNoContent || !strings.EqualFold(op.Method, http.MethodDelete) {
		out.Version = version(r)
	}
	return out
}

func (b *batch) fail(w *writer, i int, err error) {
	op := b.ops[i]
	e := w.q.told(err)
	b.errors++
	out := bulkResult{Method: strings.ToUpper(op.Method), BulkID: op.BulkID, Status: strconv.Itoa(e.Status), Response: e}
	if !strings.EqualFold(op.Method, http.MethodPost) {
		out.Location = w.q.base + strings.TrimPrefix(op.Path, w.q.s.cfg.Prefix)
	} else if op.BulkID != "" {
		b.failed[op.BulkID] = true
	}
	b.done[i] = out
}

// complete gives a resource what it refers to, now that this is there. If it cannot, the resource is not made at all.
func (b *batch) complete(w *writer, i int) error {
	op := b.ops[i]
	id := b.ids[op.BulkID]
	var r inbound.Resource
	t := w.q.typeAt(strings.Trim(strings.TrimPrefix(op.Path, w.q.s.cfg.Prefix), "/"))
	err := w.in.Attempt(w.ctx, func() error {
		_, data, err := b.resolved(op, true)
		if err != nil {
			return err
		}
		r, err = w.overwrite(t, id, "", data)
		return err
	})
	if ctxErr := w.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err == nil {
		b.done[i] = b.success(w, op, t, r, http.StatusCreated)
		return nil
	}
	b.fail(w, i, err)
	return w.in.Attempt(w.ctx, func() error { return w.delete(t, id, "") })
}

// operation does what one operation says.
func (w *writer) operation(op bulkOp, path string, data scim.Resource) (r inbound.Resource, t *scim.Type, status int, err error) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, w.q.s.cfg.Prefix), "/"), "/")
	t = w.q.typeAt(w.q.spelled(parts[0]))
	method := strings.ToUpper(op.Method)
	if t == nil || len(parts) > 2 || (len(parts) == 1) != (method == http.MethodPost) {
		return r, t, 0, scim.Errorf(scim.InvalidPath, "%s %q is no operation on a user or group", method, op.Path)
	}
	if !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method) {
		return r, t, 0, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("the method %q cannot be part of a bulk request", op.Method)}
	}
	if method != http.MethodDelete && data == nil {
		return r, t, 0, scim.Errorf(scim.InvalidSyntax, "data is missing")
	}
	switch method {
	case http.MethodPost:
		if op.BulkID == "" {
			return r, t, 0, scim.Errorf(scim.InvalidSyntax, "bulkId is missing: POST needs one")
		}
		c, err := w.q.check(t, data)
		if err == nil {
			r, err = w.create(t, c)
		}
		return r, t, http.StatusCreated, err
	case http.MethodPut:
		r, err = w.overwrite(t, parts[1], op.Version, data)
		return r, t, http.StatusOK, err
	case http.MethodPatch:
		ops, err := w.q.patchOf(data)
		if err != nil {
			return r, t, 0, err
		}
		r, err = w.patch(t, parts[1], op.Version, ops)
		return r, t, http.StatusOK, err
	case http.MethodDelete:
		return inbound.Resource{ID: parts[1]}, t, http.StatusNoContent, w.delete(t, parts[1], op.Version)
	}
	return r, t, 0, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("the method %q cannot be part of a bulk request", op.Method)}
}

// patchOf reads the operations of a PATCH in a bulk request.
func (q *request) patchOf(data scim.Resource) ([]scim.Operation, error) {
	var body patchBody
	if err := scim.Decode([]byte(scim.Encode(data)), &body); err != nil {
		return nil, err
	}
	return q.operations(body)
}
