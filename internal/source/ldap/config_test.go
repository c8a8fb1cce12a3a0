package ldap_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/internal/secret"
	"muster/internal/source/ldap"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	good := func() ldap.Config {
		return ldap.Config{
			Servers: []string{"ldaps://dc1.example.com"}, Bind: "muster@corp.example", Password: secret.New("pass-word-42"),
			People: []ldap.Area{{Base: "people", DN: "OU=People,DC=corp,DC=example"}},
		}
	}
	tests := []struct {
		name   string
		change func(*ldap.Config)
		want   string // part of the error, "" = accepted
	}{
		{"the least", func(*ldap.Config) {}, ""},
		{"no server", func(c *ldap.Config) { c.Servers = nil }, "servers"},
		{"no scheme", func(c *ldap.Config) { c.Servers = []string{"dc1.example.com"} }, "must look like"},
		{"other scheme", func(c *ldap.Config) { c.Servers = []string{"https://dc1.example.com"} }, "scheme"},
		{"plain LDAP over the network", func(c *ldap.Config) { c.Servers = []string{"ldap://dc1.example.com"} }, "readably"},
		{"plain LDAP allowed", func(c *ldap.Config) { c.Servers, c.AllowPlain = []string{"ldap://dc1.example.com"}, true }, ""},
		{"StartTLS", func(c *ldap.Config) { c.Servers, c.StartTLS = []string{"ldap://dc1.example.com"}, true }, ""},
		{"plain LDAP on loopback", func(c *ldap.Config) {
			c.Servers = []string{"ldap://localhost", "ldap://[::1]:10389", "ldap://127.0.0.1"}
		}, ""},
		{"loopback in name only", func(c *ldap.Config) { c.Servers = []string{"ldap://127.0.0.1.example.com"} }, "readably"},
		{"socket file", func(c *ldap.Config) { c.Servers = []string{"ldapi:///run/ldapi"} }, ""},
		{"socket file without a path", func(c *ldap.Config) { c.Servers = []string{"ldapi://"} }, "socket"},
		{"no account", func(c *ldap.Config) { c.Bind = "" }, "bind"},
		{"empty password", func(c *ldap.Config) { c.Password = secret.New("") }, "anonymous"},
		{"no people", func(c *ldap.Config) { c.People = nil }, "people"},
		{"base without a name", func(c *ldap.Config) { c.People[0].Base = "" }, "name of its own"},
		{"two bases of one name", func(c *ldap.Config) { c.Groups = c.People }, "name of its own"},
		{"base that is no DN", func(c *ldap.Config) { c.People[0].DN = "People" }, "not a DN"},
		{"base that is empty", func(c *ldap.Config) { c.People[0].DN = "" }, "empty"},
		{"broken filter", func(c *ldap.Config) { c.People[0].Filter = "(uid=a" }, "filter (uid=a"},
		{"broken disabled filter", func(c *ldap.Config) { c.DisabledFilter = "uid=a)" }, "disabled filter"},
		{"unknown scope", func(c *ldap.Config) { c.People[0].Scope = "deep" }, "scope"},
		{"unknown member attribute", func(c *ldap.Config) { c.MemberAttributes = []string{"members"} }, "uniqueMember"},
		{"member attributes", func(c *ldap.Config) { c.MemberAttributes = []string{"memberUid", "member"} }, ""},
		{"canary that is no DN", func(c *ldap.Config) { c.Canary = "muster" }, "canary"},
		{"page size", func(c *ldap.Config) { c.PageSize = -1 }, "page size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good()
			tt.change(&c)
			_, err := ldap.New(c)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New: %v, want an error with %q", err, tt.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, c, c), "pass-word-42") {
				t.Error("the password can be printed")
			}
		})
	}
}
