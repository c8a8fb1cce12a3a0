package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"muster/internal/connector"
	"muster/internal/httpclient"
)

const (
	ratePercent = "rate_percent"
	maxPercent  = 100_000

	// What is used of a documented rate: the service counts by its own clock, when requests arrive, and they arrive less evenly than they leave.
	shareOfRate  = 0.98
	shareOfBurst = 0.75
)

// A rate is how often endpoints may be called, as the vendor tells it.
type rate struct {
	Class     string   `yaml:"class"`
	Methods   []string `yaml:"methods"` // none = all
	Path      string   `yaml:"path"`    // "/Users", "/Users/{id}", "/Users*" for both; "" = all
	PerMinute float64  `yaml:"per_minute"`
	Burst     int      `yaml:"burst"`
}

func (r rate) check() error {
	kind := strings.TrimSuffix(strings.TrimSuffix(r.Path, "*"), "/{id}")
	if r.Class == "" || r.PerMinute <= 0 || !slices.Contains([]string{"", "/Users", "/Groups"}, kind) {
		return fmt.Errorf("rate %+v: it needs a class, per_minute, and a path like /Users, /Users/{id}, /Users* or none", r)
	}
	return nil
}

// matches reports whether a request to path, below base, counts.
func (r rate) matches(base, method, path string) bool {
	if len(r.Methods) > 0 && !slices.Contains(r.Methods, method) {
		return false
	}
	rest := strings.TrimPrefix(path, base)
	switch kind, all := strings.CutSuffix(r.Path, "*"); {
	case r.Path == "":
		return true
	case all:
		return rest == kind || strings.HasPrefix(rest, kind+"/")
	default:
		kind, one := strings.CutSuffix(r.Path, "/{id}")
		return !one && rest == kind || one && strings.HasPrefix(rest, kind+"/")
	}
}

// pace returns the rates of the dialect for a target with settings s, those of the whole organisation last.
func (p profile) pace(s connector.Settings) httpclient.Pace {
	address, err := p.base(s)
	if err != nil || len(p.Rates) == 0 {
		return httpclient.Pace{}
	}
	percent, _ := number(s, ratePercent, 100)
	below := basePath(address)
	out := httpclient.Pace{Share: shared(p.Name, address, s.Text("token"))}
	for _, r := range p.Rates {
		out.Classes = append(out.Classes, httpclient.Class{
			Name: r.Class,
			Rate: httpclient.Rate{
				PerSecond: r.PerMinute / 60 * float64(max(percent, 1)) / 100 * shareOfRate,
				Burst:     max(1, int(math.Floor(float64(r.Burst)*shareOfBurst))),
			},
			Match: func(method, path string) bool { return r.matches(below, method, path) },
		})
	}
	return out
}

// basePath returns the path of an address.
func basePath(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

// shared names an organisation without giving its token away.
func shared(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
