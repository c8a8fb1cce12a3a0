package testserver

import (
	"fmt"
	"path/filepath"
	"strings"
)

// config is the slapd.conf of one server.
func (s *Slapd) config(o SlapdOptions) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, schema := range []string{"core", "cosine", "inetorgperson", "nis"} {
		line("include /etc/ldap/schema/%s.schema", schema)
	}
	line("modulepath /usr/lib/ldap")
	for _, module := range []string{"back_mdb", "syncprov", "memberof", "refint"} {
		line("moduleload %s", module)
	}
	line("pidfile %s/slapd.pid", s.dir)
	if o.TLS {
		line("TLSCACertificateFile %s", filepath.Join(s.dir, "ca.pem"))
		line("TLSCertificateFile %s", filepath.Join(s.dir, "server.pem"))
		line("TLSCertificateKeyFile %s", filepath.Join(s.dir, "server.key"))
	}
	line("database mdb\nsuffix %q\nrootdn %q\nrootpw %q", o.Base, s.BindDN, s.Password)
	line("directory %s\nmaxsize 4294967296\ndbnosync", filepath.Join(s.dir, "db"))
	s.limits(line, o)
	for _, rule := range o.Access {
		line("access %s", rule)
	}
	line("access to attrs=userPassword by self write by anonymous auth by * none\naccess to * by * read")
	line("index objectClass,uid,cn,mail,member,entryUUID,entryCSN eq")
	overlays(line, o)
	return b.String()
}

func (s *Slapd) limits(line func(string, ...any), o SlapdOptions) {
	size, page, total := "unlimited", "unlimited", "unlimited"
	if o.SizeLimit > 0 {
		size = fmt.Sprint(o.SizeLimit)
	}
	if o.PageLimit > 0 {
		page = fmt.Sprint(o.PageLimit)
	}
	if o.TotalLimit > 0 {
		total = fmt.Sprint(o.TotalLimit)
	}
	line("limits * size.soft=%s size.hard=%s size.pr=%s size.prtotal=%s", size, size, page, total)
}

func overlays(line func(string, ...any), o SlapdOptions) {
	line("overlay syncprov\nsyncprov-checkpoint 100 10")
	if !o.NoSessionLog {
		line("syncprov-sessionlog 10000")
	}
	if o.MemberOf {
		line("overlay memberof\nmemberof-refint TRUE")
	}
}

// rootEntry is the entry of the naming context itself.
func rootEntry(base string) string {
	attribute, value, _ := strings.Cut(strings.SplitN(base, ",", 2)[0], "=")
	switch strings.ToLower(attribute) {
	case "dc":
		return fmt.Sprintf("dn: %s\nobjectClass: dcObject\nobjectClass: organization\ndc: %s\no: %s\n\n", base, value, value)
	case "ou":
		return fmt.Sprintf("dn: %s\nobjectClass: organizationalUnit\nou: %s\n\n", base, value)
	default:
		return fmt.Sprintf("dn: %s\nobjectClass: organization\no: %s\n\n", base, value)
	}
}
