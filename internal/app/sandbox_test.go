package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/access"
	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/scim"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
	"muster/internal/server/scimapi"
	"muster/internal/testserver"
)

// A house is a Muster that serves, to which a provider writes.
type house struct {
	*testing.T
	url   string
	admin *client.Client
}

// serveHouse serves a Muster with one client until the test ends.
func serveHouse(t *testing.T, database string) *house {
	t.Helper()
	text := "sources: [{name: idp, type: scim}]\n"
	if database != "" {
		text += fmt.Sprintf("database: %q\n", database)
	}
	return serveIn(t, t.TempDir(), text)
}

// serveIn serves a Muster with a configuration in a folder until the test ends.
func serveIn(t *testing.T, folder, text string) *house {
	t.Helper()
	file := filepath.Join(folder, "muster.yaml")
	text = "listen: 127.0.0.1:0\n" + text
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan cli.Listening, 1), make(chan error, 1)
	go func() {
		done <- app.App{}.Serve(ctx, cli.Options{Data: folder, ConfigFile: file, Log: slog.New(slog.DiscardHandler)}, func(l cli.Listening) { ready <- l })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case l := <-ready:
		token, err := os.ReadFile(filepath.Join(folder, adminapi.TokenName))
		if err != nil {
			t.Fatal(err)
		}
		admin, err := client.Address("http://"+l.Addr, secret.New(strings.TrimSpace(string(token))))
		if err != nil {
			t.Fatal(err)
		}
		return &house{t, "http://" + l.Addr, admin}
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	return nil
}

// send sends a SCIM request and returns the id in the answer.
func (h *house) send(token, method, path, body string, want int) string {
	h.Helper()
	req, err := http.NewRequestWithContext(h.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", scim.MediaType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	if resp.StatusCode != want {
		h.Fatalf("%s %s: %d %s, want %d", method, path, resp.StatusCode, text, want)
	}
	var out struct {
		ID        string
		Meta      struct{ Location string }
		Resources []struct{ ID string }
	}
	if len(text) > 0 && want < 400 {
		if err := json.Unmarshal(text, &out); err != nil {
			h.Fatal(err)
		}
	}
	if out.Meta.Location != "" && !strings.HasPrefix(out.Meta.Location, h.url+strings.Split(path, "/v2")[0]+"/v2/") {
		h.Errorf("%s %s is said to be at %s", method, path, out.Meta.Location)
	}
	if len(out.Resources) == 1 {
		return out.Resources[0].ID
	}
	return out.ID
}

func (h *house) find(token, at, name string) string {
	h.Helper()
	return h.send(token, "GET", at+"/Users?filter="+url.QueryEscape(`userName eq "`+name+`"`), "", 200)
}

func scimUser(name, more string) string {
	return `{"schemas":["` + scim.UserURN + `"],"userName":"` + name + `","emails":[{"type":"work","value":"` + name + `@example.com"}]` + more + `}`
}

func patchOf(op string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":[` + op + `]}`
}

// given returns what a call gave.
func given[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return v
	}
}

// I9: a set-up is tried out on a copy of people and groups without any secret; what would have happened is shown; the real people are not touched.
func TestSandbox(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testSandbox(t, "") })
	t.Run("postgres", func(t *testing.T) {
		t.Setenv("MUSTER_TEST_FSYNC", "on") // Muster refuses a PostgreSQL that could lose what it has confirmed
		testSandbox(t, testserver.Postgres(t))
	})
}

const (
	realAt = "/scim/v2"
	copyAt = "/scim/sandbox/v2"
)

func testSandbox(t *testing.T, database string) {
	h := serveHouse(t, database)
	ctx := t.Context()
	given[adminapi.Object](t)(h.admin.MakePerson(ctx, adminapi.NewPerson{Username: "idp-user"}))
	given[adminapi.Object](t)(h.admin.MakeGroup(ctx, adminapi.NewGroup{Name: "Identity providers"}))
	given[adminapi.Moved](t)(h.admin.EditMembers(ctx, "Identity providers", adminapi.MemberEdit{Add: []string{"idp-user"}}))
	if err := h.admin.GiveRole(ctx, adminapi.RoleChange{Who: "Identity providers", Role: access.Provisioner}); err != nil {
		t.Fatal(err)
	}
	genuine := given[adminapi.Issued](t)(h.admin.CreateToken(ctx, adminapi.NewToken{Name: "idp", Person: "idp-user", Source: "idp"})).Text
	ada := h.send(genuine, "POST", realAt+"/Users", scimUser("ada", `,"title":"Clerk"`), 201)
	ben := h.send(genuine, "POST", realAt+"/Users", scimUser("ben", ""), 201)
	h.send(genuine, "POST", realAt+"/Users", scimUser("cleo", ""), 201)
	staff := h.send(genuine, "POST", realAt+"/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"staff","members":[{"value":"`+ada+`"}]}`, 201)
	h.send(genuine, "GET", copyAt+"/Users", "", 404)
	if _, err := h.admin.Sandbox(ctx, adminapi.SandboxQuery{Limit: 10}); err == nil {
		t.Error("a sandbox that nobody made was shown")
	}

	made := given[adminapi.Sandbox](t)(h.admin.MakeSandbox(ctx))
	if made.People != 5 || made.Groups != 2 || len(made.Changes) != 0 || made.Address != copyAt || made.By != "owner" {
		t.Errorf("made %+v", made)
	}
	if _, err := h.admin.MakeSandbox(ctx); err == nil {
		t.Error("it was made over one that was there")
	}
	h.send(genuine, "GET", copyAt+"/Users", "", 401) // no token was copied
	trial := given[adminapi.Issued](t)(h.admin.SandboxToken(ctx, adminapi.SandboxToken{Name: "trial", Person: "idp-user", Source: "idp"})).Text
	h.send(trial, "GET", realAt+"/Users", "", 401)

	if got := h.find(trial, copyAt, "ada"); got != ada {
		t.Errorf("ada has the id %q in the copy and %q here", got, ada)
	}
	h.send(trial, "POST", copyAt+"/Users", scimUser("dora", ""), 201)
	h.send(trial, "PATCH", copyAt+"/Users/"+ada, patchOf(`{"op":"replace","path":"title","value":"Boss"}`), 200)
	h.send(trial, "PATCH", copyAt+"/Users/"+ben, patchOf(`{"op":"replace","path":"active","value":false}`), 200)
	h.send(trial, "DELETE", copyAt+"/Users/"+h.find(trial, copyAt, "cleo"), "", 204)
	h.send(trial, "PATCH", copyAt+"/Groups/"+staff, patchOf(`{"op":"add","path":"members","value":[{"value":"`+ben+`"}]},{"op":"remove","path":"members[value eq \"`+ada+`\"]"}`), 204)

	shown := given[adminapi.Sandbox](t)(h.admin.Sandbox(ctx, adminapi.SandboxQuery{Limit: 100}))
	var got []string
	for _, c := range shown.Changes {
		line := c.What + " " + c.Name
		if c.Group != "" {
			line += " " + c.Group
		}
		for _, f := range c.Fields {
			if f.Path == "idp.title" {
				line += fmt.Sprint(" ", f.Was, f.Is)
			}
		}
		got = append(got, line)
	}
	slices.Sort(got)
	want := []string{"changed ada [Clerk] [Boss]", "created dora", "deactivated ben", "deleted cleo", "joined ben staff", "left ada staff"}
	if !slices.Equal(got, want) {
		t.Errorf("what would have happened:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(shown.Counts) != 6 {
		t.Errorf("counted %v", shown.Counts)
	}
	h.send(genuine, "GET", realAt+"/Users?filter="+url.QueryEscape(`userName eq "ada" and title eq "Clerk" and groups.value eq "`+staff+`"`), "", 200)
	if h.find(genuine, realAt, "dora") != "" || h.find(genuine, realAt, "cleo") == "" || h.find(genuine, realAt, "ada") != ada {
		t.Error("the real people were touched")
	}

	testSandboxPages(h, shown)
	if shown.Bytes < 10_000 || len(shown.Tokens) != 1 || shown.Tokens[0].Revoked || shown.Tokens[0].LastUsed.IsZero() {
		t.Errorf("%d bytes, tokens %+v", shown.Bytes, shown.Tokens)
	}
	h.send(trial, "POST", copyAt+"/Users", scimUser("ada", ""), 409)
	log := given[[]scimapi.Exchange](t)(h.admin.SandboxExchanges(ctx, "idp", true))
	if len(log) != 1 || log[0].Status != 409 || log[0].Fix == "" || !strings.HasPrefix(log[0].Path, copyAt) {
		t.Errorf("refused in the copy: %+v", log)
	}
	if log := given[[]scimapi.Exchange](t)(h.admin.Exchanges(ctx, "idp", true)); slices.ContainsFunc(log, func(e scimapi.Exchange) bool { return e.Status == 409 }) {
		t.Error("what was refused in the copy stands among what was refused in earnest")
	}
	second := given[adminapi.Issued](t)(h.admin.SandboxToken(ctx, adminapi.SandboxToken{Name: "second", Person: "idp-user", Source: "idp"}))
	if err := h.admin.RevokeSandboxToken(ctx, second.ID); err != nil {
		t.Fatal(err)
	}
	h.send(second.Text, "GET", copyAt+"/Users", "", 401)

	again := given[adminapi.Sandbox](t)(h.admin.ResetSandbox(ctx))
	if len(again.Changes) != 0 || h.find(trial, copyAt, "cleo") == "" || h.find(trial, copyAt, "dora") != "" {
		t.Errorf("after it was made anew: %+v", again)
	}
	if err := h.admin.TakeRole(ctx, adminapi.RoleChange{Who: "Identity providers", Role: access.Provisioner}); err != nil {
		t.Fatal(err)
	}
	h.send(trial, "GET", copyAt+"/Users", "", 401) // whoever lost the right here has lost it there
	for _, x := range given[adminapi.Sandbox](t)(h.admin.Sandbox(ctx, adminapi.SandboxQuery{})).Tokens {
		if !x.Revoked {
			t.Errorf("%s is said to open the copy", x.Name)
		}
	}
	if err := h.admin.DropSandbox(ctx); err != nil {
		t.Fatal(err)
	}
	h.send(trial, "GET", copyAt+"/Users", "", 404)
}

// testSandboxPages reads what would have happened in pages of two, and what is of one sort.
func testSandboxPages(h *house, whole adminapi.Sandbox) {
	h.Helper()
	var got []adminapi.SandboxChange
	for q := (adminapi.SandboxQuery{Limit: 2}); len(got) <= len(whole.Changes); {
		page := given[adminapi.Sandbox](h.T)(h.admin.Sandbox(h.Context(), q))
		got = append(got, page.Changes...)
		if len(page.Counts) != len(whole.Counts) {
			h.Errorf("a page counts %v", page.Counts)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if diff := cmp.Diff(whole.Changes, got); diff != "" {
		h.Errorf("in pages (-whole +pages):\n%s", diff)
	}
	left := given[adminapi.Sandbox](h.T)(h.admin.Sandbox(h.Context(), adminapi.SandboxQuery{What: "left", Limit: 1}))
	if len(left.Changes) != 1 || left.Changes[0].What != "left" || left.Next != "" {
		h.Errorf("only who left: %+v", left.Changes)
	}
}
