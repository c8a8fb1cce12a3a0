package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
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
	words := strings.Fields(server(tb, "sandbox", task{Latency: latency}))
	if len(words) != 2 {
		tb.Fatalf("the sandbox says %q", words)
	}
	return sandbox{words[0], words[1]}
}

// requests returns how many requests the sandbox got.
func (s sandbox) requests(tb testing.TB) int64 {
	tb.Helper()
	resp, err := http.Get(s.count)
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
func serveSandbox(t task) error {
	s, err := scimtest.Start(scimtest.Config{Token: sandboxToken, LogMax: 1000})
	if err != nil {
		return err
	}
	defer s.Close()
	if t.Latency > 0 {
		s.Fail(scimtest.Fault{Kind: scimtest.Latency, Wait: time.Duration(t.Latency) * time.Millisecond})
	}
	side := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.Requests()) }))
	defer side.Close()
	fmt.Println(s.URL, side.URL)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
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
