package connectortest

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Collect plays the one check named, or all, and returns the failures and skips by "level/check", instead of failing t.
func Collect(t *testing.T, check string, open func(t *testing.T) Sandbox) (failed, skipped map[string]string) {
	t.Helper()
	c := &collector{failed: map[string]string{}, skipped: map[string]string{}}
	play(&collecting{all: c, t: t, only: check}, open)
	return c.failed, c.skipped
}

type collector struct {
	mu              sync.Mutex // guards the maps
	failed, skipped map[string]string
}

// collecting is a tb whose failures are kept. Like that of package testing it ends the goroutine of a check that fails fatally.
type collecting struct {
	all      *collector
	t        *testing.T
	only     string
	name     string
	ctx      context.Context
	cleanups []func()
}

var _ tb = (*collecting)(nil)

func (c *collecting) Helper()                  {}
func (c *collecting) Context() context.Context { return c.ctx }
func (c *collecting) Cleanup(f func())         { c.cleanups = append(c.cleanups, f) }
func (c *collecting) Logf(string, ...any)      {}
func (c *collecting) real() *testing.T         { return c.t }

func (c *collecting) Errorf(format string, args ...any) { c.keep(c.all.failed, format, args) }

func (c *collecting) Fatalf(format string, args ...any) {
	c.keep(c.all.failed, format, args)
	runtime.Goexit()
}

func (c *collecting) Skipf(format string, args ...any) {
	c.keep(c.all.skipped, format, args)
	runtime.Goexit()
}

func (c *collecting) keep(m map[string]string, format string, args []any) {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	m[c.name] += fmt.Sprintf(format, args...)
}

func (c *collecting) Run(name string, fn func(tb)) bool {
	full := path.Join(c.name, name)
	if c.only != "" && full != c.only && !strings.HasPrefix(c.only, full+"/") {
		return true
	}
	ctx, cancel := context.WithCancel(context.Background())
	sub := &collecting{all: c.all, t: c.t, only: c.only, name: full, ctx: ctx}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer func() {
			cancel()
			for _, v := range slices.Backward(sub.cleanups) {
				v()
			}
		}()
		fn(sub)
	})
	wg.Wait()
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	return c.all.failed[full] == ""
}

// Checks returns the names of all checks.
func Checks() []string {
	var out []string
	for _, l := range levels() {
		for _, c := range l.checks {
			out = append(out, l.name+"/"+c.name)
		}
	}
	return out
}
