package scim_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	wire "muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// probe opens a dialect to a sandbox and probes it with an account.
func probe(t *testing.T, dialect string, c scimtest.Config, account string, front func(http.Handler) http.Handler) (*scimtest.Server, connector.Probe, error) {
	t.Helper()
	c.Token, c.Speed = token, 100_000
	srv := scimtest.NewServer(t, c)
	url := srv.URL
	if front != nil {
		f := httptest.NewServer(front(srv))
		t.Cleanup(f.Close)
		url = f.URL + strings.TrimPrefix(url, url[:strings.Index(url[8:], "/")+8])
	}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	v := vendor{dialect: dialect}
	con := v.open(t, connector.Env{HTTP: client, Now: time.Now}, map[string]string{"url": url, "token": token})
	p, err := con.(connector.Prober).Probe(t.Context(), account)
	return srv, p, err
}

func findings(p connector.Probe) map[string]connector.Finding {
	out := map[string]connector.Finding{}
	for _, f := range p.Facts {
		out[f.Name] = f.Finding
	}
	return out
}

const probed = "muster-probe@example.com"

// P11: the throw-away account proves what is written of each vendor, or disproves it, and leaves nothing that may sign in.
func TestProbeWithAnAccount(t *testing.T) {
	const yes, no = connector.Verified, connector.Contradicted
	for _, tt := range []struct {
		name    string
		dialect string
		sandbox scimtest.Config
		left    bool // the account cannot be deleted, or nobody can see whether it is
		want    map[string]connector.Finding
	}{
		{"plain", "scim", scimtest.Config{}, false, map[string]connector.Finding{
			"user_match userName": yes, "user_match externalId": yes, "user_match emails.value": yes, "create_disabled": yes, "user_update": yes, "clear_mode": yes,
			"deactivate": yes, "disabled_gone": yes, "delete": yes, "external_id_writable": yes, "member_batch": connector.Unverified,
		}},
		{"slack", "slack", scimtest.Config{Vendor: scimtest.Slack}, true, map[string]connector.Finding{
			"user_match userName": yes, "create_disabled": yes, "user_update": yes, "clear_mode": yes, "deactivate": yes, "disabled_gone": yes,
			"delete": connector.Documented, "external_id_writable": connector.Documented,
		}},
		{"slack without filters", "slack", scimtest.Config{Vendor: scimtest.Slack, Tenant: scimtest.Tenant{NoFilter: true}}, true, map[string]connector.Finding{
			"filter_ignored": yes, "create_disabled": yes,
		}},
		{"atlassian", "atlassian", scimtest.Config{Vendor: scimtest.Atlassian}, false, map[string]connector.Finding{
			"user_match userName": yes, "user_match externalId": yes, "disabled_gone": no, "create_disabled": yes, "delete": yes, "deactivate": yes,
		}},
		{"atlassian that hides", "atlassian", scimtest.Config{Vendor: scimtest.Atlassian, Tenant: scimtest.Tenant{DisabledGone: true}}, true, map[string]connector.Finding{
			"disabled_gone": yes, "delete": connector.Documented, "deactivate": connector.Documented, "user_match userName": connector.Documented,
		}},
		{"meisterplan", "meisterplan", scimtest.Config{Vendor: scimtest.Meisterplan}, false, map[string]connector.Finding{
			"user_match userName": yes, "user_update": yes, "deactivate": yes, "delete": yes, "create_disabled": yes, "clear_mode": connector.Unverified,
		}},
		{"aws", "aws", scimtest.Config{Vendor: scimtest.AWS}, false, map[string]connector.Finding{
			"user_match userName": yes, "user_match externalId": yes, "user_update": yes, "clear_mode": yes, "delete": yes, "page_size": yes,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, p, err := probe(t, tt.dialect, tt.sandbox, probed, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := findings(p)
			for name, want := range tt.want {
				if got[name] != want {
					t.Errorf("%s is %q, want %q: %+v", name, got[name], want, p.Facts)
				}
			}
			users := srv.Snapshot().Users
			for _, u := range users {
				if u.Active {
					t.Errorf("%s is left, and may sign in", u.UserName)
				}
			}
			if (p.Left != "") != tt.left {
				t.Errorf("left behind: %q; accounts: %d", p.Left, len(users))
			}
		})
	}
}

// Without an account nothing is written.
func TestProbeReadsOnly(t *testing.T) {
	for dialect, v := range map[string]scimtest.Vendor{"scim": scimtest.Plain, "slack": scimtest.Slack, "atlassian": scimtest.Atlassian, "meisterplan": scimtest.Meisterplan, "aws": scimtest.AWS} {
		srv, p, err := probe(t, dialect, scimtest.Config{Vendor: v}, "", nil)
		if err != nil || len(p.Facts) == 0 || len(srv.Writes()) > 0 {
			t.Errorf("%s: %d facts, %d writes, error %v", dialect, len(p.Facts), len(srv.Writes()), err)
		}
	}
}

// A service that creates disabled accounts as active, ignores a disable or keeps what was deleted is found out.
func TestProbeContradicts(t *testing.T) {
	active := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				r.Body = replaced(t, r.Body, `"active":false`, `"active":true`)
				r.ContentLength = -1
			}
			next.ServeHTTP(w, r)
		})
	}
	srv, p, err := probe(t, "scim", scimtest.Config{}, probed, active)
	if err != nil {
		t.Fatal(err)
	}
	if got := findings(p)["create_disabled"]; got != connector.Contradicted {
		t.Errorf("create_disabled is %q", got)
	}
	if f := p.Correct(connector.Features{CreateDisabled: true, Disable: true}); f.CreateDisabled || !f.Disable || f.Notes["create_disabled"] == "" {
		t.Errorf("features corrected to %+v", f)
	}
	if n := len(srv.Snapshot().Users); n != 0 {
		t.Errorf("%d accounts left", n)
	}
	kept := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	srv, p, err = probe(t, "scim", scimtest.Config{}, probed, kept)
	if err != nil || findings(p)["delete"] != connector.Contradicted || p.Left == "" || srv.Snapshot().Users[0].Active {
		t.Errorf("a service that deletes nothing: %q, left %q, error %v", findings(p)["delete"], p.Left, err)
	}
	if f := p.Correct(connector.Features{DeleteUser: true}); f.DeleteUser || f.Notes["delete_user"] == "" {
		t.Errorf("features corrected to %+v", f)
	}
}

func TestProbeTouchesNobody(t *testing.T) {
	c := scimtest.Config{}
	if _, _, err := probe(t, "scim", c, "no-address", nil); !errors.Is(err, connector.ErrInvalid) {
		t.Errorf("an account that is no address: %v", err)
	}
	var srv *scimtest.Server
	taken := func(next http.Handler) http.Handler {
		srv = next.(*scimtest.Server)
		if _, err := srv.Seed([]wire.Resource{{"userName": probed, "active": true}}, nil); err != nil {
			t.Fatal(err)
		}
		return next
	}
	if _, _, err := probe(t, "scim", c, probed, taken); !errors.Is(err, connector.ErrExists) || len(srv.Writes()) > 0 {
		t.Errorf("an account that somebody has: %v, %d writes", err, len(srv.Writes()))
	}
}

// What a newer look at the tenant did not touch stays as an older one found it, unless the dialect says something else by now.
func TestProbesAddUp(t *testing.T) {
	older := connector.Probe{Account: probed, Facts: []connector.Fact{
		{Name: "delete", Says: "hard", Finding: connector.Verified, Found: "gone"},
		{Name: "page_size", Says: "100", Finding: connector.Contradicted},
		{Name: "user_match externalId", Says: "true", Finding: connector.Contradicted},
	}}
	newer := connector.Probe{Facts: []connector.Fact{
		{Name: "delete", Says: "hard", Finding: connector.Documented},
		{Name: "page_size", Says: "50", Finding: connector.Unverified},
		{Name: "user_match externalId", Says: "true", Finding: connector.Documented},
	}}
	p := newer.Merge(older)
	got := findings(p)
	if got["delete"] != connector.Verified || got["page_size"] != connector.Unverified || p.Account != probed || newer.Facts[0].Finding != connector.Documented {
		t.Errorf("merged: %+v", p)
	}
	if f := p.Correct(connector.Features{FindBy: []attr.Path{"userName", "externalId"}}); len(f.FindBy) != 1 || f.FindBy[0] != "userName" {
		t.Errorf("found by %v", f.FindBy)
	}
}
