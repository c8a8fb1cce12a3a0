package bulkload_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/secret"
)

const known = "correct horse battery"

// passwords are people with passwords in all the ways in which a line can state one.
const passwords = `{"type":"version","version":1}
{"type":"user","user":{"username":"ada","email":"ada@example.com","password":"another horse entirely"}}
{"type":"user","user":{"username":"ada","email":"ada@example.com","password":"` + known + `"}}
{"type":"user","user":{"username":"ben","email":"ben@example.com","password":"short"}}
{"type":"user","user":{"username":"cyd","email":"cyd@example.com","auth_service":"saml","auth_data":"cyd-1"}}
{"type":"user","user":{"username":"cyd","email":"cyd@example.com","password":"` + known + `"}}
{"type":"user","user":{"username":"dot","email":"dot@example.com","password":"` + known + `"}}
{"type":"user","user":{"username":"eve","email":"eve@example.com"}}
`

func (h *hall) written(text string) (bulkload.Result, string) {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "import.jsonl")
	write(h.t, file, []byte(text))
	var told strings.Builder
	r, err := h.load(h.t.Context(), file, bulkload.LoadOptions{Found: func(f bulkload.Finding) { told.WriteString(f.String() + f.Fix) }})
	if err != nil {
		h.t.Fatal(err)
	}
	got := map[string]int{}
	for what, n := range r.Written {
		if strings.HasPrefix(what, "password") {
			got[what] = n
		}
	}
	r.Written = got
	return r, told.String()
}

// M4: a password is touched only where a line carries one; it is kept as a hash and nowhere else, given to nobody who signs in elsewhere, and loading again
// neither brings back one that was changed here since nor keeps quiet about it.
func TestLoadPasswords(t *testing.T) {
	h := newHall(t)
	h.written(`{"type":"user","user":{"username":"dot","email":"dot@example.com"}}`)
	h.bind("corp", "dot")
	r, told := h.written(passwords)
	want := map[string]int{
		"password set": 1, "password left out: a later line states it": 1, "password left out: too weak": 1, "password left out: they sign in elsewhere": 1,
		"password left out: they belong to the source corp": 1,
	}
	if diff := cmp.Diff(want, r.Written); diff != "" || r.Counts["password"] != 5 {
		t.Errorf("written (-want +got):\n%s%v", diff, r.Counts)
	}
	if !strings.Contains(told, "it has 5 characters") || strings.Contains(told, "short") || strings.Contains(told, known) {
		t.Errorf("findings: %s", told)
	}
	h.signsIn("ada", known, true)
	h.signsIn("ada", "another horse entirely", false)
	for _, name := range []string{"ben", "cyd", "dot", "eve"} {
		h.signsIn(name, known, false)
		h.signsIn(name, "", false)
	}
	if r, _ = h.written(passwords); r.Written["password unchanged"] != 1 || r.Written["password set"]+r.Written["password changed"] > 0 {
		t.Errorf("loading again: %v", r.Written)
	}
	if _, _, err := h.Keeper.Reset(t.Context(), access.Caller{Handle: "boss", Roles: []access.Role{access.Owner}}, h.person("ada").ID, secret.New("her own choice now")); err != nil {
		t.Fatal(err)
	}
	before := h.person("ada").Epoch
	if r, _ = h.written(passwords); r.Written["password left out: another was set here"] != 1 || h.person("ada").Epoch != before {
		t.Errorf("after she chose another: %v", r.Written)
	}
	h.signsIn("ada", "her own choice now", true)
	h.nowhere(known)
	if strings.Contains(h.export(), "password") {
		t.Error("an export has passwords")
	}
}

// bind has a source say that somebody who was loaded is one of its people.
func (h *hall) bind(from, name string) {
	h.t.Helper()
	o := h.person(name)
	err := h.Store.Update(h.t.Context(), "test", func(tx directory.Tx) error {
		return tx.PutRecords(h.t.Context(), directory.Record{Source: from, Key: name, Kind: directory.Person, Object: o.ID, Attrs: attr.Set{"uid": {name}}, Status: directory.Present})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) person(name string) (out directory.Object) {
	h.t.Helper()
	h.view(func(r directory.Reader) error {
		found, err := r.ObjectsByHandle(h.t.Context(), directory.Person, []string{name})
		if err != nil || len(found) != 1 {
			h.t.Fatalf("%s: %d people, %v", name, len(found), err)
		}
		out = found[0]
		return nil
	})
	return out
}

func (h *hall) signsIn(name, password string, want bool) {
	h.t.Helper()
	if _, _, err := h.Keeper.SignIn(h.t.Context(), name, secret.New(password), ""); (err == nil) != want {
		h.t.Errorf("%s signs in: %v, want %t", name, err, want)
	}
}

// nowhere looks through everything that is stored.
func (h *hall) nowhere(text string) {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.folder, "*"))
	if err != nil || len(files) == 0 {
		h.t.Fatal(err)
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte(text)) {
			h.t.Errorf("%s has the password", name)
		}
	}
}
