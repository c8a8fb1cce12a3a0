package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A script answers requests without a network, so that the clock of synctest runs.
type script func(r *http.Request) (status int, header map[string]string)

func (s script) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header := s(r)
	h := http.Header{}
	for k, v := range header {
		h.Set(k, v)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func scripted(t *testing.T, cfg Config, s script) *http.Client {
	t.Helper()
	client := mustNew(t, cfg)
	client.Transport.(*transport).secure = s
	return client
}

// send makes one request and returns when it was answered, counted from start.
func send(t *testing.T, client *http.Client, method string, start time.Time) (status int, after time.Duration) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://wiki.example/Users", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := do(client, req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, time.Since(start).Round(time.Microsecond)
}

// writes is a pace with one rate for all writes.
func writes(r Rate) Pace {
	return Pace{Classes: []Class{{Name: "write", Rate: r, Match: func(method, _ string) bool { return method != http.MethodGet }}}}
}

func TestRateByClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := scripted(t, Config{Pace: writes(Rate{PerSecond: 2, Burst: 4})}, func(*http.Request) (int, map[string]string) { return 200, nil })
		start := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var last time.Duration
		for range 14 {
			wg.Go(func() {
				_, after := send(t, client, http.MethodPost, start)
				mu.Lock()
				defer mu.Unlock()
				last = max(last, after)
			})
		}
		synctest.Wait()
		if _, after := send(t, client, http.MethodGet, start); after != 0 {
			t.Errorf("a read waited %s for the writes", after)
		}
		wg.Wait()
		if last != 5*time.Second { // four at once, ten at two a second
			t.Errorf("14 writes took %s, want 5s", last)
		}
	})
}

func TestPauseAsLongAsTheServiceSays(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tt := range []struct {
		name   string
		status int
		header func() map[string]string
		want   time.Duration
	}{
		{"seconds", 429, func() map[string]string { return map[string]string{"Retry-After": "7"} }, 7 * time.Second},
		{"date", 429, func() map[string]string { return map[string]string{"Retry-After": at(9 * time.Second)} }, 9 * time.Second},
		{"date by a clock that is an hour ahead", 429, func() map[string]string {
			return map[string]string{"Date": at(time.Hour), "Retry-After": at(time.Hour + 9*time.Second)}
		}, 9 * time.Second},
		{"date in the past", 429, func() map[string]string { return map[string]string{"Retry-After": at(-time.Hour)} }, time.Second},
		{"nothing", 429, func() map[string]string { return nil }, time.Second},
		{"nonsense", 429, func() map[string]string { return map[string]string{"Retry-After": "soon"} }, time.Second},
		{"reset in seconds", 429, func() map[string]string {
			return map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}
		}, 12 * time.Second},
		{"reset since 1970", 429, func() map[string]string {
			return map[string]string{"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": strconv.FormatInt(time.Now().Unix()+13, 10)}
		}, 13 * time.Second},
		{"503 with Retry-After", 503, func() map[string]string { return map[string]string{"Retry-After": "5"} }, 5 * time.Second},
		{"503 alone", 503, func() map[string]string { return nil }, 0},
		{"none left after success", 200, func() map[string]string { return map[string]string{"RateLimit": `"default";r=0;t=6`} }, 6 * time.Second},
		{"plenty left", 200, func() map[string]string { return map[string]string{"RateLimit": "limit=100, remaining=99, reset=60"} }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := true
				client := scripted(t, Config{}, func(*http.Request) (int, map[string]string) {
					if first {
						first = false
						return tt.status, tt.header()
					}
					return 200, nil
				})
				start := time.Now()
				if status, after := send(t, client, "POST", start); status != tt.status || after != 0 {
					t.Errorf("first request: status %d after %s, want %d at once", status, after, tt.status)
				}
				if _, after := send(t, client, "GET", start); after != 0 {
					t.Errorf("a read waited %s, but writes are throttled", after)
				}
				if status, after := send(t, client, "POST", start); status != 200 || after != tt.want {
					t.Errorf("second request: status %d after %s, want 200 after %s", status, after, tt.want)
				}
			})
		})
	}
}

func TestPauseDoublesWhenTheServiceDoesNotSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		client := scripted(t, Config{Patience: time.Hour}, func(*http.Request) (int, map[string]string) {
			if n++; n < 10 {
				return 429, nil
			}
			return 200, nil
		})
		var got []time.Duration
		for range 11 {
			_, after := send(t, client, "POST", time.Now())
			got = append(got, after/time.Second)
		}
		want := []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 0}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("waits in seconds: %v, want %v", got, want)
			}
		}
	})
}

// Many requests that were under way together count as one hint.
func TestManyThrottledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, mu := 0, sync.Mutex{}
		client := scripted(t, Config{}, func(*http.Request) (int, map[string]string) {
			mu.Lock()
			defer mu.Unlock()
			if n++; n <= 64 {
				return 429, nil
			}
			return 200, nil
		})
		start := time.Now()
		var wg sync.WaitGroup
		gate := make(chan struct{})
		inner := client.Transport.(*transport).secure
		client.Transport.(*transport).secure = roundTrip(func(r *http.Request) (*http.Response, error) {
			<-gate
			return inner.RoundTrip(r)
		})
		for range 64 {
			wg.Go(func() { send(t, client, "POST", start) })
		}
		synctest.Wait()
		close(gate)
		wg.Wait()
		if status, after := send(t, client, "POST", start); status != 200 || after != time.Second {
			t.Errorf("after 64 at once: status %d after %s, want 200 after 1s", status, after)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestScarceBudgetIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 10
		client := scripted(t, Config{}, func(*http.Request) (int, map[string]string) {
			if n > 0 {
				n--
			}
			if n == 9 {
				return 200, map[string]string{"RateLimit-Remaining": "9", "RateLimit-Reset": "18"}
			}
			return 200, nil
		})
		start := time.Now()
		var got []time.Duration
		for range 12 {
			_, after := send(t, client, "GET", start)
			got = append(got, after/time.Second)
		}
		// One every two seconds until the budget is renewed, then at will.
		for i, want := range []time.Duration{0, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 18} {
			if got[i] != want {
				t.Fatalf("answers in seconds after the start, times 1ns: %v", got)
			}
		}
	})
}

func TestALongPauseIsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		client := scripted(t, Config{}, func(*http.Request) (int, map[string]string) {
			asked++
			return 429, map[string]string{"Retry-After": "600"}
		})
		start := time.Now()
		send(t, client, "POST", start)
		req, _ := http.NewRequestWithContext(t.Context(), "POST", "https://wiki.example/Users", strings.NewReader("{}"))
		resp, err := do(client, req)
		if err != nil || asked != 1 || time.Since(start) != 0 {
			t.Fatalf("second request: error %v, the service was asked %d times, after %s; want an answer at once and one time", err, asked, time.Since(start))
		}
		wait, class, ok := Throttled(resp.Response)
		if wait != 10*time.Minute || class != "write" || !ok {
			t.Errorf("Throttled = %s, %q, %t; want 10m, write, true", wait, class, ok)
		}
		<-time.After(9*time.Minute + 40*time.Second) // by the clock of synctest
		if _, after := send(t, client, "POST", start); asked != 2 || after != 10*time.Minute {
			t.Errorf("within patience of the end of the pause: asked %d times after %s, want 2 after 10m", asked, after)
		}
	})
}

func TestCtxEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := scripted(t, Config{Pace: writes(Rate{PerSecond: 0.1})}, func(*http.Request) (int, map[string]string) { return 200, nil })
		start := time.Now()
		send(t, client, "POST", start)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "POST", "https://wiki.example/Users", http.NoBody)
		if _, err := do(client, req); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("error %v after %s, want that of ctx after 3s", err, time.Since(start))
		}
		// The turn that was given up is given back.
		if _, after := send(t, client, "POST", start); after != 10*time.Second {
			t.Errorf("the next request went out after %s, want 10s", after)
		}
	})
}

func TestClassOfYourOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts := func(method, path string) bool { return method == "POST" && path == "/Users" }
		cfg := Config{Pace: Pace{Classes: []Class{{Name: "joiners", Rate: Rate{PerSecond: 1}, Match: posts}}}}
		client := scripted(t, cfg, func(*http.Request) (int, map[string]string) { return 200, nil })
		start := time.Now()
		send(t, client, "POST", start)
		if _, after := send(t, client, "PUT", start); after != 0 {
			t.Errorf("PUT waited %s for POST", after)
		}
		if _, after := send(t, client, "POST", start); after != time.Second {
			t.Errorf("the second POST went out after %s, want 1s", after)
		}
	})
}
