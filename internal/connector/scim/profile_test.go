package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/secret"
)

func TestProfilesLoad(t *testing.T) {
	files, err := profiles.ReadDir("profiles")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), path.Ext(f.Name()))
		if p, err := loadProfile(name); err != nil || p.Name != name || p.Title == "" {
			t.Errorf("%s: %+v, %v", f.Name(), p, err)
		}
	}
	if _, err := loadProfile("none"); err == nil {
		t.Error("a dialect that is not there: no error")
	}
}

// What the form shows as a default must be what the dialect does.
func TestDefaultsOfSettingsAreThoseOfPlain(t *testing.T) {
	p, err := loadProfile("plain")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"page_size": fmt.Sprint(p.PageSize), "user_update": p.UserUpdate, "group_update": p.GroupUpdate, "member_batch": fmt.Sprint(p.MemberBatch),
		"delete": p.Delete,
	}
	for _, s := range Types()[0].Settings {
		if s.Default != want[s.Name] {
			t.Errorf("setting %s has the default %q, plain.yaml has %q", s.Name, s.Default, want[s.Name])
		}
	}
}

// dialect returns a connector with changed flags to a service that answers everything with body, and the record of what it is asked.
func dialect(t *testing.T, body string, change func(*profile)) (*Connector, *[]string) {
	t.Helper()
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, r.Method+" "+string(b))
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	plain, err := loadProfile("plain")
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(plain, connector.Env{HTTP: srv.Client()}, connector.Settings{"url": secret.New(srv.URL), "token": secret.New("t")})
	if err != nil {
		t.Fatal(err)
	}
	change(&c.profile)
	return c, &seen
}

const held = `{"id":"1","userName":"anna","active":true,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"managerId":"9"}}}`

func TestFlags(t *testing.T) {
	clear := attr.Set{"title": nil}
	boss := attr.Set{managerPath("value"): {"9"}}
	for _, c := range []struct {
		name   string
		change func(*profile)
		want   attr.Set
		sent   string // operations
	}{
		{"clear by null", func(p *profile) { p.ClearMode = "null" }, clear, `[{"op":"replace","path":"title","value":null}]`},
		{"clear by empty text", func(p *profile) { p.ClearMode = "empty" }, clear, `[{"op":"replace","path":"title","value":""}]`},
		{"manager by another name", func(p *profile) { p.ManagerAttr = "managerId" }, boss, `[{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"managerId":"9"}}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			svc, seen := dialect(t, held, c.change)
			op := connector.Op{Verb: connector.Update, Kind: connector.User, ID: "1", Want: c.want, Changed: c.want.Paths(), Active: true}
			if _, err := svc.Apply(t.Context(), op); err != nil {
				t.Fatal(err)
			}
			var sent struct{ Operations json.RawMessage }
			if err := json.Unmarshal([]byte(strings.TrimPrefix((*seen)[0], "PATCH ")), &sent); err != nil || string(sent.Operations) != c.sent {
				t.Errorf("sent %q, %v; want %s", *seen, err, c.sent)
			}
		})
	}
}

func TestManagerReadsAsMapped(t *testing.T) {
	svc, _ := dialect(t, held, func(p *profile) { p.ManagerAttr = "managerId" })
	r, err := svc.Get(t.Context(), connector.User, "1")
	if err != nil || r.Attrs.First(managerPath("value")) != "9" || len(r.Attrs[managerPath("managerId")]) != 0 {
		t.Errorf("%v, %v", r.Attrs, err)
	}
}

func TestServiceWithoutDisabledAccounts(t *testing.T) {
	op := connector.Op{Verb: connector.Disable, Kind: connector.User, ID: "1"}
	svc, seen := dialect(t, held, func(p *profile) { p.Deactivate = "none" })
	if _, err := svc.Apply(t.Context(), op); !errors.Is(err, connector.ErrUnsupported) || len(*seen) > 0 {
		t.Errorf("deactivate none: error %v after %q", err, *seen)
	}
	svc, seen = dialect(t, "", func(p *profile) { p.Deactivate = "delete" })
	if r, err := svc.Apply(t.Context(), op); err != nil || r.Active || r.ID != "1" || len(*seen) != 1 || (*seen)[0] != "DELETE " {
		t.Errorf("deactivate delete: %+v, %v after %q", r, err, *seen)
	}
	svc, seen = dialect(t, held, func(p *profile) { p.Delete = "none" })
	op.Verb = connector.Delete
	if _, err := svc.Apply(t.Context(), op); !errors.Is(err, connector.ErrUnsupported) || len(*seen) > 0 {
		t.Errorf("delete none: error %v after %q", err, *seen)
	}
}

func TestExternalIDThatIsNotStored(t *testing.T) {
	svc, _ := dialect(t, held, func(p *profile) { p.ExternalIDWritable = false })
	got, problems := svc.Normalize(connector.User, attr.Set{"externalId": {"x"}, "userName": {"anna"}})
	if len(got) != 1 || len(problems) != 1 || problems[0].Path != "externalId" {
		t.Errorf("kept %v, problems %v", got, problems)
	}
}
