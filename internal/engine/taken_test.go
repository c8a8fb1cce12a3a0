package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/run"
	"muster/internal/scim/scimtest"
)

// P1: a service that answers a create with an account that is there already does not give it to a second person, neither at the first try nor when the
// create is repeated after a lost answer.
func TestCreateAnsweredWithSomebodyElsesAccount(t *testing.T) {
	for _, how := range []string{"at once", "repeated", "two in one batch"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			w.rules.Groups = nil
			w.corp.person("ada", "wiki")
			w.live()
			ada := string(w.idOf("ada"))
			lost := how == "repeated"
			w.refuse(func(body string) (int, string) {
				if !strings.Contains(body, `"bob"`) && !strings.Contains(body, `"ben"`) {
					return 0, ""
				}
				if lost {
					return http.StatusBadGateway, "the answer was lost"
				}
				if how == "two in one batch" {
					ada = "made-once"
				}
				return http.StatusCreated, fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":%q,"userName":"x","active":true}`, ada)
			})
			w.start()
			w.corp.person("bob", "wiki")
			want := map[string]int{"held ask": 1}
			if how == "two in one batch" {
				w.corp.person("ben", "wiki")
			}
			w.read(run.Done)
			w.follows()
			if lost {
				lost = false
				w.now = w.now.Add(time.Hour)
				w.follows()
			}
			w.owners("")
			if diff := cmp.Diff(want, w.waits()); diff != "" {
				t.Errorf("what waits (-want +got):\n%s", diff)
			}
			if p := w.hold(); p.Class != "ask" || p.People != 1 {
				t.Errorf("the hold is %+v, want one question", p)
			}
			w.now = w.now.Add(time.Hour)
			w.follows()
			w.owners("")
			if n := w.target.Count("POST", scimtest.Users); n != 1 {
				t.Errorf("%d accounts were made, want ada's", n)
			}
		})
	}
}
