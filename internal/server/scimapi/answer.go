package scimapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"muster/internal/directory"
	"muster/internal/scim"
)

// A recorder keeps what was answered, for the operator's view.
type recorder struct {
	http.ResponseWriter
	status int
	body   []byte // the beginning
}

const keptBody = 16 << 10

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if n := keptBody - len(r.body); n > 0 {
		r.body = append(r.body, b[:min(n, len(b))]...)
	}
	return r.ResponseWriter.Write(b)
}

// answer writes a body.
func (q *request) answer(status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", q.mediaOut())
	q.w.WriteHeader(status)
	_, _ = q.w.Write(append(text, '\n'))
	return nil
}

// mediaOut is the content type of the answer: plain JSON only for those who take nothing else.
func (q *request) mediaOut() string {
	accept := strings.ToLower(strings.Join(q.r.Header.Values("Accept"), ","))
	if strings.Contains(accept, "application/json") && !strings.Contains(accept, "scim+json") && !strings.Contains(accept, "*/*") {
		return "application/json"
	}
	return scim.MediaType
}

// empty answers without a body.
func (q *request) empty(status int) error {
	q.w.WriteHeader(status)
	return nil
}

// fail answers an error.
func (q *request) fail(err error) {
	e := q.told(err)
	if q.result = e; e.Type == scim.Uniqueness {
		q.result = err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		q.w.Header().Set("WWW-Authenticate", `Bearer realm="Muster"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if q.w.Header().Get("Retry-After") == "" {
			q.w.Header().Set("Retry-After", "5")
		}
	case http.StatusRequestEntityTooLarge:
		q.w.Header().Set("Connection", "close")
	}
	_ = q.answer(e.Status, e)
}

// told is an error as the client hears it. What is nobody else's business goes to the log.
func (q *request) told(err error) *scim.Error {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e
	}
	switch {
	case errors.Is(err, directory.ErrConflict):
		return &scim.Error{Status: http.StatusConflict, Type: scim.Uniqueness, Detail: "a value that must be unique is taken, or somebody else changed this at the same time"}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &scim.Error{Status: http.StatusServiceUnavailable, Detail: "the request was ended before it was done: try again"}
	}
	q.s.cfg.Log.Error("SCIM request failed", "client", q.name(), "method", q.r.Method, "path", q.r.URL.Path, "error", err)
	return &scim.Error{Status: http.StatusInternalServerError, Detail: "something went wrong in Muster itself; its log says more"}
}

func notFound(what string) *scim.Error {
	return &scim.Error{Status: http.StatusNotFound, Detail: "there is no " + what}
}
