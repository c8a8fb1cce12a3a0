package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server"
)

// start runs a server until the test ends and returns its address.
func start(t *testing.T, cfg server.Config) (addr string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	cfg.Log = slog.New(slog.DiscardHandler)
	cfg.Ready = func(addr string) { ready <- addr }
	go func() { ended <- server.Run(ctx, cfg) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	select {
	case addr = <-ready:
	case err := <-ended:
		stopped = true
		t.Fatal(err)
	}
	return addr, stop
}

func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "hello "+r.URL.Path)
})

func overSocket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return server.DialSocket(ctx, path)
	}}}
}

func TestRun(t *testing.T) {
	for name, folder := range map[string]string{"short": "d", "long": strings.Repeat("a-folder-with-a-long-name/", 8)} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), folder)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "muster.sock")
			addr, stop := start(t, server.Config{Handler: hello, Socket: path, Listen: "127.0.0.1:0"})
			if got := get(t, http.DefaultClient, "http://"+addr+"/tcp"); got != "hello /tcp" {
				t.Errorf("got %q", got)
			}
			if got := get(t, overSocket(path), "http://muster/socket"); got != "hello /socket" {
				t.Errorf("got %q", got)
			}
			if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("mode = %v, %v", st.Mode(), err)
			}
			if err := stop(); err != nil {
				t.Errorf("stopped with %v", err)
			}
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the socket is still there: %v", err)
			}
			if _, err := server.DialSocket(t.Context(), path); !server.IsAbsent(err) {
				t.Errorf("dial = %v, want absent", err)
			}
		})
	}
}

func TestSecondServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.sock")
	start(t, server.Config{Handler: hello, Socket: path})
	err := server.Run(t.Context(), server.Config{Handler: hello, Socket: path, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, server.ErrInUse) {
		t.Errorf("err = %v", err)
	}
	if got := get(t, overSocket(path), "http://muster/x"); got != "hello /x" {
		t.Errorf("the first server was disturbed: %q", got)
	}
}

// A socket left by a crash does not keep the next start from listening.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	start(t, server.Config{Handler: hello, Socket: path})
	if got := get(t, overSocket(path), "http://muster/x"); got != "hello /x" {
		t.Errorf("got %q", got)
	}
}

func TestRefusesOtherAddresses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0"} {
		err := server.Run(t.Context(), server.Config{Handler: hello, Listen: addr, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "other machines") {
			t.Errorf("listen at %s: %v", addr, err)
		}
	}
}

// A page of another site must not reach the API through a browser on this machine.
func TestCrossSite(t *testing.T) {
	addr, _ := start(t, server.Config{Handler: hello, Listen: "127.0.0.1:0"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status = %d", res.StatusCode)
	}
}

// Stopping does not wait for requests that wait for something themselves.
func TestStopEndsWaiting(t *testing.T) {
	begun := make(chan struct{})
	wait := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	addr, stop := start(t, server.Config{Handler: wait, Listen: "127.0.0.1:0"})
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if res, err := http.Get("http://" + addr + "/"); err == nil {
			res.Body.Close()
		}
	}()
	<-begun
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	<-answered
}
