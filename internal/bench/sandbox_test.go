package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/scim/scimtest"
)

const (
	latency  = 20 // ms, of the slow sandbox
	inFlight = 64
)

// A sandbox is a SCIM service in a process of its own.
type sandbox struct {
	url   string
	count string // where it tells how many requests it got
}

func newSandbox(tb testing.TB, latency int) sandbox {
	tb.Helper()
	return startSandbox(tb, task{Latency: latency})
}

func startSandbox(tb testing.TB, t task) sandbox {
	tb.Helper()
	words := strings.Fields(server(tb, "sandbox", t))
	if len(words) != 2 {
		tb.Fatalf("the sandbox says %q", words)
	}
	return sandbox{words[0], words[1]}
}

// requests returns how many requests the sandbox got.
func (s sandbox) requests(tb testing.TB) int64 {
	tb.Helper()
	return s.tells(tb, "")
}

// refused returns to how many of them it answered 429.
func (s sandbox) refused(tb testing.TB) int64 {
	tb.Helper()
	return s.tells(tb, "/refused")
}

func (s sandbox) tells(tb testing.TB, what string) int64 {
	tb.Helper()
	resp, err := http.Get(s.count + what)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// serveSandbox serves until standard input ends.
func serveSandbox(_ context.Context, t task) error {
	s, err := scimtest.Start(scimtest.Config{Token: sandboxToken, LogMax: 1000, Vendor: scimtest.Vendor(t.Vendor), Speed: float64(t.Speed)})
	if err != nil {
		return err
	}
	defer s.Close()
	if t.Latency > 0 {
		s.Fail(scimtest.Fault{Kind: scimtest.Latency, Wait: time.Duration(t.Latency) * time.Millisecond})
	}
	var refused atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.ServeHTTP(&counting{w, &refused}, r) }))
	defer front.Close()
	side := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			fmt.Fprint(w, refused.Load())
			return
		}
		fmt.Fprint(w, s.Requests())
	}))
	defer side.Close()
	at, err := url.Parse(s.URL)
	if err != nil {
		return err
	}
	fmt.Println(front.URL+at.Path, side.URL)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// counting counts answers 429.
type counting struct {
	http.ResponseWriter
	refused *atomic.Int64
}

func (c *counting) WriteHeader(status int) {
	if status == http.StatusTooManyRequests {
		c.refused.Add(1)
	}
	c.ResponseWriter.WriteHeader(status)
}

// loopRequests is the floor of writing outwards: it creates accounts by plain HTTP requests, so many in flight, and looks at no answer but its status.
func loopRequests(ctx context.Context, t task) (result, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight, MaxConnsPerHost: inFlight}}
	work, began := make(chan int), time.Now()
	errs := make([]error, inFlight)
	var wg sync.WaitGroup
	for i := range inFlight {
		wg.Go(func() {
			for n := range work {
				if err := create(ctx, client, t.URL, n); err != nil {
					errs[i] = err
				}
			}
		})
	}
	for n := range t.Count {
		work <- n
	}
	close(work)
	wg.Wait()
	return result{Seconds: time.Since(began).Seconds()}, errors.Join(errs...)
}

func create(ctx context.Context, client *http.Client, url string, n int) error {
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"p%06[1]d","active":true,"displayName":"Anna Ek",`+
		`"name":{"givenName":"Anna","familyName":"Ek"},"title":"Clerk of the 1st desk","emails":[{"type":"work","value":"p%06[1]d@example.com"}]}`, n)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/Users", bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+sandboxToken)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return errors.New(resp.Status)
	}
	return nil
}
