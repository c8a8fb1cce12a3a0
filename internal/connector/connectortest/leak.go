package connectortest

import (
	"path"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// started returns the stacks of the goroutines that code under test has started, by goroutine.
func started() map[string]string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	out := map[string]string{}
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if underTest(creator(stack)) {
			id, _, _ := strings.Cut(stack, " [")
			out[id] = stack
		}
	}
	return out
}

// remaining waits until no goroutine is left that was not there before, and returns the stack of one that is.
func remaining(before map[string]string, patience time.Duration) string {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		left := ""
		for id, stack := range started() {
			if before[id] == "" {
				left = stack
			}
		}
		if left == "" {
			return ""
		}
		select {
		case <-tick.C:
		case <-end:
			return left
		}
	}
}

var createdBy = regexp.MustCompile(`(?m)^created by (\S+)`)

// creator returns the function that started the goroutine of stack: "muster/internal/connector/memory.(*Connector).List".
func creator(stack string) string {
	m := createdBy.FindStringSubmatch(stack)
	if m == nil {
		return ""
	}
	return m[1]
}

// underTest reports whether fn belongs to a connector: neither to the standard library, whose connections idle for a while, nor to a test aid, whose
// servers go on.
func underTest(fn string) bool {
	dir, base := path.Split(fn)
	pkg, _, _ := strings.Cut(base, ".")
	return strings.HasPrefix(dir, "muster/") && !strings.HasSuffix(pkg, "test") || strings.HasSuffix(pkg, "_test")
}
