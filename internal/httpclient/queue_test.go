package httpclient

import (
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// office is a service with a rate for each way of writing, and one for all writes.
func office(wide Rate) Pace {
	by := func(methods ...string) func(string, string) bool {
		return func(method, _ string) bool { return slices.Contains(methods, method) }
	}
	return Pace{Share: "example", Classes: []Class{
		{Name: "creates", Rate: Rate{PerSecond: 2, Burst: 2}, Match: by("POST")},
		{Name: "updates", Rate: Rate{PerSecond: 2, Burst: 2}, Match: by("PATCH")},
		{Name: "writes", Rate: wide, Match: by("POST", "PATCH", "DELETE")},
	}}
}

func fine(*http.Request) (int, map[string]string) { return 200, nil }

// A sender sends requests at the same time and remembers in which order, and when, they went out.
type sender struct {
	t     *testing.T
	start time.Time
	wg    sync.WaitGroup
	mu    sync.Mutex // guards out
	out   []sent
}

type sent struct {
	name string
	at   time.Duration
}

func newSender(t *testing.T) *sender { return &sender{t: t, start: time.Now()} }

// send sends one request and returns when it waits or is answered.
func (s *sender) send(ctx context.Context, client *http.Client, method, name string) {
	s.wg.Go(func() {
		req, err := http.NewRequestWithContext(ctx, method, "https://wiki.example/Users", http.NoBody)
		if err != nil {
			s.t.Error(err)
			return
		}
		if _, err := do(client, req); err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out = append(s.out, sent{name, time.Since(s.start).Round(time.Microsecond)})
	})
	synctest.Wait()
}

// done waits for all and returns what went out.
func (s *sender) done() []sent {
	s.wg.Wait()
	return s.out
}

// P11: a request counts in each of its classes, and waits for the slowest.
func TestSeveralClasses(t *testing.T) {
	for _, tt := range []struct {
		name string
		wide Rate
		want time.Duration // of the last of 12 creates and 12 updates
	}{
		{"the narrow ones are slower", Rate{PerSecond: 100, Burst: 100}, 5 * time.Second}, // 2 at once, then 10 at 2/s, each
		{"the wide one is slower", Rate{PerSecond: 2, Burst: 4}, 10 * time.Second},        // 4 at once, then 20 at 2/s
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := scripted(t, Config{Pace: office(tt.wide)}, fine), newSender(t)
				for range 12 {
					s.send(t.Context(), client, "POST", "create")
					s.send(t.Context(), client, "PATCH", "update")
				}
				out := s.done()
				if last := out[len(out)-1].at; len(out) != 24 || last != tt.want {
					t.Errorf("%d requests, the last after %s; want 24, %s", len(out), last, tt.want)
				}
			})
		})
	}
}

// P11: who is to be locked out does not wait behind joiners.
func TestUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, Config{Pace: writes(Rate{PerSecond: 1})}, fine), newSender(t)
		for _, name := range []string{"a", "b", "c"} {
			s.send(t.Context(), client, "POST", name)
		}
		for _, name := range []string{"X", "Y"} {
			s.send(Urgent(t.Context()), client, "PATCH", name)
		}
		want := []sent{{"a", 0}, {"X", time.Second}, {"Y", 2 * time.Second}, {"b", 3 * time.Second}, {"c", 4 * time.Second}}
		if got := s.done(); !slices.Equal(got, want) {
			t.Errorf("went out: %v, want %v", got, want)
		}
	})
}

// An urgent request takes no turn in classes that are not its own.
func TestUrgentWaitsForItsOwnClassOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, Config{Pace: office(Rate{PerSecond: 100, Burst: 100})}, fine), newSender(t)
		for _, name := range []string{"a", "b", "c"} {
			s.send(t.Context(), client, "PATCH", name)
		}
		s.send(t.Context(), client, "POST", "d")
		s.send(Urgent(t.Context()), client, "PATCH", "X")
		want := []sent{{"a", 0}, {"b", 0}, {"d", 0}, {"X", time.Second / 2}, {"c", time.Second}}
		if got := s.done(); !slices.Equal(got, want) {
			t.Errorf("went out: %v, want %v", got, want)
		}
	})
}

// P11: targets of one organisation share what they may ask; others do not.
func TestPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool Pool
		of := func(share string) *http.Client {
			p := writes(Rate{PerSecond: 1})
			p.Share = share
			return scripted(t, Config{Pace: p, Pool: &pool}, fine)
		}
		s := newSender(t)
		one, two, other, alone := of("acme"), of("acme"), of("example"), of("")
		s.send(t.Context(), one, "POST", "one")
		s.send(t.Context(), two, "POST", "two")
		s.send(t.Context(), other, "POST", "other")
		s.send(t.Context(), alone, "POST", "alone")
		want := []sent{{"one", 0}, {"other", 0}, {"alone", 0}, {"two", time.Second}}
		if got := s.done(); !slices.Equal(got, want) {
			t.Errorf("went out: %v, want %v", got, want)
		}
	})
}

// What one target of an organisation is told holds for the others.
func TestPoolLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool Pool
		cfg := Config{Pace: office(Rate{PerSecond: 100, Burst: 100}), Pool: &pool}
		busy := scripted(t, cfg, func(*http.Request) (int, map[string]string) { return 429, map[string]string{"Retry-After": "7"} })
		client := scripted(t, cfg, fine)
		start := time.Now()
		send(t, busy, "POST", start)
		if _, after := send(t, client, "PATCH", start); after != 0 {
			t.Errorf("an update waited %s, but creates are throttled", after)
		}
		if _, after := send(t, client, "POST", start); after != 7*time.Second {
			t.Errorf("a create of another target went out after %s, want 7s", after)
		}
	})
}

// P11: a class of which a rate is known is slower while the service says that little is left, and then as before.
func TestKnownRateIsLearnedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		client := scripted(t, Config{Pace: writes(Rate{PerSecond: 4})}, func(*http.Request) (int, map[string]string) {
			if first {
				first = false
				return 200, map[string]string{"X-RateLimit-Remaining": "2", "X-RateLimit-Reset": "4"}
			}
			return 200, nil
		})
		start := time.Now()
		var got []time.Duration
		for range 6 {
			_, after := send(t, client, "POST", start)
			got = append(got, after)
		}
		// Two in four seconds, and then four a second again.
		want := []time.Duration{0, 2 * time.Second, 4 * time.Second, 4250 * time.Millisecond, 4500 * time.Millisecond, 4750 * time.Millisecond}
		if !slices.Equal(got, want) {
			t.Errorf("went out after %v, want %v", got, want)
		}
	})
}

func TestCancelledWaitIsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, Config{Pace: office(Rate{PerSecond: 1})}, fine), newSender(t)
		s.send(t.Context(), client, "POST", "a")
		ctx, cancel := context.WithCancel(t.Context())
		s.send(ctx, client, "POST", "cancelled")
		s.send(t.Context(), client, "PATCH", "b")
		cancel()
		want := []sent{{"a", 0}, {"b", time.Second}}
		if got := s.done(); !slices.Equal(got, want) {
			t.Errorf("went out: %v, want %v", got, want)
		}
	})
}

// A request whose ctx ends at the very moment of its turn gives the turn back, in each of its classes.
func TestTurnNotTakenIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(Config{Pace: office(Rate{PerSecond: 0.01})}.withDefaults())
		w := p.join([]string{"creates", "writes"}, false)
		if w.tokens == nil {
			t.Fatal("the first request got no turn")
		}
		<-time.After(time.Millisecond)
		p.leave(w)
		if again := p.join([]string{"updates", "writes"}, false); again.tokens == nil {
			t.Error("the turn was not given back")
		}
		if n := p.bucket("creates").lim.TokensAt(time.Now()); math.Abs(n-2) > 0.01 {
			t.Errorf("creates: %g tokens, want 2", n)
		}
	})
}

// A limiter without a rate counts no tokens: giving it one, taking it away and giving it another at the same moment must not open it for all.
func TestRateThatComesAndGoes(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	b := newBucket("reads", Rate{}, false)
	b.limit(1, now)
	b.limit(rate.Inf, now)
	b.limit(0.5, now)
	if _, wait := take([]*bucket{b}, now); wait != 0 {
		t.Errorf("the first waits %s", wait)
	}
	if _, wait := take([]*bucket{b}, now); wait != 2*time.Second {
		t.Errorf("the second waits %s, want 2s", wait)
	}
}
