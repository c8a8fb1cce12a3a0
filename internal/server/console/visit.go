package console

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/a-h/templ"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A visit is one request by somebody who is signed in.
type visit struct {
	*http.Request
	caller  access.Caller
	now     time.Time
	glance  // a few seconds old at most
	problem *adminapi.Problem
	did     string // the notice of what was done
	at      string // the address of the page that answers a form, which is not that of the form; "" = that of the request
	scenes  bool
}

func (v *visit) ctx() context.Context { return v.Context() }

// A view is what a page shows.
type view struct {
	title string
	entry string // of the navigation
	body  templ.Component
	code  int    // 0 = 200
	wait  bool   // it must not be fetched anew
	watch string // what the page watches besides, as a query of the stream: "?load=…"
}

// A page makes a view. An error is shown as a page of its own.
type page func(*visit) (view, error)

// An act does something and returns where to go then.
type act func(*visit) (string, error)

// get adds a page.
func (c *console) get(path string, right access.Right, p page) {
	c.homes[reflect.ValueOf(p).Pointer()] = path
	c.mux.HandleFunc("GET "+Root+path, func(w http.ResponseWriter, r *http.Request) {
		if v, ok := c.visit(w, r, right); ok {
			c.show(w, v, p)
		}
	})
}

// post adds an act; what goes wrong is shown on page p. Without an act, p itself is the answer.
func (c *console) post(path string, right access.Right, do act, p page) {
	c.mux.HandleFunc("POST "+Root+path, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		v, ok := c.visit(w, r, right)
		if !ok {
			return
		}
		v.at = c.home(r, p)
		if do == nil {
			c.show(w, v, c.noted(path, p))
			return
		}
		to, err := do(v)
		if err == nil {
			err = c.note(v, path)
		}
		c.pulse.forget()
		if err != nil {
			v.problem = c.problem(v, err)
			c.show(w, v, p)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

// home returns the address of the page by which a form is answered: that of the page itself, or the nearest above the form at which there is one.
func (c *console) home(r *http.Request, p page) string {
	if path, ok := c.homes[reflect.ValueOf(p).Pointer()]; ok {
		var parts []string
		for part := range strings.SplitSeq(strings.TrimSuffix(path, "{$}"), "/") {
			if strings.HasPrefix(part, "{") {
				part = url.PathEscape(r.PathValue(strings.Trim(part, "{}")))
			}
			parts = append(parts, part)
		}
		return Root + strings.Join(parts, "/")
	}
	for path := r.URL.Path; len(path) > len(Root); path = path[:strings.LastIndexByte(path, '/')] {
		if _, pattern := c.mux.Handler(&http.Request{Method: http.MethodGet, Host: r.Host, URL: &url.URL{Path: path}}); !strings.HasSuffix(pattern, "{rest...}") {
			return path
		}
	}
	return Root
}

// fromHere has everything that is done for a request recorded as done in the console.
func fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			r = r.WithContext(run.WithRequest(r.Context(), &run.Request{Via: "console"}))
		}
		next.ServeHTTP(w, r)
	})
}

// note records what an act did if nothing else has recorded it.
func (c *console) note(v *visit, path string) error {
	if run.RequestOf(v.ctx()).Recorded() {
		return nil
	}
	var words []string
	for part := range strings.SplitSeq(path, "/") {
		if !strings.HasPrefix(part, "{") {
			words = append(words, strings.TrimSuffix(part, "s"))
		}
	}
	return c.Service.Record(v.ctx(), strings.Join(words, "."), cmp.Or(v.PathValue("id"), v.PathValue("name")), v.caller)
}

// noted is a page that does something, which is recorded.
func (c *console) noted(path string, p page) page {
	return func(v *visit) (view, error) {
		x, err := p(v)
		if err == nil && v.problem == nil { // what was refused was not done
			err = c.note(v, path)
		}
		return x, err
	}
}

// visit finds out who asks and whether they may, or answers itself.
func (c *console) visit(w http.ResponseWriter, r *http.Request, right access.Right) (*visit, bool) {
	caller, err := c.caller(r, r.Header.Get("Muster-Refresh") == "")
	if errors.Is(err, access.ErrUnknown) {
		to := Root + "sign-in"
		if r.Method == http.MethodGet && r.URL.RequestURI() != Root {
			to += "?to=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil, false
	}
	v := &visit{Request: r, caller: caller, now: c.Now(), did: notices[r.URL.Query().Get("did")], scenes: c.Scenes != nil}
	if said := c.played.Load(); said != nil && v.did == notices["played"] {
		v.did += "\n" + *said
	}
	if err == nil {
		err = caller.Authorize(right)
	}
	if err == nil {
		v.glance, err = c.pulse.glance(r.Context())
		v.glance = v.own(caller)
	}
	if err != nil {
		c.fail(w, v, err)
		return nil, false
	}
	return v, true
}

func (c *console) show(w http.ResponseWriter, v *visit, p page) {
	x, err := p(v)
	if err != nil {
		c.fail(w, v, err)
		return
	}
	if v.problem != nil {
		x.code = v.problem.Status
	}
	c.render(w, v, x)
}

// render writes a page. What answers a form stays as it is: it says what came of that form, and there may be no page at its address.
func (c *console) render(w http.ResponseWriter, v *visit, x view) {
	x.wait = x.wait || v.Method != http.MethodGet
	var page bytes.Buffer
	if err := frame(v, x).Render(v.ctx(), &page); err != nil {
		c.Log.Error("page not made", "path", v.URL.Path, "error", err)
		http.Error(w, "This page could not be made. Look into Muster's log.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(max(x.code, http.StatusOK))
	_, _ = page.WriteTo(w)
}

// fail shows what is wrong as a page of its own.
func (c *console) fail(w http.ResponseWriter, v *visit, err error) {
	p := c.problem(v, err)
	v.problem = nil
	c.render(w, v, view{title: http.StatusText(p.Status), body: failure(v, p), code: p.Status})
}

// problem returns err in the words of the API. What is nobody else's business goes to the log.
func (c *console) problem(v *visit, err error) *adminapi.Problem {
	if p := adminapi.ProblemOf(err); p != nil {
		return p
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return adminapi.ProblemOf(&run.Problem{Code: adminapi.BadRequest, What: "The form is too large.", Now: "Nothing was changed."})
	}
	id := string(directory.NewID())
	c.Log.Error("request failed", "request", id, "path", v.URL.Path, "by", v.caller.Handle, "error", err)
	return &adminapi.Problem{
		Status: http.StatusInternalServerError, Code: "internal", Detail: "Something went wrong in Muster itself.", Why: "What was asked for could not be read or written. Muster's log says the cause, beside the request id below.",
		Now: "Nothing is known to have changed.", Fix: "Try again. If it stays so, look for the request id in Muster's log.", Request: id,
	}
}

func (c *console) unknownPage(v *visit) (view, error) {
	return view{}, &run.Problem{Code: adminapi.NotFound, What: "There is no page " + strings.TrimSuffix(v.URL.Path, "/") + ".", Why: "The address is old or mistyped.", Now: "Nothing was changed.", Fix: "Everything is reached from the navigation, or by typing after Ctrl+K."}
}

// query returns a parameter of the address.
func (v *visit) query(name string) string { return strings.TrimSpace(v.URL.Query().Get(name)) }

// with returns the address of the page with some parameters changed; "" drops one. Where a list continues is always dropped.
func (v *visit) with(pairs ...string) string {
	q := v.URL.Query()
	q.Del("after")
	q.Del("did")
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return v.path()
	}
	return v.path() + "?" + q.Encode()
}

// path returns the address of the page that is shown, without parameters.
func (v *visit) path() string { return cmp.Or(v.at, v.URL.Path) }

// deny says that the visitor lacks a right, and who has it; "" if the visitor has it.
func (v *visit) deny(right access.Right) string {
	if v.caller.May(right) {
		return ""
	}
	return "Your role does not allow this. Ask " + whoMay(right) + "."
}
