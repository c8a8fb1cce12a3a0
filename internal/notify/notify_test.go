package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/directory/directorytest"
	"muster/internal/notify"
	"muster/internal/notify/notifytest"
	"muster/internal/secret"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// A post is an outbox with a clock that only the test moves.
type post struct {
	testing.TB
	store  directory.Store
	sender notify.Sender
	mu     sync.Mutex // guards now
	now    time.Time
}

func newPost(t testing.TB) *post {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t, t.TempDir()), store.Options{AllowNoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p := &post{TB: t, store: directorytest.Twice{Store: s}, now: start}
	p.sender = notify.Sender{Store: p.store, Now: p.clock, Log: slog.New(slog.DiscardHandler), Poll: 10 * time.Millisecond}
	return p
}

func (p *post) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *post) wait(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *post) write(fn func(directory.Tx) error) {
	p.Helper()
	if err := p.store.Update(p.Context(), "test", fn); err != nil {
		p.Fatal(err)
	}
}

func (p *post) put(m notify.Message) notify.Message {
	p.Helper()
	p.write(func(tx directory.Tx) error { return notify.In(tx).Put(p.Context(), m) })
	return m
}

func (p *post) get(id string) notify.Message {
	p.Helper()
	var m notify.Message
	err := p.store.View(p.Context(), func(v directory.Reader) (err error) { m, err = notify.Of(v).Message(p.Context(), id); return err })
	if err != nil {
		p.Fatal(err)
	}
	return m
}

// mail is the channel of a mail server; each message is a letter to its receiver.
func mail(srv *notify.Server, now func() time.Time) notify.Channel {
	return notify.Channel{Name: notify.Mail, Send: func(ctx context.Context, m notify.Message) error {
		t := notify.Template{Subject: "Hello {name}", Text: "Dear {name},\n\nplease go to {link}\n\nBye"}
		return srv.Post(ctx, m.ID, now(), t.Write(m.To, map[string]string{"name": "Ada <b>", "link": "https://example.com/?a=1&b=2"}))
	}}
}

func serverAt(srv *notifytest.Server, security notify.Security) *notify.Server {
	return &notify.Server{
		Host: srv.Host(), Port: srv.Port, Security: security, RootCAs: srv.Roots, From: "Muster <muster@example.com>", User: "muster",
		Password: func() (secret.String, error) { return secret.New("t0p-s3cret"), nil }, Dial: new(net.Dialer).DialContext,
	}
}

// I4: a mail is encrypted by default, has text and HTML, and what fills its gaps is no markup.
func TestMail(t *testing.T) {
	for _, security := range []notify.Security{notify.StartTLS, notify.Implicit} {
		t.Run(string(security), func(t *testing.T) {
			srv, p := notifytest.NewServer(t, security == notify.Implicit), newPost(t)
			m := notify.New(notify.Mail, "test", p.now)
			m.To = "ada@example.com"
			p.put(m)
			if err := p.sender.Round(t.Context(), mail(serverAt(srv, security), p.clock)); err != nil {
				t.Fatal(err)
			}
			all := srv.Letters()
			if len(all) != 1 {
				t.Fatalf("%d letters", len(all))
			}
			l := all[0]
			if !l.TLS || l.User == "" || l.From != "muster@example.com" || l.To != "ada@example.com" || l.Header.Get("Subject") != "Hello Ada <b>" {
				t.Errorf("%+v", l)
			}
			if l.Header.Get("Message-ID") != "<"+m.ID+"@example.com>" {
				t.Error(l.Header.Get("Message-ID"))
			}
			if !strings.Contains(l.Text, "go to https://example.com/?a=1&b=2") || strings.Contains(l.HTML, "<b>") || !strings.Contains(l.HTML, `href="https://example.com/?a=1&amp;b=2"`) {
				t.Errorf("%s\n%s", l.Text, l.HTML)
			}
			if got := p.get(m.ID); got.State != notify.Sent || got.Attempts != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// I4: a server that fails delays a mail and never loses it; the mail that comes twice has one Message-ID. Only an address that does not exist ends it.
func TestMailFaults(t *testing.T) {
	for _, c := range []struct {
		fault   notifytest.Fault
		state   notify.State
		down    bool // the others wait with it
		arrives int  // in all, after the fault was mended
	}{
		{notifytest.Greylist, notify.Waiting, false, 1},
		{notifytest.Full, notify.Waiting, false, 1},
		{notifytest.Unknown, notify.Refused, false, 0},
		{notifytest.BadSender, notify.Waiting, false, 1},
		{notifytest.BadAuth, notify.Waiting, true, 1},
		{notifytest.CutEarly, notify.Waiting, true, 1},
		{notifytest.NoStartTLS, notify.Waiting, true, 1},
		{notifytest.Cut, notify.Waiting, true, 2},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			srv, p := notifytest.NewServer(t, false), newPost(t)
			channel := mail(serverAt(srv, notify.StartTLS), p.clock)
			m := notify.New(notify.Mail, "test", p.now)
			m.To = "ada@example.com"
			p.put(m)
			srv.Fail(c.fault)
			err := p.sender.Round(t.Context(), channel)
			if _, down := errors.AsType[*notify.LaterError](err); down != c.down {
				t.Errorf("down: %v", err)
			}
			got := p.get(m.ID)
			if got.State != c.state || got.Answer == "" || strings.Contains(got.Answer, "t0p-s3cret") || c.state == notify.Waiting && !got.Next.After(p.now) {
				t.Errorf("%+v", got)
			}
			srv.Fail(notifytest.None)
			p.wait(time.Minute)
			if err := p.sender.Round(t.Context(), channel); err != nil {
				t.Fatal(err)
			}
			all := srv.Letters()
			if len(all) != c.arrives {
				t.Fatalf("%d letters, want %d", len(all), c.arrives)
			}
			for _, l := range all {
				if l.Header.Get("Message-ID") != "<"+m.ID+"@example.com>" {
					t.Error("another mail:", l.Header.Get("Message-ID"))
				}
			}
		})
	}
}

// I4: a mail that nobody takes for a week is given up, with the reason, and can be tried by hand, or left out; what waits for a server that is not there any more is
// refused at once.
func TestGivingUp(t *testing.T) {
	srv, p := notifytest.NewServer(t, false), newPost(t)
	channel := mail(serverAt(srv, notify.StartTLS), p.clock)
	m := notify.New(notify.Mail, "test", p.now)
	m.To = "ada@example.com"
	p.put(m)
	srv.Fail(notifytest.Greylist)
	tries := 0
	for ; p.get(m.ID).State == notify.Waiting && tries < 1000; tries++ {
		if err := p.sender.Round(t.Context(), channel); err != nil {
			t.Fatal(err)
		}
		p.wait(75 * time.Minute)
	}
	got := p.get(m.ID)
	if days := got.Ended.Sub(start).Hours() / 24; got.State != notify.Refused || !strings.HasPrefix(got.Answer, "given up after 7 days and ") || days < 7 || days > 7.2 {
		t.Fatalf("after %d tries: %+v", tries, got)
	}
	srv.Fail(notifytest.None)
	p.write(func(tx directory.Tx) error { _, err := notify.Retry(t.Context(), tx, m.ID, p.now); return err })
	if err := p.sender.Round(t.Context(), channel); err != nil || p.get(m.ID).State != notify.Sent {
		t.Errorf("tried by hand: %v %+v", err, p.get(m.ID))
	}
	ids := []string{p.put(notify.New(notify.Mail, "test", p.now)).ID, p.put(notify.New(notify.Mail, "test", p.now)).ID}
	p.write(func(tx directory.Tx) error {
		n, err := notify.Refuse(t.Context(), tx, notify.Mail, "nobody sends mail", p.now, 10)
		if n != 2 {
			t.Errorf("%d are refused", n)
		}
		return err
	})
	p.write(func(tx directory.Tx) error {
		_, err := notify.Drop(t.Context(), tx, ids[0], "not needed", p.now)
		return err
	})
	if a, b := p.get(ids[0]), p.get(ids[1]); a.State != notify.Dropped || a.Body != "" || b.State != notify.Refused || b.Answer != "nobody sends mail" {
		t.Errorf("%+v %+v", a, b)
	}
}

// I4: a server that is stuck holds up no longer than an attempt may take, and one that is dead is not asked for each message.
func TestMailDead(t *testing.T) {
	srv, p := notifytest.NewServer(t, false), newPost(t)
	channel := mail(serverAt(srv, notify.StartTLS), p.clock)
	for i := range 20 {
		m := notify.New(notify.Mail, "test", p.now)
		m.To = fmt.Sprintf("p%d@example.com", i)
		p.put(m)
	}
	srv.Fail(notifytest.Stuck)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.sender.Round(short, channel); err == nil {
		t.Error("a stuck server took a mail")
	}
	srv.Fail(notifytest.None)
	srv.Stop()
	tried := srv.Tried()
	for range 3 {
		if err := p.sender.Round(t.Context(), channel); err == nil {
			t.Error("a dead server took a mail")
		}
	}
	if n := srv.Tried() - tried; n != 0 {
		t.Errorf("a dead server was reached %d times", n)
	}
	var late []notify.Message
	err := p.store.View(t.Context(), func(v directory.Reader) (err error) {
		late, err = notify.Of(v).Due(t.Context(), notify.Mail, p.now, 0)
		return err
	})
	if err != nil || len(late) != 16 {
		t.Errorf("4 messages were tried, and %d of 20 are due: %v", len(late), err)
	}
	srv.Start()
	p.wait(time.Hour)
	if err := p.sender.Round(t.Context(), channel); err != nil {
		t.Fatal(err)
	}
	if n := len(srv.Letters()); n != 20 {
		t.Errorf("%d of 20 letters arrived", n)
	}
}

// I4: what a process did not finish is done by the next one: a claim ends by itself.
func TestMailCrash(t *testing.T) {
	srv, p := notifytest.NewServer(t, false), newPost(t)
	channel := mail(serverAt(srv, notify.StartTLS), p.clock)
	m := notify.New(notify.Mail, "test", p.now)
	m.To = "ada@example.com"
	p.put(m)
	p.write(func(tx directory.Tx) error { // a process that claimed it is gone
		_, err := notify.In(tx).Claim(t.Context(), m, p.now.Add(5*time.Minute))
		return err
	})
	if err := p.sender.Round(t.Context(), channel); err != nil || len(srv.Letters()) != 0 {
		t.Errorf("somebody else's message was sent: %v", err)
	}
	p.wait(6 * time.Minute)
	if err := p.sender.Round(t.Context(), channel); err != nil || len(srv.Letters()) != 1 {
		t.Errorf("the message is lost: %v", err)
	}
}

// A receiver is a webhook's other side, which answers as it is told.
type receiver struct {
	mu     sync.Mutex // guards the rest
	status int
	header http.Header // of the last delivery
	body   []byte
	ids    []string
	got    []notify.Event
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.header = req.Header
	r.body, _ = io.ReadAll(req.Body)
	r.ids = append(r.ids, req.Header.Get("webhook-id"))
	var d notify.Delivery
	if err := json.Unmarshal(r.body, &d); err == nil && r.status == http.StatusOK {
		r.got = append(r.got, d.Data.Events...)
	}
	w.WriteHeader(r.status)
}

// types are the types of what was taken, and forgets it.
func (r *receiver) types() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.got {
		out = append(out, e.Type)
	}
	r.got = nil
	return out
}

var oldKey, newKey = secret.New(strings.Repeat("o", 32)), secret.New("whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldw==")

func (p *post) hook(name string, beginning bool) (*receiver, notify.Channel) {
	r := &receiver{status: http.StatusOK}
	srv := httptest.NewServer(r)
	p.Cleanup(srv.Close)
	h := &notify.Hook{Name: name, URL: srv.URL, HTTP: srv.Client(), Now: p.clock, Secrets: func() ([]secret.String, error) { return []secret.String{newKey, oldKey}, nil }}
	f := &notify.Follower{Store: p.store, Hook: name, Beginning: beginning, Now: p.clock}
	return r, notify.Channel{Name: notify.HookChannel(name), Ordered: true, Send: h.Send, Refill: f.Cut}
}

func (p *post) round(c notify.Channel) {
	p.Helper()
	if err := p.sender.Round(p.Context(), c); err != nil {
		p.Fatal(err)
	}
}

func person(name string) directory.Object {
	return directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {name}}}
}

// I10: a webhook is told of each change in order, by type, and of nothing that was there before it, unless it begins at the beginning.
func TestHookEvents(t *testing.T) {
	p := newPost(t)
	p.now = time.Now().Add(-time.Hour)
	old, left := person("old"), person("left")
	left.State, left.Since = directory.Gone, p.now.Add(-time.Hour)
	p.write(func(tx directory.Tx) error { return tx.PutObjects(t.Context(), old, left) })
	p.now = time.Now().Add(time.Second)
	r, c := p.hook("x", false)
	p.round(c)
	want := func(what string, types ...string) {
		t.Helper()
		p.round(c)
		if d := cmp.Diff(types, r.types()); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	want("nothing yet")
	put := func(o directory.Object) {
		t.Helper()
		p.write(func(tx directory.Tx) error { return tx.PutObjects(t.Context(), o) })
	}
	old.State, old.Since = directory.Disabled, p.now
	put(old)
	want("somebody who was there before", "person.deactivated")
	p.now = time.Now().Add(-time.Hour) // those made from now on are new, whatever the clock of this test says
	p.write(func(tx directory.Tx) error {
		return notify.In(tx).PutCursor(t.Context(), func() notify.Cursor {
			cur, err := notify.In(tx).Cursor(t.Context(), "x")
			if err != nil {
				t.Fatal(err)
			}
			cur.Started = p.now
			return cur
		}())
	})
	ada, group := person("ada"), directory.Object{ID: directory.NewID(), Kind: directory.Group, State: directory.Active, Attrs: attr.Set{directory.Name: {"g"}}}
	put(ada)
	put(group)
	p.write(func(tx directory.Tx) error { return tx.PutEdges(t.Context(), group.ID, []directory.ID{ada.ID}, nil) })
	want("joiner", "person.created", "group.created", "membership.added")
	ada.Attrs = attr.Set{directory.Username: {"ada"}, directory.Email: {"ada@example.com"}}
	put(ada)
	ada.State = directory.Disabled
	put(ada)
	want("what changed twice is told once", "person.deactivated")
	ada.State = directory.Active
	put(ada)
	want("back", "person.activated")
	p.write(func(tx directory.Tx) error { return tx.PutEdges(t.Context(), group.ID, nil, []directory.ID{ada.ID}) })
	ada.State, group.State = directory.Gone, directory.Gone
	put(ada)
	put(group)
	want("leaver", "membership.removed", "person.deleted", "group.deleted")
	all, from := p.hook("y", true)
	p.round(from)
	slices.SortFunc(all.got, func(a, b notify.Event) int { return strings.Compare(a.Type, b.Type) })
	if d := cmp.Diff([]string{"group.deleted", "membership.removed", "person.created", "person.deleted", "person.deleted"}, all.types()); d != "" {
		t.Errorf("from the beginning (-want +got):\n%s", d)
	}
	p.write(func(tx directory.Tx) error { return notify.In(tx).ForgetTold(t.Context(), "x") }) // as if they were erased
	gone := person("gone")
	gone.State = directory.Gone
	put(gone)
	want("whoever was erased has left, too", "person.deleted")
}

// I10: deliveries are signed with each secret, are tried again under one id, and nothing overtakes one that was not taken. A replay begins where one says.
func TestHookOrder(t *testing.T) {
	p := newPost(t)
	p.now = time.Now()
	r, c := p.hook("x", true)
	ada, ben := person("ada"), person("ben")
	p.write(func(tx directory.Tx) error { return tx.PutObjects(t.Context(), ada) })
	r.status = http.StatusServiceUnavailable
	p.round(c)
	p.write(func(tx directory.Tx) error { return tx.PutObjects(t.Context(), ben) })
	p.round(c)
	if len(r.ids) != 1 {
		t.Errorf("a delivery that failed is tried at once, or overtaken: %v", r.ids)
	}
	r.status = http.StatusOK
	p.wait(time.Minute)
	p.round(c)
	if len(r.ids) != 3 || r.ids[0] != r.ids[1] || r.ids[1] == r.ids[2] || len(r.got) != 2 || r.got[0].ID != ada.ID || r.got[1].ID != ben.ID {
		t.Errorf("%v %+v", r.ids, r.got)
	}
	for i, key := range []secret.String{newKey, oldKey} {
		want, err := notify.Sign(r.header.Get("webhook-id"), p.now, r.body, key)
		if got := strings.Fields(r.header.Get("webhook-signature")); err != nil || len(got) != 2 || got[i] != want || r.header.Get("webhook-timestamp") != fmt.Sprint(p.now.Unix()) {
			t.Errorf("signature %d: %v, want %s (%v)", i, got, want, err)
		}
	}
	if strings.Contains(string(r.body), "ada") {
		t.Errorf("a delivery holds more than ids: %s", r.body)
	}
	first := r.got[0].Revision
	r.types()
	gone := &notify.Hook{
		Name: "gone", URL: "http://127.0.0.1:1/?key=hidden", HTTP: http.DefaultClient, Now: p.clock, Secrets: func() ([]secret.String, error) { return []secret.String{oldKey}, nil },
	}
	if err := gone.Send(t.Context(), notify.TestMessage("gone", p.now)); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("nobody listens there: %v", err)
	}
	again := func(after string) {
		t.Helper()
		rev, err := directory.ParseRev(after)
		if err != nil {
			t.Fatal(err)
		}
		p.write(func(tx directory.Tx) error { return notify.Replay(t.Context(), tx, "x", rev, p.now) })
		p.round(c)
	}
	again(first)
	if d := cmp.Diff([]string{"person.changed"}, r.types()); d != "" {
		t.Error(d)
	}
	again("")
	if d := cmp.Diff([]string{"person.created", "person.created"}, r.types()); d != "" {
		t.Error(d)
	}
}

// Standard Webhooks: the example of its specification.
func TestSign(t *testing.T) {
	at := time.Unix(1614265330, 0)
	got, err := notify.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`), secret.New("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%s, want %s (%v)", got, want, err)
	}
	if _, err := notify.Sign("a", at, nil, secret.New("short")); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a short secret: %v", err)
	}
}

// The running sender is woken by what enters the feed, and by being told.
func TestSenderRuns(t *testing.T) {
	srv, p := notifytest.NewServer(t, false), newPost(t)
	p.sender.Channels = []notify.Channel{mail(serverAt(srv, notify.StartTLS), p.clock)}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.sender.Run(ctx) }()
	for _, to := range []string{"ada@example.com", "ben@example.com"} {
		m := notify.New(notify.Mail, "test", p.now)
		m.To = to
		p.put(m)
		p.sender.Wake()
		<-srv.Arrived()
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
