package config_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"muster/internal/attr"
	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/mapping"
	"muster/internal/plan"
)

var update = flag.Bool("update", false, "rewrite golden files")

var types = []connector.Type{{Name: "scim", Settings: []connector.Setting{
	{Name: "url", Help: "base address", Required: true, Example: "https://wiki.example/scim/v2"},
	{Name: "token", Help: "bearer token", Required: true, Secret: true},
	{Name: "page_size", Help: "objects per page", Default: "100"},
}}}

// TestErrors parses testdata/errors/*.txtar: the file muster.yaml must give the text in errors.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = config.Parse("muster.yaml", ar.Files[0].Data, types...)
			if err == nil {
				t.Fatal("no error")
			}
			got := err.Error() + "\n"
			if *update {
				ar.Files = []txtar.File{ar.Files[0], {Name: "errors", Data: []byte(got)}}
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(ar.Files[1].Data), got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseExample(t *testing.T) {
	f, err := config.Parse("muster.yaml", []byte(config.Example), types...)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := f.Source("corp")
	if !ok || s.LDAP.People[0].Base != "OU=People,DC=corp,DC=example" || s.LDAP.People[0].Scope != "sub" || s.Every != 5*time.Minute {
		t.Errorf("source = %+v %+v", s, s.LDAP)
	}
	if got := s.Rules.People["username"].Expr; got != "record.sAMAccountName" {
		t.Errorf("username = %q", got)
	}
	if got := s.Rules.People["givenName"].Expr; got != "record.givenName" {
		t.Errorf("givenName = %q: defaults fill what the file leaves out", got)
	}
	w, _ := f.Target("wiki")
	want := mapping.TargetRules{
		Name: "wiki",
		People: mapping.ObjectRules{
			From:  mapping.From{Group: "CN=Wiki,OU=Groups,DC=corp,DC=example", Nested: true, At: at(t, "muster.yaml", `from: {group`)},
			Match: []attr.Path{"userName"}, Create: true, Update: true, WhenRemoved: plan.Disable,
			Attributes: mapping.Rules{
				"userName":                     {Expr: "person.username", At: at(t, "muster.yaml", `userName: person`)},
				`emails[type eq "work"].value`: {Expr: "person.email", At: at(t, "muster.yaml", `'emails[`)},
				"title":                        {Expr: "source.corp.title", Default: attr.Values{"-"}, Once: true, At: at(t, "muster.yaml", `title: {expr`)},
				"userType":                     {Value: attr.Values{"Employee"}, At: at(t, "muster.yaml", `userType:`)},
			},
		},
		Groups: &mapping.ObjectRules{
			From:  mapping.From{Filter: "(cn=wiki-*)", At: at(t, "muster.yaml", `from: {filter`)},
			Match: []attr.Path{"displayName"}, Create: true, Update: true, WhenRemoved: plan.Delete,
			Attributes: mapping.Rules{"displayName": {Expr: "group.name", At: at(t, "muster.yaml", `attributes: {displayName`)}},
		},
	}
	if diff := cmp.Diff(want, w.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if w.Mode != config.Observe {
		t.Errorf("mode = %q", w.Mode)
	}
}

func TestDrift(t *testing.T) {
	text := strings.Replace(config.Example, "drift: repair", "drift: report\n    protected: [vault, \"uid=key,dc=example,dc=com\"]", 1) + "\nprotected: [olivia@example.com]\n"
	f, err := config.Parse("muster.yaml", []byte(text), types...)
	if err != nil || f.Targets[0].Rules.Drift != mapping.Report {
		t.Errorf("drift: report is read as %q, %v", f.Targets[0].Rules.Drift, err)
	}
	if len(f.Protected) != 1 || len(f.Targets[0].Protected) != 2 {
		t.Errorf("protected are %q everywhere and %q at the target", f.Protected, f.Targets[0].Protected)
	}
	_, err = config.Parse("muster.yaml", []byte(strings.Replace(config.Example, "drift: repair", "drift: undo", 1)), types...)
	if err == nil || !strings.Contains(err.Error(), "repair, report") {
		t.Errorf("drift: undo is %v", err)
	}
}

// P2: which attributes name people is a setting, and a rule that follows one is refused where the target does not keep the attribute.
func TestReferences(t *testing.T) {
	with := func(source, target string) string {
		text := strings.Replace(config.Example, "userType:", "manager.value: "+target+"\n        userType:", 1)
		return strings.Replace(text, "    canary:", "    "+source+"\n    canary:", 1)
	}
	f, err := config.Parse("muster.yaml", []byte(with("page_size: 7", "{reference: manager}")), types...)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Sources[0].LDAP.References; len(got) != 1 || got[0] != "manager" || f.Targets[0].Rules.People.Attributes["manager.value"].Reference != "manager" {
		t.Errorf("references %q, rule %+v", got, f.Targets[0].Rules.People.Attributes["manager.value"])
	}
	f, err = config.Parse("muster.yaml", []byte(with("references: [Assistant, manager]", "{reference: assistant}")), types...)
	if err != nil || len(f.Sources[0].LDAP.References) != 2 || f.Sources[0].LDAP.References[0] != "assistant" {
		t.Errorf("%v", err)
	}
	if _, err = config.Parse("muster.yaml", []byte(with("references: [a b]", "{reference: manager}")), types...); err == nil || !strings.Contains(err.Error(), "not the name of an attribute") {
		t.Errorf("a reference that is no attribute: %v", err)
	}
	narrow := types[0]
	narrow.Keeps = func(_ connector.Settings, p attr.Path) error {
		if p == "manager.value" {
			return errors.New("the service does not keep it")
		}
		return nil
	}
	_, err = config.Parse("muster.yaml", []byte(with("page_size: 7", "{reference: manager}")), narrow)
	if err == nil || !strings.Contains(err.Error(), "manager.value cannot be a reference at a target of type scim: the service does not keep it") {
		t.Errorf("a target that does not keep it: %v", err)
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "muster.yaml")
	text := strings.NewReplacer("/run/secrets/ldap", "pw", "{env: WIKI_TOKEN}", "{env: MUSTER_TEST_TOKEN}").Replace(config.Example)
	for name, data := range map[string]string{file: text, filepath.Join(dir, "pw"): "hunter2\n"} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := config.Load(file, types...)
	if err != nil {
		t.Fatal(err)
	}
	pw, err := f.Sources[0].LDAP.Password.Resolve()
	if err != nil || pw.Reveal() != "hunter2" {
		t.Errorf("password = %q, %v: a relative path starts at the file, the newline is no part", pw.Reveal(), err)
	}
	if _, err := f.Targets[0].Resolve(); err == nil || !strings.Contains(err.Error(), "MUSTER_TEST_TOKEN is not set") || !strings.Contains(err.Error(), at(t, file, "settings: {url")) {
		t.Errorf("err = %v", err)
	}
	t.Setenv("MUSTER_TEST_TOKEN", "s3cret")
	got, err := f.Targets[0].Resolve()
	if err != nil || got.Text("token") != "s3cret" || got.Text("url") != "https://wiki.example/scim/v2" {
		t.Errorf("settings = %v, %v", got, err)
	}
}

func TestDatabase(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "postgres:///muster?host=/run/postgresql": "postgres:///muster?host=/run/postgresql", "{env: MUSTER_TEST_DB}": "postgres://u:p@db/m",
	} {
		t.Setenv("MUSTER_TEST_DB", "postgres://u:p@db/m")
		f, err := config.Parse("muster.yaml", []byte(config.Example+"\ndatabase: "+text+"\n"), types...)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Database.Resolve(); err != nil || got.Reveal() != want || f.Database.IsZero() != (want == "") {
			t.Errorf("database: %s = %q, %v", text, got.Reveal(), err)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"servers", "starttls", "search", "people"}
	for in, want := range map[string]string{"sevrers": "servers", "StartTLS": "starttls", "peple": "people", "groups": "", "x": ""} {
		if got := config.Nearest(in, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(config.Example))
	files, _ := filepath.Glob("testdata/errors/*.txtar")
	for _, file := range files {
		if ar, err := txtar.ParseFile(file); err == nil {
			f.Add(ar.Files[0].Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := config.Parse("muster.yaml", data, types...)
		if err == nil && len(got.Sources) == 0 {
			t.Error("accepted without sources")
		}
		if err != nil {
			var list config.Errors
			if !errors.As(err, &list) || len(list) == 0 {
				t.Errorf("%T without anything in it", err)
			}
		}
	})
}

// at returns the position of the line of Example that holds text.
func at(t *testing.T, file, text string) string {
	t.Helper()
	before, _, ok := strings.Cut(config.Example, text)
	if !ok {
		t.Fatalf("the example has no %q", text)
	}
	return fmt.Sprintf("%s:%d", file, 1+strings.Count(before, "\n"))
}

func TestLoopbackMayBeNamed(t *testing.T) {
	f, err := config.Parse("muster.yaml", []byte("network: {allow: [loopback, 10.1.0.0/16]}\n"+
		"sources: [{name: corp, type: ldap, servers: [\"ldaps://dc1.example.com\"], bind: a, password: {file: p}, people: {base: dc=example}}]\n"), types...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range f.Allow {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{"127.0.0.0/8", "::1/128", "10.1.0.0/16"}, got); diff != "" {
		t.Errorf("allowed (-want +got):\n%s", diff)
	}
}

// I2: an identity provider that writes to Muster is a source, with rules of its own.
func TestClient(t *testing.T) {
	f, err := config.Parse("muster.yaml", []byte(`
sources:
  - name: entra
    type: scim
    profile: closed
    on_delete: deactivate
    accept: [title]
    tolerate: [drop_password]
    extensions: [{urn: "urn:example:2.0:User", attributes: [{name: resource.id}, {name: invite, type: boolean}]}]
    correlate: [{person: email, expr: "record['emails.value']"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Sources[0]
	want := &config.SCIM{
		Profile: "closed", OnDelete: "deactivate", Accept: []string{"title"}, Tolerate: []string{"drop_password"},
		Extensions: []config.Extension{{URN: "urn:example:2.0:User", Attributes: []config.ExtensionAttribute{{Name: "resource.id", Type: "string"}, {Name: "invite", Type: "boolean"}}}},
	}
	if diff := cmp.Diff(want, s.SCIM); diff != "" || s.LDAP != nil || s.Every != 0 {
		t.Error(diff)
	}
	if _, err := mapping.CompileSource(s.Rules); err != nil {
		t.Error(err)
	}
}
