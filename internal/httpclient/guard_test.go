package httpclient

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func TestAddresses(t *testing.T) {
	const no, yes = false, true
	for _, tt := range []struct {
		address string
		none    bool // with nothing allowed
		listed  bool // with loopback, 10.1.0.0/16, fd12::/16 and 192.168.7.7 allowed
		all     bool // with everything allowed
	}{
		{"93.184.215.14", yes, yes, yes},
		{"2606:2800:21f:cb07:6820:80da:af6b:8b2c", yes, yes, yes},
		{"127.0.0.1", no, yes, yes},
		{"127.9.9.9", no, yes, yes},
		{"::1", no, yes, yes},
		{"::ffff:127.0.0.1", no, yes, yes},
		{"::ffff:7f00:1", no, yes, yes},
		{"10.1.2.3", no, yes, yes},
		{"10.2.2.3", no, no, yes},
		{"::ffff:10.2.2.3", no, no, yes},
		{"172.16.0.1", no, no, yes},
		{"172.32.0.1", yes, yes, yes},
		{"192.168.7.7", no, yes, yes},
		{"192.168.7.8", no, no, yes},
		{"100.64.0.1", no, no, yes},
		{"198.18.0.1", no, no, yes},
		{"fd12::1", no, yes, yes},
		{"fd13::1", no, no, yes},
		{"2001:db8::1", no, no, yes},
		{"64:ff9b::7f00:1", no, yes, yes},      // NAT64 of 127.0.0.1
		{"64:ff9b::a02:203", no, no, yes},      // NAT64 of 10.2.2.3
		{"64:ff9b::5db8:d70e", yes, yes, yes},  // NAT64 of a public address
		{"2002:a02:203::1", no, no, yes},       // 6to4 of 10.2.2.3
		{"64:ff9b::a9fe:a9fe", no, no, no},     // NAT64 of 169.254.169.254
		{"2002:a9fe:a9fe::1", no, no, no},      // 6to4 of it
		{"169.254.169.254", no, no, no},        // metadata of most clouds
		{"::ffff:169.254.169.254", no, no, no}, //
		{"169.254.170.2", no, no, no},          //
		{"100.100.100.200", no, no, no},        // metadata elsewhere
		{"168.63.129.16", no, no, no},          //
		{"fd00:ec2::254", no, no, no},          //
		{"fe80::1", no, no, no},
		{"fe80::1%eth0", no, no, no},
		{"0.0.0.0", no, no, no},
		{"::", no, no, no},
		{"224.0.0.1", no, no, no},
		{"ff02::1", no, no, no},
		{"255.255.255.255", no, no, no},
		{"240.0.0.1", no, no, no},
	} {
		for allow, want := range map[string]bool{
			"": tt.none, "loopback 10.1.0.0/16 fd12::/16 192.168.7.7": tt.listed, "0.0.0.0/0 ::/0": tt.all,
		} {
			g, err := newGuard(strings.Fields(allow))
			if err != nil {
				t.Fatal(err)
			}
			address := net.JoinHostPort(tt.address, "443")
			if got := g.check(address) == nil; got != want {
				t.Errorf("with %q allowed, %s may be reached: %t, want %t", allow, address, got, want)
			}
			loopback := plainAddr(netip.MustParseAddr(tt.address)).IsLoopback()
			if got := g.checkLoopback(address) == nil; got != (want && loopback) {
				t.Errorf("with %q allowed, %s may be reached without TLS: %t, want %t", allow, address, got, want && loopback)
			}
		}
	}
}

func TestBadAllow(t *testing.T) {
	for _, s := range []string{"", "localhost", "10.0.0.0/33", "10.0.0", "*.example.com", "private"} {
		if _, err := New(Config{Allow: []string{s}}); err == nil || !strings.Contains(err.Error(), "network.allow") {
			t.Errorf("Allow %q: error %v, want one that names network.allow", s, err)
		}
	}
}

func TestURLs(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, tt := range []struct {
		url   string
		allow string
	}{
		{"http://127.0.0.1" + port, ""},
		{"http://localhost" + port, ""},
		{"http://[::ffff:127.0.0.1]" + port, ""},
		{"https://127.0.0.1" + port, ""},
		{"https://localhost" + port, ""},
		{"http://127.0.0.1" + port, "10.0.0.0/8"},
		{"http://10.0.0.1/", "10.0.0.0/8"}, // allowed, but not without TLS
		{"http://example.com/", "loopback"},
		{"http://2130706433" + port, "loopback"}, // names, not addresses
		{"http://0x7f.1" + port, "loopback"},
		{"http://017700000001" + port, "loopback"},
		{"http://user:password@127.0.0.1" + port, "loopback"},
		{"https://169.254.169.254/latest/meta-data/", "0.0.0.0/0"},
		{"file:///etc/passwd", "loopback"},
		{"gopher://127.0.0.1" + port, "loopback"},
		{"ftp://127.0.0.1" + port, "loopback"},
		{"https:///path", "loopback"},
	} {
		client := mustNew(t, Config{Allow: strings.Fields(tt.allow)})
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do((&http.Request{Method: "GET", URL: u, Header: http.Header{}}).WithContext(t.Context()))
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("GET %s with %q allowed: status %d, want no answer", tt.url, tt.allow, resp.StatusCode)
		} else if !errors.Is(err, ErrDenied) && u.Host != "" {
			t.Errorf("GET %s with %q allowed: error %v, want ErrDenied", tt.url, tt.allow, err)
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		resp, err := get(t, mustNew(t, Config{Allow: []string{"loopback"}}), "http://"+host+port)
		if err != nil || resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET http://%s with loopback allowed: %v, want the answer 404", host, err)
		}
	}
}

// A name that answers with another address the second time is caught, because each dial is checked and not each name.
func TestRebinding(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }))
	defer server.Close()
	address := atomic.Pointer[netip.Addr]{}
	point := func(s string) { a := netip.MustParseAddr(s); address.Store(&a) }
	client := mustNew(t, Config{Allow: []string{"127.0.0.1"}, Resolver: fakeDNS(t, func(string) netip.Addr { return *address.Load() }), RootCAs: pool(server)})
	target := "https://wiki.example.com" + server.URL[strings.LastIndex(server.URL, ":"):]

	point("127.0.0.1")
	if _, err := get(t, client, target); err != nil {
		t.Fatalf("first request: %v", err)
	}
	for _, inner := range []string{"169.254.169.254", "10.0.0.1", "127.0.0.2"} {
		point(inner)
		_, err := get(t, client, target)
		if !errors.Is(err, ErrDenied) {
			t.Errorf("after the name moved to %s: error %v, want ErrDenied", inner, err)
		} else if strings.Contains(err.Error(), inner) {
			t.Errorf("the error tells what the name resolves to: %v", err)
		}
	}
	point("127.0.0.1")
	if _, err := get(t, client, target); err != nil {
		t.Errorf("after the name moved back: %v", err)
	}
}

// fakeDNS returns a resolver that asks a server of its own, which answers each question of type A with what answer says.
func fakeDNS(t *testing.T, answer func(name string) netip.Addr) *net.Resolver {
	t.Helper()
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(dnsReply(buf[:n], answer), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// dnsReply answers a question (RFC 1035 §4): header, the question again, and for type A one record.
func dnsReply(q []byte, answer func(name string) netip.Addr) []byte {
	end := 12
	var labels []string
	for q[end] != 0 {
		labels = append(labels, string(q[end+1:end+1+int(q[end])]))
		end += 1 + int(q[end])
	}
	isA := binary.BigEndian.Uint16(q[end+1:]) == 1
	end += 5
	out := append([]byte{}, q[:end]...)
	binary.BigEndian.PutUint16(out[2:], 0x8180) // an answer, no error
	clear(out[6:12])
	if a := answer(strings.Join(labels, ".")); isA && a.Is4() {
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		out = append(out, a.AsSlice()...)
	}
	return out
}
