package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(play(m)) }

func play(m *testing.M) int {
	dir, err := os.MkdirTemp("", "muster-e2e-bin-")
	err = errors.Join(err, os.Setenv("MUSTER_TEST_FSYNC", "on")) // Muster refuses a PostgreSQL that could lose what it has confirmed
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		binary = filepath.Join(dir, "muster")
		var out []byte
		if out, err = exec.Command("go", "build", "-buildvcs=false", "-o", binary, "muster/cmd/muster").CombinedOutput(); err != nil {
			err = fmt.Errorf("build the binary: %w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
