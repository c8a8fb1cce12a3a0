package notifytest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// A Fault is what goes wrong at the mail server.
type Fault string

// The faults.
const (
	None       Fault = ""
	Greylist   Fault = "450 4.2.0 come back later"     // to RCPT TO
	Unknown    Fault = "550 5.1.1 no such person here" // to RCPT TO
	BadSender  Fault = "553 5.7.1 not from you"        // to MAIL FROM
	BadAuth    Fault = "535 5.7.8 wrong password"      // to AUTH
	Full       Fault = "452 4.3.1 disk full"           // behind the mail
	Cut        Fault = "cut"                           // the mail is taken, and the connection ends before that is said
	CutEarly   Fault = "cut early"                     // the connection ends at the greeting
	NoStartTLS Fault = "no starttls"
	Stuck      Fault = "stuck" // it says nothing more after its greeting
)

// A Letter is a mail as it arrived.
type Letter struct {
	From, To string // of the envelope
	Header   mail.Header
	Text     string // decoded
	HTML     string
	TLS      bool
	User     string // who signed in
}

// A Server is a small mail server on loopback with faults that can be switched. It is safe for concurrent use.
type Server struct {
	Port  int
	Roots *x509.CertPool
	PEM   []byte // the same

	t        testing.TB
	cert     tls.Certificate
	implicit bool
	arrived  chan struct{}

	mu      sync.Mutex // guards the rest
	l       net.Listener
	conns   map[net.Conn]bool
	fault   Fault
	letters []Letter
	tried   int
	work    sync.WaitGroup
}

// NewServer starts a mail server that wants STARTTLS, or TLS from the first byte if implicit. It ends with the test.
func NewServer(t testing.TB, implicit bool) *Server {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // its certificate is good for 127.0.0.1
	s := &Server{t: t, cert: lender.TLS.Certificates[0], Roots: x509.NewCertPool(), implicit: implicit, conns: map[net.Conn]bool{}, arrived: make(chan struct{}, 1000)}
	s.Roots.AddCert(lender.Certificate())
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw})
	lender.Close()
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Host is where the server listens.
func (s *Server) Host() string { return "127.0.0.1" }

// Start lets the server answer again, at the same port.
func (s *Server) Start() {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.l, s.Port = l, l.Addr().(*net.TCPAddr).Port
	s.mu.Unlock()
	s.work.Go(func() { s.accept(l) })
}

// Stop makes the server refuse connections, and ends those that are there.
func (s *Server) Stop() {
	s.mu.Lock()
	if s.l != nil {
		s.l.Close()
	}
	s.l = nil
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// Fail switches a fault on, or with None off.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *Server) failing(f Fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault == f
}

// Letters returns what has arrived.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Tried returns how many connections there were.
func (s *Server) Tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried
}

// Arrived receives once for each mail that has arrived.
func (s *Server) Arrived() <-chan struct{} { return s.arrived }

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.tried++
		s.mu.Unlock()
		s.work.Go(func() {
			s.talk(c)
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

// A talk is one conversation.
type talk struct {
	s    *Server
	conn net.Conn
	in   *bufio.Reader
	now  Letter
}

func (s *Server) talk(c net.Conn) {
	t := &talk{s: s, conn: c}
	if s.implicit {
		t.conn, t.now.TLS = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}}), true
	}
	t.in = bufio.NewReader(t.conn)
	if s.failing(CutEarly) {
		return
	}
	t.say("220 mail.example.com ESMTP")
	if s.failing(Stuck) {
		_, _ = io.Copy(io.Discard, c) // until the other side goes
		return
	}
	for {
		line, err := t.in.ReadString('\n')
		if err != nil || !t.command(strings.TrimSpace(line)) {
			return
		}
	}
}

func (t *talk) say(lines ...string) { fmt.Fprint(t.conn, strings.Join(lines, "\r\n")+"\r\n") }

// answer says ok, or what the fault says if it is switched on.
func (t *talk) answer(ok string, faults ...Fault) bool {
	for _, f := range faults {
		if t.s.failing(f) {
			t.say(string(f))
			return false
		}
	}
	t.say(ok)
	return true
}

// command answers one command; false ends the conversation.
func (t *talk) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		t.hello()
	case "STARTTLS":
		t.say("220 go ahead")
		t.conn, t.now.TLS = tls.Server(t.conn, &tls.Config{Certificates: []tls.Certificate{t.s.cert}}), true
		t.in = bufio.NewReader(t.conn)
	case "AUTH":
		if !t.now.TLS {
			t.say("538 5.7.11 not without TLS")
		} else if t.answer("235 2.7.0 welcome", BadAuth) {
			t.now.User = rest
		}
	case "MAIL":
		if t.answer("250 2.1.0 ok", BadSender) {
			t.now.From = address(rest)
		}
	case "RCPT":
		if t.answer("250 2.1.5 ok", Greylist, Unknown) {
			t.now.To = address(rest)
		}
	case "DATA":
		return t.data()
	case "QUIT":
		t.say("221 2.0.0 bye")
		return false
	default:
		t.say("250 2.0.0 ok")
	}
	return true
}

func (t *talk) hello() {
	lines := []string{"250-mail.example.com", "250-8BITMIME"}
	if !t.now.TLS && !t.s.failing(NoStartTLS) {
		lines = append(lines, "250-STARTTLS")
	}
	t.say(append(lines, "250 AUTH PLAIN LOGIN")...)
}

func (t *talk) data() bool {
	t.say("354 go ahead")
	var raw strings.Builder
	for {
		line, err := t.in.ReadString('\n')
		if err != nil {
			return false
		}
		if strings.TrimRight(line, "\r\n") == "." {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	if t.s.failing(Full) {
		t.say(string(Full))
		return true
	}
	if err := t.read(raw.String()); err != nil {
		t.s.t.Errorf("a mail cannot be read: %v\n%s", err, raw.String())
	}
	t.s.mu.Lock()
	t.s.letters = append(t.s.letters, t.now)
	t.s.mu.Unlock()
	t.s.arrived <- struct{}{}
	if t.s.failing(Cut) {
		return false
	}
	t.say("250 2.0.0 taken")
	return true
}

// read takes a mail apart.
func (t *talk) read(raw string) error {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return err
	}
	t.now.Header = m.Header
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return fmt.Errorf("content type %q: %w", kind, err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			t.now.HTML = string(text)
		} else {
			t.now.Text = string(text)
		}
	}
}

// address is what stands in angle brackets.
func address(text string) string {
	_, rest, _ := strings.Cut(text, "<")
	out, _, _ := strings.Cut(rest, ">")
	return out
}
