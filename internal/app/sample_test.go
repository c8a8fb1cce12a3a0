package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/server/adminapi"
)

// troupe is a sample company that counts how often it came and went.
type troupe struct{ came, went atomic.Int32 }

func (*troupe) Addr() string                                { return "127.0.0.1:1" }
func (*troupe) Enter(context.Context) (*http.Cookie, error) { return nil, errors.New("nobody plays") }
func (t *troupe) Close() error                              { t.went.Add(1); return nil }

// U7: the sample company plays once, leaves nothing behind, and does not begin where people are real.
func TestSample(t *testing.T) {
	t.Parallel()
	folder, actors := t.TempDir(), &troupe{}
	stage := func(_ context.Context, folder string) (app.Company, error) {
		actors.came.Add(1)
		return actors, os.MkdirAll(folder, 0o700)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, over := make(chan cli.Listening, 1), make(chan error, 1)
	go func() {
		over <- app.App{Stage: stage}.Serve(ctx, cli.Options{Data: folder, Fresh: true, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}, func(l cli.Listening) { ready <- l })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	at := <-ready
	ask := func(method, path, body string) (int, adminapi.Sample) {
		return askSample(t, "http://"+at.Addr+"/api/v1"+path, filepath.Join(folder, adminapi.TokenName), method, body)
	}
	for range 2 {
		if code, x := ask(http.MethodPost, "/sample", ""); code != http.StatusAccepted || x.State == "off" {
			t.Errorf("started, it says %d %+v", code, x)
		}
	}
	if code, x := ask(http.MethodDelete, "/sample", ""); code != http.StatusOK || x.State != "off" || x.Problem != nil {
		t.Errorf("ended, it says %d %+v", code, x)
	}
	if came, went := actors.came.Load(), actors.went.Load(); came != 1 || went != 1 {
		t.Errorf("it came %d times and went %d times", came, went)
	}
	if _, err := os.Stat(filepath.Join(folder, ".sample-company")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder is left: %v", err)
	}
	if code, _ := ask(http.MethodPost, "/people", `{"username":"ann"}`); code != http.StatusCreated && code != http.StatusOK {
		t.Fatalf("a person could not be made: %d", code)
	}
	if code, _ := ask(http.MethodPost, "/sample", ""); code != http.StatusConflict {
		t.Errorf("beside a real person it answers %d", code)
	}
	if _, x := ask(http.MethodGet, "/sample", ""); x.Problem == nil || !strings.Contains(x.Problem.Why, "People are here already") {
		t.Errorf("beside a real person it stands so: %+v", x)
	}
}

func askSample(t *testing.T, url, token, method, body string) (int, adminapi.Sample) {
	t.Helper()
	text, err := os.ReadFile(token)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(text)))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var x adminapi.Sample
	if err := json.NewDecoder(res.Body).Decode(&x); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, x
}
