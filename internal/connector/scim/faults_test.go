package scim_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	wire "muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// quiet opens a connector to a sandbox that holds one user in one group and says yes when it does no.
func quiet(t *testing.T, settings map[string]string, kind scimtest.Kind) (*scimtest.Server, connector.Connector, []connector.RemoteID) {
	t.Helper()
	srv := scimtest.NewServer(t, scimtest.Config{Token: token})
	ids, err := srv.Seed(
		[]wire.Resource{{"userName": "anna"}},
		[]wire.Resource{{"displayName": "Crew", "members": []any{map[string]any{"value": "anna"}}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	srv.Fail(scimtest.Fault{Kind: kind})
	all := map[string]string{"url": srv.URL, "token": token}
	maps.Copy(all, settings)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return srv, open(t, connector.Env{HTTP: client}, all), []connector.RemoteID{connector.RemoteID(ids[0]), connector.RemoteID(ids[1])}
}

func TestIgnoredDisableIsAnError(t *testing.T) {
	for _, update := range []string{"patch", "put"} {
		srv, svc, ids := quiet(t, map[string]string{"user_update": update}, scimtest.IgnoreDisable)
		op := connector.Op{Verb: connector.Disable, Kind: connector.User, ID: ids[0]}
		if _, err := svc.Apply(t.Context(), op); err == nil || !strings.Contains(err.Error(), "still active") {
			t.Errorf("%s: error %v of a disable that the service ignores", update, err)
		}
		srv.Fail()
		if r, err := svc.Apply(t.Context(), op); err != nil || r.Active {
			t.Errorf("%s: got %+v, %v", update, r, err)
		}
	}
}

func TestIgnoredRemovalIsAnError(t *testing.T) {
	srv, svc, ids := quiet(t, nil, scimtest.IgnoreRemove)
	op := connector.Op{Verb: connector.Member, Kind: connector.Group, ID: ids[1], Remove: ids[:1]}
	if _, err := svc.Apply(t.Context(), op); err == nil || !strings.Contains(err.Error(), "still a member") {
		t.Errorf("error %v of a removal that the service ignores", err)
	}
	srv.Fail()
	if _, err := svc.Apply(t.Context(), op); err != nil {
		t.Error(err)
	}
	if g, _ := srv.Snapshot().Group("crew"); len(g.Members) != 0 {
		t.Errorf("members %q", g.Members)
	}
}

func TestIgnoredFilterNeverCreatesTwice(t *testing.T) {
	srv, svc, _ := quiet(t, map[string]string{"page_size": "1"}, scimtest.IgnoreFilter)
	want := attr.Set{"userName": {"bea"}}
	if _, err := srv.Seed([]wire.Resource{{"userName": "bea"}}, nil); err != nil {
		t.Fatal(err)
	}
	op := connector.Op{Verb: connector.Create, Kind: connector.User, Want: want, Active: true, Match: want.Paths(), Repeat: true}
	if r, err := svc.Apply(t.Context(), op); err == nil {
		t.Errorf("got %+v; the look-up cannot have seen all", r)
	}
	if n := srv.Count(http.MethodPost, scimtest.Users); n != 0 {
		t.Errorf("%d creates", n)
	}
}

func TestProblemsOfAMapping(t *testing.T) {
	_, svc, _ := quiet(t, nil, scimtest.Latency)
	want := attr.Set{
		"ID": {"1"}, "active": {"true"}, "groups": {"x"}, "meta.version": {"1"}, "members": {"m"}, "name": {"x"}, "emails.type": {"x"},
		`emails[value eq "x"].type`: {"x"}, `emails[type eq "work"].primary`: {"maybe"}, "userName": {"a", "b"}, "title": {"x"}, "TITLE": {"y"},
		"urn:ietf:params:scim:schemas:core:2.0:User:nickName": {"N"}, "manager[": {"x"},
	}
	got, problems := svc.(connector.Normalizer).Normalize(connector.User, want)
	if d := (attr.Set{"TITLE": nil, "nickName": {"N"}, "title": {"y"}}); !got.Equal(d) || len(got) != 2 {
		t.Errorf("kept %v", got)
	}
	if len(problems) != len(want)-2 {
		t.Errorf("%d problems of %d attributes: %v", len(problems), len(want), problems)
	}
	op := connector.Op{Verb: connector.Create, Kind: connector.User, Want: want, Active: true}
	if _, err := svc.Apply(t.Context(), op); err == nil || !strings.Contains(err.Error(), connector.ErrInvalid.Error()) {
		t.Errorf("Create of what cannot be held: %v", err)
	}
}
