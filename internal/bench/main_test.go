package bench

import (
	"fmt"
	"os"
	"testing"
)

// TestMain lets this program be what it measures: a child process plays one role and ends.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	figures.print(os.Stdout)
	os.Exit(code)
}
