package scimtest_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// person is the body of a user that every vendor but one takes: Meisterplan allows no displayName.
func person(userName string) string { return someone(userName, `"displayName":"Anna Berg"`) }

// someone is the body of a user with more attributes than every vendor takes; more may be empty.
func someone(userName, more string) string {
	if more != "" {
		more += ","
	}
	return fmt.Sprintf(`{"schemas":[%q],"userName":%q,%s"name":{"givenName":"Anna","familyName":"Berg"},`+
		`"emails":[{"type":"work","value":"%s@example.com","primary":true}],"active":true}`, scim.UserURN, userName, more, userName)
}

// vendor starts a sandbox of v.
func vendor(t *testing.T, v scimtest.Vendor, tenant scimtest.Tenant) *client {
	t.Helper()
	return start(t, scimtest.Config{Vendor: v, Tenant: tenant})
}

// refused wants the status and, in the body, says.
func (c *client) refused(status int, says, method, path, body string) result {
	c.t.Helper()
	r := c.must(status, method, path, body)
	if !strings.Contains(r.body.Text("detail"), says) {
		c.t.Errorf("%s %s: %s; want %q", method, path, r.text, says)
	}
	return r
}

func anys(v any) []any {
	l, _ := v.([]any)
	return l
}

// X8: every vendor's service takes the same person through the same life.
func TestEveryVendor(t *testing.T) {
	for _, v := range scimtest.Vendors {
		t.Run("vendor "+string(v), func(t *testing.T) {
			c := vendor(t, v, scimtest.Tenant{})
			anna := person("anna")
			if v == scimtest.Meisterplan {
				anna = someone("anna", "")
			}
			id := c.must(201, "POST", "/Users", anna).body.ID()
			c.must(409, "POST", "/Users", anna)
			group := c.group("ops", id)
			c.must(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"active","value":false}`))
			if r := c.must(200, "GET", "/Users/"+id, ""); r.body.Active() {
				t.Errorf("still active: %s", r.text)
			}
			c.must(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","value":{"active":true}}`))
			found := c.must(200, "GET", `/Users?filter=userName+eq+%22ANNA%22`, "")
			if n := len(anys(found.body.Get("Resources"))); n != 1 {
				t.Errorf("%d found: %s", n, found.text)
			}
			want := []string{id}
			g, _ := c.srv.Snapshot().Group("ops")
			if diff := cmp.Diff(want, g.Members); diff != "" || g.ID != group {
				t.Errorf("members of %s (-want +got):\n%s", g.ID, diff)
			}
			c.must(204, "DELETE", "/Groups/"+group, "")
			c.must(204, "DELETE", "/Users/"+id, "")
			if err := c.srv.Invariants(); err != nil {
				t.Error(err)
			}
		})
	}
}

func patch(ops string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":[` + ops + `]}`
}

func TestUnknownVendor(t *testing.T) {
	if s, err := scimtest.Start(scimtest.Config{Vendor: "nobody"}); err == nil {
		s.Close()
		t.Error("it started")
	}
}

// A clock is one that stands until it is moved.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// P11: several sandboxes of one organisation share its limits, which recover on the vendor's clock.
func TestSlackLimitsAreTheOrganisations(t *testing.T) {
	watch := &clock{}
	a := start(t, scimtest.Config{Vendor: scimtest.Slack, Speed: 10, Now: watch.now})
	b := start(t, scimtest.Config{Vendor: scimtest.Slack, With: a.srv, Now: watch.now})
	create := func(i int) result { return []*client{a, b}[i%2].do("POST", "/Users", person(fmt.Sprintf("u%d", i))) }
	for i := range 20 {
		if r := create(i); r.status != 201 {
			t.Fatalf("create %d: %s", i, r.text)
		}
	}
	r := create(20)
	if r.status != 429 || r.header.Get("Retry-After") != "1" || r.body.Text("detail") != "ratelimited" {
		t.Fatalf("after the burst: %d, Retry-After %q, %s", r.status, r.header.Get("Retry-After"), r.text)
	}
	watch.forward(time.Second) // ten of the vendor's: 30 calls, of which 20 can be had at once
	for i := range 20 {
		if r := create(20 + i); r.status != 201 {
			t.Fatalf("create %d, a second later: %s", i, r.text)
		}
	}
	if r := create(40); r.status != 429 {
		t.Errorf("the burst grew: %d", r.status)
	}
}
