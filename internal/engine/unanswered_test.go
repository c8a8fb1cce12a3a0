package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// follows is follow of which only the end counts.
func (w *world) follows() run.Run {
	w.t.Helper()
	r, err := w.Follow(w.t.Context(), "wiki", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// linkOf returns the link of the person or group with a handle.
func (w *world) linkOf(handle string) link.Link {
	w.t.Helper()
	var out link.Link
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		l, err := link.Of(v).Get(w.t.Context(), "wiki", w.id(v, handle))
		out = l
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) id(v directory.Reader, handle string) directory.ID {
	w.t.Helper()
	found, err := v.Search(w.t.Context(), handle, 10)
	if err != nil || len(found) == 0 {
		w.t.Fatalf("%s: %v %v", handle, found, err)
	}
	return found[0].ID
}

// waits returns the codes of what waits.
func (w *world) waits() map[string]int {
	w.t.Helper()
	out := map[string]int{}
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		all, err := link.Of(v).Waiting(w.t.Context(), "wiki", "", "", "", 1000)
		for _, x := range all {
			out[string(x.Wait)+" "+x.Code]++
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestLeaverWhoseCreateHadNoAnswerIsClosed(t *testing.T) {
	for _, at := range []string{"left the group", "disabled"} {
		t.Run(at, func(t *testing.T) {
			w := newWorld(t)
			w.corp.person("ada", "wiki")
			w.live()
			w.corp.person("bob", "wiki")
			w.read(run.Done)
			w.target.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: "POST"})
			w.follows()
			w.target.Fail()
			if at == "disabled" {
				w.corp.change("bob", func(r *source.Record) { r.Disabled = true })
			} else {
				w.corp.leave("bob", "wiki")
			}
			w.read(run.Done)
			w.follow(run.Done)
			if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false}, w.accounts()); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
			if len(w.waits()) != 0 {
				t.Errorf("waits: %v", w.waits())
			}
		})
	}
}

func TestFailedLookUpIsNoProofOfAnAccountOfOurs(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	if _, err := w.target.Seed([]scim.Resource{{"userName": "bob", "active": false}}, nil); err != nil {
		t.Fatal(err)
	}
	w.corp.person("bob", "wiki")
	w.read(run.Done)
	w.target.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: "GET", Class: scimtest.Users})
	w.follows()
	w.target.Fail()
	w.now = w.now.Add(time.Hour)
	w.follows()
	if w.accounts()["bob"] {
		t.Error("a disabled account that was there before us was taken over and enabled, because looking for it had failed once")
	}
	if holds := w.holds(); len(holds) != 1 || holds[0].Class != "ask" {
		t.Errorf("holds: %+v, want one question", holds)
	}
}

func TestChangeTakenBackWhileItsAnswerWasLost(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	title := func(name string) { w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{name} }) }
	title("Countess")
	w.read(run.Done)
	w.target.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: "PATCH"})
	w.follows()
	w.target.Fail()
	title("Name of ada")
	w.read(run.Done)
	w.follows()
	if ada, _ := w.target.Snapshot().User("ada"); ada.Resource.Text("displayName") != "Name of ada" {
		t.Errorf("the account is called %q: what was sent without an answer stayed", ada.Resource.Text("displayName"))
	}
}

func TestDisableTakenBackWhileItsAnswerWasLost(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.live()
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.target.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: "PATCH"})
	w.follows()
	w.target.Fail()
	if got := w.linkOf("ada").State; got != link.Closing {
		t.Errorf("a disable without an answer left the link %s, want closing: the leaver is open", got)
	}
	w.corp.change("ada", func(r *source.Record) { r.Disabled = false })
	w.corp.group("wiki-y")
	w.corp.member["g-wiki-y"] = []source.Key{"p-ada"}
	w.read(run.Done)
	w.follows()
	if !w.accounts()["ada"] || w.linkOf("ada").State != link.Linked {
		t.Errorf("ada is back; account active: %t, link %s", w.accounts()["ada"], w.linkOf("ada").State)
	}
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-y")); diff != "" {
		t.Errorf("memberships of who is back (-want +got):\n%s", diff)
	}
}

func TestMembershipTakenBackWhileItsAnswerWasLost(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki")
	w.live()
	w.corp.member["g-wiki-x"] = []source.Key{"p-ada"}
	w.read(run.Done)
	w.target.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: "PATCH", Class: scimtest.Groups})
	w.follows()
	w.target.Fail()
	w.corp.member["g-wiki-x"] = nil
	w.read(run.Done)
	w.follows()
	w.now = w.now.Add(time.Hour)
	w.follows()
	if got := w.members("wiki-x"); len(got) != 0 {
		t.Errorf("members %v: who was put in without an answer stayed in", got)
	}
}

func TestLostAccountIsMadeAgainWithItsMemberships(t *testing.T) {
	for _, seen := range []string{"by a comparison", "by a call"} {
		t.Run(seen, func(t *testing.T) {
			w := newWorld(t)
			w.corp.group("wiki-x")
			for _, name := range []string{"ada", "bob", "cleo"} {
				w.corp.person(name, "wiki", "wiki-x")
			}
			w.live()
			w.remove("Users", string(w.linkOf("ada").Remote))
			w.now = w.now.Add(time.Hour)
			if seen == "by a call" {
				w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Ada L."} })
				w.read(run.Done)
				w.follows()
				w.now = w.now.Add(time.Hour)
				w.follows()
			} else {
				w.sync(run.Done)
			}
			if diff := cmp.Diff([]string{"ada", "bob", "cleo"}, w.members("wiki-x")); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if n := w.created("ada"); n != 2 {
				t.Errorf("ada's account was made %d times, want twice", n)
			}
			w.now = w.now.Add(time.Hour)
			w.sync(run.Done)
			if n := w.created("ada"); n != 2 {
				t.Errorf("and then again: %d times", n)
			}
		})
	}
}

func TestLostGroupIsMadeAgainWithItsMembers(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.corp.person("bob", "wiki", "wiki-x")
	w.live()
	g, _ := w.target.Snapshot().Group("wiki-x")
	w.remove("Groups", g.ID)
	w.corp.leave("bob", "wiki-x")
	w.read(run.Done)
	w.follows()
	w.now = w.now.Add(time.Hour)
	w.follows()
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestHandMadeMembershipsAreUndone(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.corp.person("bob", "wiki")
	w.live()
	g, _ := w.target.Snapshot().Group("wiki-x")
	bob, _ := w.target.Snapshot().User("bob")
	w.send("PATCH", "/Groups/"+g.ID, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"members","value":[{"value":"`+bob.ID+`"}]}]}`)
	w.sync(run.Done)
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestClosureIsProved(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.target.Fail(scimtest.Fault{Kind: scimtest.IgnoreDisable})
	w.follows()
	since := w.linkOf("ada").Since
	for range 5 {
		w.now = w.now.Add(time.Hour)
		w.follows()
		if l := w.linkOf("ada"); l.State != link.Closing || !l.Since.Equal(since) || l.Cause != directory.Stated {
			t.Errorf("link %+v, want closing since %s", l, since)
		}
	}
	if len(w.waits()) != 1 {
		t.Errorf("waits: %v", w.waits())
	}
	w.target.Fail()
	w.now = w.now.Add(time.Hour)
	w.follow(run.Done)
	if l := w.linkOf("ada"); l.State != link.Closed || w.accounts()["ada"] {
		t.Errorf("link %+v, want closed", l)
	}
	verdicts, err := w.Judge(t.Context(), "wiki")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		if v.Class == link.Stated && v.Spent > 1 {
			t.Errorf("one leaver used %d of the limit up, by being tried again", v.Spent)
		}
	}
}

func TestLeaverWhoseAccountIsGoneIsClosed(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.remove("Users", string(w.linkOf("ada").Remote))
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done)
	if l := w.linkOf("ada"); l.State != link.Closed {
		t.Errorf("link %+v, want closed", l)
	}
	if n := w.created("ada"); n != 1 {
		t.Errorf("made %d times", n)
	}
}

func TestNothingIsBelievedOfATargetThatLostEverything(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a1", "a2", "a3", "a4", "a5", "a6"} {
		w.corp.person(name, "wiki")
	}
	w.live()
	for _, u := range w.target.Snapshot().Users {
		w.remove("Users", u.ID)
	}
	made := w.target.Count("POST", scimtest.Users)
	w.now = w.now.Add(time.Hour)
	w.sync(run.Stopped)
	if n := w.target.Count("POST", scimtest.Users); n != made {
		t.Errorf("%d accounts were made again", n-made)
	}

	w = newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Ada"} })
	w.read(run.Done)
	w.target.Fail(scimtest.Fault{Kind: scimtest.NotFound})
	w.follow(run.Stopped)
	if l := w.linkOf("ada"); l.State != link.Linked {
		t.Errorf("404 for everything made the link %s", l.State)
	}
}

// remove takes an object out of the sandbox behind Muster's back.
func (w *world) remove(kind, id string) {
	w.t.Helper()
	w.send("DELETE", "/"+kind+"/"+id, "")
}

// created returns how often an account was made.
func (w *world) created(name string) int {
	n := 0
	for _, x := range w.target.Writes() {
		if x.Method == "POST" && x.Class == scimtest.Users && x.Name == name && x.Status < 300 {
			n++
		}
	}
	return n
}

// send makes a request of the sandbox behind Muster's back.
func (w *world) send(method, path, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.target.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer s3cret")
	req.Header.Set("Content-Type", scim.MediaType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}

// faultsOnce makes the first n requests of a method fail.
func faultsOnce(method string, n int) []scimtest.Fault {
	return []scimtest.Fault{{Kind: scimtest.ServerError, Method: method, Times: n}}
}

// seedGroup puts a group of strangers into the sandbox.
func (w *world) seedGroup(name string, strangers int) {
	w.t.Helper()
	var users []scim.Resource
	var members []any
	for i := range strangers {
		users = append(users, scim.Resource{"userName": fmt.Sprintf("%s-stranger%d", name, i), "active": true})
		members = append(members, map[string]any{"value": fmt.Sprintf("%s-stranger%d", name, i)})
	}
	if _, err := w.target.Seed(users, []scim.Resource{{"displayName": name, "members": members}}); err != nil {
		w.t.Fatal(err)
	}
}
