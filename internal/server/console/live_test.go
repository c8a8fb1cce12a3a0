package console_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console/browsertest"
)

// A wire passes connections on to a server, and can be cut or made to swallow everything.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex // guards the rest
	conns []net.Conn
	cut   bool
	mute  bool
}

// wireTo returns a wire, with its address, to a server.
func wireTo(t *testing.T, server string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: u.Host}
	go w.serve()
	t.Cleanup(func() { _ = l.Close(); w.set(true, false) })
	return w, "http://" + l.Addr().String()
}

func (w *wire) serve() {
	for {
		from, err := w.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", w.to)
		w.mu.Lock()
		if err != nil || w.cut {
			_ = from.Close()
			if err == nil {
				_ = to.Close()
			}
			w.mu.Unlock()
			continue
		}
		w.conns = append(w.conns, from, to)
		w.mu.Unlock()
		go w.pass(to, from)
		go w.pass(from, to)
	}
}

// pass copies what comes, but for what comes while the wire is mute: that is lost.
func (w *wire) pass(to io.WriteCloser, from io.Reader) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		w.mu.Lock()
		mute := w.mute
		w.mu.Unlock()
		if !mute && n > 0 {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

// set cuts the wire, with all that goes over it, or has it swallow what comes.
func (w *wire) set(cut, mute bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.mute = cut, mute
	if cut {
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.conns = nil
	}
}

const pulseIs = `document.querySelector("#pulse").dataset.state === `

// U16: a page whose connection is cut, or falls silent, says that it is stale and since when; when the connection is back it is live again by itself and shows
// what happened meanwhile, also above what it is about.
func TestStale(t *testing.T) {
	h := adminapitest.New(t, nil)
	w, home := wireTo(t, serve(t, h, h.Service))
	s := &site{Tab: browsertest.Open(t, home), house: h}
	s.Allow("net::ERR_")
	s.as(t, "")
	s.Wait(pulseIs + `"live"`)
	by := access.Caller{Handle: "owner"}

	w.set(true, false)
	s.Wait(pulseIs + `"stale"`)
	s.Says("Stale since ")
	if _, err := h.Pause(t.Context(), "wiki", "moved while nobody listened", by); err != nil {
		t.Fatal(err)
	}
	w.set(false, false)
	s.Wait(pulseIs + `"live"`)
	s.Says("wiki paused: nothing is sent there")

	w.set(false, true) // nothing is closed, and nothing comes
	later(s)
	s.Wait(pulseIs + `"stale"`)
	if _, err := h.Resume(t.Context(), "wiki", "moved", by); err != nil {
		t.Fatal(err)
	}
	w.set(true, false)
	w.set(false, false)
	later(s)
	s.Wait(pulseIs + `"live"`)
	s.Wait(`!document.body.innerText.includes("wiki paused")`)
}

// later has the page believe that more time has passed than a stream may be silent.
func later(s *site) {
	browsertest.Eval[bool](s.Tab, `(now => { Date.now = () => now() + 9000; return true })(Date.now.bind(Date))`)
}

// U16: what happens between the making of a page and its first beat is not missed.
func TestNothingIsMissedBeforeTheFirstBeat(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Owner)
	res := g.stream("live?seen=another")
	if first := res(); first != "event: change" {
		t.Errorf("a page that has seen something else is told %q", first)
	}
}
