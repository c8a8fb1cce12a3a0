package config_test

import (
	"errors"
	"strings"
	"testing"

	"muster/internal/config"
	"muster/internal/connector/all"
)

// P6: delete is refused where the service deletes nobody, by its kind or by its settings.
func TestDeleteWhereNobodyIsDeleted(t *testing.T) {
	const file = `sources:
  - {name: corp, type: ldap, servers: ["ldaps://dc"], bind: muster, password: {env: P}, people: {base: "dc=corp"}}
targets:
  - name: there
    type: TYPE
    settings: {SETTINGS, token: {env: T}}
    people:
      when_removed: delete
      attributes: {userName: person.username}
`
	for _, c := range []struct {
		kind, settings string
		refused        bool
	}{
		{"slack", `url: "http://127.0.0.1:1"`, true},
		{"atlassian", "directory: one", false},
		{"meisterplan", "region: eu", false},
		{"scim", `url: "https://wiki.example.com"`, false},
		{"scim", `url: "https://wiki.example.com", delete: none`, true},
	} {
		_, err := config.Parse("muster.yaml", []byte(strings.NewReplacer("TYPE", c.kind, "SETTINGS", c.settings).Replace(file)), all.Types()...)
		var wrong config.Errors
		switch {
		case !c.refused && err != nil:
			t.Errorf("%s, %s: %v", c.kind, c.settings, err)
		case c.refused && (!errors.As(err, &wrong) || len(wrong) != 1 || wrong[0].Line != 8 || !strings.Contains(wrong[0].What, "deletes no accounts")):
			t.Errorf("%s, %s: %v, want it refused in line 8", c.kind, c.settings, err)
		}
	}
}
