package console_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
	"muster/internal/server/console/browsertest"
)

// oneScene is a demo in which nothing happens.
type oneScene struct{}

func (oneScene) Names() []string { return []string{"leaver"} }

func (oneScene) Play(context.Context, string) (string, error) { return "", nil }

// X1, S14: the link of the demo, its code behind "#", goes in without a press, once, and leaves no code in the address; a console of real people asks nobody in that way.
func TestDoor(t *testing.T) {
	h := adminapitest.New(t, nil)
	owner := h.Person(access.Owner)
	code, _, err := h.Keeper.NewCode(t.Context(), access.Caller{Person: owner, Handle: "owner", Roles: []access.Role{access.Owner}}, owner)
	if err != nil {
		t.Fatal(err)
	}
	people := browsertest.Open(t, serve(t, h, h.Service))
	people.Go("/console/welcome#code=" + code.Reveal())
	people.Says("muster console")
	if browsertest.Eval[bool](people, `!!document.querySelector("[name=code], [data-go]")`) {
		t.Error("a real console takes a code from behind #")
	}
	srv := httptest.NewServer(console.New(console.Config{Service: h.Service, Keeper: h.Keeper, Scenes: oneScene{}, Now: func() time.Time { return adminapitest.Now }}))
	t.Cleanup(srv.Close)
	demo := browsertest.Open(t, srv.URL)
	demo.Clock(adminapitest.Now)
	demo.Go("/console/welcome#code=" + code.Reveal())
	demo.Wait(`location.pathname === "/console/" && !location.hash && document.querySelector("#pulse")`)
	if page := (guest{t, srv.URL + "/console/", ""}).get("welcome").body; !strings.Contains(page, `name="code"`) || !strings.Contains(page, "Go in") {
		t.Errorf("without a script nobody goes in: %s", page)
	}
	demo.Forget()
	demo.Allow("401")
	demo.Go("/console/welcome#code=" + code.Reveal())
	demo.Says("This link was used already")
}
