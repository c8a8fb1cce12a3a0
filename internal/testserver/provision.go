package testserver

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

//go:embed provision.py
var provisionScript string

// domainPassword is the administrator's password in every test domain: they are copies of one template, reachable from this machine only.
const domainPassword = "Sample-Admin-42"

// provisioned are the arguments of samba-tool; a change of them or of the script makes a new template.
var provisioned = []string{
	"domain", "provision", "--realm=CORP.EXAMPLE", "--domain=CORP", "--server-role=dc", "--dns-backend=NONE", "--adminpass=" + domainPassword,
	"--host-name=dc1", "--host-ip=127.0.0.1", "--option=bind interfaces only=yes", "--option=interfaces=lo",
}

// domainTemplate returns the folder of the provisioned domain, made by the first test on this machine that needs it.
func domainTemplate(namespace []string) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(cache, "samba.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	version, err := exec.Command("dpkg-query", "--show", "samba-ad-provision").Output()
	if err != nil {
		version = []byte("unknown")
	}
	sum := sha256.Sum256([]byte(strings.Join(provisioned, "\x00") + provisionScript + string(version)))
	folder := filepath.Join(cache, fmt.Sprintf("samba-%x", sum[:6]))
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return folder, err
	}
	return folder, provision(folder, namespace)
}

func provision(folder string, namespace []string) error {
	making, err := os.MkdirTemp(filepath.Dir(folder), "making-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(making) }()
	script := filepath.Join(making, "provision.py")
	if err := os.WriteFile(script, []byte(provisionScript), 0o600); err != nil {
		return err
	}
	domain := filepath.Join(making, "domain")
	argv := append(append([]string{}, namespace...), "/usr/bin/python3", script)
	argv = append(append(argv, provisioned...), "--targetdir="+domain)
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for _, name := range []string{"cache", "lock", "run", "ncalrpc"} {
		if err := os.MkdirAll(filepath.Join(domain, name), 0o755); err != nil {
			return err
		}
	}
	return os.Rename(domain, folder)
}

// cacheFolder is where things stay that all tests on this machine share.
func cacheFolder() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	folder := filepath.Join(base, "muster-test")
	return folder, os.MkdirAll(folder, 0o700)
}

// lock takes a lock that other test processes on this machine respect.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

// privateNetwork returns the command that runs others in a network namespace of their own. Where the kernel refuses that, root gets none and the
// servers run one after the other, since their ports are fixed.
func privateNetwork(t testing.TB) []string {
	t.Helper()
	unshare := program(t, "unshare", "util-linux")
	for _, flags := range []string{"-rn", "-n"} {
		if exec.Command(unshare, flags, "true").Run() == nil {
			return []string{unshare, flags}
		}
	}
	if os.Geteuid() != 0 {
		missing(t, "a domain controller needs a network namespace of its own, which this kernel refuses to ordinary users: run as root")
	}
	cache, err := cacheFolder()
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(filepath.Join(cache, "ports.lock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unlock)
	return nil
}
