package ldap

import (
	"strings"
	"testing"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

func TestNormalDN(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"case", "CN=Anna Ek,OU=People,DC=Corp,DC=Example", "cn=anna ek,ou=people,dc=corp,dc=example"},
		{"spaces around separators", "cn = Anna , ou = People", "cn=anna,ou=people"},
		{"doubled inner spaces", "cn=Anna  Ek,o=x", "cn=anna ek,o=x"},
		{"escaped comma", `cn=Ek\, Anna,o=x`, `cn=ek\2c anna,o=x`},
		{"all escapes", `cn=\,\+\"\\\<\>\;\=\#,o=x`, `cn=\2c\2b\22\5c\3c\3e\3b=#,o=x`},
		{"escaped letters", `cn=\41nna,o=x`, "cn=anna,o=x"},
		{"UTF-8 by bytes", `cn=Zo\c3\ab,o=x`, "cn=zoë,o=x"},
		{"case beyond ASCII", "cn=ÅNGSTRÖM,o=x", "cn=ångström,o=x"},
		{"semicolon", "cn=a;o=x", "cn=a,o=x"},
		{"quotes", `cn="Ek, Anna",o=x`, `cn=ek\2c anna,o=x`},
		{"multi-valued", "cn=b+uid=a,o=x", "UID=a + cn=B,o=x"},
		{"dotted type", "2.5.4.3=a,0.9.2342.19200300.100.1.25=x", "cn=a,dc=x"},
		{"long type", "commonName=a,organizationName=x", "cn=a,o=x"},
		{"hex string", "cn=#0c0161,o=x", "cn=a,o=x"},
		{"escaped edges", `cn=\ a\ ,o=x`, `cn=\20a\20,o=x`},
		{"equals in a value", "cn=a=b,o=x", `cn=a\=b,o=x`},
	}
	for _, tt := range tests {
		a, errA := normalDN(tt.a)
		b, errB := normalDN(tt.b)
		if a != b || errA != nil || errB != nil {
			t.Errorf("%s: %q → %q, %v; %q → %q, %v", tt.name, tt.a, a, errA, tt.b, b, errB)
		}
	}
	for _, pair := range [][2]string{
		{"cn=a,o=x", "cn=b,o=x"}, {`cn=a\,o=x`, "cn=a,o=x"}, {`cn=a\20,o=x`, "cn=a,o=x"}, {`cn=\ff,o=x`, `cn=\fe,o=x`}, {"cn=a+uid=b,o=x", "cn=a,uid=b,o=x"},
	} {
		a, _ := normalDN(pair[0])
		b, _ := normalDN(pair[1])
		if a == b {
			t.Errorf("%q and %q both became %q", pair[0], pair[1], a)
		}
	}
	for _, bad := range []string{"anna", "cn", "=a", "cn=a,", `cn=a\`, `cn=a\4`, `cn=a\zz`, `cn="a`, `cn="a"b`, "cn=#zz", "cn=#", "c n=a", "cn=a,,o=x", "cn=a<b"} {
		if got, err := normalDN(bad); err == nil {
			t.Errorf("normalDN(%q) = %q, want an error", bad, got)
		}
	}
}

func TestUnder(t *testing.T) {
	tests := []struct {
		dn, base string
		want     bool
	}{
		{"cn=a,ou=people,o=x", "ou=people,o=x", true},
		{"ou=people,o=x", "ou=people,o=x", true},
		{"cn=a,ou=more people,o=x", "people,o=x", false},
		{`cn=a\,ou=people,o=x`, "ou=people,o=x", false},
		{"o=x", "ou=people,o=x", false},
	}
	for _, tt := range tests {
		dn, err := normalDN(tt.dn)
		if err != nil {
			t.Fatal(err)
		}
		if got := isUnder(dn, tt.base); got != tt.want {
			t.Errorf("isUnder(%q, %q) = %v", dn, tt.base, got)
		}
	}
	one := place{Area: Area{Scope: OneLevel}, normal: "ou=people,o=x"}
	for dn, want := range map[string]bool{`cn=a\2cb,ou=people,o=x`: true, "cn=a,ou=sub,ou=people,o=x": false, "ou=people,o=x": false} {
		if got := one.holds(dn); got != want {
			t.Errorf("one level holds %q: %v", dn, got)
		}
	}
}

// FuzzNormalDN holds our reading against the library's: whatever it calls equal must be equal, and the form is stable and keeps the number of parts.
func FuzzNormalDN(f *testing.F) {
	for _, s := range []string{"CN=Anna Ek,DC=x", `cn=a\,b+uid=c,o= x `, "cn=#0c0161", `cn="q;",o=x`, "1.2.3=x", "cn=Zo\\c3\\ab", "cn=\\20", "o=x  y;dc=z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		form, err := normalDN(s)
		if err != nil {
			return
		}
		again, err := normalDN(form)
		if err != nil || again != form {
			t.Fatalf("%q → %q → %q, %v", s, form, again, err)
		}
		upper, err := normalDN(strings.ReplaceAll(s, ",", " , "))
		if err == nil && !strings.ContainsAny(s, `\"`) && upper != form {
			t.Errorf("spaces around commas: %q → %q, else %q", s, upper, form)
		}
		theirs, err := ldapv3.ParseDN(form)
		if err != nil || form == "" {
			return
		}
		if got := len(theirs.RDNs); got != strings.Count(form, ",")+1 {
			t.Errorf("%q has %d parts to the library", form, got)
		}
	})
}
