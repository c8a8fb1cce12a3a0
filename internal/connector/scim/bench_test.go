package scim_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/connector/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
)

// BenchmarkCreate is what the connector adds to scimtest's plain client loop of the same name: 64 creates in flight.
func BenchmarkCreate(b *testing.B) {
	srv := scimtest.NewServer(b, scimtest.Config{Token: token, LogMax: 1000})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	svc, err := scim.Types()[0].New(connector.Env{HTTP: client}, connector.Settings{"url": secret.New(srv.URL), "token": secret.New(token)})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			name := fmt.Sprint("u", next.Add(1))
			want := attr.Set{
				"userName": {name}, "externalId": {"x" + name}, "displayName": {"User " + name}, "name.givenName": {"Anna"}, "name.familyName": {"Berg"},
				`emails[type eq "work"].value`: {name + "@example.com"},
			}
			if _, err := svc.Apply(b.Context(), connector.Op{Verb: connector.Create, Kind: connector.User, Want: want, Active: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}
