package app_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// M12, I4, I9: whoever is deleted for good is in no exchange with a provider, no mail that waits, no invitation, and not in the copy on which providers are tried out: not
// in an answer, and in no file.
func TestEraseReachesProvidersAndCopies(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0") // a mail server that never answers: nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	address := dead.Addr().String()
	dead.Close()
	folder := t.TempDir()
	config := `sources: [{name: idp, type: scim, profile: closed}]
mail: {server: "` + address + `", from: muster@example.com, url: "https://muster.example.com"}
network: {allow: [loopback]}
`
	const name = "zerlinda"
	var id directory.ID
	t.Run("before", func(t *testing.T) {
		h := serveIn(t, folder, config)
		ctx, token := t.Context(), h.newProvider()
		zer := h.send(token, "POST", realAt+"/Users", user(name, `"sendInvitationMail":true`), 201)
		h.find(token, realAt, name)
		h.send(token, "POST", realAt+"/Users", user("other", ""), 201)
		o := given[adminapi.Object](t)(h.admin.Object(ctx, "person", name))
		id = o.ID
		given[adminapi.Sandbox](t)(h.admin.MakeSandbox(ctx))
		trial := given[adminapi.Issued](t)(h.admin.SandboxToken(ctx, adminapi.SandboxToken{Name: "trial", Person: "idp-user", Source: "idp"})).Text
		h.send(trial, "PATCH", copyAt+"/Users/"+zer, patchOf(`{"op":"replace","path":"name.familyName","value":"Zerlinda-Ray"}`), 200)
		h.send(token, "DELETE", realAt+"/Users/"+zer, "", 204)
	})
	if found := naming(t, folder, name); len(found) < 2 {
		t.Fatalf("only %v name her: the test shows nothing", found)
	}
	t.Run("after", func(t *testing.T) {
		h := serveIn(t, folder, config)
		ctx := t.Context()
		for _, typed := range []string{"", "other", name + "x"} {
			if d, err := h.admin.DeletePerson(ctx, string(id), adminapi.DeletionRequest{Confirm: typed}); err == nil || !strings.Contains(err.Error(), "is not the username of "+name) {
				t.Fatalf("with %q for the username: %+v, %v", typed, d, err)
			}
		}
		if _, err := h.admin.DeletePerson(ctx, string(id), adminapi.DeletionRequest{Confirm: name, Reason: "asked for it"}); err != nil {
			t.Fatal(err)
		}
		if d := given[adminapi.Deletion](t)(h.admin.Deletion(ctx, id, patience)); d.State != "done" {
			t.Fatalf("%+v", d)
		}
		shown := []any{
			given[any](t)(anyOf(h.admin.Exchanges(ctx, "idp", false))), given[any](t)(anyOf(h.admin.Clients(ctx))), given[any](t)(anyOf(h.admin.Messages(ctx, adminapi.MessageQuery{}))),
			given[any](t)(anyOf(h.admin.SandboxExchanges(ctx, "idp", false))), given[any](t)(anyOf(h.admin.Sandbox(ctx, adminapi.SandboxQuery{Limit: 100}))),
			given[any](t)(anyOf(h.admin.Changes(ctx, adminapi.ChangeQuery{}))),
		}
		text, err := json.Marshal(shown)
		if err != nil || strings.Contains(strings.ToLower(string(text)), name) {
			t.Errorf("she is shown: %s %v", text, err)
		}
		if found := naming(t, folder, name); len(found) > 0 {
			t.Errorf("while Muster runs, she is named in %v", found)
		}
		given[adminapi.Object](t)(h.admin.Object(ctx, "person", "other"))
	})
	if found := naming(t, folder, name); len(found) > 0 {
		t.Errorf("she is named in %v", found)
	}
}

func anyOf[T any](v T, err error) (any, error) { return v, err }

// naming returns the files below a folder that name somebody, in any case.
func naming(t *testing.T, folder, name string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // gone meanwhile
			return nil
		}
		if strings.Contains(strings.ToLower(string(text)), name) {
			out = append(out, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
