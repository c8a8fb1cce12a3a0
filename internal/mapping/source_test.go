package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
)

func ada() directory.Record {
	return directory.Record{
		Source: "corp", Key: "k1", Kind: directory.Person, Name: "CN=Ada Müller,OU=People,DC=example,DC=com", Status: directory.Present,
		Attrs: attr.Set{
			"samaccountname": {"AMueller"}, "mail": {"ada@example.com"}, "givenname": {"Ada"}, "sn": {"Müller"}, "title": {""},
			"telephonenumber": {"+49 (30) 1234-5"}, "proxyaddresses": {"SMTP:ada@example.com", "smtp:am@example.com"}, "employeenumber": {"007"},
			"msds-phone;x": {"1"},
		},
	}
}

// one compiles a single source rule.
func one(t *testing.T, r Rule) *Source {
	t.Helper()
	s, err := CompileSource(SourceRules{People: Rules{"x": r}})
	if err != nil {
		t.Fatalf("compile %s: %v", r.Expr, err)
	}
	return s
}

func TestMapLanguage(t *testing.T) {
	tests := []struct {
		expr string
		want attr.Values // nil = left alone
	}{
		{`record.mail`, attr.Values{"ada@example.com"}},
		{`record.sAMAccountName`, attr.Values{"AMueller"}},
		{`record["mail"]`, attr.Values{"ada@example.com"}},
		{`record["msDS-phone;x"]`, attr.Values{"1"}},
		{"record.`given-name`", attr.Values{}},
		{`record.nothing`, attr.Values{}},
		{`record.title`, attr.Values{}},
		{`record.proxyAddresses`, attr.Values{"SMTP:ada@example.com"}},
		{`record.all.proxyAddresses`, attr.Values{"SMTP:ada@example.com", "smtp:am@example.com"}},
		{`record.all["proxyAddresses"]`, attr.Values{"SMTP:ada@example.com", "smtp:am@example.com"}},
		{`record.all.nothing`, attr.Values{}},
		{`record.dn`, attr.Values{"CN=Ada Müller,OU=People,DC=example,DC=com"}},
		{`record.distinguishedName`, attr.Values{"CN=Ada Müller,OU=People,DC=example,DC=com"}},
		{`lower(record.sAMAccountName)`, attr.Values{"amueller"}},
		{`record.sAMAccountName.lower()`, attr.Values{"amueller"}},
		{`upper(record.sn)`, attr.Values{"MÜLLER"}},
		{`record.givenName + ' ' + record.sn`, attr.Values{"Ada Müller"}},
		{`ascii(record.sn)`, attr.Values{"Mueller"}},
		{`digits(record.telephoneNumber)`, attr.Values{"4930" + "12345"}},
		{`record.mail.split('@')[0]`, attr.Values{"ada"}},
		{`record.all.proxyAddresses.map(a, lower(a)).filter(a, a.startsWith('smtp:am')).map(a, a.substring(5))`, attr.Values{"am@example.com"}},
		{`record.all.proxyAddresses.join(';')`, attr.Values{"SMTP:ada@example.com;smtp:am@example.com"}},
		{`[record.givenName, record.title, record.sn]`, attr.Values{"Ada", "Müller"}},
		{`firstOf(record.title, record.sn)`, attr.Values{"Müller"}},
		{`firstOf(record.title, '', record.nothing)`, attr.Values{}},
		{`record.mail.matches('^[a-z]+@example[.]com$')`, attr.Values{"true"}},
		{`record.title == ''`, attr.Values{"true"}},
		{`has(record.title)`, attr.Values{"false"}},
		{`has(record.mail)`, attr.Values{"true"}},
		{`has(record.all.mail)`, attr.Values{"true"}},
		{`record.?title.orValue('none')`, attr.Values{"none"}},
		{`record.?mail.orValue('none')`, attr.Values{"ada@example.com"}},
		{`record.all.nothing[?0].orValue('none')`, attr.Values{"none"}},
		{`record.all.proxyAddresses.first().orValue('')`, attr.Values{"SMTP:ada@example.com"}},
		{`size(record.all.proxyAddresses)`, attr.Values{"2"}},
		{`int(record.employeeNumber) + 1`, attr.Values{"8"}},
		{`['b', 'a', 'b'].distinct()`, attr.Values{"b", "a"}},
		{`'a-b-c'.split('-', 2)`, attr.Values{"a", "b-c"}},
		{`'a-b-c'.split('-', 0)`, attr.Values{}},
		{`'a-b-c'.replace('-', '+', 1)`, attr.Values{"a+b-c"}},
		{`['a', 'b'].join()`, attr.Values{"ab"}},
		{`[].join('-')`, attr.Values{}},
		{`null`, nil},
		{`''`, attr.Values{}},
		{`[]`, attr.Values{}},
		{`'constant'`, attr.Values{"constant"}},
		{`true`, attr.Values{"true"}},
		{`-3`, attr.Values{"-3"}},
		{`record.title != '' ? record.title : null`, nil},
		{`record.sn != '' ? record.sn : null`, attr.Values{"Müller"}},
		{`record.title != '' ? record.all.title : []`, attr.Values{}},
		{`record.sn == '' ? 'a' : record.mail == '' ? null : record.all.proxyAddresses`, attr.Values{"SMTP:ada@example.com", "smtp:am@example.com"}},
		{`'OU=People' in record.dn.split(',')`, attr.Values{"true"}},
		{"record.givenName\n + record.sn", attr.Values{"AdaMüller"}},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			got, err := one(t, Rule{Expr: tt.expr}).Map(ada())
			if err != nil {
				t.Fatal(err)
			}
			values, ok := got["x"]
			if ok != (tt.want != nil) {
				t.Fatalf("set %v, want %v", got, tt.want)
			}
			if diff := cmp.Diff(tt.want, values); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	tests := []struct {
		name, expr, want string
	}{
		{"whole record", `record`, `muster.yaml:7: people.x: column 1: record as a whole has no value; write record.<attribute>`},
		{"whole all", `size(record.all)`, `column 13: record as a whole has no value`},
		{"misspelt root", `rekord.mail`, `"rekord" is not known here; did you mean "record"?`},
		{"bare name", `mail`, `"mail" is not known here; an expression reads record.<attribute>`},
		{"misspelt function", `lowr(record.mail)`, `"lowr" is not known here; did you mean "lower"?`},
		{"list to text function", `lower(record.all.mail)`, `.map(v, …)`},
		{"fraction", `1.5`, `the expression gives a fraction; allowed: text, a list of text`},
		{"numbers", `[1, 2]`, `a list of`},
		{"mixed", `[1, 'a']`, `a list of`},
		{"map", `{'a': 'b'}`, `allowed: text`},
		{"optional", `record.?mail`, `add .orValue('')`},
		{"dyn", `dyn(record.mail)`, `only known when it is evaluated`},
		{"branch", `record.mail == '' ? 1.5 : null`, `column 21: the expression gives a fraction`},
		{"parts", `record.name.givenName`, `record.name is a value and has no parts; for the attribute of that name write record["name.givenName"]`},
		{"computed name", `record[record.mail]`, `must be a text in quotes`},
		{"shadow", `[1].map(record, 'x')`, `"record" cannot be the name of a variable`},
		{"syntax", `record.mail +`, `syntax: mismatched input 'the end of the expression'`},
		{"regexp", `record.mail.matches('(')`, `invalid matches argument`},
		{"empty", ` `, `the expression is empty`},
		{"memberOf", `record.all.memberOf.join(',')`, `memberOf is not part of a record`},
		{"struct", `google.protobuf.Value{}`, `cannot make a google.protobuf.Value`},
		{"target variable", `person.mail`, `"person" is not known here`},
		{"second line", "record.mail +\n lower(1)", `line 2, column 7: `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := CompileSource(SourceRules{People: Rules{"x": {Expr: tt.expr, At: "muster.yaml:7"}}})
			if err == nil {
				t.Fatal("compiled")
			}
			t.Log(err)
			var e *Error
			if !errors.As(err, &e) || e.At != "muster.yaml:7" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant … %s", err, tt.want)
			}
		})
	}
}

func TestMapRules(t *testing.T) {
	tests := []struct {
		name string
		rule Rule
		want attr.Values // nil = absent
		err  error
	}{
		{"value", Rule{Value: attr.Values{"a", "", "b"}}, attr.Values{"a", "b"}, nil},
		{"default not needed", Rule{Expr: "record.sn", Default: attr.Values{"-"}}, attr.Values{"Müller"}, nil},
		{"default for an empty value", Rule{Expr: "record.title", Default: attr.Values{"-"}}, attr.Values{"-"}, nil},
		{"default for no values", Rule{Expr: "record.all.nothing", Default: attr.Values{"a", "b"}}, attr.Values{"a", "b"}, nil},
		{"default for a computed nothing", Rule{Expr: "lower(record.title)", Default: attr.Values{"-"}}, attr.Values{"-"}, nil},
		{"no default for null", Rule{Expr: "null", Default: attr.Values{"-"}}, nil, nil},
		{"empty default", Rule{Expr: "record.title", Default: attr.Values{""}}, attr.Values{}, nil},
		{"needed and there", Rule{Expr: "record.sn", Need: true}, attr.Values{"Müller"}, nil},
		{"needed and missing", Rule{Expr: "record.title", Need: true}, nil, ErrMissing},
		{"needed and defaulted", Rule{Expr: "record.title", Default: attr.Values{"-"}, Need: true}, attr.Values{"-"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := one(t, tt.rule).Map(ada())
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got["x"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMapByKind(t *testing.T) {
	s, err := CompileSource(SourceRules{People: Rules{"username": {Expr: "record.uid"}}, Groups: Rules{"name": {Expr: "record.cn"}, "description": {Expr: "record.nope"}}})
	if err != nil {
		t.Fatal(err)
	}
	rec := directory.Record{Kind: directory.Group, Attrs: attr.Set{"cn": {"staff"}, "uid": {"x"}}}
	got, err := s.Map(rec)
	if diff := cmp.Diff(attr.Set{"name": {"staff"}, "description": {}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	rec.Kind = directory.Person
	got, err = s.Map(rec)
	if diff := cmp.Diff(attr.Set{"username": {"x"}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]attr.Path{"description", "name"}, s.Paths(directory.Group)); diff != "" {
		t.Error(diff)
	}
}

func TestMapKeepsTheRest(t *testing.T) {
	s, err := CompileSource(SourceRules{People: Rules{"a": {Expr: "record.sn.split('x')[4]"}, "b": {Expr: "record.sn"}, "c": {Expr: "int(record.sn)"}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Map(ada())
	if diff := cmp.Diff(attr.Set{"b": {"Müller"}}, got); diff != "" {
		t.Error(diff)
	}
	if err == nil || !strings.Contains(err.Error(), "a: record.sn.split('x')[4]: ") || !strings.Contains(err.Error(), "c: int(record.sn): ") {
		t.Errorf("error %v", err)
	}
}

func TestKeysAndAttributes(t *testing.T) {
	s, err := CompileSource(SourceRules{
		People: Rules{"username": {Expr: "lower(record.sAMAccountName)"}, "dn": {Expr: "record.dn"}, "o": {Value: attr.Values{"x"}}},
		Groups: Rules{"name": {Expr: "has(record.displayName) ? record.?displayName.orValue('') : record['CN']"}},
		Correlate: []Key{
			{Person: "employeeNumber", Expr: "record.employeeNumber"},
			{Person: "email", Expr: "record.all.proxyAddresses.map(a, lower(a).replace('smtp:', ''))"},
			{Person: "title", Expr: "record.title"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Keys(ada())
	if err != nil {
		t.Fatal(err)
	}
	want := []KeyValue{{"employeeNumber", "007"}, {"email", "ada@example.com"}, {"email", "am@example.com"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	names := []string{"cn", "displayname", "employeenumber", "proxyaddresses", "samaccountname", "title"}
	if diff := cmp.Diff(names, s.Attributes()); diff != "" {
		t.Error(diff)
	}
	if keys, err := s.Keys(directory.Record{Kind: directory.Group}); keys != nil || err != nil {
		t.Errorf("keys of a group: %v, %v", keys, err)
	}
}

func TestSourceRuleErrors(t *testing.T) {
	tests := []struct {
		name  string
		rules SourceRules
		want  string
	}{
		{"nothing", SourceRules{People: Rules{"a": {}}}, "people.a: the rule says nothing; allowed: an expression (expr) or a constant (value)"},
		{"empty value", SourceRules{People: Rules{"a": {Value: attr.Values{""}}}}, "the rule says nothing"},
		{"both", SourceRules{People: Rules{"a": {Expr: "record.a", Value: attr.Values{"a"}}}}, "an expression or a value, not both"},
		{"once", SourceRules{Groups: Rules{"a": {Expr: "record.a", Once: true}}}, "create-only is for targets"},
		{"path", SourceRules{People: Rules{"a b": {Expr: "record.a"}}}, `"a b" is not an attribute name`},
		{"path not canonical", SourceRules{People: Rules{`a[ b eq "c" ]`: {Expr: "record.a"}}}, `write a[b eq "c"]`},
		{"same path", SourceRules{People: Rules{"mail": {Expr: "record.a"}, "Mail": {Expr: "record.a"}}}, "people.mail: the same attribute as Mail"},
		{"correlation", SourceRules{Correlate: []Key{{Person: "email", Expr: "record.mail +"}}}, "correlate 1: column 14: syntax"},
		{"correlation path", SourceRules{Correlate: []Key{{Person: "", Expr: "record.mail"}}}, "correlate 1: path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := CompileSource(tt.rules)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want … %s", err, tt.want)
			}
		})
	}
}

func TestAllMistakesAreReported(t *testing.T) {
	_, err := CompileSource(SourceRules{People: Rules{"a": {Expr: "rekord.x"}, "b": {}, "c": {Expr: "record.c"}}, Groups: Rules{"d": {Expr: "1.5"}}})
	if err == nil {
		t.Fatal("compiled")
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != 3 {
		t.Errorf("%d lines:\n%v", got, err)
	}
}

func TestDigests(t *testing.T) {
	compile := func(r Rule) string { return one(t, r).Digest() }
	base := compile(Rule{Expr: "record.sn"})
	if base != "71937173dac30893525419bcf679732a" {
		t.Errorf("the digest of a stored rule is now %s", base)
	}
	if compile(Rule{Expr: "record.sn", At: "muster.yaml:9"}) != base {
		t.Error("where a rule stands counts")
	}
	for _, r := range []Rule{{Expr: "record.cn"}, {Expr: "record.sn", Need: true}, {Expr: "record.sn", Default: attr.Values{"x"}}, {Value: attr.Values{"record.sn"}}} {
		if compile(r) == base {
			t.Errorf("%+v has the same digest", r)
		}
	}
}
