package mapping

import (
	"testing"

	"muster/internal/attr"
)

// tenFields is what a usual source maps: mostly plain reads.
var tenFields = Rules{
	"username": {Expr: "lower(record.sAMAccountName)"}, "email": {Expr: "record.mail"}, "givenName": {Expr: "record.givenName"},
	"familyName": {Expr: "record.sn"}, "name": {Expr: "record.givenName + ' ' + record.sn"}, "title": {Expr: "record.title", Default: attr.Values{"-"}},
	"phone": {Expr: "digits(record.telephoneNumber)"}, "type": {Value: attr.Values{"Employee"}}, "aliases": {Expr: "record.all.proxyAddresses"},
	"number": {Expr: "record.employeeNumber"},
}

func BenchmarkMap(b *testing.B) {
	s, err := CompileSource(SourceRules{People: tenFields})
	if err != nil {
		b.Fatal(err)
	}
	rec := ada()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Map(rec); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMapCEL has no rule that avoids CEL.
func BenchmarkMapCEL(b *testing.B) {
	rules := Rules{}
	for p, r := range tenFields {
		if r.Expr == "" {
			r = Rule{Expr: "'Employee'"}
		}
		if p != "aliases" {
			r.Expr += " + ''"
		} else {
			r.Expr += " + []"
		}
		rules[p] = r
	}
	s, err := CompileSource(SourceRules{People: rules})
	if err != nil {
		b.Fatal(err)
	}
	rec := ada()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Map(rec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDesired(b *testing.B) {
	t, err := CompileTarget(TargetRules{Name: "wiki", People: ObjectRules{
		From: From{Group: "CN=Wiki", Filter: "(&(objectClass=*)(mail=*@example.com))", If: "person.email != ''"},
		Attributes: Rules{
			"userName": {Expr: "person.username"}, `emails[type eq "work"].value`: {Expr: "person.email"}, "name.givenName": {Expr: "person.givenName"},
			"displayName": {Expr: "person.givenName + ' ' + source.corp.sn"}, "title": {Expr: "source.corp.title"}, "userType": {Value: attr.Values{"Employee"}},
		},
	}}, known)
	if err != nil {
		b.Fatal(err)
	}
	in := person()
	in.Records[0].Attrs["objectclass"] = attr.Values{"user"}
	in.InGroup = "in"
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := t.People().Desired(in, []attr.Path{"userName"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompileSource(b *testing.B) {
	for b.Loop() {
		if _, err := CompileSource(SourceRules{People: tenFields}); err != nil {
			b.Fatal(err)
		}
	}
}
