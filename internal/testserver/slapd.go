package testserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// SlapdOptions says what an OpenLDAP server of a test is like. The zero value is a usable one.
type SlapdOptions struct {
	Base         string   // its naming context; "" = dc=corp,dc=example, which is added when LDIF does not hold it
	LDIF         string   // its content
	SizeLimit    int      // the most entries of one search for accounts other than the root DN; 0 = no limit
	PageLimit    int      // the most entries of one page for accounts other than the root DN; 0 = no limit
	TotalLimit   int      // the most entries of all pages of a search for accounts other than the root DN; 0 = no limit
	Access       []string // access rules, first match wins: `to dn.subtree="ou=hidden,…" by * none`; none = everybody reads
	MemberOf     bool     // the memberof overlay, with referential integrity
	NoSessionLog bool     // syncprov then answers with present phases instead of deletes
	TLS          bool     // ldaps on TLSURL and StartTLS on URL
}

// A Slapd is a running OpenLDAP server: mdb database, syncprov, entryUUID. BindDN is its root DN, whom no limit and no access rule binds.
type Slapd struct {
	Directory

	dir, binary string
	urls        []string
	server      *process
}

// StartSlapd starts an OpenLDAP server that stops when the test ends.
func StartSlapd(t testing.TB, o SlapdOptions) *Slapd {
	t.Helper()
	slapd, slapadd := program(t, "slapd", "slapd"), program(t, "slapadd", "slapd")
	if o.Base == "" {
		o.Base = "dc=corp,dc=example"
	}
	s := &Slapd{dir: scratch(t), binary: slapd}
	s.Directory = Directory{t: t, line: &line{}, Base: o.Base, BindDN: "cn=root," + o.Base, Password: rand.Text()}
	if o.TLS {
		if err := writeCertificates(s.dir); err != nil {
			t.Fatal(err)
		}
		s.CAFile = filepath.Join(s.dir, "ca.pem")
	}
	if err := s.fill(slapadd, o); err != nil {
		t.Fatal(err)
	}
	if err := s.listen(o.TLS); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	t.Cleanup(s.hangUp)
	return s
}

// fill writes the configuration and loads the content.
func (s *Slapd) fill(slapadd string, o SlapdOptions) error {
	if err := os.MkdirAll(filepath.Join(s.dir, "db"), 0o700); err != nil {
		return err
	}
	config, err := s.configure(o)
	if err != nil {
		return err
	}
	ldif := o.LDIF
	if !strings.Contains(strings.ToLower(ldif), "dn: "+strings.ToLower(o.Base)+"\n") {
		ldif = rootEntry(o.Base) + ldif
	}
	load := exec.Command(slapadd, "-q", "-f", config)
	load.Stdin = strings.NewReader(ldif)
	if out, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("slapadd: %w\n%s", err, out)
	}
	return nil
}

// configure writes the configuration, and returns where.
func (s *Slapd) configure(o SlapdOptions) (string, error) {
	config := filepath.Join(s.dir, "slapd.conf")
	return config, os.WriteFile(config, []byte(s.config(o)), 0o600)
}

// listen starts the server. The port is free when it is chosen, and may be taken when slapd asks for it: hence the second and third try.
func (s *Slapd) listen(tls bool) error {
	var failed error
	for range 3 {
		plain, err := freePort()
		if err != nil {
			return err
		}
		s.URL = fmt.Sprintf("ldap://127.0.0.1:%d", plain)
		s.urls = []string{s.URL}
		if tls {
			secure, err := freePort()
			if err != nil {
				return err
			}
			s.TLSURL = fmt.Sprintf("ldaps://127.0.0.1:%d", secure)
			s.urls = append(s.urls, s.TLSURL)
		}
		if failed = s.start(); failed == nil {
			return nil
		}
	}
	return failed
}

func (s *Slapd) start() error {
	server, err := launch(command{signal: "TERM", dir: s.dir, argv: []string{
		s.binary, "-f", filepath.Join(s.dir, "slapd.conf"), "-h", strings.Join(s.urls, " "), "-d", "0",
	}})
	if err != nil {
		return err
	}
	s.server = server
	err = server.await(func(context.Context) error {
		conn, err := s.dial() // with our own random password: another server on this port would refuse it
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	if err != nil {
		server.stop()
	}
	return err
}

// Stop stops the server. Its content stays until the test ends.
func (s *Slapd) Stop() { s.server.stop() }

// Start starts the server again after Stop, at the same address.
func (s *Slapd) Start() {
	s.t.Helper()
	select {
	case <-s.server.ended:
	default:
		s.t.Fatal(errors.New("slapd is still running"))
	}
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Restart stops the server and starts it again with other limits and access rules, as an administrator does. Base, content and TLS stay as they are.
func (s *Slapd) Restart(o SlapdOptions) {
	s.t.Helper()
	o.Base, o.TLS = s.Base, s.TLSURL != ""
	s.Stop()
	if _, err := s.configure(o); err != nil {
		s.t.Fatal(err)
	}
	s.Start()
}
