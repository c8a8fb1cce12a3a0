package scim_test

import (
	"bytes"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/connector/connectortest"
	"muster/internal/connector/scim"
	wire "muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
)

const token = "s3cret-t0ken"

func TestConnector(t *testing.T) {
	for _, variant := range []struct {
		name     string
		settings map[string]string
		page     int // what the service then gives
	}{
		{"plain", nil, 100},
		{"put", map[string]string{"user_update": "put", "group_update": "put", "page_size": "7"}, 7},
		{"replace", map[string]string{"group_update": "replace", "page_size": "300"}, 100},
	} {
		t.Run(variant.name, func(t *testing.T) {
			got := connectortest.Run(t, func(t *testing.T) connectortest.Sandbox {
				s := sandbox(t, variant.settings)
				s.Page = variant.page
				return s
			})
			if variant.settings == nil {
				keepsLevels(t, "scim", got)
			}
		})
	}
}

func sandbox(t *testing.T, settings map[string]string) connectortest.Sandbox {
	t.Helper()
	srv := scimtest.NewServer(t, scimtest.Config{Token: token})
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	wrong := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(wrong.Close)
	out := &buffer{}
	env := connector.Env{HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}, Log: slog.New(slog.NewTextHandler(out, nil)), Now: time.Now}
	with := func(url, token string) connector.Connector {
		s := map[string]string{"url": url, "token": token}
		maps.Copy(s, settings)
		return open(t, env, s)
	}
	return connectortest.Sandbox{
		Connector: with(srv.URL, token),
		Bad: connectortest.Bad{
			Credentials: with(srv.URL, "wr0ng-t0ken"),
			Host:        with(nobody.URL, token),
			Address:     with(wrong.URL, token),
		},
		Fail:     func(f connectortest.Fault) { srv.Fail(faults[f]...) },
		Seed:     func(rs ...connector.Remote) []connector.RemoteID { return seed(t, srv, rs) },
		Login:    func(id connector.RemoteID) string { return loginOf(srv, id) },
		Requests: srv.Requests,
		Secrets:  []string{token, "wr0ng-t0ken"},
		Output:   out.String,
		Close: func() {
			if err := srv.Invariants(); err != nil {
				t.Error(err)
			}
			env.HTTP.CloseIdleConnections()
		},
	}
}

var faults = map[connectortest.Fault][]scimtest.Fault{
	connectortest.None:          nil,
	connectortest.Throttled:     {{Kind: scimtest.Throttle, Wait: time.Second}},
	connectortest.ThrottledBare: {{Kind: scimtest.Throttle}},
	connectortest.Broken:        {{Kind: scimtest.ServerError}},
	connectortest.Cut:           {{Kind: scimtest.Cut}},
	connectortest.Lost:          {{Kind: scimtest.Lost}},
	connectortest.HTML:          {{Kind: scimtest.HTML}},
	connectortest.Slow:          {{Kind: scimtest.Slow}},
	connectortest.ShortPage:     {{Kind: scimtest.ShortPage}},
}

func open(t *testing.T, env connector.Env, settings map[string]string) connector.Connector {
	t.Helper()
	s := connector.Settings{}
	for k, v := range settings {
		s[k] = secret.New(v)
	}
	s, err := scim.Types()[0].Check(s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := scim.Types()[0].New(env, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// seed puts remotes into srv behind the connector's back.
func seed(t *testing.T, srv *scimtest.Server, remotes []connector.Remote) []connector.RemoteID {
	t.Helper()
	var users, groups []wire.Resource
	for _, r := range remotes {
		x := resource(t, r.Attrs)
		if r.Kind == connector.Group {
			groups = append(groups, x)
			continue
		}
		x["active"] = r.Active
		users = append(users, x)
	}
	ids, err := srv.Seed(users, groups)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]connector.RemoteID, len(ids))
	for i, id := range ids {
		out[i] = connector.RemoteID(id)
	}
	return out
}

func resource(t *testing.T, s attr.Set) wire.Resource {
	t.Helper()
	x := wire.Resource{}
	for _, p := range s.Paths() {
		if err := wire.Assign(x, p, s[p]); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func tryOpen(settings map[string]string) error {
	s := connector.Settings{}
	for k, v := range settings {
		s[k] = secret.New(v)
	}
	s, err := scim.Types()[0].Check(s)
	if err != nil {
		return err
	}
	_, err = scim.Types()[0].New(connector.Env{HTTP: http.DefaultClient, Now: time.Now}, s)
	return err
}

// replaced returns body with one text put for another.
func replaced(t *testing.T, body io.ReadCloser, old, with string) io.ReadCloser {
	t.Helper()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Error(err)
	}
	return io.NopCloser(strings.NewReader(strings.ReplaceAll(string(text), old, with)))
}
