package httpclient

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each call is told once, with its classes, how long it waited and took, and how it ended; one that was called off is not told.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got []Call
		answers := []int{200, 429, 403, 500}
		write := Class{Name: "writes", Rate: Rate{PerSecond: 1}, Match: func(method, _ string) bool { return method != http.MethodGet }}
		all := Class{Name: "all", Rate: Rate{PerSecond: 100, Burst: 100}, Match: func(string, string) bool { return true }}
		client := scripted(t, Config{Patience: 10 * time.Second, Pace: Pace{Classes: []Class{write, all}}, Observe: func(c Call) {
			mu.Lock()
			defer mu.Unlock()
			c.At = time.Time{}
			got = append(got, c)
		}}, func(*http.Request) (int, map[string]string) {
			time.Sleep(40 * time.Millisecond)
			status := answers[0]
			answers = answers[1:]
			if status == 429 {
				return status, map[string]string{"Retry-After": "30"}
			}
			return status, nil
		})
		start := time.Now()
		for range 3 { // the second is throttled, the third is not even sent
			send(t, client, http.MethodPost, start)
		}
		time.Sleep(time.Minute)
		send(t, client, http.MethodPost, start)
		send(t, client, http.MethodGet, start)
		classes := []string{"writes", "all"}
		const took = 40 * time.Millisecond
		want := []Call{
			{Method: "POST", Classes: classes, Status: 200, Took: took},
			{Method: "POST", Classes: classes, Status: 429, Took: took, Waited: time.Second - took, Throttled: true},
			{Method: "POST", Classes: classes, PutOff: true},
			{Method: "POST", Classes: classes, Status: 403, Took: took},
			{Method: "GET", Classes: []string{"all"}, Status: 500, Took: took},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// A service that does not answer is told as broken, unless it was our own side that gave up.
func TestObserveBroken(t *testing.T) {
	var got []Call
	client := loopback(t, Config{Observe: func(c Call) { got = append(got, c) }})
	const nobody = "http://127.0.0.1:1/"
	if _, err := get(t, client, nobody); err == nil {
		t.Fatal("nobody answered")
	}
	if len(got) != 1 || !got[0].Broken || got[0].Status != 0 || got[0].At.IsZero() {
		t.Errorf("the call to nobody is told as %+v", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, nobody, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(client, req); err == nil || len(got) != 1 {
		t.Errorf("a call that was called off is told: %+v, %v", got, err)
	}
}
