package scimapi_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
	"muster/internal/secret"
	"muster/internal/server/scimapi"
)

// A blind store reads no members.
type blind struct{ directory.Store }

type blindReader struct{ directory.Reader }

type blindInbound struct{ inbound.Reader }

var errLooked = errors.New("the members were read")

func (b blind) View(ctx context.Context, fn func(directory.Reader) error) error {
	return b.Store.View(ctx, func(r directory.Reader) error { return fn(blindReader{r}) })
}

func (r blindReader) InboundReader() inbound.Reader { return blindInbound{inbound.Of(r.Reader)} }

func (blindInbound) Members(context.Context, string, directory.ID, directory.ID, int) ([]inbound.Member, directory.ID, error) {
	return nil, "", errLooked
}

func (blindInbound) Around(context.Context, string, []directory.ID) ([]inbound.Around, error) {
	return nil, errLooked
}

// S-Q8: who does not want members is answered without anybody reading them.
func TestMembersAreNotRead(t *testing.T) {
	c := newClient(t, "standard")
	g := c.newGroup("staff", c.newUser("ada"))
	c.api = scimapi.New(scimapi.Config{
		Store: blind{c.store}, Keeper: c.keeper, Clients: []scimapi.Client{profile(t, "standard")}, Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler),
	})
	c.serve(t)
	for _, path := range []string{
		"/Groups?excludedAttributes=members&filter=displayName+eq+%22staff%22", "/Groups?attributes=displayName", "/Groups/" + g + "?excludedAttributes=members", "/Groups/" + g + "?attributes=id,meta",
		"/Users?excludedAttributes=groups", "/Users?attributes=userName",
	} {
		if a := c.send("GET", path, "").want(200); strings.Contains(a.text, "members") {
			t.Errorf("%s: %s", path, a.text)
		}
	}
	if a := c.loose("GET", "/Groups/"+g, ""); a.status != 500 {
		t.Errorf("the store is not blind: %d %s", a.status, a.text)
	}
}

// S-P4, S-P5, S-P3: whatever is counted stands on some page, and by cursor nobody is lost or told of twice while others are deleted and made.
func TestNobodyIsLost(t *testing.T) {
	c := newClient(t, "standard")
	var all, stay []string
	for i := range 12 {
		id := c.newUser(fmt.Sprintf("u%02d", i), `"emails":[{"value":"a@example.com"},{"value":"b@example.com"}]`)
		if all = append(all, id); i%3 != 1 {
			stay = append(stay, id)
		}
	}
	var seen []string
	for start := 1; start <= 12; start += 5 {
		a := c.send("GET", "/Users"+query("filter", "emails.value ew \"example.com\"", "sortBy", "active", "count", "5", "startIndex", fmt.Sprint(start)), "").want(200)
		if seen = append(seen, a.list("id")...); a.at("totalResults") != "12" {
			t.Error(a.text)
		}
	}
	if slices.Sort(seen); !slices.Equal(seen, all) {
		t.Errorf("index pages show %v", seen)
	}
	seen = nil
	for cursor, page := "", 0; page == 0 || cursor != ""; page++ {
		a := c.send("GET", "/Users"+query("cursor", cursor, "count", "3", "sortBy", "userName"), "").want(200)
		seen, cursor = append(seen, a.list("id")...), a.at("nextCursor")
		if gone := 3*page + 1; gone < 12 {
			c.send("DELETE", "/Users/"+all[gone], "").want(204) // one that was on the page, or was pushed off it
		}
		c.newUser(fmt.Sprint("a new one ", page))
	}
	for _, id := range stay {
		if n := strings.Count(strings.Join(seen, " "), id); n != 1 {
			t.Errorf("%s was shown %d times", id, n)
		}
	}
}

// S-PU5, S-A3: a PUT, which cannot hold a password, leaves the one that the person has here; no profile keeps or shows one that is sent.
func TestPasswordsStay(t *testing.T) {
	w := newWorld(t, profile(t, "okta"))
	c := w.client("okta")
	a := c.send("POST", "/Users", userBody("ada", `"password":"S3nt-by-okta"`)).want(201)
	const own = "correct horse battery"
	code, _, err := w.keeper.Reset(t.Context(), w.owner, c.object(directory.Person, "okta", a.id()).ID, secret.New(own))
	if err != nil {
		t.Fatal(err)
	}
	if code.Reveal() != "" {
		t.Fatalf("a password was given, and a code came back")
	}
	put := c.send("PUT", "/Users/"+a.id(), userBody("ada", `"title":"Boss"`, `"password":"S3nt-by-okta"`)).want(200)
	if _, _, err := w.keeper.SignIn(t.Context(), "ada", secret.New(own), ""); err != nil {
		t.Errorf("the password was lost: %v", err)
	}
	if _, _, err := w.keeper.SignIn(t.Context(), "ada", secret.New("S3nt-by-okta"), ""); err == nil {
		t.Error("the password that was sent was kept")
	}
	list := c.send("GET", "/Users?attributes=password", "").want(200)
	for _, text := range []string{a.text, put.text, list.text, c.send("GET", "/Users/"+a.id(), "").text, fmt.Sprint(c.api.Exchanges("okta", false)), w.log.String()} {
		if strings.Contains(text, "S3nt-by-okta") || strings.Contains(text, `"password"`) && !strings.Contains(text, "***") {
			t.Errorf("a password in %s", text)
		}
	}
}

// S-C6, S-B5, S-DI4: what is announced holds: bulk takes as many operations as it says and no more, a page holds as many resources, a body is as long.
func TestAnnouncedLimits(t *testing.T) {
	c := newClient(t, "standard")
	spc := c.send("GET", "/ServiceProviderConfig", "").want(200)
	for path, want := range map[string]string{
		"pagination/cursor": "true", "pagination/index": "true", "pagination/defaultPaginationMethod": "index", "pagination/defaultPageSize": "100", "pagination/maxPageSize": "1000", "pagination/cursorTimeout": "600",
		"filter/maxResults": "1000", "bulk/supported": "true", "bulk/maxOperations": fmt.Sprint(scimapi.MaxOperations), "bulk/maxPayloadSize": fmt.Sprintf("%v", float64(scimapi.MaxBody)),
	} {
		if got := spc.at(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	ops := make([]string, scimapi.MaxOperations)
	for i := range ops {
		ops[i] = `{"method":"DELETE","path":"/Users/nobody"}`
	}
	if got := c.send("POST", "/Bulk", bulk("", ops...)).want(200).statuses(); strings.Count(got, "404") != len(ops) {
		t.Errorf("%d answers", strings.Count(got, "404"))
	}
	if a := c.send("POST", "/Bulk", bulk("", append(ops, ops[0])...)).want(413); !strings.Contains(a.text, "1000") {
		t.Errorf("the limit is not named: %s", a.text)
	}
}

// S-DI5, S-ER5, S-ER4: discovery answers whoever has a token of a client, and nobody else; /Me belongs to nobody.
func TestDiscoveryNeedsAToken(t *testing.T) {
	w := newWorld(t, profile(t, "standard"), profile(t, "closed"))
	nobody := &client{world: w, header: map[string][]string{}}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User", "/Schemas/" + scim.UserURN} {
		if got := nobody.send("GET", path, "").want(401).header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
			t.Errorf("%s: WWW-Authenticate %q", path, got)
		}
		for _, name := range []string{"standard", "closed"} {
			w.client(name).send("GET", path, "").want(200)
		}
	}
	c := w.client("standard")
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		c.send(method, "/Me", "").want(501)
	}
}

// S-ER2: a scimType is one of those of the standards, and only where one applies.
func TestScimTypes(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada")
	cursor := c.send("GET", "/Users?cursor=&count=0", "").want(200).at("nextCursor")
	for _, x := range []struct {
		method, path, body, kind string
		status                   int
	}{
		{"GET", "/Users?filter=x", "", "invalidFilter", 400},
		{"POST", "/Users", userBody("ADA"), "uniqueness", 409},
		{"PATCH", "/Users/" + id, op(`{"op":"replace","path":"id","value":"x"}`), "mutability", 400},
		{"POST", "/Users", "{", "invalidSyntax", 400},
		{"PATCH", "/Users/" + id, op(`{"op":"add","path":"a b","value":1}`), "invalidPath", 400},
		{"PATCH", "/Users/" + id, op(`{"op":"remove"}`), "noTarget", 400},
		{"POST", "/Users", userBody("x", `"active":5`), "invalidValue", 400},
		{"GET", "/Users?filter=password+pr", "", "sensitive", 403},
		{"GET", "/Users?cursor=x" + cursor, "", "invalidCursor", 400},
		{"GET", "/Users/nobody", "", "", 404},
		{"GET", "/", "", "", 403},
		{"DELETE", "/Schemas", "", "", 405},
		{"GET", "/Me", "", "", 501},
	} {
		if a := c.send(x.method, x.path, x.body).want(x.status, x.kind); x.kind == "" && strings.Contains(a.text, "scimType") {
			t.Errorf("%s %s: %s", x.method, x.path, a.text)
		}
	}
	c.send("DELETE", "/Users/"+id, "", "If-Match", `W/"7"`).want(412, "")
}

// S-ER4, S3, S4: a token is dead at once when it is revoked, when its time is over, and when its person is deactivated; two stand side by side for a rotation.
func TestTokensEnd(t *testing.T) {
	w := newWorld(t, profile(t, "standard"))
	issue := func(life time.Duration) (*client, access.Token) {
		t.Helper()
		text, token, err := w.keeper.IssueFor(t.Context(), w.owner, w.user, access.Use{Source: "standard"}, "x", life)
		if err != nil {
			t.Fatal(err)
		}
		return &client{world: w, token: text.Reveal(), header: map[string][]string{}}, token
	}
	short, _ := issue(time.Hour)
	old, oldToken := issue(0)
	fresh, freshToken, err := w.keeper.Rotate(t.Context(), w.owner, oldToken.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	next := &client{world: w, token: fresh.Reveal(), header: map[string][]string{}}
	for _, c := range []*client{short, old, next} {
		c.send("GET", "/Users", "").want(200)
	}
	id := next.newUser("ada")
	old.send("GET", "/Users/"+id, "").want(200) // the same client, by either token
	w.now = w.now.Add(2 * time.Hour)
	short.send("GET", "/Users", "").want(401)
	old.send("GET", "/Users", "").want(401) // the overlap is over
	next.send("GET", "/Users", "").want(200)
	if err := w.keeper.Revoke(t.Context(), w.owner, freshToken.ID); err != nil {
		t.Fatal(err)
	}
	next.send("GET", "/Users", "").want(401)
	next.send("DELETE", "/Users/"+id, "").want(401)
	last, _ := issue(0)
	last.send("GET", "/Users", "").want(200)
	w.write(func(tx directory.Tx) error {
		o, err := tx.Object(t.Context(), w.user)
		if err != nil {
			return err
		}
		o.State, o.Cause, o.Epoch = directory.Disabled, directory.Stated, o.Epoch+1
		return tx.PutObjects(t.Context(), o)
	})
	last.send("GET", "/Users/"+id, "").want(401)
}

// S-B1: an operation of a bulk request holds for a version, as If-Match does.
func TestBulkVersions(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada")
	a := c.send("POST", "/Bulk", bulk("",
		`{"method":"PATCH","path":"/Users/`+id+`","version":"W/\"9\"","data":`+op(`{"op":"add","path":"title","value":"no"}`)+`}`,
		`{"method":"PUT","path":"/Users/`+id+`","version":"W/\"1\"","data":`+userBody("ada", `"title":"yes"`)+`}`,
		`{"method":"DELETE","path":"/Users/`+id+`","version":"W/\"1\""}`,
	)).want(200)
	if got := a.statuses(); got != "412 200 412" || a.at("Operations/1/version") != `W/"2"` {
		t.Errorf("%s: %s", got, a.text)
	}
	if a := c.send("GET", "/Users/"+id, "").want(200); a.at("title") != "yes" {
		t.Error(a.text)
	}
}
