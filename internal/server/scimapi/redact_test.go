package scimapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/internal/directory"
	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

// S-A3, S-F11, S-ER3: no secret that a client sends is kept, wherever it stands: in a body, in an operation, in a filter of an address or of a search, or in a parameter.
func TestSecretsAreStruckOut(t *testing.T) {
	c := newClient(t, "standard")
	const s = "t0p-s3cret"
	c.send("POST", "/Users", userBody("ada", `"password":"`+s+`"`)).want(400)
	c.send("PATCH", "/Users/x", op(`{"op":"replace","path":"`+scim.UserURN+`:password","value":"`+s+`"}`)).want(404)
	c.send("GET", "/Users"+query("filter", `password eq "`+s+`"`), "").want(403, "sensitive")
	c.send("GET", "/Users"+query("filter", `userName eq "x" and (`+scim.UserURN+`:password sw "`+s+`")`), "")
	c.send("GET", `/Users?filter=password+co+`+s+`+and`, "").want(400)
	c.send("GET", `/Users?filter=password%20eq%20%22`+s+`%22%zz`, "")
	c.send("POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"password eq \"`+s+`\""}`).want(403)
	c.send("GET", "/Users?access_token="+s+"&client_secret="+s, "").want(200)
	log, _ := c.api.Exchanges("standard", false)
	if len(log) != 8 {
		t.Fatalf("%d exchanges", len(log))
	}
	for _, e := range log {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, s) {
			t.Errorf("a secret is kept: %s", text)
		}
		if path, _ := url.QueryUnescape(e.Path); !strings.Contains(path+e.Request, "***") {
			t.Errorf("nothing is struck out: %+v", e)
		}
	}
	c.send("GET", "/Users"+query("filter", `userName eq "ada"`), "").want(200)
	if log, _ := c.api.Exchanges("standard", false); log[0].Path != "/scim/v2/Users?filter=userName+eq+%22ada%22" {
		t.Errorf("what is no secret is not kept as it was sent: %s", log[0].Path)
	}
}

// I1: whatever a client is refused with, the administrator is told what to do about it.
func TestEveryErrorHasAFix(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada")
	for _, try := range []struct {
		status             int
		method, path, body string
		header             []string
	}{
		{400, "POST", "/Users", "{", nil},
		{400, "GET", "/Users?filter=x", "", nil},
		{400, "GET", "/Users?cursor=x", "", nil},
		{403, "GET", "/Users" + query("filter", `password eq "x"`), "", nil},
		{404, "GET", "/Users/x", "", nil},
		{405, "DELETE", "/Schemas", "", nil},
		{409, "POST", "/Users", userBody("ada"), nil},
		{412, "DELETE", "/Users/" + id, "", []string{"If-Match", `W/"9"`}},
		{413, "POST", "/Users", strings.Repeat(" ", scimapi.MaxBody+1), nil},
		{415, "POST", "/Users", "x", []string{"Content-Type", "text/plain"}},
	} {
		c.send(try.method, try.path, try.body, try.header...).want(try.status)
		log, _ := c.api.Exchanges("standard", true)
		if log[0].Status != try.status || log[0].Fix == "" || log[0].Error == "" {
			t.Errorf("%d: %+v", try.status, log[0])
		}
		if try.status == http.StatusForbidden && strings.Contains(log[0].Fix, "provisioner") {
			t.Errorf("a search for a secret is told to need a role: %s", log[0].Fix)
		}
	}
}

// I1: that holds for a client that asks too often, too.
func TestHaste(t *testing.T) {
	one := profile(t, "standard")
	one.PerMinute = 1
	c := newWorld(t, one).client("standard")
	for range 11 {
		c.send("GET", "/Users", "")
	}
	if log, _ := c.api.Exchanges("standard", true); len(log) != 1 || log[0].Status != http.StatusTooManyRequests || !strings.Contains(log[0].Fix, "requests_per_minute") {
		t.Errorf("%+v", log)
	}
}

// M12: what clients sent is forgotten here, in the database and on other nodes when somebody is deleted for good; what comes later is kept again.
func TestForget(t *testing.T) {
	c := newClient(t, "standard")
	node := func() *scimapi.Server {
		return scimapi.New(scimapi.Config{Store: c.store, Keeper: c.keeper, Clients: []scimapi.Client{profile(t, "standard")}, Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler)})
	}
	keep := func(s *scimapi.Server) {
		ctx, end := context.WithCancel(t.Context())
		end()
		s.Keep(ctx) // once
	}
	c.newUser("ada")
	c.send("POST", "/Users", userBody("ada")).want(409)
	keep(c.api)
	other := node()
	if err := other.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.advance()
	if err := c.store.Update(t.Context(), "test", func(tx directory.Tx) error { return c.api.Forget(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	c.advance()
	c.send("GET", "/Users?count=0", "").want(200)
	keep(other)
	keep(c.api)
	fresh := node()
	if err := fresh.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*scimapi.Server{"this": c.api, "other": other, "fresh": fresh} {
		log, _ := s.Exchanges("standard", false)
		if text := fmt.Sprintf("%+v %+v", log, s.Stats()[0].LastError); strings.Contains(text, "ada") {
			t.Errorf("the %s node remembers %s", name, text)
		}
	}
	if log, _ := fresh.Exchanges("standard", false); len(log) != 1 {
		t.Errorf("%d exchanges are kept since", len(log))
	}
}
