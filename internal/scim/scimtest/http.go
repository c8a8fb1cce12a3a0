package scimtest

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/internal/scim"
)

const maxBody = 16 << 20

// A reply is an answer before it is written, so that faults can spoil it.
type reply struct {
	status   int
	body     []byte
	etag     string
	location string
	id, name string // for the journal
}

// A call is one request on its way.
type call struct {
	*http.Request
	table   *table // nil below discovery
	id      string
	body    []byte
	strikes strikes
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r}
	class, segments := s.route(c)
	s.log.request(r.Method, class)
	if token := *s.token.Load(); token != "" && !bearer(r, token) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		write(w, s.failed(c, &scim.Error{Status: http.StatusUnauthorized, Detail: "the bearer token is missing or wrong"}))
		return
	}
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		write(w, s.failed(c, &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: "the body is too large or broke off"}))
		return
	}
	if wait, ok := s.pace.take(r.Method, class, c.id); !ok {
		s.throttle(w, c, wait, "too many requests")
		return
	}
	release, ok := s.hold(c)
	if !ok {
		s.throttle(w, c, 1, resourceLocked) // that Retry-After is sent, and is 1, is unverified
		return
	}
	defer release()
	c.strikes = s.faults.roll(r.Method, class)
	if s.refuse(w, c) {
		return
	}
	answer := s.answer(c, class, segments)
	switch {
	case c.strikes.has(Lost):
		panic(http.ErrAbortHandler)
	case c.strikes.has(Cut):
		cut(w, answer)
	default:
		write(w, answer)
	}
}

// route finds out what the request is about.
func (s *Server) route(c *call) (Class, []string) {
	path, ok := strings.CutPrefix(c.URL.Path, s.ways.base)
	if !ok {
		return Other, nil
	}
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(segments) == 0 {
		return Other, nil
	}
	switch strings.ToLower(segments[0]) {
	case "users":
		c.table = s.users
	case "groups":
		c.table = s.groups
	case "serviceproviderconfig", "serviceproviderconfigs", "resourcetypes", "schemas":
		return Discovery, segments
	default:
		return Other, segments
	}
	if len(segments) == 2 {
		c.id = segments[1]
	}
	return c.table.class(), segments
}

func bearer(r *http.Request, token string) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
}

// refuse plays the faults that strike before anything is done, and reports whether that was the answer.
func (s *Server) refuse(w http.ResponseWriter, c *call) bool {
	if f, ok := c.strikes.find(Latency); ok && !s.wait(c, f.Wait) {
		return true
	}
	for _, f := range c.strikes {
		switch f.Kind {
		case Slow:
			s.wait(c, 0)
			panic(http.ErrAbortHandler)
		case Throttle:
			s.throttle(w, c, int((f.Wait+time.Second-1)/time.Second), "too many requests")
		case ServerError:
			write(w, s.failed(c, &scim.Error{Status: http.StatusInternalServerError, Detail: "something broke"}))
		case Unauthorized:
			write(w, s.failed(c, &scim.Error{Status: http.StatusUnauthorized, Detail: "the token was revoked"}))
		case Unseen:
			if c.Method != http.MethodPost || c.table == nil {
				continue
			}
			write(w, s.failed(c, conflict(c.table.name()+" is taken")))
		case NotFound:
			write(w, s.failed(c, &scim.Error{Status: http.StatusNotFound, Detail: "resource not found"}))
		case HTML:
			page(w, http.StatusOK, "Please sign in")
		case Missing:
			page(w, http.StatusNotFound, "404 page not found")
		default:
			continue
		}
		return true
	}
	return false
}

// wait returns after d, or false before if the client leaves or the server closes. A d of 0 waits for that.
func (s *Server) wait(c *call, d time.Duration) bool {
	var due <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
		return true
	case <-c.Context().Done():
	case <-s.gone.Done():
	}
	return false
}

// answer does what is asked.
func (s *Server) answer(c *call, class Class, segments []string) reply {
	switch {
	case class == Discovery:
		return s.discover(c, segments)
	case class == Other && len(segments) == 1 && (strings.EqualFold(segments[0], "Me") || strings.EqualFold(segments[0], "Bulk")):
		return s.failed(c, &scim.Error{Status: http.StatusNotImplemented, Detail: segments[0] + " is not offered"})
	case class == Other || len(segments) > 2:
		return s.failed(c, &scim.Error{Status: http.StatusNotFound, Detail: "no such endpoint: " + c.URL.Path})
	case c.Method == http.MethodGet && c.id == "":
		return s.list(c)
	case c.Method == http.MethodGet:
		return s.get(c)
	}
	return s.change(c)
}

// throttle answers 429, and with Retry-After if seconds is not 0.
func (s *Server) throttle(w http.ResponseWriter, c *call, seconds int, detail string) {
	if seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	write(w, s.failed(c, &scim.Error{Status: http.StatusTooManyRequests, Detail: detail}))
}

// failed is the answer to c that err says, in the vendor's words.
func (s *Server) failed(c *call, err error) reply {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		e = &scim.Error{Status: http.StatusInternalServerError, Detail: err.Error()}
	}
	var says any = e
	if s.ways.refusal != nil {
		says = s.ways.refusal(c.table, e)
	}
	body, _ := json.Marshal(says) // strings and a number
	return reply{status: e.Status, body: body}
}

func write(w http.ResponseWriter, r reply) {
	h := w.Header()
	if r.etag != "" {
		h.Set("ETag", r.etag)
	}
	if r.location != "" {
		h.Set("Location", r.location)
	}
	if r.body != nil {
		h.Set("Content-Type", scim.MediaType)
		h.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a client that left is no news
}

func page(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!doctype html>\n<html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>\n")
}

// cut sends half of the body and breaks the connection. An answer without a body is lost whole.
func cut(w http.ResponseWriter, r reply) {
	if len(r.body) > 1 {
		w.Header().Set("Content-Type", scim.MediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
		w.WriteHeader(r.status)
		_, _ = w.Write(r.body[:len(r.body)/2])
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}
