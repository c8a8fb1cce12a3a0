// Package testserver starts real servers for tests: OpenLDAP (Slapd), a Samba Active Directory domain controller (Samba) and PostgreSQL (Postgres).
//
// Each server is a private copy in a scratch folder that listens on loopback or on a socket file; nothing installed on the machine is touched, and nothing is
// left behind, not even when the test process is killed: a supervising shell holds a pipe to the test process and stops its server when that closes.
//
// A server that is not installed skips the test by name, or fails it when MUSTER_TEST_SERVERS=required (as `make test` sets it).
// scripts/install-test-servers.sh installs them all. Package ldaptest next door needs nothing installed: it is our own small server with switchable
// faults. Only test files import this package.
package testserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binaryFolders are searched after PATH: Debian keeps servers out of an ordinary user's PATH.
var binaryFolders = []string{"/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/lib/postgresql/*/bin", "/usr/local/bin", "/usr/local/pgsql/bin"}

// program returns the path of an installed program. When it is missing the test is skipped, or fails if servers are required.
func program(t testing.TB, name, debianPackage string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range binaryFolders {
		found, _ := filepath.Glob(filepath.Join(folder, name))
		if len(found) > 0 {
			return found[len(found)-1] // the newest PostgreSQL
		}
	}
	missing(t, "%s is not installed: sudo apt-get install %s, or run scripts/install-test-servers.sh", name, debianPackage)
	return ""
}

// missing ends a test that has no server to run against: by a skip, or by a failure if MUSTER_TEST_SERVERS=required.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("MUSTER_TEST_SERVERS") == "required" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// scratch makes a short-named folder for one server; socket paths have to stay below 108 bytes.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "muster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
