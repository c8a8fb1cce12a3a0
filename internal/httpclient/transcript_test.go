package httpclient

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"muster/internal/secret"
)

const (
	aToken    = "xoxp-not-a-real-token"
	aPassword = `a "quoted" & odd/password`
)

// tape keeps exchanges.
type tape struct {
	mu  sync.Mutex // guards all
	all []Exchange
}

func (t *tape) add(e Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, e)
}

func record(t *testing.T, h http.HandlerFunc, path string, body io.Reader) Exchange {
	t.Helper()
	var tp tape
	s := serve(t, h)
	client := loopback(t, Config{Secrets: []secret.String{secret.New(aToken), secret.New(aPassword)}, Record: tp.add})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+aToken)
	_, _ = do(client, req) // failures are in the transcript
	if len(tp.all) != 1 {
		t.Fatalf("%d exchanges recorded, want 1", len(tp.all))
	}
	return tp.all[0]
}

func TestTranscript(t *testing.T) {
	e := record(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(bytes.ToUpper(body))
	}, "/Users?filter=private", strings.NewReader(`{"userName":"anna"}`))
	if e.Method != "POST" || e.Path != "/Users" || e.Status != 201 || e.Request != `{"userName":"anna"}` || e.Response != `{"USERNAME":"ANNA"}` || e.Error != "" {
		t.Errorf("recorded %+v", e)
	}
	if e.Start.IsZero() || e.Took <= 0 || !strings.HasPrefix(e.Host, "127.0.0.1:") {
		t.Errorf("recorded start %s, took %s, host %s", e.Start, e.Took, e.Host)
	}
	if text, _ := json.Marshal(e); strings.Contains(string(text), "private") {
		t.Errorf("the transcript holds the query: %s", text)
	}
}

func TestTranscriptOfAFailure(t *testing.T) {
	e := record(t, func(w http.ResponseWriter, _ *http.Request) {
		hijackOnce(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
	}, "/", nil)
	if e.Status != 200 || e.Response != "half" || !strings.Contains(e.Error, "unexpected EOF") {
		t.Errorf("cut body: recorded %+v", e)
	}
	e = record(t, func(w http.ResponseWriter, r *http.Request) { hijackOnce(w, r.Header.Get("Authorization")+"\r\n\r\n") }, "/", nil)
	if e.Status != 0 || !strings.Contains(e.Error, "malformed") {
		t.Errorf("malformed answer: recorded %+v", e)
	}
}

// Whatever is sent and echoed, and wherever the cut falls, no transcript holds a secret or half of one.
func TestTranscriptsHoldNoSecrets(t *testing.T) {
	quoted, _ := json.Marshal(aPassword)
	forms := []string{
		aToken, aPassword, url.QueryEscape(aPassword), url.PathEscape(aPassword), strings.Trim(string(quoted), `"`),
		base64.StdEncoding.EncodeToString([]byte(aPassword)), base64.StdEncoding.EncodeToString([]byte(aToken)),
	}
	for _, form := range forms {
		for pad := bodyKept - 70; pad < bodyKept+70; pad++ {
			text := strings.Repeat(form+" ", 3) + strings.Repeat("x", pad) + form + form + form
			e := recordingOf(text)
			if len(e) > bodyKept {
				t.Fatalf("the transcript has %d bytes, want at most %d", len(e), bodyKept)
			}
			if strings.Contains(e, form[:8]) {
				t.Fatalf("form %q, padded by %d, is in the transcript, or its beginning: …%s", form, pad, e[max(0, len(e)-100):])
			}
		}
	}
	path := "/Users/" + url.PathEscape(aPassword) + "/" + aToken
	e := record(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization")+" "+r.URL.Path+" "+r.URL.EscapedPath())
	}, path, strings.NewReader(`{"password":`+string(quoted)+`,"note":"`+aToken+`"}`))
	text, _ := json.Marshal(e)
	for _, form := range forms {
		if strings.Contains(e.Path+e.Request+e.Response+e.Error+string(text), form) {
			t.Errorf("the transcript holds %q: %s", form, text)
		}
	}
}

// recordingOf returns what a transcript keeps of text that comes in small pieces.
func recordingOf(text string) string {
	t := &transport{redact: newRedactor([]secret.String{secret.New(aToken), secret.New(aPassword)})}
	r := &recording{t: t}
	for from := range strings.SplitSeq(text, "x") {
		r.read([]byte(from + "x"))
	}
	return r.cut(r.body)
}

func TestCredentialsNobodyNamed(t *testing.T) {
	r := newRedactor(nil)
	for in, want := range map[string]string{
		"Authorization: Bearer abc.def-ghi_jkl":        "Authorization: Bearer [redacted]",
		"basic dXNlcjpwYXNzd29yZA==":                   "basic [redacted]",
		`{"access_token":"abc","expires":3}`:           `{"access_token":"[redacted]","expires":3}`,
		`{"Password" : "a\"b", "userName":"anna"}`:     `{"Password" : "[redacted]", "userName":"anna"}`,
		`{"password":"cut off in the mid`:              `{"password":"[redacted]`,
		`{"client_secret":"x","title":"Token Keeper"}`: `{"client_secret":"[redacted]","title":"Token Keeper"}`,
		"the bearer of bad news":                       "the bearer of bad news",
		"Anna Berg":                                    "Anna Berg",
	} {
		if got := r.text(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestBinaryBodies(t *testing.T) {
	got := recordingOf(strings.Repeat("\xff\x00ä", 2000))
	if len(got) > bodyKept || !strings.HasSuffix(got, more) || strings.Contains(got, "\xff") {
		t.Errorf("%d bytes ending in %q", len(got), got[len(got)-8:])
	}
}
