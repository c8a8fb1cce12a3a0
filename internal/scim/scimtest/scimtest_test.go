package scimtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// A client talks to one sandbox.
type client struct {
	t   *testing.T
	srv *scimtest.Server
}

type result struct {
	status int
	header http.Header
	body   scim.Resource
	text   string
	err    error
}

func start(t *testing.T, c scimtest.Config) *client {
	t.Helper()
	return &client{t, scimtest.NewServer(t, c)}
}

func (c *client) do(method, path, body string, headers ...string) result {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.srv.URL+path, bytes.NewBufferString(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", scim.MediaType)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return result{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	r := result{status: resp.StatusCode, header: resp.Header, text: string(text), err: err}
	_ = json.Unmarshal(text, &r.body) // HTML has none
	return r
}

// must does what do does and wants the status.
func (c *client) must(status int, method, path, body string, headers ...string) result {
	c.t.Helper()
	r := c.do(method, path, body, headers...)
	if r.err != nil || r.status != status {
		c.t.Fatalf("%s %s: status %d, error %v, %s; want %d", method, path, r.status, r.err, r.text, status)
	}
	return r
}

func (c *client) user(name, more string) string {
	c.t.Helper()
	return c.must(201, "POST", "/Users", `{"schemas":["`+scim.UserURN+`"],"userName":"`+name+`"`+more+`}`).body.ID()
}

func (c *client) group(name string, members ...string) string {
	c.t.Helper()
	list := make([]map[string]string, len(members))
	for i, m := range members {
		list[i] = map[string]string{"value": m}
	}
	b, err := json.Marshal(map[string]any{"schemas": []string{scim.GroupURN}, "displayName": name, "members": list})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.must(201, "POST", "/Groups", string(b)).body.ID()
}

func TestLifeOfAUser(t *testing.T) {
	c := start(t, scimtest.Config{})
	r := c.must(201, "POST", "/Users", `{"schemas":["`+scim.UserURN+`","urn:unknown"],"UserName":"anna","id":"mine","meta":{"version":"x"},"password":"p","emails":[{"type":"work","value":"a@example.com"}]}`)
	id := r.body.ID()
	if id == "" || id == "mine" || r.body.Text("userName") != "anna" || !r.body.Active() || r.body.Get("password") != nil {
		t.Errorf("created %v", r.body)
	}
	if r.header.Get("Location") != c.srv.URL+"/Users/"+id || r.header.Get("ETag") != `W/"1"` || r.header.Get("Content-Type") != scim.MediaType {
		t.Errorf("headers %v", r.header)
	}
	c.must(304, "GET", "/Users/"+id, "", `If-None-Match: W/"1"`)
	c.must(409, "POST", "/Users", `{"schemas":[],"userName":"ANNA"}`)
	c.must(412, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`, `If-Match: W/"7"`)
	p := c.must(200, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","value":{"active":false}}]}`, `If-Match: W/"1"`)
	if p.body.Active() || p.header.Get("ETag") != `W/"2"` {
		t.Errorf("after PATCH %v %v", p.body, p.header)
	}
	again := c.must(200, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","value":{"active":false}}]}`)
	if d := cmp.Diff(p.body, again.body); d != "" {
		t.Errorf("a PATCH that changes nothing changed: %s", d)
	}
	put := c.must(200, "PUT", "/Users/"+id, `{"schemas":["`+scim.UserURN+`"],"userName":"anne"}`)
	if put.body.Active() || put.body.Get("emails") != nil || put.body.ID() != id {
		t.Errorf("after PUT %v", put.body)
	}
	same := c.must(200, "PUT", "/Users/"+id, put.text)
	if same.text != put.text {
		t.Errorf("PUT of what GET says changed %s to %s", put.text, same.text)
	}
	c.must(204, "DELETE", "/Users/"+id, "")
	for _, m := range []string{"GET", "DELETE", "PATCH"} {
		c.must(404, m, "/Users/"+id, `{"Operations":[{"op":"remove","path":"title"}]}`)
	}
	c.user("anna", "")
}

func TestRefusals(t *testing.T) {
	c := start(t, scimtest.Config{})
	c.user("anna", "")
	for _, x := range []struct {
		status             int
		method, path, body string
		scimType           string
	}{
		{400, "POST", "/Users", `{`, scim.InvalidSyntax},
		{400, "POST", "/Users", `{"userName":"x"}`, scim.InvalidSyntax},
		{400, "POST", "/Users", `{"schemas":[]}`, scim.InvalidValue},
		{400, "POST", "/Users", `{"schemas":[],"userName":"x","active":"yes"}`, scim.InvalidValue},
		{400, "POST", "/Groups", `{"schemas":[],"displayName":"x","members":[{"value":"nobody"}]}`, scim.InvalidValue},
		{409, "POST", "/Users", `{"schemas":[],"userName":"Anna"}`, scim.Uniqueness},
		{400, "GET", "/Users?filter=userName+is+%22x%22", "", scim.InvalidFilter},
		{400, "GET", "/Users?count=many", "", scim.InvalidValue},
		{404, "PUT", "/Users/none", `{"schemas":[],"userName":"x"}`, ""},
		{404, "GET", "/Robots", "", ""},
		{405, "DELETE", "/Users", "", ""},
		{405, "POST", "/Schemas", "", ""},
		{403, "GET", "/Schemas?filter=x", "", ""},
		{404, "GET", "/Schemas/urn:none", "", ""},
		{501, "GET", "/Me", "", ""},
		{501, "POST", "/Bulk", "{}", ""},
	} {
		r := c.must(x.status, x.method, x.path, x.body)
		e, ok := scim.ParseError([]byte(r.text))
		if !ok || e.Status != x.status || e.Type != x.scimType || e.Detail == "" {
			t.Errorf("%s %s: %s, want scimType %q", x.method, x.path, r.text, x.scimType)
		}
	}
	c.must(415, "POST", "/Users", `{}`, "Content-Type: text/plain")
}

func TestToken(t *testing.T) {
	c := start(t, scimtest.Config{Token: "good"})
	for _, h := range []string{"X: y", "Authorization: Bearer bad", "Authorization: good"} {
		if r := c.must(401, "GET", "/Users", "", h); r.header.Get("WWW-Authenticate") == "" {
			t.Error("no WWW-Authenticate")
		}
	}
	c.must(200, "GET", "/Users", "", "Authorization: Bearer good")
	c.srv.SetToken("new")
	c.must(401, "GET", "/Users", "", "Authorization: Bearer good")
}

func TestListing(t *testing.T) {
	c := start(t, scimtest.Config{PageMax: 3})
	var want []string
	for i := range 8 {
		want = append(want, c.user(fmt.Sprintf("user%d", i), fmt.Sprintf(`,"externalId":"X%d","displayName":"Same","emails":[{"value":"u%d@example.com","type":"work"}]`, i, i)))
	}
	list := func(query string) ([]string, scim.ListResponse) {
		t.Helper()
		var p scim.ListResponse
		if err := json.Unmarshal([]byte(c.must(200, "GET", "/Users?"+query, "").text), &p); err != nil {
			t.Fatal(err)
		}
		ids := []string{}
		for _, r := range p.Resources {
			ids = append(ids, r.ID())
		}
		return ids, p
	}
	for query, w := range map[string][]string{
		"":                         want[:3],
		"count=2":                  want[:2],
		"count=0":                  {},
		"count=-1":                 {},
		"startIndex=0&count=1":     want[:1],
		"startIndex=7&count=100":   want[6:],
		"startIndex=99":            {},
		"startIndex=4&tag=ignored": want[3:6],
	} {
		if got, p := list(query); !slices.Equal(got, w) || p.TotalResults != 8 || p.ItemsPerPage != len(w) {
			t.Errorf("?%s: %d of %d, %q", query, p.ItemsPerPage, p.TotalResults, got)
		}
	}
	for filter, w := range map[string][]string{
		`userName eq "USER3"`:                                            want[3:4],
		`externalId eq "X3"`:                                             want[3:4],
		`externalId eq "x3"`:                                             {},
		`emails.value eq "u5@example.com"`:                               want[5:6],
		`emails eq "u5@example.com"`:                                     want[5:6],
		`emails[type eq "work" and value sw "u6"]`:                       want[6:7],
		`emails[type eq "work"].value eq "u5@example.com"`:               want[5:6],
		`displayName eq "same" and userName eq "user1"`:                  want[1:2],
		`userName eq "user1" or userName eq "user0"`:                     want[:2],
		`id eq "` + want[2] + `"`:                                        want[2:3],
		`id eq "none"`:                                                   {},
		`userName eq "none"`:                                             {},
		`active eq true and not (userName ne "user7")`:                   want[7:],
		`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "user7"`: want[7:],
	} {
		if got, p := list("filter=" + url.QueryEscape(filter)); !slices.Equal(got, w) || p.TotalResults != len(w) {
			t.Errorf("%s: got %q, want %q", filter, got, w)
		}
	}
	r := c.must(200, "GET", "/Users/"+want[0]+"?attributes=userName", "")
	if len(r.body) != 3 || r.body.ID() == "" || r.body.Text("userName") == "" {
		t.Errorf("projection %v", r.body)
	}
}

func TestGroups(t *testing.T) {
	c := start(t, scimtest.Config{})
	a, b := c.user("anna", ""), c.user("bea", "")
	g := c.group("Crew", a)
	members := func() []string { return c.must(200, "GET", "/Groups/"+g, "").body.Members() }
	patch := func(status int, ops string) {
		t.Helper()
		c.must(status, "PATCH", "/Groups/"+g, `{"Operations":`+ops+`}`)
	}
	patch(204, `[{"op":"add","path":"members","value":[{"value":"`+b+`"},{"value":"`+a+`"}]}]`)
	if got := members(); !slices.Equal(got, []string{a, b}) {
		t.Errorf("members %q", got)
	}
	patch(400, `[{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"nobody"}]}]`)
	patch(400, `[{"op":"remove","path":"members"},{"op":"remove","path":"displayName","value":null},{"op":"bad"}]`)
	patch(204, `[{"op":"remove","path":"members[value eq \"`+a+`\"]"},{"op":"replace","path":"displayName","value":"Gang"}]`)
	patch(204, `[{"op":"remove","path":"members[value eq \"`+a+`\"]"}]`)
	if got := members(); !slices.Equal(got, []string{b}) {
		t.Errorf("members %q", got)
	}
	if r := c.must(200, "GET", "/Groups/"+g+"?excludedAttributes=members", ""); r.body.Get("members") != nil || r.body.Text("displayName") != "Gang" {
		t.Errorf("without members: %v", r.body)
	}
	if r := c.must(200, "GET", "/Groups?filter="+url.QueryEscape(`members.value eq "`+b+`"`), ""); r.body.Text("totalResults") != "1" {
		t.Errorf("by member: %v", r.body)
	}
	patch(204, `[{"op":"replace","value":{"members":[{"value":"`+a+`"}]}}]`)
	patch(204, `[{"op":"remove","path":"members[value sw \"`+a+`\"]"},{"op":"add","path":"members","value":{"value":"`+b+`"}}]`)
	c.must(204, "DELETE", "/Users/"+b, "")
	if got := members(); len(got) != 0 {
		t.Errorf("after the member was deleted: %q", got)
	}
	c.must(200, "PUT", "/Groups/"+g, `{"schemas":[],"displayName":"Gang","members":[{"value":"`+a+`"}]}`)
	snap := c.srv.Snapshot()
	if got, ok := snap.Group("GANG"); !ok || !slices.Equal(got.Members, []string{a}) || len(snap.Users) != 1 {
		t.Errorf("snapshot %+v", snap)
	}
	if err := c.srv.Invariants(); err != nil {
		t.Error(err)
	}
}

func TestOneNameUnderConcurrency(t *testing.T) {
	c := start(t, scimtest.Config{})
	codes := make([]int, 32)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Go(func() { codes[i] = c.do("POST", "/Users", `{"schemas":[],"userName":"Anna"}`).status })
	}
	wg.Wait()
	slices.Sort(codes)
	if codes[0] != 201 || codes[1] != 409 || codes[31] != 409 {
		t.Errorf("answers %v", codes)
	}
	if err := c.srv.Invariants(); err != nil || len(c.srv.Snapshot().Users) != 1 {
		t.Error(err, c.srv.Snapshot().Users)
	}
}

func TestFaults(t *testing.T) {
	c := start(t, scimtest.Config{})
	id := c.user("anna", "")
	for _, x := range []struct {
		fault  scimtest.Fault
		status int
		check  func(result) bool
	}{
		{scimtest.Fault{Kind: scimtest.Throttle, Wait: 1500 * time.Millisecond}, 429, func(r result) bool { return r.header.Get("Retry-After") == "2" }},
		{scimtest.Fault{Kind: scimtest.Throttle}, 429, func(r result) bool { return r.header.Get("Retry-After") == "" }},
		{scimtest.Fault{Kind: scimtest.ServerError}, 500, nil},
		{scimtest.Fault{Kind: scimtest.Unauthorized}, 401, nil},
		{scimtest.Fault{Kind: scimtest.NotFound}, 404, func(r result) bool { return r.body.Text("status") == "404" }},
		{scimtest.Fault{Kind: scimtest.Missing}, 404, func(r result) bool { return strings.HasPrefix(r.text, "<!doctype") }},
		{scimtest.Fault{Kind: scimtest.HTML}, 200, func(r result) bool { return strings.HasPrefix(r.text, "<!doctype") }},
		{scimtest.Fault{Kind: scimtest.Latency, Wait: time.Millisecond}, 200, nil},
		{scimtest.Fault{Kind: scimtest.ServerError, Method: "POST"}, 200, nil},
		{scimtest.Fault{Kind: scimtest.ServerError, Class: scimtest.Groups}, 200, nil},
		{scimtest.Fault{Kind: scimtest.Lost}, 0, func(r result) bool { return r.err != nil }},
		{scimtest.Fault{Kind: scimtest.Cut}, 200, func(r result) bool { return r.err != nil }},
	} {
		c.srv.Fail(x.fault)
		if r := c.do("GET", "/Users/"+id, ""); r.status != x.status || x.check != nil && !x.check(r) {
			t.Errorf("%+v: status %d, %s, %v", x.fault, r.status, r.text, r.err)
		}
	}
	c.srv.Fail(scimtest.Fault{Kind: scimtest.ServerError, Times: 2})
	if a, b, n := c.do("GET", "/Users", "").status, c.do("GET", "/Users", "").status, c.do("GET", "/Users", "").status; a != 500 || b != 500 || n != 200 {
		t.Errorf("twice: %d %d %d", a, b, n)
	}
}

func TestWritesThatTookEffectAreRecordedThoughTheReplyIsLost(t *testing.T) {
	c := start(t, scimtest.Config{})
	c.srv.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: "POST", Times: 1})
	if r := c.do("POST", "/Users", `{"schemas":[],"userName":"anna"}`); r.err == nil {
		t.Errorf("reply %d", r.status)
	}
	c.must(409, "POST", "/Users", `{"schemas":[],"userName":"anna"}`)
	u, _ := c.srv.Snapshot().User("anna")
	c.must(204, "DELETE", "/Users/"+u.ID, "")
	var got []string
	for _, w := range c.srv.Writes() {
		got = append(got, fmt.Sprintf("%s %s %s %d", w.Method, w.Class, w.Name, w.Status))
	}
	if d := cmp.Diff([]string{"POST users anna 201", "POST users  409", "DELETE users anna 204"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if n := c.srv.Count("POST", scimtest.Users); n != 2 || c.srv.Requests() != 3 {
		t.Errorf("%d creates of %d requests", n, c.srv.Requests())
	}
}

func TestChanceFollowsTheSeed(t *testing.T) {
	pattern := func(seed uint64) string {
		c := start(t, scimtest.Config{Seed: seed})
		c.srv.Fail(scimtest.Fault{Kind: scimtest.ServerError, Chance: 0.5})
		out := ""
		for range 32 {
			out += fmt.Sprint(c.do("GET", "/Users", "").status / 100)
		}
		return out
	}
	one, two, same := pattern(1), pattern(2), pattern(1)
	if one != same || one == two || !strings.Contains(one, "5") || !strings.Contains(one, "2") {
		t.Errorf("%s %s %s", one, two, same)
	}
}

func TestDiscovery(t *testing.T) {
	c := start(t, scimtest.Config{PageMax: 42})
	var conf scim.ServiceProviderConfig
	if err := json.Unmarshal([]byte(c.must(200, "GET", "/ServiceProviderConfig", "").text), &conf); err != nil || conf.Filter.MaxResults != 42 || !conf.Patch.Supported {
		t.Errorf("%+v %v", conf, err)
	}
	for path, total := range map[string]string{"/ResourceTypes": "2", "/Schemas": "3"} {
		r := c.must(200, "GET", path, "")
		if r.body.Text("totalResults") != total || strings.Contains(r.text, "null") {
			t.Errorf("%s: %s", path, r.text)
		}
	}
	if r := c.must(200, "GET", "/Schemas/"+scim.UserURN, ""); r.body.ID() != scim.UserURN {
		t.Errorf("%v", r.body)
	}
}

func TestOldWritesAreForgotten(t *testing.T) {
	c := start(t, scimtest.Config{LogMax: 3})
	for i := range 10 {
		c.user(fmt.Sprint("u", i), "")
	}
	w := c.srv.Writes()
	if len(w) != 3 || w[2].Name != "u9" {
		t.Errorf("%+v", w)
	}
}
