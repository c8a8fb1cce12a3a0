package engine_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// order stores an order to close somebody at the wiki only.
func (w *world) order(handle string, more ...func(*link.Order)) {
	w.t.Helper()
	w.putOrder(func(v directory.Reader) link.Order {
		return link.Order{Object: w.id(v, handle), Name: handle, Named: true}
	}, more...)
}

// orderAccount stores an order to close an account that is nobody's.
func (w *world) orderAccount(account string, more ...func(*link.Order)) {
	w.t.Helper()
	w.putOrder(func(directory.Reader) link.Order {
		return link.Order{Account: connector.RemoteID(account), Named: true}
	}, more...)
}

func (w *world) putOrder(of func(directory.Reader) link.Order, more ...func(*link.Order)) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), "test", func(tx directory.Tx) error {
		o := of(tx)
		o.Target, o.By, o.Reason, o.At, o.State = "wiki", "olivia", "dismissed", w.now, link.Ordered
		for _, change := range more {
			change(&o)
		}
		return link.In(tx).PutOrders(w.t.Context(), o)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) obey() {
	w.t.Helper()
	if err := w.Obey(w.t.Context(), "wiki"); err != nil {
		w.t.Fatal(err)
	}
}

// orders returns the orders of the wiki, by name or account.
func (w *world) orders() map[string]link.Order {
	w.t.Helper()
	out := map[string]link.Order{}
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		all, err := link.Of(v).OrdersIn(w.t.Context(), "wiki", []link.OrderState{link.Ordered, link.Obeyed, link.Nobody, link.Reopen}, 100)
		for _, o := range all {
			out[o.Name+string(o.Account)] = o
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// isObeyed checks that an order is obeyed, and that a proof is kept of it.
func (w *world) isObeyed(name string) {
	w.t.Helper()
	if o := w.orders()[name]; o.State != link.Obeyed || o.Confirmed.IsZero() || !strings.HasPrefix(o.Answer, "read back:") {
		w.t.Errorf("the order about %s is %+v, want it obeyed, with the read-back as its proof", name, o)
	}
}

// A gate stops requests until it is opened.
type gate struct {
	stops  func(*http.Request) bool
	inside atomic.Int64  // requests that wait
	met    chan struct{} // closed when the first one waits
	once   sync.Once
	open   chan struct{}
}

// gated puts a gate before the target. It must be called before start.
func (w *world) gated() *gate {
	g := &gate{met: make(chan struct{}), open: make(chan struct{})}
	w.before = func(r *http.Request) {
		if g.stops == nil || !g.stops(r) {
			return
		}
		g.inside.Add(1)
		g.once.Do(func() { close(g.met) })
		<-g.open
	}
	return g
}

// X10: an order does not wait for the wave that the target carries out: it goes out while the calls of the wave hang, and what the wave still has in its queue
// about the person is not sent any more.
func TestOrderGoesBeforeTheWave(t *testing.T) {
	w := newWorld(t)
	g := w.gated()
	for i := range 100 {
		w.corp.person(who(i), "wiki")
	}
	w.live()
	victim := who(99) // the last in the queue
	account := string(w.linkOf(victim).Remote)
	for i := range 100 {
		w.corp.change(who(i), func(r *source.Record) { r.Attrs["cn"] = []string{"Another " + who(i)} })
	}
	w.read(run.Done)
	g.stops = func(r *http.Request) bool {
		return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, account)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := w.Follow(t.Context(), "wiki", ""); err != nil {
			t.Error(err)
		}
	}()
	<-g.met
	w.order(victim)
	w.obey()
	select {
	case <-ended:
		t.Fatal("the wave ended before the order was given")
	default:
	}
	if w.accounts()[victim] {
		t.Error("the account is open though the order was carried out")
	}
	w.isObeyed(victim)
	close(g.open)
	<-ended
	if w.accounts()[victim] {
		t.Error("the wave opened the account again")
	}
	if u, _ := w.target.Snapshot().User(victim); u.Resource.Text("displayName") != "Name of "+victim {
		t.Errorf("the wave wrote %q with what it knew before the order", u.Resource.Text("displayName"))
	}
	if l := w.linkOf(victim); l.State != link.Closed || l.Active {
		t.Errorf("link %+v, want it closed", l)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Done)
	if w.accounts()[victim] {
		t.Error("a comparison opened the account again, though nobody lifted the order")
	}
}

// X10: a call about the person that is under way when the order comes ends first, and then they are closed: here, an account is just being made.
func TestOrderWaitsForTheCallAboutThePerson(t *testing.T) {
	w := newWorld(t)
	g := w.gated()
	w.corp.person("ada", "wiki")
	w.live()
	w.corp.person("bob", "wiki")
	w.read(run.Done)
	g.stops = func(r *http.Request) bool { return r.Method == http.MethodPost }
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = w.Follow(t.Context(), "wiki", "")
	}()
	<-g.met
	w.order("bob")
	obeyed := make(chan error, 1)
	go func() { obeyed <- w.Obey(t.Context(), "wiki") }()
	close(g.open)
	<-ended
	if err := <-obeyed; err != nil {
		t.Fatal(err)
	}
	w.obey() // the first round may have looked before the account was linked
	if w.accounts()["bob"] {
		t.Error("the account that was being made is open")
	}
	w.isObeyed("bob")
}

// X10, X6: an order stays open until the target confirms it, whatever happens.
func TestOrderIsNeverDropped(t *testing.T) {
	for name, c := range map[string]struct {
		fault scimtest.Fault
		code  string
	}{
		"throttled":               {scimtest.Fault{Kind: scimtest.Throttle, Wait: 30 * time.Second}, "throttled"},
		"500":                     {scimtest.Fault{Kind: scimtest.ServerError}, "unknown"},
		"the reply is lost":       {scimtest.Fault{Kind: scimtest.Lost, Method: "PATCH"}, "unknown"},
		"401":                     {scimtest.Fault{Kind: scimtest.Unauthorized}, "target_credentials"},
		"404 for everything":      {scimtest.Fault{Kind: scimtest.NotFound}, "target_foreign"},
		"HTML":                    {scimtest.Fault{Kind: scimtest.HTML}, "target_foreign"},
		"accepted and ignored":    {scimtest.Fault{Kind: scimtest.IgnoreDisable}, "unknown"},
		"the read-back goes awry": {scimtest.Fault{Kind: scimtest.ServerError, Method: "GET"}, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.corp.person("ada", "wiki")
			w.corp.person("bob", "wiki")
			w.live()
			w.target.Fail(c.fault)
			w.order("ada")
			w.obey()
			if o := w.orders()["ada"]; o.State != link.Ordered || o.Code != c.code || o.Answer == "" || o.Attempts != 1 || !o.Next.After(w.now) || o.Next.Sub(w.now) > time.Minute {
				t.Errorf("the order is %+v, want it open with %s and the next try within a minute", o, c.code)
			}
			w.start() // a restart loses nothing
			w.target.Fail()
			w.now = w.now.Add(time.Minute)
			w.obey()
			if w.accounts()["ada"] || !w.accounts()["bob"] {
				t.Errorf("accounts: %v", w.accounts())
			}
			w.isObeyed("ada")
			if len(w.waits()) > 0 {
				t.Errorf("waits: %v", w.waits())
			}
			w.sync(run.Done)
			if w.accounts()["ada"] {
				t.Error("opened again")
			}
		})
	}
}

// X6: what the target accepts counts for nothing until it says so when it is asked again.
func TestOrderIsObeyedOnlyWhenReadBack(t *testing.T) {
	w := newWorld(t)
	var account string
	w.before = func(r *http.Request) {
		if account != "" && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, account) {
			w.send("PATCH", "/Users/"+account, activeIs(true)) // somebody opens it again at that moment
		}
	}
	w.corp.person("ada", "wiki")
	w.live()
	account = string(w.linkOf("ada").Remote)
	w.order("ada")
	w.obey()
	if o := w.orders()["ada"]; o.State != link.Ordered || o.Code != "unclosed" {
		t.Errorf("the order is %+v, want it open: the account is", o)
	}
	if l := w.linkOf("ada"); l.State != link.Closing {
		t.Errorf("link %+v, want it closing", l)
	}
	account = ""
	w.now = w.now.Add(time.Minute)
	w.obey()
	w.isObeyed("ada")
}

// X10: what was closed by hand while the target was down is verified, and nothing is sent.
func TestClosedByHandIsVerified(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.target.Fail(scimtest.Fault{Kind: scimtest.ServerError})
	w.order("ada")
	w.obey()
	w.target.Fail()
	w.send("PATCH", "/Users/"+string(w.linkOf("ada").Remote), activeIs(false))
	writes := len(w.target.Writes())
	w.now = w.now.Add(time.Minute)
	w.obey()
	if n := len(w.target.Writes()) - writes; n > 0 {
		t.Errorf("%d writes to an account that is closed", n)
	}
	w.isObeyed("ada")
}

func activeIs(active bool) string {
	value := "false"
	if active {
		value = "true"
	}
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":` + value + `}]}`
}

// X10: a paused target is left alone, unless the order says otherwise. X11: nothing is written where a target is only observed.
func TestOrderAndPause(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	pause := func(note *run.Note) {
		err := w.store.Update(t.Context(), "test", func(tx directory.Tx) error {
			s, err := run.In(tx).Target(t.Context(), "wiki")
			s.Paused = note
			if err != nil {
				return err
			}
			return run.In(tx).PutTarget(t.Context(), s)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pause(&run.Note{By: "olivia", Reason: "release weekend", At: w.now})
	requests := len(w.target.Writes())
	w.order("ada")
	w.order("bob", func(o *link.Order) { o.Through = true })
	w.obey()
	if got := w.accounts(); !got["ada"] || got["bob"] || len(w.target.Writes()) != requests+1 {
		t.Errorf("accounts %v, want only bob closed, who was closed through the pause", got)
	}
	pause(nil)
	w.obey()
	w.isObeyed("ada")

	w.mode = engine.Observe
	w.order("bob", func(o *link.Order) {}) // closed already: only read
	w.send("PATCH", "/Users/"+string(w.linkOf("ada").Remote), activeIs(true))
	w.order("ada")
	w.start()
	requests = len(w.target.Writes())
	w.obey()
	w.isObeyed("bob")
	if o := w.orders()["ada"]; o.Code != "target_observes" || o.State != link.Ordered || len(w.target.Writes()) != requests {
		t.Errorf("the order at a target that is only observed: %+v, %d writes", o, len(w.target.Writes())-requests)
	}
}

// X10: an account that is nobody's of ours is closed too, whether it is named by its id or its name, and opened again when the order is lifted.
func TestOrderAboutABareAccount(t *testing.T) {
	w := newWorld(t)
	if _, err := w.target.Seed([]scim.Resource{{"userName": "zoe", "active": true}, {"userName": "yan", "active": true}, {"userName": "xia", "active": false}}, nil); err != nil {
		t.Fatal(err)
	}
	w.corp.person("ada", "wiki")
	w.live()
	yan, _ := w.target.Snapshot().User("yan")
	w.orderAccount("zoe")
	w.orderAccount(yan.ID)
	w.orderAccount("xia")
	w.orderAccount("nobody")
	w.obey()
	if got := w.accounts(); got["zoe"] || got["yan"] || got["xia"] || !got["ada"] {
		t.Errorf("accounts: %v", got)
	}
	w.isObeyed("zoe")
	w.isObeyed(yan.ID)
	if o := w.orders()["xia"]; o.State != link.Obeyed || o.Code != engine.AlreadyClosed {
		t.Errorf("an account that was closed already: %+v", o)
	}
	if o := w.orders()["nobody"]; o.State != link.Nobody {
		t.Errorf("an account that does not exist: %+v", o)
	}

	t.Log("somebody of that name comes: the order stands")
	w.corp.person("zoe", "wiki")
	w.read(run.Done)
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Held) // is the closed account theirs?
	if w.accounts()["zoe"] {
		t.Error("opened by a source")
	}

	t.Log("lifted")
	w.orderAccount(yan.ID, func(o *link.Order) { o.State, o.Remote = link.Reopen, w.orders()[yan.ID].Remote })
	w.obey()
	if !w.accounts()["yan"] {
		t.Error("yan is not open again")
	}
	if _, ok := w.orders()[yan.ID]; ok {
		t.Error("the order is still there")
	}
}

// X10: who has no account that we know of is looked for; what a rule would link is closed, and what is doubtful waits for a word.
func TestOrderAboutSomebodyWithoutALink(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	if _, err := w.target.Seed([]scim.Resource{{"userName": "bob", "active": true}, {"userName": "cleo", "active": true}}, nil); err != nil {
		t.Fatal(err)
	}
	w.corp.person("bob", "wiki")
	w.corp.person("cleo")
	w.corp.person("dan")
	w.read(run.Done)
	for _, name := range []string{"bob", "cleo", "dan"} {
		w.order(name)
	}
	w.obey()
	if got := w.accounts(); got["bob"] || !got["cleo"] {
		t.Errorf("accounts: %v, want bob closed, and cleo not: nobody says that it is hers", got)
	}
	w.isObeyed("bob")
	if o := w.orders()["cleo"]; o.State != link.Ordered || o.Code != "whose" || !strings.Contains(o.Answer, "--account wiki:") {
		t.Errorf("an account that may be theirs: %+v", o)
	}
	if o := w.orders()["dan"]; o.State != link.Nobody {
		t.Errorf("who has no account: %+v", o)
	}
	w.follows()
	if w.accounts()["bob"] {
		t.Error("opened again")
	}
}

// X10: the process ends at any moment of an order, and the next one finishes it.
func TestOrderSurvivesACrash(t *testing.T) {
	for at := 1; at < 40; at++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t)
			w.corp.person("ada", "wiki")
			w.live()
			w.order("ada")
			w.knife = &knife{at: at, after: after}
			w.start()
			_ = w.Obey(context.WithoutCancel(t.Context()), "wiki")
			fell := w.knife.fell()
			w.knife = nil
			w.start()
			w.now = w.now.Add(2 * time.Minute)
			w.obey()
			if w.accounts()["ada"] {
				t.Fatalf("killed at step %d: the account is open", at)
			}
			w.isObeyed("ada")
			w.follows()
			w.follows()
			if len(w.waits()) > 0 || w.linkOf("ada").State != link.Closed {
				t.Errorf("killed at step %d: waits %v, link %+v", at, w.waits(), w.linkOf("ada"))
			}
			if !fell {
				return
			}
		}
	}
	t.Error("the order never got to its end")
}
