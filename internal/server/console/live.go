package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// How often open pages learn of changes, and how old what a page says on its frame may be.
const (
	beat  = time.Second
	fresh = 2 * time.Second
)

// A pulse keeps how everything stood a moment ago, for the frame of every page, and tells when it changes.
type pulse struct {
	c    *console
	mu   sync.Mutex // guards the rest; held while asking, so that many pages ask once
	at   time.Time
	took time.Duration // to ask the last time
	last glance
	mark string
}

// A glance is how everything stood at a moment.
type glance struct {
	status  adminapi.Status
	leavers []adminapi.Leaver
	inbox   []adminapi.InboxItem // the first of what waits, inboxGlance at most
	more    bool                 // there is more
	tokens  []access.Token       // that are about to end, whoever's they are
	mark    string               // another one after each change
}

func (p *pulse) init(c *console) { p.c = c }

// forget has the next page ask anew: something was just done.
func (p *pulse) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = time.Time{}
}

// glance returns how everything stands, or stood a moment ago.
func (p *pulse) glance(ctx context.Context) (glance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.look(ctx, fresh)
	return p.last, err
}

// now returns a mark that is another one after each change.
func (p *pulse) now(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.look(ctx, beat)
	return p.mark, err
}

// rest is how much longer than asking took it waits until it asks anew: where asking is slow, open pages must not keep the store busy.
const rest = 10

// look asks unless the last answer is younger than that.
func (p *pulse) look(ctx context.Context, old time.Duration) error {
	if time.Since(p.at) < max(old, rest*p.took) {
		return nil
	}
	began := time.Now()
	g, err := p.c.glance(ctx)
	if err != nil {
		return err
	}
	s := g.status
	runs, err := p.c.Service.Runs(ctx, adminapi.RunQuery{Limit: 1})
	if err != nil {
		return err
	}
	p.last, p.at, p.took = g, time.Now(), time.Since(began)
	s.Sources = slices.Clone(s.Sources)
	for i := range s.Sources { // moves with each read, and says nothing
		s.Sources[i].Reading, s.Sources[i].Next, s.Sources[i].Upcoming, s.Sources[i].Complete, s.Sources[i].Run, s.Sources[i].Last = false, time.Time{}, nil, time.Time{}, nil, nil
	}
	text, err := json.Marshal(s)
	sum := sha256.Sum256(fmt.Append(text, runs))
	p.mark = hex.EncodeToString(sum[:8])
	p.last.mark = p.mark
	return err
}

// glance asks how everything stands.
func (c *console) glance(ctx context.Context) (g glance, err error) {
	if g.status, err = c.Service.Status(ctx); err != nil {
		return g, err
	}
	if g.leavers, err = c.Service.Leavers(ctx, adminapi.LeaverQuery{}); err != nil {
		return g, err
	}
	if g.tokens, err = c.Keeper.Ending(ctx, adminapi.TokenSoon); err != nil {
		return g, err
	}
	page, err := c.inbox(g).Page(ctx, adminapi.InboxQuery{Limit: inboxGlance})
	g.inbox, g.more = page.Items, page.Next != ""
	return g, err
}

// live streams an event for each change and a beat while there is none, until the page is left or the session ends. Its id is the mark of what the page has
// seen, which the page says first: one that was just made, or comes back after a cut or a restart, learns at once whether it missed anything.
func (c *console) live(w http.ResponseWriter, r *http.Request) {
	if _, err := c.caller(r, false); err != nil {
		http.Error(w, "not signed in", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	seen := cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("seen"))
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for first := true; ; first = false {
		mark, err := c.pulse.now(r.Context())
		if err == nil {
			mark, err = c.loadMark(r.Context(), r.URL.Query().Get("load"), mark)
		}
		if shown := r.URL.Query().Get("sample"); shown != "" && err == nil {
			var state string
			state, err = c.sampleState(r.Context())
			if mark += "-" + state; first && seen == "" && state != shown {
				seen = shown // it went on between the page and this
			}
		}
		if _, signedOut := c.caller(r, false); errors.Is(signedOut, access.ErrUnknown) {
			_, _ = fmt.Fprint(w, "event: over\ndata: over\n\n")
			_ = out.Flush()
			return
		}
		switch {
		case err != nil:
			return // the page tries again
		case first && (seen == "" || seen == mark):
			_, err = fmt.Fprintf(w, "retry: 2000\nid: %s\nevent: hello\ndata: %s\n\n", mark, mark)
		case mark != seen:
			_, err = fmt.Fprintf(w, "id: %s\nevent: change\ndata: %s\n\n", mark, mark)
		default:
			_, err = fmt.Fprint(w, "event: beat\ndata: beat\n\n") // silence is how a page learns of a connection that is gone
		}
		seen = mark
		if err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}
