package scim_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/connector"
	wire "muster/internal/scim"
)

const enterprise = wire.EnterpriseURN

// A script answers requests in turn and remembers them.
type script struct {
	t       *testing.T
	answers []answer
	seen    []string // "PATCH /Users/1 {…}"
}

type answer struct {
	status int
	header string // "Name: value"
	body   string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/v2")
	if q := r.URL.Query().Get("filter"); q != "" {
		path += "?" + q
	}
	s.seen = append(s.seen, strings.TrimSpace(r.Method+" "+path+" "+string(body)))
	a := answer{status: http.StatusInternalServerError}
	if len(s.answers) > 0 {
		a, s.answers = s.answers[0], s.answers[1:]
	}
	w.Header().Set("Content-Type", wire.MediaType)
	if name, value, ok := strings.Cut(a.header, ": "); ok {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// scripted returns a connector to a service that gives answers, and the record of what it is asked. A test talks to it in turn, never at once.
func scripted(t *testing.T, settings map[string]string, answers ...answer) (*script, connector.Connector) {
	t.Helper()
	s := &script{t: t, answers: answers}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	all := map[string]string{"url": srv.URL + "/v2/", "token": token}
	maps.Copy(all, settings)
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, open(t, connector.Env{HTTP: client, Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}, all)
}

const bea = `{"id":"1","userName":"bea","active":true,"title":"Engineer","emails":[{"type":"work","value":"b@example.com","primary":true},{"type":"home","value":"h@example.com","$ref":null}]}`

func TestUpdateOnTheWire(t *testing.T) {
	work := attr.Path(`emails[type eq "work"].value`)
	for _, c := range []struct {
		name string
		want attr.Set
		ops  string // of the PATCH
	}{
		{"text", attr.Set{"title": {"CTO"}}, `[{"op":"replace","path":"title","value":"CTO"}]`},
		{"cleared", attr.Set{"title": nil}, `[{"op":"remove","path":"title"}]`},
		{"cleared by empty text", attr.Set{"title": {""}}, `[{"op":"remove","path":"title"}]`},
		{"part", attr.Set{"name.givenName": {"Bea"}}, `[{"op":"replace","path":"name.givenName","value":"Bea"}]`},
		{"extension", attr.Set{enterprise + ":department": {"R&D"}}, `[{"op":"replace","path":"` + enterprise + `:department","value":"R&D"}]`},
		{"manager", attr.Set{enterprise + ":manager": {"9"}}, `[{"op":"replace","path":"` + enterprise + `:manager","value":{"value":"9"}}]`},
		{"manager cleared", attr.Set{enterprise + ":manager.value": nil}, `[{"op":"remove","path":"` + enterprise + `:manager"}]`},
		{"element", attr.Set{work: {"n@example.com"}}, `[{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@example.com"}]`},
		{"element by primary", attr.Set{`emails[primary eq "true"].value`: {"n@example.com"}}, `[{"op":"replace","path":"emails[primary eq true].value","value":"n@example.com"}]`},
		{"element that is not there", attr.Set{`emails[type eq "other"].value`: {"o@example.com"}}, `[{"op":"add","path":"emails","value":[{"type":"other","value":"o@example.com"}]}]`},
		{"list that is not there", attr.Set{`phoneNumbers[type eq "work"].value`: {"1"}}, `[{"op":"add","path":"phoneNumbers","value":[{"type":"work","value":"1"}]}]`},
		{"element gone", attr.Set{work: nil}, `[{"op":"replace","path":"emails","value":[{"type":"home","value":"h@example.com"}]}]`},
		{"list gone", attr.Set{"emails.value": nil}, `[{"op":"remove","path":"emails"}]`},
		{"two elements at once", attr.Set{work: {"n@example.com"}, `emails[type eq "home"].value`: {"m@example.com"}}, `[{"op":"replace","path":"emails","value":[{"type":"work","value":"n@example.com","primary":true},{"type":"home","value":"m@example.com"}]}]`},
		{"several values", attr.Set{"skills": {"a", "b"}}, `[{"op":"replace","path":"skills","value":["a","b"]}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, svc := scripted(t, nil, answer{200, "", bea}, answer{200, "", bea})
			reads := 0
			if slices.ContainsFunc(c.want.Paths(), func(p attr.Path) bool {
				return strings.HasPrefix(string(p), "emails") || strings.HasPrefix(string(p), "phone")
			}) {
				reads = 1
			}
			_, err := svc.Apply(t.Context(), connector.Op{Verb: connector.Update, Kind: connector.User, ID: "1", Want: c.want, Changed: c.want.Paths(), Active: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(s.seen) != reads+1 {
				t.Fatalf("requests: %q", s.seen)
			}
			sameJSON(t, strings.TrimPrefix(s.seen[reads], "PATCH /Users/1 "), `{"schemas":["`+wire.PatchURN+`"],"Operations":`+c.ops+`}`)
		})
	}
}

func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if d := cmp.Diff(w, g); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestNothingChangedSendsNoPatch(t *testing.T) {
	s, svc := scripted(t, nil, answer{200, "", bea}, answer{200, "", bea})
	want := attr.Set{`emails[type eq "work"].value`: {"b@example.com"}}
	if _, err := svc.Apply(t.Context(), connector.Op{Verb: connector.Update, Kind: connector.User, ID: "1", Want: want, Changed: want.Paths()}); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.seen {
		if !strings.HasPrefix(r, "GET") {
			t.Errorf("request %s", r)
		}
	}
}

func TestPutKeepsWhatIsNotMapped(t *testing.T) {
	const held = `{"schemas":["x"],"id":"1","meta":{"version":"3"},"groups":[{"value":"g"}],"userName":"bea","nickName":"B","title":null,"active":true,"emails":[{"value":"b","$ref":null}]}`
	s, svc := scripted(t, map[string]string{"user_update": "put"}, answer{200, "", held}, answer{200, "", held})
	want := attr.Set{"title": {"CTO"}}
	if _, err := svc.Apply(t.Context(), connector.Op{Verb: connector.Update, Kind: connector.User, ID: "1", Want: want, Changed: want.Paths(), Active: false}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, strings.TrimPrefix(s.seen[1], "PUT /Users/1 "), `{"schemas":["x"],"userName":"bea","nickName":"B","title":"CTO","active":false,"emails":[{"value":"b"}]}`)
}

func TestMembersOnTheWire(t *testing.T) {
	s, svc := scripted(t, map[string]string{"member_batch": "2"},
		answer{204, "", ""}, answer{204, "", ""}, answer{204, "", ""}, answer{200, "", `{"id":"g","displayName":"Crew","members":null}`})
	op := connector.Op{Verb: connector.Member, Kind: connector.Group, ID: "g", Add: []connector.RemoteID{"a", "b", "c"}, Remove: []connector.RemoteID{`d"`}}
	if _, err := svc.Apply(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	for i, ops := range []string{
		`[{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]}]`,
		`[{"op":"add","path":"members","value":[{"value":"c"}]}]`,
		`[{"op":"remove","path":"members[value eq \"d\\\"\"]"}]`,
	} {
		sameJSON(t, strings.TrimPrefix(s.seen[i], "PATCH /Groups/g "), `{"schemas":["`+wire.PatchURN+`"],"Operations":`+ops+`}`)
	}
	if len(s.seen) != 4 || s.seen[3] != "GET /Groups/g" {
		t.Errorf("requests: %q", s.seen)
	}
}

func TestRemovalOfTheAbsentOneByOne(t *testing.T) {
	noTarget := answer{400, "", `{"schemas":["` + wire.ErrorURN + `"],"status":"400","scimType":"noTarget"}`}
	s, svc := scripted(t, nil, noTarget, noTarget, answer{204, "", ""}, answer{200, "", `{"id":"g","displayName":"Crew"}`})
	op := connector.Op{Verb: connector.Member, Kind: connector.Group, ID: "g", Remove: []connector.RemoteID{"a", "b"}}
	if _, err := svc.Apply(t.Context(), op); err != nil {
		t.Errorf("%v after %q", err, s.seen)
	}
}

func TestErrors(t *testing.T) {
	body := func(status, kind string) string {
		return `{"schemas":["` + wire.ErrorURN + `"],"status":` + status + `,"scimType":"` + kind + `","detail":"said ` + token + `"}`
	}
	const page = "<html><body>Sign in</body></html>"
	for _, c := range []struct {
		name string
		a    answer
		want error // nil: unclassified
	}{
		{"401", answer{401, "", page}, connector.ErrAuth},
		{"403", answer{403, "", body(`"403"`, "")}, connector.ErrAuth},
		{"404", answer{404, "", body(`"404"`, "")}, connector.ErrNotFound},
		{"404 with a number for status", answer{404, "", body("404", "")}, connector.ErrNotFound},
		{"404 of a web server", answer{404, "Content-Type: text/html", page}, connector.ErrForeign},
		{"404 of another API", answer{404, "", `{"message":"no route"}`}, connector.ErrForeign},
		{"404 without a body", answer{404, "", ""}, connector.ErrForeign},
		{"410", answer{410, "", body(`"410"`, "")}, connector.ErrNotFound},
		{"409", answer{409, "", ""}, connector.ErrExists},
		{"400 uniqueness", answer{400, "", body(`"400"`, "uniqueness")}, connector.ErrExists},
		{"400", answer{400, "", body(`"400"`, "invalidValue")}, connector.ErrInvalid},
		{"422", answer{422, "", ""}, connector.ErrInvalid},
		{"413", answer{413, "", ""}, connector.ErrInvalid},
		{"405", answer{405, "", ""}, connector.ErrUnsupported},
		{"501", answer{501, "", body(`"501"`, "")}, connector.ErrUnsupported},
		{"302", answer{302, "Location: https://login.example.com/", ""}, connector.ErrForeign},
		{"HTML with 200", answer{200, "Content-Type: text/html", page}, connector.ErrForeign},
		{"HTML that says it is JSON", answer{200, "", page}, connector.ErrForeign},
		{"text with 200", answer{200, "", "ok"}, connector.ErrForeign},
		{"another JSON", answer{200, "", `{"hello":"world"}`}, connector.ErrForeign},
		{"500", answer{500, "", body(`"500"`, "")}, nil},
		{"502 of a proxy", answer{502, "Content-Type: text/html", page}, nil},
		{"503", answer{503, "", ""}, nil},
		{"412", answer{412, "", ""}, nil},
		{"nothing with 200", answer{200, "", ""}, nil},
		{"half of it", answer{200, "", `{"id":"1","userNa`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, svc := scripted(t, nil, c.a)
			_, err := svc.Get(t.Context(), connector.User, "1")
			if err == nil {
				t.Fatal("no error")
			}
			for _, class := range []error{connector.ErrAuth, connector.ErrNotFound, connector.ErrForeign, connector.ErrExists, connector.ErrInvalid, connector.ErrUnsupported} {
				if errors.Is(err, class) != errors.Is(c.want, class) {
					t.Errorf("error %q; is it %q: %t", err, class, errors.Is(err, class))
				}
			}
			if strings.Contains(err.Error(), token) {
				t.Error("the token stands in the error")
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name string
		a    answer
		want time.Duration
	}{
		{"seconds", answer{429, "Retry-After: 7", ""}, 7 * time.Second},
		{"date", answer{429, "Retry-After: Fri, 02 Jan 2026 03:05:05 GMT", ""}, time.Minute},
		{"past date", answer{429, "Retry-After: Fri, 02 Jan 2026 03:00:00 GMT", ""}, time.Second},
		{"none", answer{429, "", ""}, 10 * time.Second},
		{"nonsense", answer{429, "Retry-After: soon", ""}, 10 * time.Second},
		{"503", answer{503, "Retry-After: 2", ""}, 2 * time.Second},
		{"413", answer{413, "Retry-After: 2", ""}, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, svc := scripted(t, nil, c.a)
			_, err := svc.Get(t.Context(), connector.User, "1")
			again, ok := errors.AsType[*connector.RetryAfter](err)
			if !ok || again.Wait != c.want {
				t.Errorf("error %v, want *RetryAfter of %s", err, c.want)
			}
		})
	}
}

func TestDeletedAlreadyNeedsProof(t *testing.T) {
	gone := answer{404, "", `{"schemas":["` + wire.ErrorURN + `"],"status":"404"}`}
	_, svc := scripted(t, nil, gone, answer{200, "", `{"totalResults":0}`})
	op := connector.Op{Verb: connector.Delete, Kind: connector.User, ID: "1"}
	if _, err := svc.Apply(t.Context(), op); err != nil {
		t.Errorf("gone already: %v", err)
	}
	_, svc = scripted(t, nil, gone, gone)
	if _, err := svc.Apply(t.Context(), op); !errors.Is(err, connector.ErrForeign) {
		t.Errorf("404 for everything: error %v, want %q", err, connector.ErrForeign)
	}
}

func TestFindBelievesWhatItSees(t *testing.T) {
	list := func(total, resources string) answer {
		return answer{200, "", `{"totalResults":` + total + `,"resources":[` + resources + `]}`}
	}
	for _, c := range []struct {
		name string
		a    answer
		by   attr.Path
		want error
	}{
		{"one", list("1", bea), "userName", nil},
		{"in another case", list("1", strings.Replace(bea, `"bea"`, `"BEA"`, 1)), "userName", nil},
		{"none", list("0", ""), "userName", connector.ErrNotFound},
		{"one that is another", list("1", strings.Replace(bea, `"bea"`, `"beata"`, 1)), "userName", connector.ErrNotFound},
		{"several", list("2", bea+","+strings.Replace(bea, `"1"`, `"2"`, 1)), "userName", connector.ErrExists},
		{"filter ignored", list("500", strings.Replace(bea, `"bea"`, `"x"`, 1)), "userName", connector.ErrUnsupported},
		{"case counts for externalId", list("1", `{"id":"1","userName":"x","externalId":"BEA"}`), "externalId", connector.ErrNotFound},
		{"another element", list("1", `{"id":"1","userName":"x","emails":[{"type":"home","value":"bea"}]}`), `emails[type eq "work"].value`, connector.ErrNotFound},
		{"the element", list("1", `{"id":"1","userName":"x","emails":[{"type":"work","value":"bea"}]}`), `emails[type eq "work"].value`, nil},
		{"no list", answer{200, "", bea}, "userName", connector.ErrForeign},
		{"404", answer{404, "", `{"schemas":["` + wire.ErrorURN + `"],"status":"404"}`}, "userName", connector.ErrForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, svc := scripted(t, nil, c.a)
			r, err := svc.(connector.Finder).Find(t.Context(), connector.User, c.by, "bea")
			if !errors.Is(err, c.want) || c.want == nil && r.ID != "1" {
				t.Errorf("got %q and error %v, want %v; asked %q", r.ID, err, c.want, s.seen)
			}
		})
	}
}

func TestListThatMoves(t *testing.T) {
	one := func(id string) string { return `{"id":"` + id + `","userName":"u` + id + `"}` }
	page := func(total string, ids ...string) answer {
		var rs []string
		for _, id := range ids {
			rs = append(rs, one(id))
		}
		return answer{200, "", `{"totalResults":` + total + `,"Resources":[` + strings.Join(rs, ",") + `]}`}
	}
	for _, c := range []struct {
		name    string
		answers []answer
		want    []connector.RemoteID
		ok      bool
	}{
		{"still", []answer{page("3", "1", "2"), page("3", "3")}, []connector.RemoteID{"1", "2", "3"}, true},
		{"one deleted meanwhile", []answer{page("4", "1", "2"), page("3", "4"), page("3", "2", "3"), page("3", "4")}, []connector.RemoteID{"1", "2", "4", "3"}, true},
		{"one inserted meanwhile", []answer{page("3", "1", "2"), page("4", "2", "3"), page("4", "0", "1"), page("4", "2", "3")}, []connector.RemoteID{"1", "2", "3", "0"}, true},
		{"an object twice, another not", []answer{page("4", "1", "2"), page("4", "2", "3"), page("4", "1", "2"), page("4", "3", "4")}, []connector.RemoteID{"1", "2", "3", "4"}, true},
		{"never still", []answer{page("3", "1", "2"), page("4", "3", "4"), page("5", "1", "2"), page("4", "3", "4"), page("3", "1", "2"), page("4", "3", "4")}, nil, false},
		{"startIndex ignored", []answer{page("4", "1", "2"), page("4", "1", "2")}, nil, false},
		{"middle page short", []answer{page("6", "1", "2"), page("6", "3"), page("6", "5", "6")}, nil, false},
		{"last page short", []answer{page("4", "1", "2"), page("4", "3"), page("4", "4")}, nil, false},
		{"nothing where there should be", []answer{page("2")}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, svc := scripted(t, map[string]string{"page_size": "2"}, c.answers...)
			var got []connector.RemoteID
			err := svc.List(t.Context(), connector.User, func(r connector.Remote) error { got = append(got, r.ID); return nil })
			if (err == nil) != c.ok || c.ok && !slices.Equal(got, c.want) {
				t.Errorf("got %q and error %v, want %q, %t", got, err, c.want, c.ok)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	good := map[string]string{"url": "https://wiki.example.com/scim/v2", "token": token}
	for name, change := range map[string][2]string{
		"no scheme":         {"url", "wiki.example.com/scim"},
		"ftp":               {"url", "ftp://wiki.example.com"},
		"plain http":        {"url", "http://wiki.example.com/scim"},
		"user in url":       {"url", "https://me:pw@wiki.example.com/scim"},
		"query in url":      {"url", "https://wiki.example.com/scim?x=1"},
		"line break":        {"token", "a\nb"},
		"page size 0":       {"page_size", "0"},
		"page size no":      {"page_size", "many"},
		"batch 0":           {"member_batch", "0"},
		"unknown update":    {"user_update", "post"},
		"unknown delete":    {"delete", "maybe"},
		"unknown in groups": {"group_update", "PUT"},
	} {
		t.Run(name, func(t *testing.T) {
			s := map[string]string{}
			maps.Copy(s, good)
			s[change[0]] = change[1]
			err := tryOpen(s)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "pw") {
				t.Errorf("a secret stands in %q", err)
			}
		})
	}
	if err := tryOpen(good); err != nil {
		t.Error(err)
	}
}
