package ldaptest

import "strings"

// TB is the part of testing.TB that NewServer needs; this package does not import testing, because the demo ships it.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// NewServer starts a server with the given LDIF for a test and closes it when the test ends.
func NewServer(t TB, ldif string, options ...func(*Config)) *Server {
	t.Helper()
	c := Config{LDIF: strings.NewReader(ldif), Seed: "test"}
	for _, option := range options {
		option(&c)
	}
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
