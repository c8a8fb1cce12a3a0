package filter

import "testing"

func TestSameDN(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"cn=Ada,dc=example,dc=com", "CN=ADA,DC=example,DC=com", true},
		{"cn=Ada, dc=example , dc = com", "cn=Ada,dc=example,dc=com", true},
		{"cn=Ada;dc=example", "cn=Ada,dc=example", true},
		{"cn=Ada,dc=example", "cn=Adam,dc=example", false},
		{"cn=Ada,dc=example,dc=com", "cn=Ada,dc=example", false},
		{`cn=Lovelace\, Ada,dc=x`, `cn=Lovelace\2C Ada,dc=x`, true},
		{`cn="Lovelace, Ada",dc=x`, `cn=Lovelace\, Ada,dc=x`, true},
		{`cn=Lovelace\, Ada,dc=x`, `cn=Lovelace,Ada=,dc=x`, false},
		{"cn=a+uid=b,dc=x", "UID=b+CN=a,dc=x", true},
		{"cn=a+uid=b,dc=x", "cn=a,uid=b,dc=x", false},
		{"cn=M\\C3\\BCller,dc=x", "CN=müller,dc=x", true},
		{"cn=a  b,dc=x", "cn=a b,dc=x", true},
		{`cn=\ a,dc=x`, "cn=a,dc=x", true},
		{"2.5.4.3=a,dc=x", "cn=a,dc=x", true},
		{"OID.2.5.4.3=a,dc=x", "cn=a,dc=x", true},
		{"cn=#0c03416461,dc=x", "cn=Ada,dc=x", true},
		{"cn=#0500,dc=x", "cn=#0500,dc=x", true},
		{"cn=#0500,dc=x", "cn=#0501,dc=x", false},
		{"no dn", "No  DN", true},
		{"no dn", "cn=a", false},
		{`cn=a\`, `cn=a\\`, false},
	}
	for _, tt := range tests {
		t.Run(tt.a+" "+tt.b, func(t *testing.T) {
			if got := SameDN(tt.a, tt.b); got != tt.want {
				t.Errorf("got %v", got)
			}
			if got := SameDN(tt.b, tt.a); got != tt.want {
				t.Errorf("the other way round: %v", got)
			}
		})
	}
}

func TestCanonicalDNRefuses(t *testing.T) {
	for _, s := range []string{"Ada", "cn=a,", "=a", "cn=a,,dc=b", `cn="a`, `cn="a"b`, `cn=a\`, "cn=#zz", "cn=#", "a,b=c"} {
		if got, err := CanonicalDN(s); err == nil {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func FuzzCanonicalDN(f *testing.F) {
	for _, s := range []string{`CN=Lovelace\, Ada+uid=al, OU="People; all",DC=example`, "cn=#0c03416461", `cn=\#a`, "2.5.4.3=x", "cn=\xff", `cn=a\ `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, err := CanonicalDN(in)
		if err != nil {
			return
		}
		again, err := CanonicalDN(first)
		if err != nil || again != first {
			t.Fatalf("%q → %q → %q, %v", in, first, again, err)
		}
		if !SameDN(in, first) {
			t.Fatalf("%q and its canonical form %q differ", in, first)
		}
	})
}
