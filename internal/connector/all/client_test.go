package all_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/connector/all"
	"muster/internal/connector/connectortest"
	"muster/internal/httpclient"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
)

const token = "s3cret-t0ken"

// A target is served by a built-in connector through the client of package httpclient. Together they must keep the rules that each keeps alone:
// pacing must not hide a 429, timeouts must not pass for the end of ctx, and transcripts are read for secrets as well.
func TestSCIMThroughTheRealClient(t *testing.T) {
	typ, err := all.Find("scim")
	if err != nil {
		t.Fatal(err)
	}
	connectortest.Run(t, func(t *testing.T) connectortest.Sandbox {
		srv := scimtest.NewServer(t, scimtest.Config{Token: token})
		nobody := httptest.NewServer(http.NotFoundHandler())
		nobody.Close()
		wrong := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(wrong.Close)
		out := &log{}
		var clients []*http.Client
		open := func(url, token string) connector.Connector {
			s, err := typ.Check(connector.Settings{"url": secret.New(url), "token": secret.New(token)})
			if err != nil {
				t.Fatal(err)
			}
			client, err := httpclient.New(httpclient.Config{Allow: []string{"loopback"}, Secrets: []secret.String{s["token"]}, Record: out.record})
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, client)
			c, err := typ.New(connector.Env{HTTP: client, Log: slog.New(slog.NewTextHandler(out, nil)), Now: time.Now}, s)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		return connectortest.Sandbox{
			Connector: open(srv.URL, token),
			Bad:       connectortest.Bad{Credentials: open(srv.URL, "wr0ng-t0ken"), Host: open(nobody.URL, token), Address: open(wrong.URL, token)},
			Fail:      func(f connectortest.Fault) { srv.Fail(faults[f]...) },
			Requests:  srv.Requests,
			Secrets:   []string{token, "wr0ng-t0ken"},
			Output:    out.String,
			Big:       300,
			Close: func() {
				if srv.Requests() > 0 && out.String() == "" {
					t.Error("nothing was transcribed, so nothing was searched for secrets")
				}
				for _, c := range clients {
					c.CloseIdleConnections()
				}
			},
		}
	})
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

// log keeps what is logged and transcribed. Safe for concurrent use.
type log struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) record(e httpclient.Exchange) {
	text, err := json.Marshal(e)
	_, _ = fmt.Fprintf(l, "%s %v\n", text, err)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
