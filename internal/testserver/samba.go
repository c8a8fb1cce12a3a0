package testserver

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed domain.py
var domainScript string

// A DomainController is a running Samba Active Directory domain controller of the domain corp.example. BindDN is its administrator, as a UPN.
type DomainController struct {
	Directory

	LDAPI string // ldapi://…, its own socket file

	dir    string
	server *process
}

// Samba starts an Active Directory domain controller that stops when the test ends. The domain is provisioned once per machine (some seconds) and copied for
// each test. It runs in a network namespace of its own, so that any number can run at the same time, as root or not; URL and TLSURL lead into it.
func Samba(t testing.TB) *DomainController {
	t.Helper()
	samba := program(t, "samba", "samba-ad-dc")
	program(t, "ip", "iproute2")
	namespace := privateNetwork(t)
	blueprint, err := domainTemplate(namespace)
	if err != nil {
		t.Fatalf("provision the domain: %v", err)
	}
	d := &DomainController{dir: scratch(t)}
	d.Directory = Directory{t: t, line: &line{}, Base: "DC=corp,DC=example", BindDN: "Administrator@CORP.EXAMPLE", Password: domainPassword, CAFile: filepath.Join(d.dir, "ca.pem")}
	d.LDAPI = "ldapi://" + filepath.Join(d.dir, "private", "ldapi")
	if out, err := exec.Command("cp", "-a", "--reflink=auto", "--sparse=always", blueprint+"/.", d.dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the domain: %v\n%s", err, out)
	}
	if err := d.start(samba, namespace); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.server.stop)
	t.Cleanup(d.hangUp)
	for address, socket := range map[*string]string{&d.URL: filepath.Join("private", "ldapi"), &d.TLSURL: "ldaps"} {
		port, err := relay(t, filepath.Join(d.dir, socket))
		if err != nil {
			t.Fatal(err)
		}
		*address = fmt.Sprintf("ldap://127.0.0.1:%d", port)
	}
	d.TLSURL = strings.Replace(d.TLSURL, "ldap:", "ldaps:", 1)
	return d
}

func (d *DomainController) start(samba string, namespace []string) error {
	if err := writeCertificates(d.dir); err != nil {
		return err
	}
	config, script := filepath.Join(d.dir, "smb.conf"), filepath.Join(d.dir, "domain.py")
	if err := os.WriteFile(config, []byte(sambaConfig(d.dir)), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(script, []byte(domainScript), 0o600); err != nil {
		return err
	}
	argv := append(namespace, "/usr/bin/python3", script, filepath.Join(d.dir, "ldaps"), "636", samba, "--configfile="+config, "--foreground", "--no-process-group")
	var err error
	d.server, err = launch(command{argv: argv, signal: "TERM", dir: d.dir})
	if err != nil {
		return err
	}
	d.URL = d.LDAPI
	err = d.server.await(func(context.Context) error {
		conn, err := d.dial()
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	if err != nil {
		d.server.stop()
	}
	return err
}

// sambaConfig is the smb.conf of a controller in dir that serves LDAP and nothing else.
func sambaConfig(dir string) string {
	var b strings.Builder
	b.WriteString("[global]\n")
	for _, line := range []string{
		"netbios name = DC1", "realm = CORP.EXAMPLE", "workgroup = CORP", "server role = active directory domain controller", "server services = ldap",
		"ldap server require strong auth = no", "interfaces = lo", "bind interfaces only = yes", "logging = file", "prefork children = 1",
		"tls keyfile = " + dir + "/server.key", "tls certfile = " + dir + "/server.pem", "tls cafile = " + dir + "/ca.pem",
	} {
		b.WriteString("\t" + line + "\n")
	}
	for name, folder := range map[string]string{
		"private dir": "private", "state directory": "state", "cache directory": "cache", "lock directory": "lock", "pid directory": "run", "ncalrpc dir": "ncalrpc",
		"binddns dir": "bind-dns", "log file": "samba.log",
	} {
		fmt.Fprintf(&b, "\t%s = %s\n", name, filepath.Join(dir, folder))
	}
	fmt.Fprintf(&b, "[sysvol]\n\tpath = %s/state/sysvol\n[netlogon]\n\tpath = %[1]s/state/sysvol/corp.example/scripts\n", dir)
	return b.String()
}
