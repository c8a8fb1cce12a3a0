package httpclient

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/internal/secret"
)

const hidden = "[redacted]"

// A redactor removes secrets from text, in the forms in which they travel.
type redactor struct {
	secrets *strings.Replacer
	longest int // bytes in the longest form
}

func newRedactor(secrets []secret.String) *redactor {
	var forms []string
	for _, s := range secrets {
		if plain := s.Reveal(); plain != "" {
			quoted, _ := json.Marshal(plain) // a string always encodes
			forms = append(forms, plain, url.QueryEscape(plain), url.PathEscape(plain), strings.Trim(string(quoted), `"`),
				base64.StdEncoding.EncodeToString([]byte(plain)), base64.URLEncoding.EncodeToString([]byte(plain)))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	r := &redactor{}
	var pairs []string
	for _, f := range slices.Compact(forms) {
		pairs = append(pairs, f, hidden)
		r.longest = max(r.longest, len(f))
	}
	r.secrets = strings.NewReplacer(pairs...)
	return r
}

// What looks like a credential goes as well, known or not.
var (
	scheme = regexp.MustCompile(`(?i)\b(bearer|basic|digest)(\s+|%20)[A-Za-z0-9._~+/=-]{6,}`)
	field  = regexp.MustCompile(`(?i)("(?:[a-z_]*(?:password|passwd|secret|token|api_?key|authorization))"\s*:\s*")(?:[^"\\]|\\.)*`)
)

// text returns s without secrets.
func (r *redactor) text(s string) string {
	s = r.secrets.Replace(s)
	s = scheme.ReplaceAllString(s, "${1}${2}"+hidden)
	return field.ReplaceAllString(s, "${1}"+hidden)
}

// A failure is why an exchange failed: method, host and path, and a cause without secrets. It never holds the query.
type failure struct {
	text  string
	cause error
}

func (f *failure) Error() string { return f.text }

// Unwrap returns the cause, for errors.Is.
func (f *failure) Unwrap() error { return f.cause }

// failure wraps what went wrong with req. The end of the caller's ctx is an error that is ctx.Err(), and nothing else is: net/http's own timeouts would
// pass for context.DeadlineExceeded, which to the engine is no failure.
func (t *transport) failure(req *http.Request, err error) error {
	text := err.Error()
	if errors.Is(err, ErrDenied) {
		text, err = ErrDenied.Error(), ErrDenied // and not what the name resolved to
	}
	if over := req.Context().Err(); over != nil {
		text, err = over.Error(), over
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = ErrTimeout
	}
	return &failure{t.redact.text(req.Method + " " + req.URL.Host + req.URL.EscapedPath() + ": " + text), err}
}

// Clean returns the error of an http.Client without the URL that http.Client puts in front of it, for a query can hold what is no one's business: names,
// filters, tokens. Connectors call it on every error of Do.
func Clean(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
