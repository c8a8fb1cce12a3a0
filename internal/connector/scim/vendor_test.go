package scim_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/connector/connectortest"
	"muster/internal/connector/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
)

// A vendor is a dialect and the sandbox that has the manners of its service.
type vendor struct {
	name    string // of the test; "" = the dialect
	dialect string
	manners scimtest.Vendor
	tenant  scimtest.Tenant
	page    int
	words   connectortest.Words
	budget  connectortest.Budget
	skip    map[string]string
}

var vendors = []vendor{
	{
		dialect: "slack", manners: scimtest.Slack, page: 1000,
		words: connectortest.Words{User: slackUser},
	},
	{
		name: "slack that ignores filters", dialect: "slack", manners: scimtest.Slack, page: 1000, tenant: scimtest.Tenant{NoFilter: true},
		words: connectortest.Words{User: slackUser}, budget: connectortest.Budget{Find: 4},
	},
	{dialect: "atlassian", manners: scimtest.Atlassian},
	{name: "atlassian that hides disabled users", dialect: "atlassian", manners: scimtest.Atlassian, tenant: scimtest.Tenant{DisabledGone: true}},
	{
		dialect: "meisterplan", manners: scimtest.Meisterplan,
		words: connectortest.Words{Text: []attr.Path{"name.givenName", "name.familyName"}, User: meisterplanUser},
	},
	{
		dialect: "aws", manners: scimtest.AWS, page: 50,
		words: connectortest.Words{Text: []attr.Path{"title", "nickName"}}, // displayName is required, so it cannot be emptied
	},
}

var persons atomic.Int64

// slackUser is a person with a login of 21 characters at most, and an address that nobody else has.
func slackUser(name string) attr.Set {
	if utf8.RuneCountInString(name) > 21 {
		name = fmt.Sprintf("long-%016x", fnvOf(name))
	}
	return attr.Set{
		"userName":                       {name},
		"name.givenName":                 {"Anna"},
		"name.familyName":                {"Berg"},
		"displayName":                    {"Anna Berg"},
		"title":                          {"Engineer"},
		`emails[type eq "work"].value`:   {fmt.Sprintf("person%d@example.com", persons.Add(1))},
		`emails[type eq "work"].primary`: {"true"}, // which Slack takes for granted
	}
}

// meisterplanUser is a person with the few attributes that Meisterplan takes.
func meisterplanUser(name string) attr.Set {
	return attr.Set{
		"userName":                     {name},
		"name.givenName":               {"Anna"},
		"name.familyName":              {"Berg"},
		`emails[type eq "work"].value`: {fmt.Sprintf("person%d@example.com", persons.Add(1))},
	}
}

func fnvOf(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// C3, X8: every dialect passes the suite against the sandbox of its vendor.
func TestVendors(t *testing.T) {
	for _, v := range vendors {
		t.Run(cmp.Or(v.name, v.dialect), func(t *testing.T) {
			got := connectortest.Run(t, func(t *testing.T) connectortest.Sandbox { return v.sandbox(t) })
			if v.name == "" {
				keepsLevels(t, v.dialect, got)
			}
		})
	}
}

func (v vendor) sandbox(t *testing.T) connectortest.Sandbox {
	t.Helper()
	srv := scimtest.NewServer(t, scimtest.Config{Vendor: v.manners, Tenant: v.tenant, Token: token, Speed: 100_000})
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	wrong := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(wrong.Close)
	out := &buffer{}
	env := connector.Env{HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}, Log: slog.New(slog.NewTextHandler(out, nil)), Now: time.Now}
	with := func(url, token string) connector.Connector {
		return v.open(t, env, map[string]string{"url": url, "token": token})
	}
	return connectortest.Sandbox{
		Connector: with(srv.URL, token),
		Bad:       connectortest.Bad{Credentials: with(srv.URL, "wr0ng-t0ken"), Host: with(nobody.URL, token), Address: with(wrong.URL, token)},
		Fail:      func(f connectortest.Fault) { srv.Fail(faults[f]...) },
		Seed:      func(rs ...connector.Remote) []connector.RemoteID { return seed(t, srv, rs) },
		Login:     func(id connector.RemoteID) string { return loginOf(srv, id) },
		Requests:  srv.Requests,
		Secrets:   []string{token, "wr0ng-t0ken"},
		Output:    out.String,
		Words:     v.words, Page: v.page, Budget: v.budget, Skip: maps.Clone(v.skip),
		Close: func() {
			if err := srv.Invariants(); err != nil {
				t.Error(err)
			}
			env.HTTP.CloseIdleConnections()
		},
	}
}

// loginOf returns the userName of an account as the sandbox has it.
func loginOf(srv *scimtest.Server, id connector.RemoteID) string {
	for _, u := range srv.Snapshot().Users {
		if u.ID == string(id) {
			return u.UserName
		}
	}
	return ""
}

func (v vendor) open(t *testing.T, env connector.Env, settings map[string]string) connector.Connector {
	t.Helper()
	for _, typ := range scim.Types() {
		if typ.Name != v.dialect {
			continue
		}
		s := connector.Settings{}
		for k, text := range settings {
			s[k] = secret.New(text)
		}
		s, err := typ.Check(s)
		if err != nil {
			t.Fatal(err)
		}
		c, err := typ.New(env, s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Fatalf("there is no dialect %q", v.dialect)
	return nil
}
