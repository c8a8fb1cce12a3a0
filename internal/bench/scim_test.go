package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkSCIM measures the SCIM service: a provider that creates people, looks them up, lists them, edits large groups and sends bulk requests, at a small
// size and at a large one, each next to the floor.
func BenchmarkSCIM(b *testing.B) {
	n := full(b).people
	for range b.N {
		small := scimStory(b, 1000, 1500)
		large := scimStory(b, n, 1500)
		large.report(small, n)
	}
}

// TestSCIM tells the story at a tiny size: what is answered is checked, no time is.
func TestSCIM(t *testing.T) {
	scimStory(t, 60, 40)
	figures = nil
}

// A rate is how fast requests went, and what each took of the server's processor time.
type rate struct {
	perSecond float64
	cpu       time.Duration
}

// A scimResult is what a story found.
type scimResult struct {
	ours, floor map[string]rate
	member      map[string]time.Duration // to add or remove one member, the median
	peak        int
}

const callers = 16

// scimStory has a provider work with n people, count requests of each kind.
func scimStory(tb testing.TB, n, count int) scimResult {
	tb.Helper()
	p := provide(tb, n)
	out := scimResult{member: map[string]time.Duration{}}
	line, pid, stop := serving(tb, "scimfloor", task{From: p.data + "/muster.db"})
	words := strings.Fields(line)
	bottom := service{url: words[0], token: words[1], pid: pid}
	out.floor = scimRates(tb, bottom, n, count, "f")
	stop()
	s, stop := p.start(tb)
	out.ours = scimRates(tb, s, n, count, "m")
	c := newCaller(s, 1)
	out.member["10k"] = c.members(tb, "large1", n, max(10, count/20))
	out.member["250k"] = c.members(tb, "large2", n, max(10, count/20))
	out.ours["one by one"], out.ours["bulk"] = c.bulk(tb, min(1000, count))
	out.peak = used(tb, s.pid).peak
	stop()
	return out
}

// scimRates measures creations, look-ups and lists.
func scimRates(tb testing.TB, s service, n, count int, tag string) map[string]rate {
	tb.Helper()
	c := newCaller(s, callers)
	out := map[string]rate{}
	measure := func(name string, count int, do func(i int) error) {
		before, began := used(tb, s.pid), time.Now()
		if err := c.each(count, do); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		took, after := time.Since(began), used(tb, s.pid)
		out[name] = rate{float64(count) / took.Seconds(), (after.cpu - before.cpu) / time.Duration(count)}
	}
	person := func() int { return 1 + rand.IntN(n) }
	measure("warm", max(10, count/4), func(i int) error { return c.lookUp(fmt.Sprintf("p%07d", 1+i%n)) })
	measure("by userName", 2*count, func(int) error { return c.lookUp(fmt.Sprintf("p%07d", person())) })
	measure("by id", 2*count, func(int) error {
		return c.expect("GET", fmt.Sprintf("/Users/01%024d", person()), "", http.StatusOK, `"groups"`)
	})
	measure("list", max(10, count/20), func(int) error {
		return c.expect("GET", fmt.Sprintf("/Users?startIndex=%d&count=100", 1+rand.IntN(max(1, min(n, 5000)-100))), "", http.StatusOK, `"groups"`)
	})
	measure("create", count, func(i int) error { return c.create(i, fmt.Sprintf("%s%07d", tag, i)) })
	return out
}

// A caller sends requests to a service over a number of connections.
type caller struct {
	service
	http    *http.Client
	workers int
}

func newCaller(s service, workers int) *caller {
	return &caller{s, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}, workers}
}

// each calls do for 0 to count-1, as many at a time as there are workers.
func (c *caller) each(count int, do func(int) error) error {
	var next atomic.Int64
	errs := make([]error, c.workers)
	var wait sync.WaitGroup
	for w := range c.workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < count && errs[w] == nil; i = int(next.Add(1)) - 1 {
				errs[w] = do(i)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (c *caller) send(method, path, body string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// expect sends a request and checks the status, and that the answer holds something.
func (c *caller) expect(method, path, body string, status int, holds string) error {
	got, text, err := c.send(method, path, body)
	if err == nil && (got != status || !bytes.Contains(text, []byte(holds))) {
		err = fmt.Errorf("%s %s: %d %.300s, want %d with %s", method, path, got, text, status, holds)
	}
	return err
}

func (c *caller) lookUp(name string) error {
	return c.expect("GET", "/Users?filter="+url.QueryEscape(`userName eq "`+name+`"`), "", http.StatusOK, `"groups"`)
}

func newPerson(i int, name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":%[1]q,"externalId":"ext-%[1]s",`+
		`"name":{"givenName":"Ada","familyName":"Berg"},"displayName":"Ada Berg","title":"Clerk of the %[2]dth desk","active":true,"emails":[{"value":"%[1]s@example.com","type":"work","primary":true}],`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales %[3]d","employeeNumber":"e-%[1]s"}}`, name, i%97, i%40)
}

func (c *caller) create(i int, name string) error {
	return c.expect("POST", "/Users", newPerson(i, name), http.StatusCreated, `"id"`)
}

func (c *caller) group(name string) error {
	return c.expect("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"`+name+`"}`, http.StatusCreated, `"id"`)
}

// idOf looks up the id of a group, without its members.
func (c *caller) idOf(name string) (string, error) {
	_, text, err := c.send("GET", "/Groups?attributes=id&filter="+url.QueryEscape(`displayName eq "`+name+`"`), "")
	if err != nil {
		return "", err
	}
	var page struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal(text, &page); err != nil || len(page.Resources) != 1 {
		return "", fmt.Errorf("group %s: %s %w", name, text, err)
	}
	return page.Resources[0].ID, nil
}

// members takes one member out of a group and puts them back, again and again, and returns the median time of a request.
func (c *caller) members(tb testing.TB, group string, n, count int) time.Duration {
	tb.Helper()
	id, err := c.idOf(group)
	if err != nil {
		tb.Fatal(err)
	}
	var took []time.Duration
	for i := range count {
		member := fmt.Sprintf("01%024d", 1+i%min(n, 10_000))
		for _, op := range []string{`{"op":"remove","path":"members[value eq \"` + member + `\"]"}`, `{"op":"add","path":"members","value":[{"value":"` + member + `"}]}`} {
			began := time.Now()
			if err := c.expect("PATCH", "/Groups/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+op+`]}`, http.StatusNoContent, ""); err != nil {
				tb.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
	}
	return median(took)
}

// bulk creates people one by one over one connection, and as many in one bulk request.
func (c *caller) bulk(tb testing.TB, count int) (single, together rate) {
	tb.Helper()
	began := time.Now()
	for i := range count {
		if err := c.create(i, fmt.Sprintf("s%07d", i)); err != nil {
			tb.Fatal(err)
		}
	}
	single.perSecond = float64(count) / time.Since(began).Seconds()
	ops := make([]string, count)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":%s}`, i, newPerson(i, fmt.Sprintf("b%07d", i)))
	}
	began = time.Now()
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + strings.Join(ops, ",") + `]}`
	status, text, err := c.send("POST", "/Bulk", body)
	if err != nil || status != http.StatusOK || bytes.Count(text, []byte(`"status":"201"`)) != count {
		tb.Fatalf("bulk: %d %.300s %v", status, text, err)
	}
	together.perSecond = float64(count) / time.Since(began).Seconds()
	return single, together
}
