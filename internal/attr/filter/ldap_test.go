package filter

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func text(s string) Value { return Value{String, s} }

func TestParseLDAP(t *testing.T) {
	tests := []struct {
		in    string
		want  Node
		print string // "" = as in
	}{
		{"(cn=ada)", Test{"cn", Equal, text("ada")}, ""},
		{"(cn=*)", Test{Name: "cn", Op: Present}, ""},
		{"(cn=)", Test{"cn", Equal, text("")}, ""},
		{"(age>=18)", Test{"age", GreaterOrEqual, text("18")}, ""},
		{"(age<=18)", Test{"age", LessOrEqual, text("18")}, ""},
		{"(sn~=smith)", Test{"sn", Approx, text("smith")}, ""},
		{"(cn=a*)", Substrings{Name: "cn", Initial: "a"}, ""},
		{"(cn=*a)", Substrings{Name: "cn", Final: "a"}, ""},
		{"(cn=*a*)", Substrings{Name: "cn", Any: []string{"a"}}, ""},
		{"(cn=a*b*c*d)", Substrings{Name: "cn", Initial: "a", Any: []string{"b", "c"}, Final: "d"}, ""},
		{"(cn=a**d)", Substrings{Name: "cn", Initial: "a", Final: "d"}, "(cn=a*d)"},
		{"(cn=**)", Test{Name: "cn", Op: Present}, "(cn=*)"},
		{`(cn=a\2ab\28\29\5c)`, Test{"cn", Equal, text(`a*b()\`)}, ""},
		{`(guid=\ff\00)`, Test{"guid", Equal, text("\xff\x00")}, ""},
		{`(cn=M\c3\bcller)`, Test{"cn", Equal, text("Müller")}, "(cn=Müller)"},
		{"(cn;lang-de=x)", Test{"cn;lang-de", Equal, text("x")}, ""},
		{"(2.5.4.3=x)", Test{"2.5.4.3", Equal, text("x")}, ""},
		{"(cn= a  b )", Test{"cn", Equal, text(" a  b ")}, ""},
		{"(cn:=x)", Test{"cn", Equal, text("x")}, "(cn=x)"},
		{"(uac:1.2.840.113556.1.4.803:=2)", Rule{"uac", BitAnd, "2"}, ""},
		{"(cn:caseExactMatch:=x)", Rule{"cn", ExactCase, "x"}, "(cn:2.5.13.5:=x)"},
		{"(&)", And{}, ""},
		{"(|)", Or{}, ""},
		{"(!(a=b))", Not{Test{"a", Equal, text("b")}}, ""},
		{"(&(a=b)(|(c=d)(e=*)))", And{Test{"a", Equal, text("b")}, Or{Test{"c", Equal, text("d")}, Test{Name: "e", Op: Present}}}, ""},
		{" ( & (a=b)\n\t(c=d) ) ", And{Test{"a", Equal, text("b")}, Test{"c", Equal, text("d")}}, "(&(a=b)(c=d))"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseLDAP(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Root); diff != "" {
				t.Error(diff)
			}
			want := tt.print
			if want == "" {
				want = tt.in
			}
			if got.String() != want {
				t.Errorf("prints as %s, want %s", got, want)
			}
		})
	}
}

func TestParseLDAPErrors(t *testing.T) {
	tests := []struct {
		in   string
		pos  int
		want string
	}{
		{"", 1, "a filter starts with '(', not with the end"},
		{"cn=ada", 1, "a filter starts with '(', not with 'c'"},
		{"(cn=ada", 8, "the end where ')' should close the filter"},
		{"(cn=ada))", 9, "')' follows the filter"},
		{"(cn)", 4, `')' after the attribute name "cn"; allowed: (name=value)`},
		{"(=x)", 2, "an attribute name cannot start with '='"},
		{"(cn>x)", 4, `'>' after the attribute name "cn"`},
		{"(cn>=a*)", 7, "'*' is a wildcard, and this comparison has none"},
		{`(cn=\zz)`, 5, `'\' starts no escape; allowed: \ and two hexadecimal digits`},
		{`(cn=\2)`, 5, `starts no escape`},
		{"(cn=a(b)", 6, `'(' inside a value; allowed: \28`},
		{"(!(a=b)(c=d))", 8, "'(' where ')' should close the filter"},
		{"(!a=b)", 3, "a filter starts with '('"},
		{"(uac:1.2.3:=2)", 6, `the matching rule "1.2.3" is not known; allowed: 1.2.840.113556.1.4.803 (bits, all)`},
		{"(uac:1.2.840.113556.1.4.803:=x)", 30, `"x" is not a number`},
		{"(uac:dn:=x)", 6, `the matching rule "dn" is not known`},
		{strings.Repeat("(!", 40) + "(a=b)" + strings.Repeat(")", 40), 65, "nested too deeply; allowed: at most 32"},
		{"(|" + strings.Repeat("(a=b)", 600) + ")", 2564, "too many tests; allowed: at most 512"},
		{"(cn=" + strings.Repeat("a", 20_000) + ")", 1, "20005 bytes long; allowed: at most 16384"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			_, err := ParseLDAP(tt.in)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Pos != tt.pos || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant position %d: %s", err, tt.pos, tt.want)
			}
			if tooBig := strings.Contains(tt.want, "at most"); tooBig != errors.Is(err, ErrTooComplex) {
				t.Errorf("ErrTooComplex: %v", !tooBig)
			}
		})
	}
}

// entry is a person as a directory shows them.
var entry = map[string][]string{
	"cn": {"Ada  Lovelace"}, "mail": {"Ada@example.com", "al@example.com"}, "employeenumber": {"42"}, "description": {"a*b (c)"},
	"useraccountcontrol": {"514"}, "grouptype": {"-2147483646"}, "whencreated": {"20240131120000.0Z"},
	"objectcategory": {"CN=Person,CN=Schema,CN=Configuration,DC=example,DC=com"}, "objectclass": {"top", "person", "user"},
	"memberof":                       {"CN=Staff\\, all,OU=Groups,DC=example,DC=com"},
	"memberof:" + InChain:            {"CN=Everybody,DC=example,DC=com"},
	"manager":                        {"cn=Charles Babbage,ou=People,dc=example,dc=com"},
	"cn;lang-de":                     {"Ada"},
	"msds-user-account-control-test": {"18446744073709551615"},
}

func lookup(name string) []string { return entry[name] }

func TestMatch(t *testing.T) {
	tests := []struct {
		filter string
		want   bool
	}{
		{"(cn=ada lovelace)", true},
		{"(CN=ADA   LOVELACE)", true},
		{"(cn=ada)", false},
		{"(mail=al@example.com)", true},
		{"(mail=*)", true},
		{"(title=*)", false},
		{"(title=x)", false},
		{"(!(title=x))", true},
		{"(cn~=ADA lovelace)", true},
		{"(cn=ada*)", true},
		{"(cn=*LACE)", true},
		{"(cn=*a*l*)", true},
		{"(cn=a*a*a*a*a)", false},
		{"(mail=al@*)", true},
		{"(mail=*@example.org)", false},
		{"(cn=ada lovelace*ada lovelace)", false},
		{`(description=a\2ab \28c\29)`, true},
		{"(description=a*b*)", true},
		{"(employeeNumber>=42)", true},
		{"(employeeNumber>=5)", true},
		{"(employeeNumber>=043)", false},
		{"(employeeNumber<=100)", true},
		{"(whenCreated>=20240101000000.0Z)", true},
		{"(whenCreated<=20240101000000.0Z)", false},
		{"(userAccountControl:1.2.840.113556.1.4.803:=2)", true},
		{"(userAccountControl:1.2.840.113556.1.4.803:=6)", false},
		{"(userAccountControl:1.2.840.113556.1.4.804:=6)", true},
		{"(groupType:1.2.840.113556.1.4.803:=2147483648)", true},
		{"(groupType:1.2.840.113556.1.4.803:=4)", false},
		{"(msds-user-account-control-test:1.2.840.113556.1.4.803:=-1)", true},
		{"(cn:1.2.840.113556.1.4.803:=1)", false},
		{"(title:1.2.840.113556.1.4.803:=0)", false},
		{`(memberOf=cn=staff\5c, all,ou=groups,dc=example,dc=com)`, true},
		{`(memberOf=CN="Staff, all", OU=Groups, DC=example, DC=com)`, true},
		{"(memberOf=CN=Everybody,DC=example,DC=com)", false},
		{"(memberOf:1.2.840.113556.1.4.1941:=cn=everybody, dc=example, dc=com)", true},
		{"(memberOf:1.2.840.113556.1.4.1941:=cn=nobody,dc=example,dc=com)", false},
		{"(manager=CN=charles  babbage+,OU=People,DC=example,DC=com)", false},
		{"(manager=CN=Charles Babbage, OU=People, DC=example, DC=com)", true},
		{"(objectCategory=person)", true},
		{"(objectCategory=user)", true},
		{"(objectCategory=computer)", false},
		{"(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=example,DC=com)", true},
		{"(&(objectCategory=person)(objectClass=user))", true},
		{"(&)", true},
		{"(|)", false},
		{"(|(cn=x)(mail=*))", true},
		{"(&(cn=x)(mail=*))", false},
		{"(cn:caseExactMatch:=Ada Lovelace)", true},
		{"(cn:caseExactMatch:=ada lovelace)", false},
		{"(cn:2.5.13.2:=ada lovelace)", true},
		{"(cn;lang-de=ada)", true},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			f, err := ParseLDAP(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(lookup); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestZeroFilterMatchesNothing(t *testing.T) {
	var f Filter
	if f.Match(lookup) || f.MatchResource(map[string]any{}, nil) || f.String() != "" || f.Names() != nil {
		t.Errorf("zero filter: %q", f)
	}
}

func TestNames(t *testing.T) {
	f, err := ParseLDAP("(&(cn=a)(|(CN=b*)(!(memberOf:1.2.840.113556.1.4.1941:=x)))(uac:1.2.840.113556.1.4.803:=2))")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cn", "memberof", "uac"}, f.Names()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{InChain, BitAnd}, f.Rules()); diff != "" {
		t.Error(diff)
	}
	f, err = ParseSCIM(`emails[type eq "work" and value pr] or userName eq "x"`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"emails.type", "emails.value", "username"}, f.Names()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseLDAP(f *testing.F) {
	for _, s := range []string{"(cn=a*b)", `(&(a=\2a)(!(b>=1)))`, "(m:1.2.840.113556.1.4.1941:=cn=x,dc=y)", "(&)", "(cn=\xff)", "(objectCategory==)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseLDAP(in)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos < 1 || e.Pos > len(in)+1 {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := ParseLDAP(got.String())
		if err != nil {
			if errors.Is(err, ErrTooComplex) {
				return // escapes made it longer
			}
			t.Fatalf("%q prints as %q: %v", in, got, err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Fatalf("%q prints as %q: %s", in, got, diff)
		}
		values := func(string) []string { return []string{in, "cn=a,dc=b", "7"} }
		if got.Match(values) == (Filter{Root: Not{got.Root}, Syntax: LDAP}).Match(values) {
			t.Fatalf("%q and its negation agree", in)
		}
	})
}
