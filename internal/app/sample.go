package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
)

// A Company is a sample company that plays, with a Muster of its own.
type Company interface {
	// Addr is the host:port at which its console answers.
	Addr() string
	// Enter signs its owner in and returns the cookie of the session.
	Enter(ctx context.Context) (*http.Cookie, error)
	// Close ends it.
	Close() error
}

// A Stage starts the sample company in an empty folder, and returns when its first plan waits. The company plays until it is closed.
type Stage func(ctx context.Context, folder string) (Company, error)

// A hall is where the sample company plays: beside this Muster, which never touches it and is never touched by it.
type hall struct {
	stage  Stage
	folder string

	mu      sync.Mutex // guards the rest
	stop    context.CancelFunc
	over    chan struct{} // closed when everything that was started is gone
	company Company       // nil = it does not play yet, or any more
	ending  bool
	proxy   http.Handler
	wrong   *run.Problem // what it ended with
}

// Sample implements adminapi.Samples.
func (m *Muster) Sample(ctx context.Context) (adminapi.Sample, error) {
	out := m.hall.state()
	if out.State != "off" {
		return out, nil
	}
	err := m.samplable(ctx)
	if p := (*run.Problem)(nil); errors.As(err, &p) {
		out.Problem, err = p, nil
	}
	return out, err
}

func (h *hall) state() adminapi.Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stop == nil:
		return adminapi.Sample{State: "off", Problem: h.wrong}
	case h.ending:
		return adminapi.Sample{State: "ending"}
	case h.company == nil:
		return adminapi.Sample{State: "starting"}
	}
	return adminapi.Sample{State: "playing", Folder: h.folder, Address: "http://" + h.company.Addr()}
}

// samplable refuses where anybody or anything is real.
func (m *Muster) samplable(ctx context.Context) error {
	p := &run.Problem{Code: adminapi.Conflict, What: "The sample company does not play here.", Now: "Nothing was started.", Fix: "Play it in a folder of its own: `muster demo`."}
	switch {
	case m.hall.stage == nil:
		p.Code, p.Why = adminapi.Unavailable, "This Muster is the sample company's, or does not serve."
		return p
	case len(m.File.Sources)+len(m.File.Targets) > 0:
		p.Why = "This Muster has sources or targets of its own."
		return p
	}
	return m.Store.View(ctx, func(v directory.Reader) error {
		grants, err := access.Of(v).Grants(ctx, "")
		if err != nil {
			return err
		}
		staff := map[directory.ID]bool{}
		for _, g := range grants {
			staff[g.Person] = true
		}
		found, err := v.Browse(ctx, directory.Look{Kind: directory.Person, Limit: len(staff) + 1})
		for _, o := range found {
			if !staff[o.ID] {
				p.Why = "People are here already, besides its administrators."
				return p
			}
		}
		return err
	})
}

// StartSample implements adminapi.Samples.
func (m *Muster) StartSample(ctx context.Context, by access.Caller) (adminapi.Sample, error) {
	if err := m.samplable(ctx); err != nil {
		return adminapi.Sample{}, err
	}
	if m.hall.begin(m.ctx, m.tasks.Go) {
		if err := m.acted(ctx, by, "sample.start", m.hall.folder); err != nil {
			return adminapi.Sample{}, err
		}
	}
	return m.hall.state(), nil
}

// begin starts the company unless it was, and reports whether it did.
func (h *hall) begin(ctx context.Context, spawn func(func())) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop != nil {
		return false
	}
	ctx, h.stop = context.WithCancel(ctx)
	h.over, h.wrong = make(chan struct{}), nil
	spawn(func() { h.play(ctx) })
	return true
}

// play plays until ctx ends, and leaves nothing behind.
func (h *hall) play(ctx context.Context) {
	defer close(h.over)
	company, err := h.open(ctx)
	if err == nil {
		<-ctx.Done()
		h.mu.Lock()
		h.company, h.proxy, h.ending = nil, nil, true
		h.mu.Unlock()
		err = company.Close()
	}
	err = errors.Join(err, os.RemoveAll(h.folder))
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		h.wrong = &run.Problem{Code: adminapi.Unavailable, What: "The sample company did not start.", Why: err.Error(), Now: "Nothing of it is left.", Fix: "Try again, or in a terminal: `muster demo`."}
	}
	h.stop()
	h.stop, h.ending = nil, false
}

// open starts the company in an empty folder.
func (h *hall) open(ctx context.Context) (Company, error) {
	if err := os.RemoveAll(h.folder); err != nil {
		return nil, fmt.Errorf("tidy the folder of the sample company: %w", err)
	}
	company, err := h.stage(ctx, h.folder)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.company, h.proxy = company, forward(company.Addr())
	return company, nil
}

// EndSample implements adminapi.Samples.
func (m *Muster) EndSample(ctx context.Context, by access.Caller) error {
	h := &m.hall
	h.mu.Lock()
	stop, over := h.stop, h.over
	h.mu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	select {
	case <-over:
		return m.acted(ctx, by, "sample.end", h.folder)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Enter implements console.Guests.
func (h *hall) Enter(ctx context.Context) (*http.Cookie, error) {
	h.mu.Lock()
	company := h.company
	h.mu.Unlock()
	if company == nil {
		return nil, &run.Problem{Code: adminapi.Unavailable, What: "The sample company does not play.", Now: "Nothing was changed.", Fix: "Start it first."}
	}
	return company.Enter(ctx)
}

// forward hands requests on to the console of the company, which sees the address that the browser sees.
func forward(addr string) http.Handler {
	to := &url.URL{Scheme: "http", Host: addr}
	return &httputil.ReverseProxy{
		Transport: &http.Transport{},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) { // it ended just now
			http.Redirect(w, r, console.Root+"sample", http.StatusSeeOther)
		},
	}
}

// guests lets whoever went into the sample company see its console instead of next's, but for where one goes in and out.
func (h *hall) guests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		proxy := h.proxy
		h.mu.Unlock()
		if _, err := r.Cookie(console.GuestCookie); err != nil || proxy == nil || !within(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	})
}

// within reports whether a path is one of the console that the sample company has too.
func within(path string) bool {
	page, of := strings.CutPrefix(path, console.Root)
	page, _, _ = strings.Cut(page, "/")
	switch page {
	case "sample", "sign-in", "sign-out", "welcome", "invitation":
		return false
	}
	return of
}

// sampleFolder is where the sample company plays, within the data folder. It is removed at each start: its name is nobody else's.
func sampleFolder(data string) string { return filepath.Join(data, ".sample-company") }
