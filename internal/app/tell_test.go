package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/directory"
	"muster/internal/notify"
	"muster/internal/notify/notifytest"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// patience is how long a test waits for what should happen in a moment.
const patience = 30 * time.Second

// An office is a Muster that serves, with an identity provider that writes to it, a mail server, and a webhook.
type office struct {
	*testing.T
	url    string
	api    *client.Client // as the owner
	idp    string         // token of the identity provider
	mail   *notifytest.Server
	called chan notify.Delivery // what the webhook was sent
	status func(int)            // what the webhook answers from now on
}

func newOffice(t *testing.T, more string) *office {
	t.Helper()
	o := &office{T: t, mail: notifytest.NewServer(t, false), called: make(chan notify.Delivery, 1000)}
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("ca.pem", string(o.mail.PEM))
	write("mail", "t0p-s3cret")
	write("hook", strings.Repeat("k", 32))
	file := write("muster.yaml", fmt.Sprintf(`sources: [{name: idp, type: scim, profile: closed}]
mail: {server: "127.0.0.1:%d", ca_file: ca.pem, user: muster, password: {file: mail}, from: Muster <muster@example.com>, url: "https://muster.example.com",
  invitation: {subject: "Welcome, {name}", text: "Hello {username}\n\n{link}\n\nuntil {expires}"}}
webhooks: [{name: intranet, url: "%s/muster?key=hidden", secret: {file: hook}}]
network: {allow: [loopback]}
%s`, o.mail.Port, o.webhook(), more))
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan cli.Listening, 1), make(chan error, 1)
	data := filepath.Join(dir, "data")
	go func() {
		opts := cli.Options{Data: data, ConfigFile: file, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
		done <- app.App{}.Serve(ctx, opts, func(l cli.Listening) { ready <- l })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case l := <-ready:
		o.url = "http://" + l.Addr
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(data, adminapi.TokenName))
	if err != nil {
		t.Fatal(err)
	}
	o.api = o.as(strings.TrimSpace(string(token)))
	o.provider()
	return o
}

// webhook starts the other side of the webhook and returns its address.
func (o *office) webhook() string {
	var mu sync.Mutex
	answer := http.StatusNoContent
	o.status = func(status int) {
		mu.Lock()
		defer mu.Unlock()
		answer = status
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		status := answer
		mu.Unlock()
		var d notify.Delivery
		if err := json.Unmarshal(body, &d); err != nil {
			o.Errorf("a delivery is not JSON: %v", err)
		}
		if r.Header.Get("webhook-signature") == "" || strings.Contains(string(body), "example.com") {
			o.Errorf("%v %s", r.Header, body)
		}
		w.WriteHeader(status)
		if status < 300 {
			o.called <- d
		}
	}))
	o.Cleanup(srv.Close)
	return srv.URL
}

func (o *office) as(token string) *client.Client {
	o.Helper()
	c, err := client.Address(o.url, secret.New(token))
	if err != nil {
		o.Fatal(err)
	}
	return c
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// provider makes the dedicated user, whose token the identity provider gets.
func (o *office) provider() {
	o.Helper()
	ctx := o.Context()
	must(o.api.MakePerson(ctx, adminapi.NewPerson{Username: "idp"}))(o)
	must(o.api.MakeGroup(ctx, adminapi.NewGroup{Name: "provisioning"}))(o)
	must(o.api.EditMembers(ctx, "provisioning", adminapi.MemberEdit{Add: []string{"idp"}}))(o)
	if err := o.api.GiveRole(ctx, adminapi.RoleChange{Who: "provisioning", Kind: "group", Role: access.Provisioner}); err != nil {
		o.Fatal(err)
	}
	o.idp = must(o.api.CreateToken(ctx, adminapi.NewToken{Name: "idp", Person: "idp", Source: "idp"}))(o).Text
}

const appURN = "urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User"

// scim sends a request as the identity provider does, and returns the id in the answer.
func (o *office) scim(status int, method, path, body string) (id, text string) {
	o.Helper()
	req := must(http.NewRequestWithContext(o.Context(), method, o.url+"/scim/v2"+path, strings.NewReader(body)))(o)
	req.Header.Set("Authorization", "Bearer "+o.idp)
	req.Header.Set("Content-Type", "application/scim+json")
	got, answer := o.do(req)
	if got != status {
		o.Fatalf("%s %s: %d, want %d: %s", method, path, got, status, answer)
	}
	var out struct{ ID string }
	_ = json.Unmarshal([]byte(answer), &out) // an error has none
	return out.ID, answer
}

// do makes a request.
func (o *office) do(req *http.Request) (int, string) {
	o.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		o.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// post sends a form.
func (o *office) post(path string, form url.Values) (int, string) {
	o.Helper()
	req := must(http.NewRequestWithContext(o.Context(), http.MethodPost, o.url+path, strings.NewReader(form.Encode())))(o)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return o.do(req)
}

// user is a person as the provider states them.
func user(name, extension string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","` + appURN + `"],"userName":"` + name + `","active":true,"name":{"givenName":"` + name + `","familyName":"Example"},
		"emails":[{"type":"work","value":"` + name + `@example.com"}],"` + appURN + `":{` + extension + `}}`
}

// letter waits for the next mail.
func (o *office) letter() notifytest.Letter {
	o.Helper()
	select {
	case <-o.mail.Arrived():
		all := o.mail.Letters()
		return all[len(all)-1]
	case <-time.After(patience):
		o.Fatal("no mail arrives")
	}
	return notifytest.Letter{}
}

var link = regexp.MustCompile(`https://muster\.example\.com(/console/invitation\?token=[A-Z0-9]+)`)

// page opens the page of an invitation, or with a password sends its form.
func (o *office) page(path, password string) (int, string) {
	o.Helper()
	if password != "" {
		_, token, _ := strings.Cut(path, "=")
		return o.post("/console/invitation", url.Values{"token": {token}, "password": {password}, "again": {password}})
	}
	return o.do(must(http.NewRequestWithContext(o.Context(), http.MethodGet, o.url+path, nil))(o))
}

// code returns the code of a problem.
func code(err error) string {
	p, ok := errors.AsType[*adminapi.Problem](err)
	if !ok {
		return fmt.Sprint(err)
	}
	return p.Code
}

// I4: sendInvitationMail invites on creation only; the link sets a password once, within seven days, and dies with the account; an admin can invite later.
func TestInvitations(t *testing.T) {
	o := newOffice(t, "")
	o.mail.Stop() // a dead mail server holds up no request
	ada, _ := o.scim(201, "POST", "/Users", user("ada", `"sendInvitationMail":true`))
	ben, _ := o.scim(201, "POST", "/Users", user("ben", `"sendInvitationMail":false`))
	if st := must(o.api.Status(t.Context()))(t); st.Sources[0].Heard.IsZero() {
		t.Errorf("nothing was heard of the provider: %+v", st.Sources)
	}
	o.mail.Start()
	for _, m := range must(o.api.Messages(t.Context(), adminapi.MessageQuery{Channel: "mail"}))(t) {
		must(o.api.RetryMessage(t.Context(), m.ID))(t) // an administrator need not wait for the next try
	}
	l := o.letter()
	path := link.FindStringSubmatch(l.Text)
	if l.To != "ada@example.com" || l.Header.Get("Subject") != "Welcome, ada Example" || !l.TLS || path == nil || !strings.Contains(l.HTML, path[1]) {
		t.Fatalf("%+v", l)
	}
	o.scim(200, "PUT", "/Users/"+ben, user("ben", `"sendInvitationMail":true`)) // never on an update
	if status, text := o.page(path[1], ""); status != 200 || !strings.Contains(text, "<strong>ada</strong>") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := o.page(path[1], "too short"); status != 422 || !strings.Contains(text, "12") {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := o.page(path[1], "correct horse battery"); status != 200 {
		t.Errorf("the password is not set: %d", status)
	}
	status, used := o.page(path[1], "correct horse battery")
	unknown, none := o.page("/console/invitation?token=AAAA", "")
	if status != 404 || unknown != 404 || used != none {
		t.Errorf("a used link and one that never was are told apart: %d %d", status, unknown)
	}
	if status, _ := o.post("/console/sign-in", url.Values{"name": {"ada"}, "password": {"correct horse battery"}}); status == http.StatusUnauthorized {
		t.Error("the password does not sign in")
	}
	invited := must(o.api.Invite(t.Context(), "ben", false))(t)
	if l = o.letter(); l.To != "ben@example.com" || l.Header.Get("Message-ID") != "<"+invited.ID+"@example.com>" {
		t.Errorf("%+v", l)
	}
	path = link.FindStringSubmatch(l.Text)
	o.scim(204, "DELETE", "/Users/"+ben, "")
	if status, _ := o.page(path[1], ""); status != 404 {
		t.Errorf("the link outlives the account: %d", status)
	}
	o.scim(204, "DELETE", "/Users/"+ada, "")
	o.refusals()
	if n := len(o.mail.Letters()); n != 5 { // ada, ben, cleo twice, and a test
		t.Errorf("%d mails were sent", n)
	}
}

// refusals are invitations that cannot be.
func (o *office) refusals() {
	o.Helper()
	ctx := o.Context()
	if _, err := o.api.Invite(ctx, "idp", false); code(err) != adminapi.NoAddress {
		o.Error(err)
	}
	o.scim(201, "POST", "/Users", user("cleo", `"sendInvitationMail":"true"`))
	o.letter()
	must(o.api.Invite(ctx, "cleo", false))(o)
	o.letter()
	must(o.api.MakePerson(ctx, adminapi.NewPerson{Username: "olivia", Email: "olivia@example.com"}))(o)
	if err := o.api.GiveRole(ctx, adminapi.RoleChange{Who: "olivia", Role: access.Admin}); err != nil {
		o.Fatal(err)
	}
	weak := o.as(must(o.api.CreateToken(ctx, adminapi.NewToken{Name: "x", Person: "idp"}))(o).Text)
	if _, err := weak.Invite(ctx, "olivia", false); code(err) != "not_allowed" { // whoever reads the mail becomes an admin
		o.Error(err)
	}
	if _, err := o.api.TestMail(ctx, "cleo@example.com"); err != nil {
		o.Error(err)
	}
	<-o.mail.Arrived()
	o.mail.Fail(notifytest.Unknown)
	o.scim(201, "POST", "/Users", user("nobody", `"sendInvitationMail":true`))
	for end := time.Now().Add(patience); len(must(o.api.Messages(ctx, adminapi.MessageQuery{State: "refused"}))(o)) == 0; {
		if time.Now().After(end) {
			o.Fatal("a mail to nobody is not refused")
		}
		must(o.api.Changes(ctx, adminapi.ChangeQuery{Limit: 1}))(o)
	}
	if s := must(o.api.Status(ctx))(o); !strings.Contains(fmt.Sprint(s.Attention), "mails were refused: 1") {
		o.Errorf("%+v", s.Attention)
	}
	o.mail.Fail(notifytest.BadAuth)
	if _, err := o.api.TestMail(ctx, "cleo@example.com"); code(err) != adminapi.MailFailed || strings.Contains(err.Error(), "t0p-s3cret") {
		o.Error(err)
	}
}

// delivered waits until the webhook was sent so many events, and returns their types.
func (o *office) delivered(n int) []string {
	o.Helper()
	var out []string
	late := time.After(patience)
	for len(out) < n {
		select {
		case d := <-o.called:
			for _, e := range d.Data.Events {
				out = append(out, e.Type)
			}
		case <-late:
			o.Fatalf("the webhook was told %v, and no more", out)
		}
	}
	return out
}

// I10: a program follows the feed by its cursor, or is told by a signed webhook, in order and again until it has taken it.
func TestFollowing(t *testing.T) {
	o := newOffice(t, "")
	ctx := t.Context()
	start := must(o.api.Changes(ctx, adminapi.ChangeQuery{Limit: 1000}))(t).Next
	for len(o.called) > 0 {
		<-o.called // the dedicated user
	}
	waiting := make(chan adminapi.Changes)
	go func() {
		page, err := o.api.Changes(ctx, adminapi.ChangeQuery{After: start, Wait: patience})
		if err != nil {
			t.Error(err)
		}
		waiting <- page
	}()
	ada, _ := o.scim(201, "POST", "/Users", user("ada", ""))
	page := <-waiting
	if len(page.Items) != 1 || page.Items[0].Type != "person.changed" || page.Items[0].State != "active" || page.Next == start || page.Items[0].Name != "ada" || page.Items[0].By != "source:idp" {
		t.Fatalf("%+v", page)
	}
	group, _ := o.scim(201, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"crew","members":[{"value":"`+ada+`"}]}`)
	o.scim(200, "PUT", "/Users/"+ada, strings.Replace(user("ada", ""), `"active":true`, `"active":false`, 1))
	o.scim(204, "DELETE", "/Users/"+ada, "")
	o.scim(204, "DELETE", "/Groups/"+group, "")
	page = must(o.api.Changes(ctx, adminapi.ChangeQuery{After: page.Next}))(t)
	var types []string
	for _, e := range page.Items {
		types = append(types, e.Type)
		if e.Type == notify.MembershipRemoved && (e.GroupName != "crew" || e.MemberName != "ada" || e.Member == "" || e.Group == "") {
			t.Errorf("%+v", e)
		}
	}
	if got := strings.Join(types, " "); !strings.Contains(got, "person.deleted") || !strings.Contains(got, "group.deleted") || !strings.Contains(got, "membership") {
		t.Errorf("%v", types)
	}
	for _, after := range []string{"here", "1", "-1.2", "0.1 "} {
		if _, err := o.api.Changes(ctx, adminapi.ChangeQuery{After: after}); code(err) != adminapi.BadRequest {
			t.Errorf("%q: %v", after, err)
		}
	}
	o.webhookRetries(page.Next)
	o.adoption()
}

// adoption (I5): a provider states somebody who was made here; they are the provider's once an administrator has released the list.
func (o *office) adoption() {
	o.Helper()
	ctx := o.Context()
	hana := must(o.api.MakePerson(ctx, adminapi.NewPerson{Username: "hana", Name: "By hand"}))(o)
	if _, text := o.scim(409, "POST", "/Users", user("hana", `"sendInvitationMail":true,"passwordNeverExpires":true`)); !strings.Contains(text, "uniqueness") {
		o.Error(text)
	}
	p := must(o.api.Plan(ctx, "idp"))(o)
	lines := must(o.api.Lines(ctx, p.ID, adminapi.LineQuery{After: -1}))(o)
	if p.People != 1 || len(lines.Lines) != 1 || lines.Lines[0].Object != hana.ID {
		o.Fatalf("%+v %+v", p, lines)
	}
	must(o.api.Approve(ctx, p.ID, adminapi.Approval{Count: 1}))(o)
	id, _ := o.scim(201, "POST", "/Users", user("hana", `"sendInvitationMail":true,"passwordNeverExpires":true`))
	got := must(o.api.Object(ctx, "person", "hana"))(o)
	if got.ID != hana.ID || got.Attrs.First(directory.Email) != "hana@example.com" || got.Attrs.First(access.NeverExpires) != "true" || len(o.mail.Letters()) != 0 {
		o.Errorf("%+v, %d mails", got, len(o.mail.Letters())) // they were here: it is no creation
	}
	o.scim(204, "DELETE", "/Users/"+id, "")
}

// webhookRetries plays a webhook that does not take what it is told; head is the end of the feed.
func (o *office) webhookRetries(head string) {
	o.Helper()
	ctx := o.Context()
	await := func(what string, ok func(adminapi.Webhook) bool) adminapi.Webhook {
		o.Helper()
		for end := time.Now().Add(patience); ; {
			w := must(o.api.Webhooks(ctx))(o)[0]
			switch {
			case ok(w):
				return w
			case time.Now().After(end):
				o.Fatalf("the webhook is not %s: %+v", what, w)
			}
			must(o.api.Changes(ctx, adminapi.ChangeQuery{After: head, Limit: 1}))(o) // which takes a moment
		}
	}
	idle := await("idle", func(w adminapi.Webhook) bool { return w.State == "idle" && w.Cursor == head })
	for len(o.called) > 0 {
		<-o.called
	}
	o.status(http.StatusServiceUnavailable)
	o.scim(201, "POST", "/Users", user("ben", ""))
	w := await("retrying", func(w adminapi.Webhook) bool { return w.State == "retrying" })
	if w.Waiting.Attempts == 0 || !strings.Contains(w.Waiting.Answer, "503") || strings.Contains(w.URL+w.Waiting.Answer, "hidden") {
		o.Errorf("%+v %+v", w, w.Waiting)
	}
	o.scim(201, "POST", "/Users", user("cleo", ""))
	o.status(http.StatusOK)
	must(o.api.RetryMessage(ctx, w.Waiting.ID))(o)
	if got := strings.Join(o.delivered(2), " "); got != "person.created person.created" {
		o.Error(got)
	}
	must(o.api.ReplayWebhook(ctx, "intranet", adminapi.Replay{After: idle.Cursor}))(o)
	if got := strings.Join(o.delivered(2), " "); got != "person.changed person.changed" {
		o.Error(got)
	}
	must(o.api.TestWebhook(ctx, "intranet"))(o)
	if d := <-o.called; d.Type != notify.KindTest {
		o.Errorf("%+v", d)
	}
}
