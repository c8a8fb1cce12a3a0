package connectortest

import (
	"context"
	"strings"
	"testing"
)

// tb is what the suite needs of a *testing.T. It is an interface so that the suite's own tests can collect failures.
type tb interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Skipf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Run(name string, fn func(tb)) bool
	real() *testing.T
}

type real struct{ *testing.T }

func (r real) real() *testing.T { return r.T }

func (r real) Run(name string, fn func(tb)) bool {
	r.Helper()
	return r.T.Run(name, func(t *testing.T) { fn(real{t}) })
}

// cutLevel splits "L1 hello".
func cutLevel(name string) (id, title string, ok bool) { return strings.Cut(name, " ") }
