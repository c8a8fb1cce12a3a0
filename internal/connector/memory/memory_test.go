package memory_test

import (
	"strings"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/connector/connectortest"
	"muster/internal/connector/memory"
	"muster/internal/secret"
)

func TestConnector(t *testing.T) {
	connectortest.Run(t, func(*testing.T) connectortest.Sandbox {
		s := memory.NewService("s3cret")
		return connectortest.Sandbox{
			Connector: memory.Open(s, "s3cret"),
			Bad: connectortest.Bad{
				Credentials: memory.Open(s, "wr0ng"),
				Host:        memory.Open(broken(memory.Fault{Lost: true}), "s3cret"),
				Address:     memory.Open(broken(memory.Fault{Status: 404}), "s3cret"),
			},
			Fail:     func(f connectortest.Fault) { s.Fail(faults[f]) },
			Seed:     s.Seed,
			Requests: s.Requests,
			Secrets:  []string{"s3cret", "wr0ng"},
			Page:     memory.PageSize,
			Skip:     map[string]string{"L8/no secret in logs": "the connector logs nothing and there is no wire"},
		}
	})
}

func TestType(t *testing.T) {
	if _, err := memory.Type.Check(connector.Settings{}); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("Check without a token: error %v, want one that names it", err)
	}
	s, err := memory.Type.Check(connector.Settings{"token": secret.New("s3cret")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := memory.Type.New(connector.Env{}, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func broken(f memory.Fault) *memory.Service {
	s := memory.NewService("s3cret")
	s.Fail(f)
	return s
}

var faults = map[connectortest.Fault]memory.Fault{
	connectortest.None:          {},
	connectortest.Throttled:     {Status: 429, RetryAfter: time.Second},
	connectortest.ThrottledBare: {Status: 429},
	connectortest.Broken:        {Status: 500},
	connectortest.Cut:           {Cut: true},
	connectortest.Lost:          {Lost: true},
	connectortest.HTML:          {HTML: true},
	connectortest.Slow:          {Hang: true},
	connectortest.ShortPage:     {ShortPage: true},
}
