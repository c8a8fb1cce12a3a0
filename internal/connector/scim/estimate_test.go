package scim

import (
	"net/http"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/secret"
)

// P11: what is planned, by endpoint class, divided by what the class lets through; the slowest class counts.
func TestEstimate(t *testing.T) {
	p, err := loadProfile("slack")
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(p, connector.Env{HTTP: &http.Client{}}, connector.Settings{"token": secret.New("t"), "rate_percent": secret.New("100")})
	if err != nil {
		t.Fatal(err)
	}
	const perSecond = 3 * shareOfRate
	for _, tt := range []struct {
		name string
		ops  map[connector.Verb]int
		want float64 // seconds
	}{
		{"nothing", nil, 0},
		{"within the burst", map[connector.Verb]int{connector.Create: 15}, 0},
		{"creates", map[connector.Verb]int{connector.Create: 10_000}, (10_000 - 15) / perSecond},
		{"creates and updates run side by side", map[connector.Verb]int{connector.Create: 1000, connector.Update: 600}, (1000 - 15) / perSecond},
		{"enables are updates", map[connector.Verb]int{connector.Enable: 600, connector.Update: 600}, (1200 - 15) / perSecond},
		{"all writes share one rate", map[connector.Verb]int{connector.Create: 3000, connector.Update: 3000, connector.Delete: 3000, connector.Member: 3000}, (12_000 - 135) / (10 * shareOfRate)},
	} {
		if got := c.Estimate(tt.ops).Seconds(); got < tt.want-0.01 || got > tt.want+0.01 {
			t.Errorf("%s: %.2f s, want %.2f s", tt.name, got, tt.want)
		}
	}
	c.pace.Classes = nil
	if got := c.Estimate(map[connector.Verb]int{connector.Create: 10_000}); got != 0 {
		t.Errorf("without a rate: %s, want 0", got.Round(time.Second))
	}
}
