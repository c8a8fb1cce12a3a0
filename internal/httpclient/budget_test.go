package httpclient

import (
	"net/http"
	"testing"
	"time"
)

func TestThrottled(t *testing.T) {
	for _, tt := range []struct {
		status int
		after  string
		want   time.Duration
		ok     bool
	}{
		{200, "", 0, false},
		{200, "5", 0, false},
		{404, "5", 0, false},
		{500, "5", 0, false},
		{503, "", 0, false},
		{503, "5", 5 * time.Second, true},
		{429, "", fallback, true},
		{429, "5", 5 * time.Second, true},
		{429, "0", time.Second, true},
		{429, "0.5", time.Second, true},
		{429, "-5", fallback, true},
		{429, "x", fallback, true},
		{429, "NaN", fallback, true},
		{429, "400000000", time.Hour, true},
		{429, "99999999999999999999999999", time.Hour, true},
	} {
		h := http.Header{}
		h.Set("Retry-After", tt.after)
		got, _, ok := Throttled(&http.Response{StatusCode: tt.status, Header: h})
		if got != tt.want || ok != tt.ok {
			t.Errorf("status %d, Retry-After %q: %s, %t; want %s, %t", tt.status, tt.after, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzBudget(f *testing.F) {
	for _, s := range []string{"7", "0", "-1", "1e300", "Sun, 06 Nov 1994 08:49:37 GMT", `"default";r=50;t=30`, "limit=100, remaining=50, reset=30", "r=1;t=0", ";=;"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, after, left, both string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Remaining": {left}, "X-Ratelimit-Reset": {after}, "Ratelimit": {both}, "Date": {left}}
		b := readBudget(h, time.Unix(1_800_000_000, 0))
		if b.wait < 0 || b.remaining < 0 || b.known && b.reset <= 0 {
			t.Errorf("readBudget(%q) = %+v", h, b)
		}
		wait, _, ok := Throttled(&http.Response{StatusCode: 429, Header: h})
		if !ok || wait < time.Second || wait > time.Hour {
			t.Errorf("Throttled(%q) = %s, %t", h, wait, ok)
		}
	})
}
