package demo

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/cli"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
)

func TestScenesAreThoseOfTheCommand(t *testing.T) {
	for _, name := range cli.Scenes {
		if scenes[name] == nil {
			t.Errorf("there is no scene %s", name)
		}
	}
	if len(scenes) != len(cli.Scenes) {
		t.Errorf("%d scenes, %d can be asked for", len(scenes), len(cli.Scenes))
	}
}

// TestScenesCanFail: each scene notices when what it shows did not happen. One world is broken in one way after the other, and mended in between.
func TestScenesCanFail(t *testing.T) {
	t.Parallel()
	w := running(t)
	for _, c := range []struct {
		scene string
		how   string
		wreck func()   // before the scene
		when  string   // what the scene says when during happens
		amid  func()   // in the middle of it
		mend  func()   // after it
		fails []string // checks that must fail
	}{
		{
			scene: "leaver", how: "the wiki ignores that accounts are to be closed",
			wreck: func() { w.wiki.Fail(scimtest.Fault{Kind: scimtest.IgnoreDisable}) }, mend: func() { w.wiki.Fail() },
			fails: []string{"played", "accounts"},
		},
		{
			scene: "leaver", how: "somebody opens the account again behind Muster's back",
			when: "Muster: closed", amid: func() { reopen(t, w) },
			fails: []string{"the account is closed", "accounts"},
		},
		{
			scene: "joiner", how: "the wiki refuses to create",
			wreck: func() {
				w.wiki.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: http.MethodPost, Class: scimtest.Users})
			}, mend: func() { w.wiki.Fail() },
			fails: []string{"played", "accounts"},
		},
		{
			scene: "joiner", how: "groups take no members",
			wreck: func() {
				w.wiki.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: http.MethodPatch, Class: scimtest.Groups})
			}, mend: func() { w.wiki.Fail() },
			fails: []string{"played", "groups"},
		},
		{
			scene: "rename", how: "the wiki refuses to change",
			wreck: func() {
				w.wiki.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: http.MethodPatch, Class: scimtest.Users})
			}, mend: func() { w.wiki.Fail() },
			fails: []string{"played", "accounts"},
		},
		{
			scene: "empty", how: "somebody closes accounts meanwhile",
			when: "Directory: answers every", amid: func() { closeOne(t, w) }, mend: func() { reopen(t, w) },
			fails: []string{"nobody is removed", "accounts"},
		},
		{
			scene: "rename-ou", how: "somebody closes accounts meanwhile",
			when: "Directory: OU=", amid: func() { closeOne(t, w) }, mend: func() { reopen(t, w) },
			fails: []string{"nothing happens to anybody", "accounts"},
		},
		{
			scene: "bulk-disable", how: "the limit is raised, so that nothing holds",
			wreck: func() { raise(t, w) },
			fails: []string{"a limit holds them", "everyone is still active", "nothing was written"},
		},
	} {
		if c.wreck != nil {
			c.wreck()
		}
		if w.patience = time.Minute; slices.Contains(c.fails, "played") {
			w.patience = 3 * time.Second // Muster tries again and again, and the scene does not see the end of it
		}
		step := w.play(t.Context(), c.scene, func(e event) {
			if c.amid != nil && strings.HasPrefix(e.Say, c.when) {
				c.amid()
			}
		}, scenes[c.scene])
		for _, name := range c.fails {
			i := slices.IndexFunc(step.Checks, func(x Check) bool { return x.Name == name })
			if i < 0 || step.Checks[i].OK {
				t.Errorf("%s, %s: check %q does not fail: %+v", c.scene, c.how, name, step.Checks)
			}
		}
		if step.OK {
			t.Errorf("%s, %s: the step passes", c.scene, c.how)
		}
		if c.mend != nil {
			c.mend()
		}
		level(t, w)
	}
}

// level has Muster put right what a wrecked scene left, and takes the wiki as it then is for the state before the next one.
func level(t *testing.T, w *world) {
	t.Helper()
	w.patience = time.Minute
	for range 2 { // what the first comparison found and the wiki refused waits to be tried again
		started, err := w.muster.Sync(t.Context(), adminapi.SyncRequest{Full: true})
		if err == nil {
			err = w.finish(t.Context(), started.Runs)
		}
		if err == nil {
			_, err = w.settled(t.Context(), time.Now())
		}
		if err != nil {
			t.Fatalf("put right: %v", err)
		}
	}
	w.baseline()
	if wrong := w.baseline(); len(wrong) > 0 {
		t.Errorf("left over: %q", wrong)
	}
}

// closeOne closes an account at the wiki by hand, and reopen opens all those that were.
func closeOne(t *testing.T, w *world) {
	t.Helper()
	for _, p := range w.ledger.wanted(w.staff()) {
		if p.active && p.account != "" {
			byHand(t, w, p.account, "false")
			return
		}
	}
}

func reopen(t *testing.T, w *world) {
	t.Helper()
	var closed []string
	for _, x := range w.wiki.Writes() {
		if x.Class == scimtest.Users && strings.Contains(x.Body, `"active"`) && strings.Contains(x.Body, "false") && x.Method == http.MethodPatch {
			closed = append(closed, x.ID)
		}
	}
	byHand(t, w, closed[len(closed)-1], "true")
}

func byHand(t *testing.T, w *world, account, active string) {
	t.Helper()
	token, err := os.ReadFile(w.path("wiki.token"))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":` + active + `}]}`
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPatch, w.wiki.URL+"/Users/"+account, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		t.Fatalf("change an account by hand: %s", res.Status)
	}
}

func raise(t *testing.T, w *world) {
	t.Helper()
	_, err := w.muster.Raise(t.Context(), targetName, adminapi.Raise{Class: "stated", To: 1000, Until: time.Now().Add(time.Hour), Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
}
