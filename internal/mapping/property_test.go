package mapping

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/attr"
	"muster/internal/directory"
)

// TestShortcutAgreesWithCEL: a plain read or constant gives the same with and without CEL. A branch of a condition always goes through CEL.
func TestShortcutAgreesWithCEL(t *testing.T) {
	names := []string{"mail", "MAIL", "Mail", "sn", "title", "nothing", "dn", "distinguishedName"}
	rapid.Check(t, func(t *rapid.T) {
		rec := directory.Record{Kind: directory.Person, Name: rapid.SampledFrom([]string{"", "CN=Ada"}).Draw(t, "dn"), Attrs: attr.Set{}}
		for _, p := range []attr.Path{"mail", "sn", "title", "distinguishedname"} {
			if values := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b c", "ü"}), -1, 3).Draw(t, string(p)); rapid.Bool().Draw(t, "has") {
				rec.Attrs[p] = values
			}
		}
		name := rapid.SampledFrom(names).Draw(t, "name")
		text := rapid.SampledFrom([]string{"record.%s", "record.all.%s", "record[%q]", "record.all[%q]", "'%s'", "''", "-7", "true"}).Draw(t, "form")
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, name)
		}
		quick, slow := mustCompile(t, text), mustCompile(t, "true ? ("+text+") : null")
		if quick.people[0].expr.prog != nil || slow.people[0].expr.prog == nil {
			t.Fatalf("%s: the shortcut is not where it should be", text)
		}
		got, err1 := quick.Map(rec)
		want, err2 := slow.Map(rec)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s of %v: %s", text, rec.Attrs, diff)
		}
		if diff := cmp.Diff(slow.Attributes(), quick.Attributes()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func mustCompile(t *rapid.T, text string) *Source {
	s, err := CompileSource(SourceRules{People: Rules{"x": {Expr: text}}})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// TestMapChangesNothing: what Map returns shares no memory with the record or with the rules.
func TestMapChangesNothing(t *testing.T) {
	s, err := CompileSource(SourceRules{People: Rules{
		"a": {Expr: "record.all.proxyAddresses"}, "b": {Value: attr.Values{"x"}}, "c": {Expr: "'y'"}, "d": {Expr: "record.title", Default: attr.Values{"z"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	rec := ada()
	first, err := s.Map(rec)
	if err != nil {
		t.Fatal(err)
	}
	for p := range first {
		first[p][0] = "spoilt"
	}
	again, err := s.Map(rec)
	if err != nil {
		t.Fatal(err)
	}
	want := attr.Set{"a": {"SMTP:ada@example.com", "smtp:am@example.com"}, "b": {"x"}, "c": {"y"}, "d": {"z"}}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error(diff)
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	s := one(t, Rule{Expr: "lower(record.sn) + record.all.proxyAddresses.join()"})
	o := compilePeople(t, ObjectRules{From: From{Filter: "(sn=m*)", If: "person.email != ''"}, Attributes: Rules{"title": {Expr: "source.corp.sn + 'x'"}}})
	rec, in := ada(), person()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if got, err := s.Map(rec); err != nil || got.First("x") != "müllerSMTP:ada@example.comsmtp:am@example.com" {
					t.Errorf("%v, %v", got, err)
				}
				if got, _, err := o.Desired(in, nil); err != nil || got.Scope != "in" || got.Attrs.First("title") != "Müllerx" {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestExpensiveExpressionsStop(t *testing.T) {
	rec := ada()
	for i := range maxList {
		rec.Attrs["many"] = append(rec.Attrs["many"], fmt.Sprint(i))
	}
	rec.Attrs["more"] = append(attr.Values{"x"}, rec.Attrs["many"]...)
	rec.Attrs["long"] = attr.Values{strings.Repeat("a", maxText)}
	rec.Attrs["longer"] = attr.Values{strings.Repeat("a", maxText+1)}
	tests := []struct{ expr, want string }{
		{"'aaaaaaaaaa'" + strings.Repeat(".replace('a', 'aaaaaaaaaa')", 9), "replace: too large"},
		{"record.long.replace('a', record.long)", "replace: too large"},
		{"record.long.split('')", "split: more than 2000 parts"},
		{"[record.long, record.long].join(record.long)", "join: too large"},
		{"record.long + record.long", "limit exceeded"},
		{"record.long.reverse()", "limit exceeded"},
		{"record.all.many.map(a, record.all.many.map(b, a + b).join())", "limit exceeded"},
		{"record.all.many.map(a, record.long).size()", "limit exceeded"},
		{"record.all.many.sortBy(a, a)", "limit exceeded"},
		{"record.all.more.size()", "more has 2001 values: too large"},
		{"record.longer.size()", "longer is 65537 bytes long: too large"},
		{"[1, 2, 3].map(a, [1, 2, 3].map(b, record.all.more.size())).size()", "too large"},
	}
	for _, tt := range tests {
		t.Run(tt.expr[:min(40, len(tt.expr))], func(t *testing.T) {
			got, err := one(t, Rule{Expr: tt.expr}).Map(rec)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %d values, %v; want %s", len(got["x"]), err, tt.want)
			}
		})
	}
	for _, expr := range []string{"record.longer", "record.all.more"} { // plain reads carry any size
		if got, err := one(t, Rule{Expr: expr}).Map(rec); err != nil || len(got["x"]) == 0 {
			t.Errorf("%s: %d values, %v", expr, len(got["x"]), err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"record.mail", "record.all.mail.map(a, lower(a))", "record['x;y'] + 'a'", "true ? null : []", "record.?mail.orValue('')", "has(record.mail)", "record.mail[0]",
		"record.all.x[?0].orValue(record.y)", "int(record.x) / 0", "[1, 'a'].size()", "source.corp.x", "record.all.all.all", "record.`a-b`", "r.map(record, record.x)", "-9223372036854775808",
		"record.mail.replace('', 'x', 3).split('', -1).join().matches(record.sn)", "record.x == null ? 'a' : record", "firstOf(record.a, record.b)", "{'a': record}.a.mail",
		"[record].map(r, r.mail)", "record.all.mail.map(x, record[x])", "dyn(record).mail", "[[]]", "optional.of(record)", "type(record.mail)", "bytes(record.mail)", "b'\xff'",
		"record.all.mail == record.all.sn", "record == record", "'\\xff'", "\"\\ud800\"", "timestamp(record.mail)", "record.all.mail + ['x']", "record.all.mail.sort()[0]",
	} {
		f.Add(s)
	}
	rec := ada()
	f.Fuzz(func(t *testing.T, text string) {
		s, err := CompileSource(SourceRules{People: Rules{"x": {Expr: text, At: "muster.yaml:7"}}})
		if err != nil {
			var e *Error
			if text != "" && !errors.As(err, &e) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		got, err := s.Map(rec)
		if err != nil {
			return
		}
		again, err := s.Map(rec)
		if diff := cmp.Diff(got, again); diff != "" || err != nil {
			t.Fatalf("%q is not pure: %s, %v", text, diff, err)
		}
		for _, v := range got["x"] {
			if v == "" || utf8.ValidString(text) && !utf8.ValidString(v) {
				t.Fatalf("%q gives %q", text, got["x"])
			}
		}
		for _, name := range s.Attributes() {
			if name != strings.ToLower(name) || name == "memberof" {
				t.Fatalf("%q reads %q", text, name)
			}
		}
	})
}
