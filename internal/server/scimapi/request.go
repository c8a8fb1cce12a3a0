package scimapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/scim"
)

// A request is one exchange with a client.
type request struct {
	s      *Server
	r      *http.Request
	w      *recorder
	ctx    context.Context
	began  time.Time
	client *Client
	caller access.Caller
	token  string // id of the token
	prof   Profile
	tol    *scim.Tolerances
	path   string // below the prefix, mended
	base   string // absolute address of the service
	sent   []byte // body of the request, as far as it was read
	result error  // what was answered as an error
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *request {
	q := &request{s: s, r: r, w: &recorder{ResponseWriter: w}, ctx: r.Context(), began: s.cfg.Now(), base: baseOf(r) + s.cfg.Prefix}
	q.path = strings.TrimPrefix(r.URL.Path, s.cfg.Prefix)
	return q
}

// baseOf returns the address by which the client reached the service. TLS ends before Muster, at a proxy that says so.
func baseOf(r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	if h := r.Header.Get("X-Forwarded-Host"); h != "" && !strings.ContainsAny(h, ", /\\\"<>") {
		host = h
	}
	return scheme + "://" + host
}

func (q *request) name() string {
	if q.client == nil {
		return ""
	}
	return q.client.Name
}

// identify finds out who asks, and whether they may.
func (q *request) identify() error {
	scheme, token, _ := strings.Cut(q.r.Header.Get("Authorization"), " ")
	denied := &scim.Error{Status: http.StatusUnauthorized, Detail: "the request has no token that is valid now: make one with “muster token create NAME --source SOURCE”"}
	if !strings.EqualFold(scheme, "Bearer") {
		return denied
	}
	caller, t, err := q.s.cfg.Keeper.Client(q.ctx, strings.TrimSpace(token))
	if errors.Is(err, access.ErrUnknown) {
		return denied
	}
	if err != nil {
		return err
	}
	if admit := q.s.cfg.Admit; admit != nil {
		if err := admit(q.ctx, caller.Person); err != nil {
			return denied
		}
	}
	q.client, q.caller, q.token = q.s.clients[t.Use.Source], caller, t.ID
	if q.client == nil {
		return &scim.Error{Status: http.StatusForbidden, Detail: fmt.Sprintf("the token is for the source %q, which the configuration does not have", t.Use.Source)}
	}
	q.prof = q.client.Profile
	if t.Use.Profile != "" && t.Use.Profile != q.prof.Name {
		if q.prof, err = NewProfile(t.Use.Profile, Options{}); err != nil {
			return err
		}
	}
	q.tol = scim.Allow(q.prof.Allow...)
	for _, right := range []access.Right{access.UseAPI, access.Provision} {
		if !caller.May(right) {
			return &scim.Error{Status: http.StatusForbidden, Detail: fmt.Sprintf("%s lacks the right to %s: put them into a group that has it", caller.Handle, right.Title())}
		}
	}
	return nil
}

// body reads and decodes the body.
func (q *request) body(into any) error {
	if err := q.mediaType(); err != nil {
		return err
	}
	data, err := io.ReadAll(http.MaxBytesReader(nil, q.r.Body, MaxBody))
	q.sent = data
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("the body is longer than maxPayloadSize (%d bytes)", MaxBody)}
	}
	if err != nil {
		return scim.Errorf(scim.InvalidSyntax, "the body could not be read whole")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return scim.Errorf(scim.InvalidSyntax, "the body is empty")
	}
	return scim.Decode(data, into)
}

func (q *request) mediaType() error {
	text := q.r.Header.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(text)
	charset := params["charset"]
	if text == "" && q.tol.Use(scim.PlainJSON) {
		return nil
	}
	if err != nil || kind != scim.MediaType && kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: fmt.Sprintf("Content-Type must be %s, in UTF-8, not %q", scim.MediaType, text)}
	}
	if kind == "application/json" && !q.tol.Use(scim.PlainJSON) {
		return &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "Content-Type must be " + scim.MediaType}
	}
	return nil
}

// retried runs fn again if it lost a race for a unique value.
func retried(fn func() error) error {
	const races = 3
	for try := 1; ; try++ {
		err := fn()
		if try == races || !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}
