package docs

import (
	"regexp"
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
)

// The examples of the page about expressions give what the page says.
func TestExpressions(t *testing.T) {
	zoe := directory.Record{
		Source: "corp", Kind: directory.Person, Name: "CN=Zoë Müller,OU=Sales,DC=example,DC=com", Status: directory.Present,
		Attrs: attr.Set{
			"samaccountname": {"ZMueller"}, "givenname": {"Zoë"}, "sn": {"Müller"}, "telephonenumber": {"+49 (30) 123"},
			"proxyaddresses": {"SMTP:zoe@example.com", "smtp:z.m@example.com"},
		},
	}
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
			rules, err := mapping.CompileSource(mapping.SourceRules{Name: "corp", People: mapping.Rules{"x": {Expr: m[1]}}})
			if err != nil {
				t.Errorf("%s: %v", m[1], err)
				continue
			}
			got, err := rules.Map(zoe)
			if err != nil || strings.Join(got["x"], ", ") != m[2] {
				t.Errorf("%s = %q, %v; the page says %q", m[1], got["x"], err, m[2])
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d examples were found", n)
	}
}
