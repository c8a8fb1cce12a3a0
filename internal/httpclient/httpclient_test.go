package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/secret"
)

func mustNew(t *testing.T, cfg Config) *http.Client {
	t.Helper()
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// loopback returns a client that may reach the servers of tests.
func loopback(t *testing.T, cfg Config) *http.Client {
	t.Helper()
	cfg.Allow = append(cfg.Allow, "loopback")
	return mustNew(t, cfg)
}

// answer is a response whose body has been read.
type answer struct {
	*http.Response
	text string
}

func get(t *testing.T, client *http.Client, url string) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(client, req)
}

func do(client *http.Client, req *http.Request) (answer, error) {
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp, string(text)}, err
}

func pool(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestRedirectsAreAnswers(t *testing.T) {
	asked := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	})
	resp, err := get(t, loopback(t, Config{}), s.URL)
	if err != nil || resp.StatusCode != http.StatusFound || asked != 1 {
		t.Errorf("got %v, %v after %d requests; want the redirect itself after 1", resp.Response, err, asked)
	}
}

func TestGreatestSize(t *testing.T) {
	for _, tt := range []struct {
		size int
		want error
	}{{0, nil}, {999, nil}, {1000, nil}, {1001, ErrTooLarge}, {50_000, ErrTooLarge}} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", tt.size)) })
		resp, err := get(t, loopback(t, Config{MaxBody: 1000}), s.URL)
		if !errors.Is(err, tt.want) || len(resp.text) != min(tt.size, 1000) {
			t.Errorf("answer of %d bytes, at most 1000: read %d, error %v; want error %v", tt.size, len(resp.text), err, tt.want)
		}
	}
}

func TestTLSVersion(t *testing.T) {
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version} //nolint:gosec // that is what is refused
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		defer s.Close()
		if _, err := get(t, loopback(t, Config{RootCAs: pool(s)}), s.URL); (err == nil) != ok {
			t.Errorf("%s: error %v, want none: %t", tls.VersionName(version), err, ok)
		}
	}
}

func TestUnknownAuthorityIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, err := get(t, loopback(t, Config{}), s.URL)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("error %v, want one about the certificate", err)
	}
}

// A slow service is a failure; the end of the caller's ctx is none. The engine tells them apart by errors.Is.
func TestTimeout(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"no answer":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half a header": hijack("HTTP/1.1 200 OK\r\nContent-"),
		"half a body":   hijack("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, h)
			_, err := get(t, loopback(t, Config{Timeout: 30 * time.Millisecond}), s.URL)
			if !errors.Is(err, ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				t.Errorf("the client's timeout: error %v, want ErrTimeout and no error of ctx", err)
			}
			ctx, cancel := context.WithTimeoutCause(t.Context(), 30*time.Millisecond, errors.New("shutting down"))
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
			_, err = do(loopback(t, Config{}), req)
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrTimeout) {
				t.Errorf("the caller's deadline: error %v, want that of ctx", err)
			}
		})
	}
}

// hijack returns a handler that writes raw and leaves the connection open until the client closes it.
func hijack(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, raw)
		_, _ = io.Copy(io.Discard, conn)
	}
}

func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := get(t, loopback(t, Config{}), s.URL+"/Users?filter=secret")
	if _, ok := errors.AsType[*net.OpError](err); !ok || errors.Is(err, ErrDenied) || errors.Is(err, ErrTimeout) {
		t.Errorf("error %v, want that of the network", err)
	}
	if got := Clean(err).Error(); strings.Contains(got, "secret") || !strings.Contains(got, "GET "+s.Listener.Addr().String()+"/Users: ") {
		t.Errorf("Clean says %q; want method, host and path, and no query", got)
	}
}

// 64 requests are in flight at a time over as many connections, and no more.
func TestInFlight(t *testing.T) {
	const n = 64
	var mu sync.Mutex
	now, most := 0, 0
	all := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		now++
		if most = max(most, now); now == n {
			close(all)
		}
		mu.Unlock()
		<-all // only if all come at once does anybody get an answer
		mu.Lock()
		now--
		mu.Unlock()
	})
	client := loopback(t, Config{Timeout: 10 * time.Second})
	var wg sync.WaitGroup
	for i := range 2 * n {
		wg.Go(func() {
			if _, err := get(t, client, s.URL); err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if most != n {
		t.Errorf("at most %d requests were in flight, want %d", most, n)
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	const token, password = "xoxp-not-a-real-token", `p&ss "word"`
	echo := func(r *http.Request) string { return r.Header.Get("Authorization") + " " + password }
	for name, h := range map[string]http.HandlerFunc{
		"malformed answer": func(w http.ResponseWriter, r *http.Request) { hijackOnce(w, echo(r)+"\r\n\r\n") },
		"malformed header": func(w http.ResponseWriter, r *http.Request) { hijackOnce(w, "HTTP/1.1 200 OK\r\n"+echo(r)+"\r\n\r\n") },
		"malformed length": func(w http.ResponseWriter, r *http.Request) {
			hijackOnce(w, "HTTP/1.1 200 OK\r\nContent-Length: "+echo(r)+"\r\n\r\n")
		},
		"closed": func(w http.ResponseWriter, _ *http.Request) { hijackOnce(w, "") },
	} {
		s := serve(t, h)
		client := loopback(t, Config{Secrets: []secret.String{secret.New(token), secret.New(password)}})
		target := s.URL + "/Users/" + url.PathEscape(password) + "?access_token=" + token
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		_, err := do(client, req)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, text := range []string{Clean(err).Error(), fmt.Sprintf("%+v", Clean(err))} {
			for _, s := range []string{token, password, url.PathEscape(password), "access_token"} {
				if strings.Contains(text, s) {
					t.Errorf("%s: the error holds %q: %s", name, s, text)
				}
			}
		}
	}
}

func hijackOnce(w http.ResponseWriter, raw string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, raw)
	_ = conn.Close()
}

func ExampleNew() {
	client, err := New(Config{
		Allow: []string{"10.20.0.0/16"},
		Pace:  writes(Rate{PerSecond: 3, Burst: 20}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Get("http://169.254.169.254/latest/meta-data?token=1") //nolint:bodyclose // an example; there is no answer
	fmt.Println(Clean(err))
	// Output: GET 169.254.169.254/latest/meta-data: address not allowed: only https, and private or loopback addresses only where network.allow lists them
}
