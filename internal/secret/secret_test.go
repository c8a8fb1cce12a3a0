package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"muster/internal/secret"
)

const token = "xoxp-not-a-real-token"

func ExampleString() {
	password := secret.New("hunter2")
	fmt.Println(password)
	fmt.Println(password.Reveal())
	// Output:
	// [redacted]
	// hunter2
}

func TestNothingPrintsTheSecret(t *testing.T) {
	s := secret.New(token)
	type holder struct {
		Name  string
		Token secret.String
		Ptr   *secret.String
		Many  []secret.String
		ByKey map[string]secret.String
		inner secret.String
	}
	h := holder{"x", s, &s, []secret.String{s}, map[string]secret.String{"k": s}, s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%08v", "%!"} {
		for _, v := range []any{s, &s, h, &h, []any{s}, fmt.Errorf("bad token %v", s)} {
			if got := fmt.Sprintf(verb, v); leaks(got) {
				t.Errorf("%s of %T prints the secret: %s", verb, v, got)
			}
		}
	}
}

func TestNothingEncodesTheSecret(t *testing.T) {
	s := secret.New(token)
	out, err := json.Marshal(map[string]any{"one": s, "many": []secret.String{s}, "by key": map[secret.String]int{s: 1}})
	if err != nil || leaks(string(out)) {
		t.Errorf("json.Marshal = %s, %v", out, err)
	}
	if text, err := s.MarshalText(); err != nil || leaks(string(text)) {
		t.Errorf("MarshalText = %s, %v", text, err)
	}
}

func TestNothingLogsTheSecret(t *testing.T) {
	s := secret.New(token)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out bytes.Buffer
		slog.New(handler(&out)).With("a", s).Info("hello", "b", s, "c", &s, "d", struct{ T secret.String }{s}, slog.Group("e", "f", s))
		if leaks(out.String()) {
			t.Errorf("%s handler logs the secret: %s", name, out.String())
		}
		if !strings.Contains(out.String(), "[redacted]") {
			t.Errorf("%s handler does not show that there is one: %s", name, out.String())
		}
	}
}

func TestEqual(t *testing.T) {
	if a, b := secret.New(token), secret.New(strings.Clone(token)); a != b || !a.Equal(b) || a == secret.New("other") {
		t.Error("secrets must be == exactly when what they hold is")
	}
	if secret.New("") != (secret.String{}) {
		t.Error("the empty secret must be the zero value")
	}
}

func TestAnEmptySecretShowsAsEmpty(t *testing.T) {
	var zero secret.String
	if got := zero.String() + zero.Reveal() + fmt.Sprint(zero); got != "" {
		t.Errorf("the zero secret prints %q, want nothing", got)
	}
}

// leaks reports whether text holds the secret, plain or in hexadecimal.
func leaks(text string) bool {
	return strings.Contains(text, token) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", token))
}
