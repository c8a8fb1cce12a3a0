package ldaptest

import (
	"slices"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

func TestNormalDN(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"CN=Anna Ek,DC=x", "cn=anna ek,dc=X", "cn = Anna  Ek , dc=x", `CN=Anna\20Ek,DC=x`, `cn=\41nna Ek;dc=x`},
		{"OU=A+CN=B,DC=x", "cn=b + ou=a, dc=x"},
		{`CN=Ek\, Anna,DC=x`, `cn=ek\2C anna,dc=x`},
		{"CN=Åsa,DC=x", "cn=åSA,dc=x", `cn=\C3\A5sa,dc=x`},
	} {
		want, err := normalDN(same[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, dn := range same[1:] {
			if got, err := normalDN(dn); got != want || err != nil {
				t.Errorf("%s becomes %q (%v), and %s %q: want equal", dn, got, err, same[0], want)
			}
		}
	}
	for _, dn := range []string{"no dn", "CN=", "=x", "CN=a,,DC=x", "CN=a,"} {
		if got, err := normalDN(dn); err == nil {
			t.Errorf("%q becomes %q, want an error", dn, got)
		}
	}
}

// The normal form is stable, and the quick way agrees with the thorough one.
func FuzzNormalDN(f *testing.F) {
	for _, dn := range []string{"CN=Anna Ek,DC=x", "cn = a  b , dc=x", `CN=Ek\, Anna+OU=x,DC=x`, `cn=\41nna Ek;dc=x`, "a=b c ,d=e"} {
		f.Add(dn)
	}
	f.Fuzz(func(t *testing.T, dn string) {
		key, err := normalDN(dn)
		if err != nil {
			return
		}
		if again, err := normalDN(key); err != nil || again != key {
			t.Errorf("%q becomes %q, and that %q (%v)", dn, key, again, err)
		}
		if quick, ok := plainDN(dn); ok {
			parsed, err := ldap.ParseDN(dn)
			if err != nil {
				t.Fatalf("the quick way takes %q: %v", dn, err)
			}
			if slow, err := normalDN(strings.ReplaceAll(parsed.String(), ",", " , ")); err != nil || slow != quick {
				t.Errorf("%q: quickly %q, thoroughly %q (%v)", dn, quick, slow, err)
			}
		}
	})
}

func sample(tb testing.TB) *tree {
	tb.Helper()
	s, err := newServer(Config{LDIF: strings.NewReader(`dn: CN=Anna Ek,DC=corp,DC=example
objectClass: user
sAMAccountName: anna
mail: anna@example.com
mail: a.ek@example.com

dn: CN=Ben,DC=corp,DC=example
objectClass: user
manager: CN=Anna Ek,DC=corp,DC=example

dn: CN=G,DC=corp,DC=example
objectClass: group
member: CN=Anna Ek,DC=corp,DC=example
member: CN=G,DC=corp,DC=example
`)})
	if err != nil {
		tb.Fatal(err)
	}
	return s.tree
}

// An index never hides what a scan would find, and a filter is the opposite of its negation unless it is unknown.
func FuzzFilter(f *testing.F) {
	for _, filter := range []string{
		"(&(objectCategory=person)(!(cn=a*)))", "(|(sAMAccountName=ANNA)(memberOf=CN=G,DC=corp,DC=example))", "(member:1.2.840.113556.1.4.1941:=CN=Ben,DC=corp,DC=example)",
		"(userAccountControl:1.2.840.113556.1.4.803:=512)", "(uSNChanged>=12000)", "(mail:caseExactMatch:=ANNA@example.com)", `(objectGUID=\00*\ff)`, "(ou:dn:=x)", "(manager=*)", "(a;b=c)", "(&)", "(|)",
	} {
		f.Add(filter)
	}
	tree := sample(f)
	f.Fuzz(func(t *testing.T, filter string) {
		packet, err := ldap.CompileFilter(filter)
		if err != nil {
			return
		}
		sent, err := ber.DecodePacketErr(packet.Bytes()) // as it comes over the wire
		if err != nil {
			return
		}
		compiled, err := (&compiler{tree: tree}).compile(sent, 0)
		if err != nil {
			return
		}
		list, narrow := candidates(compiled)
		for _, n := range tree.order {
			got, not := compiled.match(n), notFilter{compiled}.match(n)
			if got == yes && narrow && !slices.Contains(list, n) {
				t.Errorf("%s matches %s, which the index leaves out", filter, n.dn)
			}
			if (got == unknown) != (not == unknown) || (got != unknown && got == not) {
				t.Errorf("%s on %s is %d and its negation %d", filter, n.dn, got, not)
			}
		}
	})
}

// No bytes that a client may send make the server panic.
func FuzzRequest(f *testing.F) {
	compiled, err := ldap.CompileFilter("(&(cn=a*b)(cn:dn:2.5.13.2:=x)(!(a>=1)))")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(compiled.Bytes())
	f.Add([]byte("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"))
	tree := sample(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ber.DecodePacketErr(raw)
		if err != nil {
			return
		}
		if compiled, err := (&compiler{tree: tree}).compile(p, 0); err == nil {
			for _, n := range tree.order {
				compiled.match(n)
			}
		}
		m, err := parseMessage(p)
		if err != nil {
			return
		}
		server := &Server{tree: tree, config: Config{Flavor: AD, PageSize: 1000}}
		_, _ = (&conn{server: server}).parseSearch(m)
		_ = addedEntry(m.op)
		_ = modifyEntry(&Entry{}, m.op)
	})
}
