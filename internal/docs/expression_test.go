package docs

import (
	"regexp"
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
)

// zoe is the record of the examples.
var zoe = directory.Record{
	Source: "corp", Kind: directory.Person, Name: "CN=Zoë Müller,OU=Sales,DC=example,DC=com", Status: directory.Present,
	Attrs: attr.Set{
		"samaccountname": {"ZMueller"}, "givenname": {"Zoë"}, "sn": {"Müller"}, "telephonenumber": {"+49 (30) 123"},
		"proxyaddresses": {"SMTP:zoe@example.com", "smtp:z.m@example.com"},
	},
}

// gives checks what an expression gives for zoe.
func gives(t *testing.T, expression, want string) {
	t.Helper()
	rules, err := mapping.CompileSource(mapping.SourceRules{Name: "corp", People: mapping.Rules{"x": {Expr: expression}}})
	if err != nil {
		t.Errorf("%s: %v", expression, err)
		return
	}
	if got, err := rules.Map(zoe); err != nil || strings.Join(got["x"], ", ") != want {
		t.Errorf("%s = %q, %v; the page says %q", expression, got["x"], err, want)
	}
}

// The examples of the page about expressions give what the page says.
func TestExpressions(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `(.*)` \\| (.*) \\|$")
	n := 0
	for _, p := range pages(t) {
		if p.path != "docs/reference/expressions.md" {
			continue
		}
		_, examples, _ := strings.Cut(p.text, "## Examples")
		examples, _, _ = strings.Cut(examples, "\n## ")
		for _, m := range row.FindAllStringSubmatch(examples, -1) {
			n++
			gives(t, m[1], m[2])
		}
	}
	if n < 8 {
		t.Errorf("only %d examples were found", n)
	}
}

// What stands beside expressions of another product gives what the page says.
func TestTranslatedExpressions(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `#this.*` \\| `(.*)` \\| (.*) \\|$")
	n := 0
	for _, p := range pages(t) {
		if p.path != "docs/how-to/move-from-pingfederate.md" {
			continue
		}
		for _, m := range row.FindAllStringSubmatch(p.text, -1) {
			n++
			gives(t, m[1], m[2])
		}
	}
	if n < 8 {
		t.Errorf("only %d examples were found", n)
	}
}
