package scimapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/scim"
	"muster/internal/server/scimapi"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

// A world is a service with one or more clients over a real store.
type world struct {
	testing.TB
	store  directory.Store
	keeper *access.Keeper
	api    *scimapi.Server
	door   *ingest.Door
	url    string
	now    time.Time
	owner  access.Caller
	user   directory.ID // the dedicated user
	group  directory.ID // the dedicated group
	log    bytes.Buffer
}

// A client speaks to the service with a token, and adds headers of its own.
type client struct {
	*world
	token  string
	header http.Header
}

// newWorld makes a service whose clients are named after their profiles.
func newWorld(t testing.TB, clients ...scimapi.Client) *world {
	t.Helper()
	return newWorldIn(t, storetest.SQLite(t, t.TempDir()), clients...)
}

// newWorldIn is newWorld in a database.
func newWorldIn(t testing.TB, dsn string, clients ...scimapi.Client) *world {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, store: s, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	w.keeper = &access.Keeper{Store: s, Now: func() time.Time { return w.now }}
	door := &ingest.Door{Store: s, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)}
	for _, c := range clients {
		door.Rules = append(door.Rules, ingest.Rules{Source: c.Name, Mapping: rules(t, c.Name)})
	}
	w.door = door
	w.api = scimapi.New(scimapi.Config{Store: s, Keeper: w.keeper, Door: door, Clients: clients, Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.serve(t)
	w.people()
	return w
}

// serve gives the service an address until the test ends.
func (w *world) serve(t testing.TB) {
	srv := httptest.NewServer(w.api)
	t.Cleanup(srv.Close)
	w.url = srv.URL + scimapi.Prefix
}

// rules are those that the configuration has if it says nothing else.
func rules(t testing.TB, name string) *mapping.Source {
	t.Helper()
	f, err := config.Parse("muster.yaml", []byte("sources: [{name: "+name+", type: scim}]"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.CompileSource(f.Sources[0].Rules)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// profile is a client named after its profile.
func profile(t testing.TB, name string) scimapi.Client {
	t.Helper()
	p, err := scimapi.NewProfile(name, scimapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return scimapi.Client{Name: name, Profile: p}
}

func person(name string) directory.Object {
	return directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {name}}}
}

func (w *world) write(fn func(directory.Tx) error) {
	w.Helper()
	if err := w.store.Update(w.Context(), "test", fn); err != nil {
		w.Fatal(err)
	}
}

// people makes the owner, and the dedicated user in the dedicated group.
func (w *world) people() {
	w.Helper()
	owner, user := person("owner"), person("idp")
	group := directory.Object{ID: directory.NewID(), Kind: directory.Group, State: directory.Active, Attrs: attr.Set{directory.Name: {"provisioning"}}}
	w.write(func(tx directory.Tx) error {
		if err := tx.PutObjects(w.Context(), owner, user, group); err != nil {
			return err
		}
		if err := tx.PutEdges(w.Context(), group.ID, []directory.ID{user.ID}, nil); err != nil {
			return err
		}
		return access.In(tx).PutGrant(w.Context(), access.Grant{Person: owner.ID, Role: access.Owner})
	})
	w.owner = access.Caller{Person: owner.ID, Handle: "owner", Roles: []access.Role{access.Owner}}
	w.user, w.group = user.ID, group.ID
	if err := w.keeper.Give(w.Context(), w.owner, group.ID, access.Provisioner); err != nil {
		w.Fatal(err)
	}
}

func (w *world) client(source string) *client {
	w.Helper()
	text, _, err := w.keeper.IssueFor(w.Context(), w.owner, w.user, access.Use{Source: source}, source, 0)
	if err != nil {
		w.Fatal(err)
	}
	return &client{world: w, token: text.Reveal(), header: http.Header{}}
}

// newClient makes a world with one client.
func newClient(t testing.TB, name string) *client {
	t.Helper()
	return newWorld(t, profile(t, name)).client(name)
}

// An answer is what came back.
type answer struct {
	testing.TB
	status int
	header http.Header
	text   string
	body   scim.Resource
}

// send sends a request; body is JSON text, "" for none.
func (c *client) send(method, path, body string, header ...string) answer {
	c.Helper()
	a := c.loose(method, path, body, header...)
	if a.text != "" {
		if a.body == nil {
			c.Fatalf("%s %s: %d, not JSON: %s", method, path, a.status, a.text)
		}
		if ct := a.header.Get("Content-Type"); ct != scim.MediaType && ct != "application/json" {
			c.Errorf("%s %s: Content-Type %q", method, path, ct)
		}
	}
	if a.status >= 400 {
		a.isError(method + " " + path)
	}
	if a.status == http.StatusInternalServerError {
		c.Errorf("%s %s: 500\n%s", method, path, c.log.String())
	}
	return a
}

// loose is send for a service that may answer anything.
func (c *client) loose(method, path, body string, header ...string) answer {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	req.Header = c.header.Clone()
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", scim.MediaType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	a := answer{TB: c.TB, status: resp.StatusCode, header: resp.Header, text: string(raw)}
	if len(raw) > 0 && json.Unmarshal(raw, &a.body) != nil {
		a.body = nil
	}
	return a
}

// isError checks that the body is a SCIM error. S-ER1.
func (a answer) isError(what string) {
	a.Helper()
	if a.body.Text("status") != fmt.Sprint(a.status) || !strings.Contains(fmt.Sprint(a.body.Get("schemas")), scim.ErrorURN) || a.body.Text("detail") == "" {
		a.Errorf("%s: %d without a SCIM error: %s", what, a.status, a.text)
	}
	if _, isText := a.body["status"].(string); !isText {
		a.Errorf("%s: status is no text: %s", what, a.text)
	}
}

// want checks status and scimType.
func (a answer) want(status int, scimType ...string) answer {
	a.Helper()
	if a.status != status || len(scimType) > 0 && a.body.Text("scimType") != scimType[0] {
		a.Fatalf("%d %s, want %d %v", a.status, a.text, status, scimType)
	}
	return a
}

func (a answer) id() string { return a.body.ID() }

// list returns the values at a top-level attribute of the resources of a list.
func (a answer) list(attribute string) []string {
	out := []string{}
	list, _ := a.body["Resources"].([]any)
	for _, r := range list {
		o, _ := r.(map[string]any)
		out = append(out, scim.Resource(o).Text(attribute))
	}
	return out
}

// at returns the text at a path such as name.givenName or emails.0.value.
func (a answer) at(path string) string {
	v := any(map[string]any(a.body))
	for step := range strings.SplitSeq(path, "/") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i := 0
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(x) {
				return ""
			}
			v = x[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// user makes a user and returns its id. Parts are further attributes: `"title":"Boss"`.
func (c *client) newUser(name string, parts ...string) string {
	c.Helper()
	return c.send("POST", "/Users", userBody(name, parts...)).want(http.StatusCreated).id()
}

func userBody(name string, parts ...string) string {
	all := append([]string{`"schemas":["` + scim.UserURN + `"]`, `"userName":` + quote(name)}, parts...)
	return "{" + strings.Join(all, ",") + "}"
}

func (c *client) newGroup(name string, members ...string) string {
	c.Helper()
	return c.send("POST", "/Groups", groupBody(name, members...)).want(http.StatusCreated).id()
}

func groupBody(name string, members ...string) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = `{"value":"` + m + `"}`
	}
	return `{"schemas":["` + scim.GroupURN + `"],"displayName":` + quote(name) + `,"members":[` + strings.Join(list, ",") + `]}`
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// op is a PATCH body of operations.
func op(ops ...string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}
