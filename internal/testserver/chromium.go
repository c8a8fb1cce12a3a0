package testserver

import "testing"

// Chromium returns the path of the browser that tests of pages run in.
func Chromium(t testing.TB) string {
	t.Helper()
	return program(t, "chromium", "chromium")
}
