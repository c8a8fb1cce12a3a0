package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/cli"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

const firstCompany = `dn: DC=corp,DC=example
objectClass: domain

dn: OU=People,DC=corp,DC=example
objectClass: organizationalUnit

dn: CN=muster,DC=corp,DC=example
objectClass: user
sAMAccountName: muster
userPrincipalName: muster@corp.example
userPassword: first-secret-password

dn: CN=Ann,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: ann
mail: ann@example.com
`

// blank is a Muster with nothing configured, as a server has it, that says all it logs.
func blank(t *testing.T, log *strings.Builder) *Muster {
	t.Helper()
	m, err := Open(t.Context(), cli.Options{Data: t.TempDir(), Fresh: true, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	m.beginning.renew = make(chan struct{}, 1)
	return m
}

func wantFirst(url string) adminapi.NewConfiguration {
	return adminapi.NewConfiguration{Source: adminapi.NewSource{
		Name: "corp", Type: "ldap", Servers: []string{url}, Bind: "muster@corp.example", Password: "first-secret-password", People: "OU=People,DC=corp,DC=example", Canary: "CN=muster,DC=corp,DC=example",
	}}
}

var someOwner = access.Caller{Handle: "owner", Roles: []access.Role{access.Owner}}

// failed returns what failed and why.
func failed(t adminapi.Trial) string {
	for _, s := range t.Steps {
		if s.State == "fail" {
			return s.What + ": " + s.Why + " " + s.Fix
		}
	}
	return ""
}

// X1, U14: what a first configuration connects to is tried out with the code that serves; each way in which it fails is told with what to do, and no secret is
// kept, logged or told again.
func TestTryBeginning(t *testing.T) {
	dir := ldaptest.NewServer(t, firstCompany)
	site := scimtest.NewServer(t, scimtest.Config{})
	var log strings.Builder
	m := blank(t, &log)
	target := func(url, token string) *adminapi.NewTarget {
		return &adminapi.NewTarget{Name: "wiki", Type: "scim", Settings: map[string]string{"url": url, "token": token}}
	}
	site.SetToken("first-secret-token")
	for name, c := range map[string]struct {
		change func(*adminapi.NewConfiguration)
		allow  bool
		want   string // what fails, "" = nothing
	}{
		"all right":                   {func(*adminapi.NewConfiguration) {}, false, ""},
		"with a target":               {func(c *adminapi.NewConfiguration) { c.Target = target(site.URL, "first-secret-token") }, true, ""},
		"wrong token":                 {func(c *adminapi.NewConfiguration) { c.Target = target(site.URL, "other-secret-token") }, true, "The token is taken"},
		"private address":             {func(c *adminapi.NewConfiguration) { c.Target = target(site.URL, "first-secret-token") }, false, "network.allow"},
		"another service":             {func(c *adminapi.NewConfiguration) { c.Target = target(site.URL+"/nowhere", "first-secret-token") }, true, "The service answers as it should"},
		"wrong password":              {func(c *adminapi.NewConfiguration) { c.Source.Password = "other-secret-password" }, false, "The account is let in"},
		"no password":                 {func(c *adminapi.NewConfiguration) { c.Source.Password = "" }, false, "The password is at hand"},
		"nobody there":                {func(c *adminapi.NewConfiguration) { c.Source.Servers = []string{"ldap://127.0.0.1:1"} }, false, "The server answers"},
		"unencrypted":                 {func(c *adminapi.NewConfiguration) { c.Source.Servers = []string{"ldap://dc1.corp.example"} }, false, "unencrypted"},
		"wrong base":                  {func(c *adminapi.NewConfiguration) { c.Source.People = "OU=Nowhere,DC=corp,DC=example" }, false, "Everything is read"},
		"no base":                     {func(c *adminapi.NewConfiguration) { c.Source.People, c.Source.Canary = "", "" }, false, ""},
		"no base, and wrong password": {func(c *adminapi.NewConfiguration) { c.Source.People, c.Source.Password = "", "other-secret-password" }, false, "The account is let in"},
		"no base, and nobody there": {func(c *adminapi.NewConfiguration) {
			c.Source.People, c.Source.Servers = "", []string{"ldap://127.0.0.1:1"}
		}, false, "The server answers"},
		"no name": {func(c *adminapi.NewConfiguration) { c.Source.Name = "" }, false, "The file is not right"},
		"by scim": {func(c *adminapi.NewConfiguration) {
			c.Source = adminapi.NewSource{Name: "entra", Type: "scim", Profile: "entra"}
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := wantFirst(dir.URL())
			c.change(&req)
			m.File.Allow = nil
			if c.allow {
				m.File.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
			out, err := m.TryBeginning(t.Context(), req, someOwner)
			if err != nil {
				t.Fatal(err)
			}
			if got := failed(out); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%q fails, not %q", got, c.want)
			}
			if chosen := out.Chosen; (name == "no base") != (chosen != nil) || chosen != nil && (*chosen != adminapi.Chosen{People: "OU=People,DC=corp,DC=example", Canary: "CN=muster,DC=corp,DC=example"} || !strings.Contains(out.Text, chosen.People)) {
				t.Errorf("chosen: %+v in\n%s", chosen, out.Text)
			}
			if c.want == "" && req.Source.Type == "ldap" && len(out.Places) != 2 {
				t.Errorf("places: %+v", out.Places)
			}
			said, err := json.Marshal(out)
			if err != nil || strings.Contains(string(said), "-secret-") {
				t.Errorf("it tells a secret: %s", said)
			}
		})
	}
	if strings.Contains(log.String(), "-secret-") {
		t.Errorf("the log tells a secret: %s", &log)
	}
	if err := filepath.WalkDir(m.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "-secret-") {
			t.Errorf("%s holds a secret (%v)", path, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// What works is written once, for its owner alone, with references instead of secrets; it is recorded, and the server is asked to take it up.
func TestBegin(t *testing.T) {
	dir := ldaptest.NewServer(t, firstCompany)
	var log strings.Builder
	m := blank(t, &log)
	req := wantFirst(dir.URL())
	out, err := m.Begin(t.Context(), req, someOwner)
	if err != nil || out.Written != "" || !strings.Contains(failed(out), "The password is at hand") {
		t.Fatalf("without the secret in its place: %+v, %v", out, err)
	}
	place := out.Secrets[0]
	if err := os.MkdirAll(filepath.Dir(place.File), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(place.File, []byte("first-secret-password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, answered := context.WithCancel(t.Context())
	if out, err = m.Begin(ctx, req, someOwner); err != nil || out.Written == "" {
		t.Fatalf("%s, %v", failed(out), err)
	}
	text, err := os.ReadFile(out.Written)
	if info, serr := os.Stat(out.Written); err != nil || serr != nil || info.Mode().Perm() != 0o600 || string(text) != out.Text || strings.Contains(string(text), "-secret-") {
		t.Errorf("%v %v: %s", err, serr, text)
	}
	answered()
	<-m.beginning.renew
	if _, err := m.Begin(t.Context(), req, someOwner); err == nil || !strings.Contains(err.Error(), "not written") {
		t.Errorf("written again: %v", err)
	}
	if now, err := os.ReadFile(out.Written); err != nil || string(now) != string(text) {
		t.Errorf("it was written over: %v", err)
	}
	events, err := m.Events(t.Context(), run.EventQuery{Act: "beginning.write", Limit: 5})
	if err != nil || len(events) != 1 || events[0].Object != out.Written {
		t.Errorf("recorded: %+v, %v", events, err)
	}
}

// A file that is empty is filled, one that holds something never is, whoever is faster.
func TestWriteWhole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "muster.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(file, "one"); err != nil {
		t.Error(err)
	}
	if err := writeWhole(file, "two"); err == nil {
		t.Error("it was written over")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "one" {
		t.Errorf("%s, %v", text, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".muster-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
