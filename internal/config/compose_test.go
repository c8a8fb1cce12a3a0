package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/config"
	"muster/internal/connector/all"
)

func draft() config.Draft {
	return config.Draft{
		Source: config.DraftSource{
			Name: "corp", Type: "ldap", Servers: []string{"ldaps://dc1.corp.example"}, Bind: "muster@corp.example", Password: config.Kept("", "/etc/muster/secrets/corp-password"),
			Canary: "CN=muster,DC=corp,DC=example", People: "OU=People,DC=corp,DC=example", Groups: "OU=Groups,DC=corp,DC=example",
		},
		Target: &config.DraftTarget{
			Name: "slack", Type: "slack", Secrets: map[string]config.Value{"token": config.Kept("MUSTER_SLACK_TOKEN", "")}, Group: "CN=Slack,OU=Groups,DC=corp,DC=example", DisplayName: true,
		},
	}
}

// What is composed is a configuration that says what it was composed from.
func TestCompose(t *testing.T) {
	const want = `# Where people and groups come from.
sources:
  - name: corp
    type: ldap
    servers: ["ldaps://dc1.corp.example"]
    bind: "muster@corp.example"
    password: {file: "/etc/muster/secrets/corp-password"}
    # An entry that must be readable in every read, or the read proves nothing.
    canary: "CN=muster,DC=corp,DC=example"
    people: {base: "OU=People,DC=corp,DC=example"}
    groups: {base: "OU=Groups,DC=corp,DC=example"}
# What is kept in step. Nothing is written there before its first plan is approved.
targets:
  - name: slack
    type: slack
    mode: live
    settings:
      token: {env: MUSTER_SLACK_TOKEN}
    people:
      from: {group: "CN=Slack,OU=Groups,DC=corp,DC=example"}
      # Accounts that are there already are linked by it.
      match: [userName]
      when_removed: disable
      attributes:
        userName: person.username
        displayName: person.name
        name.givenName: person.givenName
        name.familyName: person.familyName
        # Whoever has none waits.
        "emails[type eq \"work\"].value": {expr: person.email, required: true}
`
	got := config.Compose(draft())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	f, err := config.Parse("muster.yaml", []byte(got), all.Types()...)
	if err != nil {
		t.Fatal(err)
	}
	if f.Sources[0].LDAP.Password.File != "/etc/muster/secrets/corp-password" || f.Targets[0].Settings["token"].Env != "MUSTER_SLACK_TOKEN" || len(f.Warnings) > 0 {
		t.Errorf("%+v", f)
	}
	config.Compose(config.Draft{Source: config.DraftSource{Name: "\xff"}}) // no text brings it down
	only := config.Compose(config.Draft{Source: config.DraftSource{Name: "entra", Type: "scim", Profile: "entra"}})
	if f, err = config.Parse("muster.yaml", []byte(only), all.Types()...); err != nil || f.Sources[0].SCIM.Profile != "entra" {
		t.Errorf("%v in %s", err, only)
	}
}

// Nothing that is typed into a field is ever read as anything but the text of that field.
func TestComposeIsNoWayIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draft()
		odd := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\n\t:{}[]\"'#&*!|>%@`\\, -x")), rapid.Rune())).Draw(t, "odd")
		d.Source.Canary, d.Source.Bind = "x"+odd+"x", "muster@corp.example"
		f, err := config.Parse("muster.yaml", []byte(config.Compose(d)), all.Types()...)
		if err != nil {
			return // refused is as good
		}
		if got := f.Sources[0].LDAP.Canary; got != d.Source.Canary || len(f.Sources) != 1 || len(f.Targets) != 1 || f.Sources[0].LDAP.Bind != "muster@corp.example" {
			t.Fatalf("%q was read as %q", d.Source.Canary, got)
		}
	})
}
