package connector_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/secret"
)

var wiki = connector.Type{
	Name: "wiki",
	Settings: []connector.Setting{
		{Name: "url", Help: "base address", Required: true},
		{Name: "token", Help: "bearer token", Required: true, Secret: true},
		{Name: "page_size", Default: "100"},
		{Name: "note"},
	},
}

func settings(pairs ...string) connector.Settings {
	s := connector.Settings{}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = secret.New(pairs[i+1])
	}
	return s
}

func TestTypeCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   connector.Settings
		err  []string // parts of the error; nil means none
	}{
		{"complete", settings("url", "https://wiki.example.com", "token", "s3cret"), nil},
		{"nothing", nil, []string{"wiki needs", `"url"`, "base address"}},
		{"missing", settings("url", "https://wiki.example.com"), []string{"wiki needs", `"token"`, "bearer token"}},
		{"empty", settings("url", "https://wiki.example.com", "token", ""), []string{`"token"`}},
		{"unknown", settings("url", "https://wiki.example.com", "token", "s3cret", "tokens", "s3cret"), []string{`"tokens"`, "url, token, page_size, note"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := wiki.Check(tt.in)
			if tt.err == nil {
				if err != nil || out.Text("page_size") != "100" || out.Text("url") != tt.in.Text("url") || out.Text("note") != "" {
					t.Errorf("Check = %v, %v; want the settings with page_size 100", out, err)
				}
				return
			}
			for _, part := range tt.err {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("Check: error %v, want one that names %s", err, part)
				}
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestTypeCheckKeepsWhatIsGiven(t *testing.T) {
	in := settings("url", "https://wiki.example.com", "token", "s3cret", "page_size", "7")
	out, err := wiki.Check(in)
	if err != nil || out.Text("page_size") != "7" {
		t.Errorf("page_size = %q, %v; want 7", out.Text("page_size"), err)
	}
	if out["note"] = secret.New("changed"); in.Text("note") != "" {
		t.Error("Check returned its argument, which a caller may go on using")
	}
}

func ExampleRetryAfter() {
	var err error = &connector.RetryAfter{Wait: 30 * time.Second, Class: "write", Err: errors.New("status 429")}
	err = fmt.Errorf("create user: %w", err)
	if again, ok := errors.AsType[*connector.RetryAfter](err); ok {
		fmt.Println(again.Class, "pauses for", again.Wait)
	}
	fmt.Println(err)
	// Output:
	// write pauses for 30s
	// create user: throttled, again in 30s: status 429
}
