package scim_test

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/connector/connectortest"
	"muster/internal/testserver"
)

// TestSCIMMY plays the suite against a SCIM service that we did not write: SCIMMY on Express, in Node.
func TestSCIMMY(t *testing.T) {
	url := testserver.SCIMMY(t, "testdata/scimmy/server.js", token)
	for _, update := range []string{"patch", "put"} {
		t.Run(update, func(t *testing.T) {
			connectortest.Run(t, func(t *testing.T) connectortest.Sandbox {
				out, count := &buffer{}, &counter{next: &http.Transport{MaxIdleConnsPerHost: 16}}
				env := connector.Env{HTTP: &http.Client{Transport: count}, Log: slog.New(slog.NewTextHandler(out, nil)), Now: time.Now}
				with := func(token string) connector.Connector {
					return open(t, env, map[string]string{"url": url, "token": token, "user_update": update, "group_update": update})
				}
				return connectortest.Sandbox{
					Connector: with(token),
					Bad:       connectortest.Bad{Credentials: with("wr0ng-t0ken")},
					Requests:  func() int { return int(count.n.Load()) },
					Secrets:   []string{token, "wr0ng-t0ken"},
					Output:    out.String,
					Big:       300,
					Skip: map[string]string{
						"L1/bad host":            "one host is as bad as another: played against scimtest",
						"L1/bad address":         "an address beside the service is played against scimtest",
						"L4/find":                "SCIMMY's filters do not know an escaped quote (RFC 7644 §3.4.2.2); repeated creates look up without one",
						"L7":                     "SCIMMY cannot be told to misbehave",
						"L8/no secret in errors": "SCIMMY cannot be told to misbehave",
						"L8/no secret in logs":   "SCIMMY cannot be told to misbehave",
						"L8/no retries":          "SCIMMY cannot be told to misbehave",
						"L8/no goroutine left":   "SCIMMY cannot be told to misbehave",
					},
				}
			})
		})
	}
}

// counter counts requests.
type counter struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}
