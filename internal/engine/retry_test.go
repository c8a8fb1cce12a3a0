package engine_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/run"
)

// X1, P5: what is tried again by itself, and what the target refused, is tried at once when somebody asks for it, alone or all of it. Questions wait on.
func TestRetry(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups = nil
	w.corp.person("ada", "wiki")
	w.live()
	refuse := true
	w.refuse(func(body string) (int, string) {
		switch {
		case !refuse:
		case strings.Contains(body, `"bob"`):
			return http.StatusInternalServerError, ""
		case strings.Contains(body, `"cleo"`):
			return http.StatusBadRequest, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"no"}`
		}
		return 0, ""
	})
	w.start()
	off := account("dan", "dan@example.com", "Dan")
	off["active"] = false
	w.seed(off)
	for _, name := range []string{"bob", "cleo", "dan"} {
		w.corp.person(name, "wiki")
	}
	w.read(run.Done)
	w.follow(run.Held)
	want := map[string]int{"retrying unknown": 1, "held invalid": 1, "held ask": 1}
	if diff := cmp.Diff(want, w.waits()); diff != "" {
		t.Fatalf("what waits (-want +got):\n%s", diff)
	}
	refuse = false
	var bob directory.ID
	_ = w.store.View(t.Context(), func(v directory.Reader) error { bob = w.id(v, "bob"); return nil })
	for _, c := range []struct {
		who  directory.ID
		n    int
		want map[string]bool
	}{{bob, 1, map[string]bool{"ada": true, "bob": true, "dan": false}}, {"", 1, map[string]bool{"ada": true, "bob": true, "cleo": true, "dan": false}}} {
		if n, err := w.Retry(t.Context(), "wiki", c.who); n != c.n || err != nil {
			t.Errorf("%d are tried again, %v; want %d", n, err, c.n)
		}
		w.follows()
		if diff := cmp.Diff(c.want, w.accounts()); diff != "" {
			t.Errorf("accounts (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(map[string]int{"held ask": 1}, w.waits()); diff != "" {
		t.Errorf("what waits in the end (-want +got):\n%s", diff)
	}
}
