package e2e

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
	"muster/internal/testserver"
)

// A firm is a company of n people who all may use the wiki: p0001, p0002 and so on. Its directory runs in the test process.
func firm(t *testing.T, n int) (*crowd, *house) {
	t.Helper()
	s, err := ldaptest.Start(ldaptest.Config{PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := &crowd{t: t, server: s}
	for _, unit := range []string{"People", "Groups", "Service"} {
		c.must(s.Add(ldaptest.NewEntry("ou="+unit+","+base, "objectClass", "organizationalUnit")))
	}
	c.must(s.Add(ldaptest.NewEntry("cn=Muster,ou=Service,"+base, "objectClass", "user", "sAMAccountName", "muster",
		"userPrincipalName", "muster@corp.example", "userPassword", "secret")))
	everybody := ldaptest.NewEntry(group("wiki"), "objectClass", "group", "sAMAccountName", "wiki")
	for i := range n {
		number := fmt.Sprintf("%04d", i+1)
		c.must(s.Add(ldaptest.NewEntry(person("Person "+number), "objectClass", "user", "sAMAccountName", "p"+number, "userAccountControl", "512",
			"givenName", "Person", "sn", "Number "+number, "mail", "p"+number+"@example.com")))
		everybody.Add("member", person("Person "+number))
	}
	c.must(s.Add(everybody))
	as := &company{Directory: &testserver.Directory{URL: s.URL()}, t: t, bind: "muster@corp.example", secret: "secret"}
	return c, as.house()
}

// settle brings the wiki in step for the first time.
func (h *house) settle() {
	h.t.Helper()
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
}

// open reports whether an account of the wiki may be used.
func (h *house) open(username string) bool {
	h.t.Helper()
	u, ok := h.wiki.Snapshot().User(username)
	if !ok {
		h.t.Fatalf("there is no account %s", username)
	}
	return u.Active
}

// leaver returns the entry about somebody on the list of leavers.
func (h *house) leaver(name string, args ...string) (adminapi.Leaver, bool) {
	h.t.Helper()
	for _, l := range decode[struct{ Items []adminapi.Leaver }](h, 0, append([]string{"leavers"}, args...)...).Items {
		if l.Name == name {
			return l, true
		}
	}
	return adminapi.Leaver{}, false
}

// byHandAt changes whether an account is active, as somebody does in the service itself.
func (h *house) byHandAt(username string, active bool) {
	h.t.Helper()
	u, _ := h.wiki.Snapshot().User(username)
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":%t}]}`, active)
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPatch, h.wiki.URL+"/Users/"+u.ID, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+wikiToken)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode >= 300 {
		h.t.Fatalf("change %s by hand: %v %v", username, res, err)
	}
	res.Body.Close()
}

// X6, X10: somebody is closed at once, with proof; no source lifts it, and enable does.
func TestDisableNow(t *testing.T) {
	t.Parallel()
	_, h := firm(t, 12)
	h.edit("    mode: live\n", "    mode: live\n    token_owner: p0012\n    protected: [p0011@example.com]\n")
	h.settle()
	h.serve()

	t.Log("who is closed is signed out at once, for good")
	token := decode[adminapi.Issued](h, 0, "token", "create", "script", "--person", "p0005").Text
	h.write("p0005.token", token+"\n")
	signedIn := func() bool {
		return !strings.Contains(h.want(77, "status", "--token-file", "p0005.token").err, "no token that is valid")
	}
	if !signedIn() {
		t.Error("the token is not valid to begin with")
	}
	h.ok("disable", "p0005", "--reason", "stolen laptop")
	if signedIn() {
		t.Error("who is closed is signed in")
	}
	h.ok("enable", "p0005", "--reason", "found again")
	if signedIn() || !h.open("p0005") {
		t.Error("enable brought the token back, or not the account")
	}

	t.Log("at once, with proof")
	h.ok("disable", "p0001", "--reason", "dry", "--dry-run").says("wiki", "open")
	if !h.open("p0001") {
		t.Error("a dry run closed somebody")
	}
	got := decode[adminapi.Closed](h, 0, "disable", "p0001", "--reason", "dismissed")
	if x := got.Targets[0]; x.State != "closed" || !strings.HasPrefix(x.Proof, "read back:") || x.Took == "" || x.Reason != "dismissed" || h.open("p0001") {
		t.Errorf("closed: %+v", x)
	}
	h.ok("why", "p0001", "wiki").says("ordered closed", "dismissed", "read back:")
	if l, ok := h.leaver("p0001"); ok {
		t.Errorf("who is closed stands among the open leavers: %+v", l)
	}
	if l, ok := h.leaver("p0001", "--all"); !ok || l.State != "closed" || !strings.HasPrefix(l.Why, "read back:") || l.Took == "" || l.By == "" || l.Confirmed.IsZero() {
		t.Errorf("the proof: %+v", l)
	}
	h.ok("leavers", "--all").says("p0001", "read back:")

	t.Log("no source lifts it; enable does")
	h.ok("sync", "--full")
	h.ok("disable", "p0002", "--at", "wiki", "--reason", "at the wiki only")
	h.ok("sync", "--full")
	if h.open("p0001") || h.open("p0002") {
		t.Error("a source lifted it")
	}
	h.want(1, "enable", "p0001", "--at", "wiki", "--reason", "x").says("closed everywhere")
	h.ok("enable", "p0001", "--reason", "a mistake")
	h.ok("enable", "p0002", "--at", "wiki", "--reason", "a mistake")
	if !h.open("p0001") || !h.open("p0002") {
		t.Error("enable does not open the accounts again")
	}

	t.Log("several, and those who must not be")
	h.ok("disable", "p0003", "p0004", "--reason", "both", "--yes")
	if h.open("p0003") || h.open("p0004") {
		t.Error("several are not closed")
	}
	h.want(1, "disable", "p0012", "--reason", "x").says("protected", "token", "fix:")
	h.want(1, "disable", "p0011", "--reason", "x").says("protected", "nobody closes", "fix:")
	if !h.open("p0012") || !h.open("p0011") {
		t.Error("the owner of the token was closed, or who is protected by name")
	}
}

// X10: an account that is nobody's is closed by its name or id, even one that nobody could look up when it was ordered, and enable opens it again.
func TestDisableABareAccount(t *testing.T) {
	t.Parallel()
	_, h := firm(t, 3)
	if _, err := h.wiki.Seed([]scim.Resource{{"userName": "intern7", "active": true}, {"userName": "ghost", "active": true}}, nil); err != nil {
		t.Fatal(err)
	}
	h.settle()
	server := h.serve()
	h.want(1, "disable", "--account", "wiki:nobody", "--reason", "x").says("there is no account")
	h.ok("disable", "--account", "wiki:intern7", "--reason", "nobody knows whose").says("intern7", "read back:")
	if h.open("intern7") {
		t.Error("the account is open")
	}
	h.ok("sync", "--full")
	h.ok("leavers", "--all").says("intern7", "read back:")
	h.ok("enable", "--account", "wiki:intern7", "--reason", "known now")
	h.await("the account is open again", func() bool { return h.open("intern7") })

	t.Log("somebody's account is closed as theirs")
	h.ok("disable", "--account", "wiki:p0002", "--reason", "x").says("p0002 (person")
	h.ok("sync", "--full")
	if h.open("p0002") {
		t.Error("a source lifted it")
	}

	t.Log("the target is down when it is ordered; Muster is killed and started again")
	h.wiki.Fail(scimtest.Fault{Kind: scimtest.ServerError})
	h.want(1, "disable", "--account", "wiki:ghost", "--reason", "x", "--wait", "2s").says("retrying", "by itself")
	if l, ok := h.leaver("ghost"); !ok || l.Fix == "" || l.Until.IsZero() || l.Age == "" {
		t.Errorf("an account that is to be closed stands on the list as %+v", l)
	}
	server.kill()
	h.wiki.Fail()
	h.serve()
	h.await("the account is closed", func() bool { return !h.open("ghost") })
}

// X10: whoever is ordered closed is closed while a wave of a thousand slow calls is under way, and the wave does not bring them back.
func TestDisableDuringAWave(t *testing.T) {
	t.Parallel()
	const n = 1000
	c, h := firm(t, n)
	h.settle()
	h.serve()
	h.ok("sync")
	for i := range n {
		c.modify(person(fmt.Sprintf("Person %04d", i+1)), func(e *ldaptest.Entry) { e.Set("givenName", "Renamed") })
	}
	h.wiki.Fail(scimtest.Fault{Kind: scimtest.Latency, Method: http.MethodPatch, Wait: 2 * time.Second}) // the wave takes half a minute
	before := len(h.wiki.Writes())
	sync := exec.CommandContext(t.Context(), binary, "sync")
	sync.Dir, sync.Env = h.dir, h.env
	if err := sync.Start(); err != nil {
		t.Fatal(err)
	}
	h.await("the wave is under way", func() bool { return len(h.wiki.Writes()) > before })
	h.ok("disable", "p1000", "--reason", "now")
	if done := len(h.wiki.Writes()) - before; done >= n || h.open("p1000") {
		t.Errorf("closed after %d writes of the wave, open: %t", done, h.open("p1000"))
	}
	h.wiki.Fail()
	if err := sync.Wait(); err != nil {
		t.Errorf("the wave: %v", err)
	}
	h.ok("sync", "--full")
	if h.open("p1000") {
		t.Error("the wave brought them back")
	}
	renamed := 0
	for _, u := range h.wiki.Snapshot().Users {
		if nameOf(u).Text("givenName") == "Renamed" {
			renamed++
		}
	}
	if renamed < n-1 {
		t.Errorf("%d of %d were served by the wave", renamed, n)
	}
}

// X10, X6: a paused target waits visibly, and is passed with a second word; one that is down is told how to close by hand, and verified when it is back.
func TestDisableAndATargetThatCannotBeServed(t *testing.T) {
	t.Parallel()
	_, h := firm(t, 8)
	h.settle()
	server := h.serve()

	t.Log("paused")
	h.ok("pause", "wiki", "--reason", "release weekend")
	h.quiet(func() {
		h.want(1, "disable", "p0001", "--reason", "x").says("paused", "release weekend", "--through-pause", "by itself")
	})
	h.ok("leavers").says("p0001", "paused", "muster resume wiki")
	h.want(64, "disable", "p0001", "--reason", "x", "--through-pause").says("--yes")
	h.ok("disable", "p0001", "--reason", "x", "--through-pause", "--yes").says("closed")
	h.want(1, "disable", "p0002", "--reason", "x")
	h.ok("resume", "wiki", "--reason", "over")
	h.await("the order waited for the end of the pause", func() bool { return !h.open("p0002") })

	t.Log("down, and closed by hand meanwhile")
	h.wiki.Fail(scimtest.Fault{Kind: scimtest.ServerError})
	h.want(1, "disable", "p0003", "--reason", "x", "--wait", "1s").says("Sign in", "p0003", "by itself")
	h.wiki.Fail()
	h.byHandAt("p0003", false)
	h.await("what was closed by hand is verified", func() bool { _, open := h.leaver("p0003"); return !open })
	if l, ok := h.leaver("p0003", "--all"); !ok || l.State != "closed" {
		t.Errorf("closed by hand: %+v", l)
	}

	t.Log("killed right after the order")
	h.wiki.Fail(scimtest.Fault{Kind: scimtest.Slow})
	h.want(1, "disable", "p0004", "--reason", "x", "--wait", "0")
	server.kill()
	h.wiki.Fail()
	h.serve()
	h.await("the order is carried out after the restart", func() bool { return !h.open("p0004") })
	h.await("and confirmed", func() bool { _, open := h.leaver("p0004"); return !open })
}

// X10: a target that does not answer holds up no other, neither a closing nor the serving of changes.
func TestOneTargetDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	c, h := firm(t, 5)
	chat := scimtest.NewServer(t, scimtest.Config{Token: wikiToken})
	h.edit("targets:\n", strings.NewReplacer("name: wiki", "name: chat", "URL", chat.URL).Replace(wikiTarget))
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
	p := decode[showed](h, 0, "plan", "show", "chat").Plan
	h.ok("plan", "approve", p.ID, "--confirm-count", fmt.Sprint(p.People))
	h.serve()
	h.ok("sync")

	t.Log("the chat does not answer")
	chat.Fail(scimtest.Fault{Kind: scimtest.Latency, Wait: 10 * time.Second})
	h.want(1, "disable", "p0001", "--reason", "x", "--wait", "1s").says("wiki", "closed", "chat", "closing")
	if h.open("p0001") {
		t.Error("the wiki was held up")
	}
	c.modify(person("Person 0002"), func(e *ldaptest.Entry) { e.Set("givenName", "Renamed") })
	sync := exec.CommandContext(t.Context(), binary, "sync")
	sync.Dir, sync.Env = h.dir, h.env
	if err := sync.Start(); err != nil {
		t.Fatal(err)
	}
	h.await("the wiki is served while the chat hangs", func() bool {
		u, _ := h.wiki.Snapshot().User("p0002")
		return nameOf(u).Text("givenName") == "Renamed"
	})
	if l, ok := h.leaver("p0001"); !ok || l.Target != "chat" {
		t.Errorf("open leavers: %+v, want p0001 at the chat", l)
	}
	if u, _ := chat.Snapshot().User("p0002"); nameOf(u).Text("givenName") == "Renamed" {
		t.Error("the chat was served too: nothing was shown")
	}
	chat.Fail()
	_ = sync.Wait()
	h.await("the chat is back", func() bool { u, _ := chat.Snapshot().User("p0001"); return !u.Active })
	h.await("and has confirmed it", func() bool { _, open := h.leaver("p0001"); return !open })
}
