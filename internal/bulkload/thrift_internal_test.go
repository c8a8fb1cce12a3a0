package bulkload

import (
	"context"
	"errors"
	"io"
	"runtime/metrics"
	"strings"
	"testing"
)

// percent is how much garbage there may be in this process.
func percent() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// longLines is a file with a line of 2 MiB between short ones.
func longLines() *Archive {
	text := "short\n" + strings.Repeat("x", 2<<20) + "\nshort\n"
	return &Archive{Name: "import.jsonl", lines: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// M4: however a file with long lines ends, and whatever others are read meanwhile, the process then collects its memory as before.
func TestThriftEnds(t *testing.T) {
	usual := percent()
	fails := errors.New("the disk is full")
	ctx, cancel := context.WithCancel(t.Context())
	read := func(take func() error) error {
		return inOrder(ctx, longLines(), func(*batch) int { return 0 }, func(*batch, int) error { return take() })
	}
	for name, take := range map[string]func() error{
		"its last line":  func() error { return nil },
		"an error":       func() error { return fails },
		"a panic":        func() error { panic(fails) },
		"a cancellation": func() error { cancel(); return nil },
	} {
		ctx, cancel = context.WithCancel(t.Context())
		thrifts := 0
		func() {
			defer func() { _ = recover() }()
			_ = read(func() error {
				if percent() == thriftyPercent {
					thrifts++
				}
				if err := read(func() error { return nil }); err == nil && percent() != thriftyPercent {
					t.Error("another file that ends takes the thrift away")
				}
				return take()
			})
		}()
		cancel()
		if percent() != usual || thrifts == 0 {
			t.Errorf("after %s the process collects at %d %%, %d before; %d times it was thrifty", name, percent(), usual, thrifts)
		}
	}
	late := newThrift()
	late.end()
	if late.begin(); percent() != usual {
		t.Errorf("whoever reads on after the end makes the process thrifty for ever")
	}
}
