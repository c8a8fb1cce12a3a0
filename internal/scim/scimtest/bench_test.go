package scimtest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"muster/internal/scim/scimtest"
)

// BenchmarkCreate is the plain client loop that figures of the engine are measured against: 64 creates in flight.
func BenchmarkCreate(b *testing.B) {
	srv := scimtest.NewServer(b, scimtest.Config{Token: "t", LogMax: 1000})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u%[1]d","externalId":"x%[1]d","active":true,`+
				`"displayName":"User %[1]d","name":{"givenName":"Anna","familyName":"Berg"},"emails":[{"type":"work","value":"u%[1]d@example.com"}]}`, next.Add(1))
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/Users", bytes.NewBufferString(body))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer t")
			req.Header.Set("Content-Type", "application/scim+json")
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusCreated {
				b.Fatal(resp.Status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}
