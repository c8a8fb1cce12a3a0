package demo

import (
	"encoding/base64"
	"fmt"
	"strings"

	"muster/internal/source/ldap/ldaptest"
)

// writeLDIF writes entries as LDIF (RFC 2849): what does not fit a line of ASCII in base64, one comment with the readable DN before it.
func writeLDIF(entries []ldaptest.Entry) string {
	var b strings.Builder
	b.WriteString("version: 1\n")
	for _, e := range entries {
		b.WriteByte('\n')
		if !plain(e.DN) {
			fmt.Fprintf(&b, "# %s\n", e.DN)
		}
		writeValue(&b, "dn", e.DN)
		for _, a := range e.Attributes {
			for _, v := range a.Values {
				writeValue(&b, a.Name, v)
			}
		}
	}
	return b.String()
}

func writeValue(b *strings.Builder, name, value string) {
	if plain(value) {
		fmt.Fprintf(b, "%s: %s\n", name, value)
		return
	}
	fmt.Fprintf(b, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
}

// plain reports whether a value may stand in LDIF as it is.
func plain(s string) bool {
	if s == "" || s[0] == ' ' || s[0] == ':' || s[0] == '<' || s[len(s)-1] == ' ' {
		return s == ""
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// escapeRDN writes a value so that it can stand in a DN (RFC 4514).
func escapeRDN(s string) string {
	var b strings.Builder
	for i, r := range s {
		edge := r == ' ' && (i == 0 || i == len(s)-1) || r == '#' && i == 0
		if edge || strings.ContainsRune(`,+"\<>;=`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sid writes a security identifier in its binary form, as AD keeps it: S-1-5-21-… with rid as its last part.
func sid(rid uint32) string {
	parts := []uint32{21, 1004336348, 1177238915, 682003330, rid}
	out := []byte{1, byte(len(parts)), 0, 0, 0, 0, 0, 5}
	for _, p := range parts {
		out = append(out, byte(p), byte(p>>8), byte(p>>16), byte(p>>24))
	}
	return string(out)
}
