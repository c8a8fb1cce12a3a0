package ldap_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/internal/source"
	"muster/internal/source/ldap/ldaptest"
)

// Not parallel, so that no other test has a connection open.
func TestNothingIsLeftRunning(t *testing.T) {
	s := ldaptest.NewServer(t, domain)
	crowd(t, s, 1500)
	src := open(t, adConfig(s))
	stop := errors.New("stop")
	for n := range 6 {
		err := src.Pull(t.Context(), "", func(source.Batch) error {
			if n--; n < 0 {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_ = src.Pull(ctx, "", func(source.Batch) error { cancel(); return nil })
	s.Set(ldaptest.Faults{Only: underPeople, CutAfter: 700})
	_ = src.Pull(t.Context(), "", func(source.Batch) error { return nil })

	deadline := time.Now().Add(10 * time.Second)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !strings.Contains(string(stacks), "go-ldap/ldap/v3.(*") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("connections are left:\n%s", stacks)
		}
		runtime.Gosched()
	}
}
