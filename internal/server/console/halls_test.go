package console_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
)

// A guest is somebody who is signed in, without a browser.
type guest struct {
	t      *testing.T
	url    string
	cookie string
}

// enter signs in as somebody of a role of the company.
func enter(t *testing.T, h *adminapitest.House, svc adminapi.Service, role access.Role) guest {
	t.Helper()
	srv := httptest.NewServer(console.New(console.Config{Service: svc, Keeper: h.Keeper, Now: func() time.Time { return adminapitest.Now }}))
	t.Cleanup(srv.Close)
	id := h.Person(role)
	code, _, err := h.Keeper.NewCode(t.Context(), access.Caller{Person: id, Handle: string(role), Roles: []access.Role{role}}, id)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := h.Keeper.Redeem(t.Context(), code.Reveal(), secret.New(""), "test")
	if err != nil {
		t.Fatal(err)
	}
	return guest{t, srv.URL + "/console/", cookie.Reveal()}
}

func (g guest) do(method, path, kind string, body io.Reader) answer {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, body)
	if err != nil {
		g.t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "__Host-muster", Value: g.cookie})
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

func (g guest) get(path string) answer { return g.do(http.MethodGet, path, "", nil) }

// post sends a form: "name=ben&open=yes".
func (g guest) post(path, form string) answer {
	if _, err := url.ParseQuery(form); err != nil {
		g.t.Fatal(err)
	}
	return g.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form))
}

// An order is a form with what the service is asked for by it.
type order struct{ path, form, want string }

// orders sends each form as the owner, who may do it, and as the auditor, who may not.
func orders(t *testing.T, all []order) {
	t.Helper()
	h := adminapitest.New(t, nil)
	owner, auditor := enter(t, h, h.Service, access.Owner), enter(t, h, h.Service, access.Auditor)
	for _, o := range all {
		before := len(h.Calls())
		if res := auditor.post(o.path, o.form); res.status != http.StatusForbidden || len(h.Calls()) != before {
			t.Errorf("%s as auditor: %d, and %v is done", o.path, res.status, h.Calls()[before:])
		}
		res := owner.post(o.path, o.form)
		if res.status != http.StatusSeeOther && res.status != http.StatusOK {
			t.Errorf("%s: %d %s", o.path, res.status, res.body)
		}
		if got := h.Calls()[before:]; !slices.Equal(got, []string{"owner " + o.want}) {
			t.Errorf("%s: %q is done, want %q", o.path, got, o.want)
		}
	}
}

// M3, M6: teams and channels, who is in them, linked groups and default channels are changed here as by the API.
func TestTeams(t *testing.T) {
	orders(t, []order{
		{"teams", "ref=crew&title=The+crew&open=yes", "make crew (private false)"},
		{"teams/staff/channels", "ref=plans&private=yes", "make staff:plans (private true)"},
		{"teams/staff/edit", "title=All&purpose=&joins=yes", `edit staff {"title":"All","purpose":"","open":true}`},
		{"teams/staff:news/edit", "title=News&purpose=x&header=h", `edit staff:news {"title":"News","purpose":"x","header":"h","private":true}`},
		{"teams/staff/archive", "archived=yes", `edit staff {"archived":true}`},
		{"teams/staff/add", "people=ben.ito,+olivia.berg", "add [ben.ito olivia.berg] to staff"},
		{"teams/staff/remove", "line=1ben&line=2mia", "remove [1ben 2mia] from staff (left false)"},
		{"teams/staff/remove", "line=1ben&left=yes", "remove [1ben] from staff (left true)"},
		{"teams/staff/link", "group=Staff&admin=yes", "link Staff to staff (admin true)"},
		{"teams/staff/unlink", "group=group-1", "unlink group-1 from staff"},
		{"teams/staff/manage", "managed=yes&count=1", "manage staff true (1)"},
		{"teams/staff/manage", "", "manage staff false (0)"},
		{"teams/staff/defaults", "", "join default channels of staff"},
		{"default-channels", "channels=off-topic,+news", "default channels [off-topic news]"},
	})
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Owner)
	for path, want := range map[string]string{"teams/staff/add": "Nobody was named.", "teams/staff/remove": "Nobody was named.", "teams/staff/manage": "The number is missing."} {
		if res := g.post(path, "managed=yes"); res.status/100 != 4 || !strings.Contains(res.body, want) {
			t.Errorf("%s with nothing: %d", path, res.status)
		}
	}
	if res := g.post("teams/staff/add", "people=nobody,+ben.ito,+nobody"); !strings.Contains(res.body, "and so for 1 more: nobody") || !strings.Contains(res.body, "For 1 person of the others it was done.") {
		t.Errorf("adding somebody and nobody: %d\n%s", res.status, res.body)
	}
	page := g.get("teams/staff").body
	for _, want := range []string{"left by choice", "by a linked group", "by a load", "as a default channel", "in, deactivated"} {
		if !strings.Contains(page, want) {
			t.Errorf("the members do not say %q", want)
		}
	}
}

// M12: what people who have left posted stays readable, with its files, for whoever may read content, and for nobody else.
func TestPosts(t *testing.T) {
	h := adminapitest.New(t, nil)
	owner, helpdesk := enter(t, h, h.Service, access.Owner), enter(t, h, h.Service, access.Helpdesk)
	for path, want := range map[string][]string{
		"teams/staff:news?tab=posts": {"ben.ito", "has left", "The canteen\nis open", "menu.pdf", "1 reply"}, "teams/staff:news?tab=posts&thread=post-1": {"olivia.berg", "Good", "All posts"},
		"people/1ben0000000000000000000000/posts": {"Posts of Ben Ito"},
	} {
		page := owner.get(path).body
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not say %q", path, text)
			}
		}
		if page := helpdesk.get(path).body; strings.Contains(page, "canteen") || strings.Contains(page, "Good") || !strings.Contains(page, "owner") {
			t.Errorf("%s shows to helpdesk what was posted, or does not say who may read it", path)
		}
	}
	file := owner.get("posts/post-1/files/0")
	if file.body != "soup of day\n" || file.head.Get("Content-Disposition") != "attachment; filename=menu.pdf" || file.head.Get("Content-Type") != "application/octet-stream" || file.head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file: %q %v", file.body, file.head)
	}
	if res := helpdesk.get("posts/post-1/files/0"); res.status != http.StatusForbidden {
		t.Errorf("the file to helpdesk: %d", res.status)
	}
	if res := owner.get("posts/post-1/files/7"); res.status != http.StatusNotFound {
		t.Errorf("no such file: %d", res.status)
	}
}

// staffed knows the people of the company by their roles too, and carla, who is managed here; olivia comes from corp.
type staffed struct {
	adminapi.Service
	house *adminapitest.House
}

func (s staffed) Object(ctx context.Context, kind, who string) (adminapi.Object, error) {
	if id := s.house.Person(access.Role(who)); id != "" {
		return adminapi.Object{ID: id, Kind: directory.Person, Name: who, State: directory.Active}, nil
	}
	for _, role := range access.AllRoles() {
		if id := s.house.Person(role); id != "" && string(id) == who {
			return adminapi.Object{ID: id, Kind: directory.Person, Name: string(role), State: directory.Active}, nil
		}
	}
	if who == string(carla.ID) {
		return carla, nil
	}
	o, err := s.Service.Object(ctx, kind, who)
	if o.Name == "olivia.berg" {
		o.Owned = &adminapi.Ownership{Source: "corp", Where: "Change the entry CN=Olivia Berg,OU=People,DC=corp,DC=example in the directory; corp reads it."}
	}
	return o, err
}

// Why explains the group as it explains people.
func (s staffed) Why(ctx context.Context, who, target string) (adminapi.Explanation, error) {
	if who != staff {
		return s.Service.Why(ctx, who, target)
	}
	x, err := s.Service.Why(ctx, olivia, target)
	x.Object = adminapi.Object{ID: staff, Kind: directory.Group, Name: "Staff", State: directory.Active, Members: 3}
	return x, err
}

func (s staffed) Browse(ctx context.Context, q adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	if q.Own {
		return adminapi.BrowsePage{Objects: []adminapi.Object{carla}}, nil
	}
	return s.Service.Browse(ctx, q)
}

var carla = adminapi.Object{
	ID: "5carla0000000000000000000", Kind: directory.Person, Name: "carla", State: directory.Active, Since: adminapitest.Now, Present: adminapi.Online,
	Attrs: attr.Set{directory.Username: {"carla"}, directory.Email: {"carla@example.com"}, directory.Name: {"Carla Roth"}, "title": {"Editor"}},
}

// I1, I9: the operator sees how a client is doing, makes a token that is shown once, rotates it beside the old one, and revokes it; values to copy stand ready.
func TestClients(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, staffed{h.Service, h}, access.Owner)
	for path, want := range map[string][]string{
		"clients":                            {"entra", "has errors", "2.4"},
		"clients/entra":                      {"fits the profile <b>entra</b>", "shoeSize", "Mend the attribute mapping", "op_case", "cannot sign in"},
		"clients/entra/setup":                {"/scim/v2</code>", "no provider reaches it", "pilot group"},
		"clients/entra/setup?provider=entra": {"/scim/v2?aadOptscim062020", "Test Connection"},
	} {
		page := g.get(path)
		for _, text := range want {
			if page.status != http.StatusOK || !strings.Contains(page.body, text) {
				t.Errorf("%s (%d) does not say %q", path, page.status, text)
			}
		}
	}
	if res := g.get("clients/nobody"); res.status != http.StatusNotFound {
		t.Errorf("an unknown client: %d", res.status)
	}
	tokens := func() []access.Token {
		all, err := h.Keeper.Tokens(t.Context(), access.Caller{Person: h.Person(access.Owner), Handle: "owner", Roles: []access.Role{access.Owner}})
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(all, func(x access.Token) bool { return x.Use.Source != "entra" })
	}
	page := g.post("clients/entra/tokens", "person=owner&name=Entra&days=30")
	_, text, _ := strings.Cut(page.body, `id="token-text"`)
	_, text, _ = strings.Cut(text, ">")
	text, _, _ = strings.Cut(text, "<")
	first := tokens()
	if len(first) != 1 || !strings.Contains(text, first[0].ID) || first[0].Expires.Sub(first[0].Created) != 30*24*time.Hour {
		t.Fatalf("%d tokens; the page shows %d characters", len(first), len(text))
	}
	if again := g.get("clients/entra").body; strings.Contains(again, text) || !strings.Contains(again, first[0].ID) {
		t.Error("a token is shown twice, or not listed")
	}
	revoked := func() bool {
		return slices.ContainsFunc(tokens(), func(x access.Token) bool { return x.ID == first[0].ID && x.Revoked })
	}
	if g.post("clients/entra/tokens/"+first[0].ID+"/rotate", ""); len(tokens()) != 2 || revoked() {
		t.Error("after rotating, not both work")
	}
	if g.post("clients/entra/tokens/"+first[0].ID+"/revoke", ""); !revoked() {
		t.Error("a revoked token works")
	}
	if res := g.post("clients/entra/tokens", "person=nobody"); res.status != http.StatusNotFound || len(tokens()) != 2 {
		t.Errorf("a token for nobody: %d", res.status)
	}
	if res := enter(t, h, staffed{h.Service, h}, access.Auditor).post("clients/entra/tokens", "person=owner"); res.status != http.StatusForbidden {
		t.Errorf("a token by an auditor for somebody else: %d", res.status)
	}
}

// M10, X13: people who are managed here are made, changed, let in and shut out; whoever comes from a source is not, and the page says where to do it.
func TestUsers(t *testing.T) {
	orders(t, []order{
		{"users", "username=dora&email=dora@example.com", "make person dora"},
		{"people/dora/edit", "username=dorothea&was_username=dora&email=d@example.com&was_email=d@example.com", "rename dora to dorothea"},
		{"people/dora/deactivate", "reason=has+left", "deactivate dora (has left)"},
		{"people/dora/activate", "reason=is+back", "activate dora (is back)"},
		{"people/dora/invite", "", "invite dora"},
		{"people/dora/delete", "confirm=dora&reason=asked+for+it", "delete dora"},
		{"groups", "name=Idp", "make group Idp"},
		{"groups/g1/members", "add=ada,+ben&remove=cem", "members of g1: +[ada ben] -[cem]"},
	})
	h := adminapitest.New(t, nil)
	g := enter(t, h, staffed{h.Service, h}, access.Owner)
	if page := g.get("people/0olivia0000000000000000000/manage").body; !strings.Contains(page, "olivia.berg comes from corp") || !strings.Contains(page, "/close") || strings.Contains(page, "/deactivate") {
		t.Error("somebody of a source can be managed here, or nothing says where they are")
	}
	if res := g.post("people/0olivia0000000000000000000/deactivate", "reason=x"); res.status != http.StatusConflict || len(h.Calls()) != 0 {
		t.Errorf("somebody of a source is deactivated: %d", res.status)
	}
	if res := g.post("people/dora/delete", "confirm=doro&reason=x"); res.status/100 != 4 || len(h.Calls()) != 0 {
		t.Errorf("somebody is deleted with a wrong username: %d", res.status)
	}
	if page := g.get("deletions").body; !strings.Contains(page, "12 posts") || !strings.Contains(page, "wiki: u-9") {
		t.Error("what was deleted is not told")
	}
	if page := g.get("users").body; !strings.Contains(page, "Carla Roth") || strings.Contains(page, "olivia.berg") {
		t.Error("the users are not those who are managed here")
	}
	page := g.post("people/"+string(carla.ID)+"/password", "").body
	if link := strings.TrimSuffix(g.url, "/console/") + "/console/welcome?code=C0DE"; !strings.Contains(page, link) || strings.Contains(g.get("people/"+string(carla.ID)+"/manage").body, "C0DE") {
		t.Error("a link to choose a password is not shown, or more than once")
	}
	before := len(h.Recorded())
	if res := g.post("people/"+string(carla.ID)+"/password", "how=set"); res.status/100 != 4 || len(h.Calls()) != 1 || len(h.Recorded()) != before {
		t.Errorf("an empty password is set, or recorded as set: %d", res.status)
	}
	if res := g.post("people/"+string(carla.ID)+"/password", "how=set&password=correct+horse+battery"); strings.Contains(res.body, "correct horse") || len(h.Calls()) != 2 {
		t.Errorf("a password is shown, or not set: %q", h.Calls())
	}
}

// X13: roles are listed with their rights, and given and taken by whoever may.
func TestRoles(t *testing.T) {
	h := adminapitest.New(t, nil)
	owner, admin := enter(t, h, staffed{h.Service, h}, access.Owner), enter(t, h, staffed{h.Service, h}, access.Admin)
	has := func(role access.Role) (out bool) {
		all, err := h.Keeper.Grants(t.Context(), access.Caller{Person: h.Person(access.Owner), Handle: "owner", Roles: []access.Role{access.Owner}})
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(all, func(g access.Grant) bool { return g.Person == h.Person(access.Helpdesk) && g.Role == role })
	}
	for _, text := range []string{"provisioner", "manage users and user groups", "helpdesk", "Give the role"} {
		if page := owner.get("roles").body; !strings.Contains(page, text) {
			t.Errorf("the roles do not say %q", text)
		}
	}
	if page := admin.get("roles").body; strings.Contains(page, "Give the role") || !strings.Contains(page, "owner") {
		t.Error("an admin may give roles, or is not told who may")
	}
	if res := admin.post("roles/give", "who=helpdesk&kind=person&role=operator"); res.status != http.StatusForbidden || has(access.Operator) {
		t.Errorf("an admin gives a role: %d", res.status)
	}
	if owner.post("roles/give", "who=helpdesk&kind=person&role=operator"); !has(access.Operator) {
		t.Error("a role is not given")
	}
	if owner.post("roles/take", "id="+string(h.Person(access.Helpdesk))+"&role=operator"); has(access.Operator) {
		t.Error("a role is not taken")
	}
}

// stream opens a stream of events, and returns a function that yields the first line of each that says what it is.
func (g guest) stream(path string) func() string {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.url+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "__Host-muster", Value: g.cookie})
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	return func() string {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "event: ") {
				return lines.Text()
			}
		}
		return ""
	}
}
