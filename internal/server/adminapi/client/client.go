// Package client calls the admin API: one method per operation, over a socket, an address, or a handler in the same process.
//
// It does not retry and keeps nothing. An answer that is a problem becomes an *adminapi.Problem.
package client

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
	"sync"

	"muster/internal/secret"
	"muster/internal/server"
	"muster/internal/server/adminapi"
)

// A Client calls the admin API. Safe for concurrent use.
type Client struct {
	http  *http.Client
	base  string
	token secret.String
}

// Socket returns a client of the server at a socket.
func Socket(path string, token secret.String) *Client {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.DialSocket(ctx, path) }}
	return &Client{http: &http.Client{Transport: t}, base: "http://muster", token: token}
}

// Address returns a client of the server at a URL: http://127.0.0.1:8480.
func Address(base string, token secret.String) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a server: http://127.0.0.1:8480", base)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q would send the token unencrypted: use https, or http on this machine only", base)
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{http: &http.Client{CheckRedirect: noRedirect}, base: u.Scheme + "://" + u.Host, token: token}, nil
}

// Handler returns a client of a handler in this process.
func Handler(h http.Handler, token secret.String) *Client {
	return &Client{http: &http.Client{Transport: direct{h}}, base: "http://muster", token: token}
}

type direct struct{ http.Handler }

// RoundTrip answers a request by calling the handler. The answer is read while the handler writes it.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, w := io.Pipe()
	a := &answer{header: http.Header{}, body: w, begun: make(chan begun, 1)}
	go func() {
		defer func() {
			if v := recover(); v != nil {
				a.fail(fmt.Errorf("the answer broke off: %v", v))
			}
		}()
		d.ServeHTTP(a, r)
		a.WriteHeader(http.StatusOK)
		_ = w.Close() // never fails
	}()
	select {
	case b := <-a.begun:
		return &http.Response{
			Status: strconv.Itoa(b.status) + " " + http.StatusText(b.status), StatusCode: b.status, Header: b.header, Body: body, Request: r,
		}, nil
	case <-r.Context().Done():
		_ = body.Close() // so that the handler, if it writes, ends
		return nil, r.Context().Err()
	}
}

// answer passes on what a handler writes.
type answer struct {
	header http.Header
	body   *io.PipeWriter
	begun  chan begun
	once   sync.Once
}

// begun is what comes before the body of an answer.
type begun struct {
	status int
	header http.Header
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.once.Do(func() { a.begun <- begun{status, a.header.Clone()} })
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) fail(err error) {
	a.WriteHeader(http.StatusInternalServerError)
	_ = a.body.CloseWithError(err) // never fails
}

const mostAnswer = 256 << 20

// call makes one request and decodes its answer.
func call[T any](ctx context.Context, c *Client, method, path string, query url.Values, body any) (T, error) {
	var out T
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return out, err
		}
		in = bytes.NewReader(b)
	}
	res, err := c.send(ctx, method, path, query, in, "application/json")
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	return out, decode(res, &out)
}

// cause leaves the URL out: what went wrong is said without it.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func decode(res *http.Response, out any) error {
	b, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("read Muster's answer: %w", err)
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode >= 300 {
		var p adminapi.Problem
		if kind != "application/problem+json" || json.Unmarshal(b, &p) != nil {
			return fmt.Errorf("the server answers %s: it is not Muster", res.Status)
		}
		return &p
	}
	if kind != "application/json" {
		return fmt.Errorf("the server answers with %q: it is not Muster", kind)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("read Muster's answer: %w", err)
	}
	return nil
}

// query makes parameters of pairs, leaving out those without a value.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
