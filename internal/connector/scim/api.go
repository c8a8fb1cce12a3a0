package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster/internal/connector"
	"muster/internal/httpclient"
	"muster/internal/scim"
	"muster/internal/secret"
)

const (
	maxAnswer = 256 << 20 // a group of 250,000 members takes about 25 MB
	maxDetail = 2 << 10
	shyWait   = 10 * time.Second // for a service that throttles without saying how long
)

// api speaks HTTP with one service.
type api struct {
	base  string
	token secret.String
	codes map[string]string // code words in error bodies, and what they mean
	http  *http.Client
	now   func() time.Time
}

func newAPI(env connector.Env, base, token string, codes map[string]string) (*api, error) {
	if token = strings.TrimSpace(token); token == "" {
		return nil, errors.New("token is empty")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("token holds blanks, line breaks or characters that no token has")
	}
	a := &api{base: base, token: secret.New(token), codes: codes, http: env.HTTP, now: env.Now}
	if a.http == nil {
		return nil, errors.New("no HTTP client was given")
	}
	if a.now == nil {
		a.now = time.Now
	}
	return a, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// call makes one request. It decodes the answer into out, if there is an answer and out is not nil, and reports whether there was one.
func (a *api) call(ctx context.Context, method, path string, q url.Values, in, out any) (bool, error) {
	answered, err := a.exchange(ctx, method, path, q, in, out)
	if err != nil {
		return false, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answered, nil
}

func (a *api) exchange(ctx context.Context, method, path string, q url.Values, in, out any) (bool, error) {
	req, err := a.request(ctx, method, path, q, in)
	if err != nil {
		return false, err
	}
	resp, err := a.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the address stands before it already, and the query may hold names
		}
		return false, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, cut := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if len(body) > maxAnswer {
		return false, fmt.Errorf("the answer is longer than %d MB", maxAnswer>>20)
	}
	if err := a.classify(resp, body); err != nil {
		return false, err
	}
	if cut != nil {
		return false, fmt.Errorf("the answer broke off: %w", cut)
	}
	if out == nil || len(bytes.TrimSpace(body)) == 0 {
		if out != nil && method == http.MethodGet {
			return false, fmt.Errorf("status %d without a body", resp.StatusCode)
		}
		return false, nil
	}
	return true, decode(body, out)
}

func (a *api) request(ctx context.Context, method, path string, q url.Values, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		body = bytes.NewReader(text)
	}
	address := a.base + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.token.Reveal())
	req.Header.Set("Accept", scim.MediaType+", application/json;q=0.9")
	req.Header.Set("User-Agent", "Muster") // GitHub refuses requests without one
	if in != nil {
		req.Header.Set("Content-Type", scim.MediaType)
	}
	return req, nil
}

// decode reads a JSON answer. Numbers keep their digits.
func decode(body []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("the answer broke off: %w", err)
		}
		return fmt.Errorf("the answer is not SCIM: %w: %w", connector.ErrForeign, err)
	}
	return nil
}

// classify turns an answer into an error of the contract:
//
//	401 403            ErrAuth            409, or "uniqueness"   ErrExists
//	404 410 SCIM body  ErrNotFound        400 413 422            ErrInvalid
//	404 410 other      ErrForeign         405 501                ErrUnsupported
//	3xx, HTML          ErrForeign         5xx, the rest          none: try again
//	429, and 413 503 with Retry-After     *RetryAfter
//
// A code word that the dialect knows goes before all of these.
func (a *api) classify(resp *http.Response, body []byte) error {
	status := resp.StatusCode
	if status < 300 && !isHTML(resp.Header, body) {
		return nil
	}
	e, isSCIM := scim.ParseError(body)
	says := a.says(status, e, isSCIM, body)
	wait, waits := a.retryAfter(resp.Header)
	_, rateClass, _ := httpclient.Throttled(resp)
	if isSCIM && status >= 400 && status < 500 {
		if class, ok := a.code(e, strings.Contains(resp.Request.URL.Path, collection(connector.Group)+"/")); ok {
			return class(wait, rateClass, says)
		}
	}
	switch {
	case status == http.StatusTooManyRequests:
		return &connector.RetryAfter{Wait: wait, Class: rateClass, Err: says}
	case waits && (status == http.StatusServiceUnavailable || status == http.StatusRequestEntityTooLarge):
		return &connector.RetryAfter{Wait: wait, Class: rateClass, Err: says}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return wrap(connector.ErrAuth, says)
	case status >= 500 && status != http.StatusNotImplemented:
		return says
	case isHTML(resp.Header, body), status < 400:
		return wrap(connector.ErrForeign, says)
	case status == http.StatusConflict, isSCIM && strings.EqualFold(e.Type, scim.Uniqueness):
		return wrap(connector.ErrExists, says)
	case status == http.StatusNotFound, status == http.StatusGone:
		if !isSCIM {
			return wrap(connector.ErrForeign, says)
		}
		return wrap(connector.ErrNotFound, says)
	case status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return wrap(connector.ErrUnsupported, says)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return &rejected{scimType: scimType(e), err: says}
	}
	return says
}

// errorClasses are what a code word of a vendor may mean.
var errorClasses = map[string]func(wait time.Duration, rateClass string, says error) error{
	"exists":      func(_ time.Duration, _ string, says error) error { return wrap(connector.ErrExists, says) },
	"invalid":     func(_ time.Duration, _ string, says error) error { return &rejected{err: says} },
	"group":       func(_ time.Duration, _ string, says error) error { return wrap(connector.ErrGroup, says) },
	"gone":        func(_ time.Duration, _ string, says error) error { return wrap(connector.ErrNotFound, says) },
	"user_gone":   func(_ time.Duration, _ string, says error) error { return wrap(connector.ErrNotFound, says) },
	"auth":        func(_ time.Duration, _ string, says error) error { return wrap(connector.ErrAuth, says) },
	"unsupported": func(_ time.Duration, _ string, says error) error { return wrap(connector.ErrUnsupported, says) },
	"busy": func(wait time.Duration, rateClass string, says error) error {
		return &connector.RetryAfter{Wait: wait, Class: rateClass, Err: says}
	},
}

// code returns what the code word of an error body means, if the vendor's dialect knows it. The word is the detail itself, or begins it: a word that stands
// somewhere in a sentence may be a value of somebody's, or be about something else.
// That a user is gone says nothing about the group whose members were changed.
func (a *api) code(e *scim.Error, group bool) (func(time.Duration, string, error) error, bool) {
	word := strings.TrimSpace(e.Detail)
	if i := strings.IndexAny(word, ": \t\n,;("); i >= 0 {
		word = word[:i]
	}
	class, ok := a.codes[word]
	if class == "user_gone" {
		class = map[bool]string{true: "invalid", false: "gone"}[group]
	}
	return errorClasses[class], ok
}

func wrap(class, says error) error { return fmt.Errorf("%w: %w", class, says) }

func scimType(e *scim.Error) string {
	if e == nil {
		return ""
	}
	return e.Type
}

// rejected is ErrInvalid with the scimType that came along.
type rejected struct {
	scimType string
	err      error
}

func (r *rejected) Error() string { return connector.ErrInvalid.Error() + ": " + r.err.Error() }

func (r *rejected) Unwrap() []error { return []error{connector.ErrInvalid, r.err} }

// says is what the service said, short and without the token.
func (a *api) says(status int, e *scim.Error, isSCIM bool, body []byte) error {
	detail := ""
	switch {
	case isSCIM:
		detail = strings.TrimSpace(e.Type + " " + e.Detail)
	case !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		detail = string(bytes.TrimSpace(body))
	}
	detail = strings.ToValidUTF8(strings.ReplaceAll(detail, a.token.Reveal(), "[redacted]"), "")
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + " …"
	}
	return errors.New(strings.TrimSpace(fmt.Sprintf("status %d %s", status, detail)))
}

func isHTML(h http.Header, body []byte) bool {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return media == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// retryAfter reads the header of RFC 9110 §10.2.3: seconds or a date. It reports whether the service named a time.
func (a *api) retryAfter(h http.Header) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n < 1e6 {
		return max(time.Duration(n*float64(time.Second)), time.Second), true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(a.now()), time.Second), true
	}
	return shyWait, false
}
