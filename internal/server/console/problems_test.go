package console_test

import (
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/problem"
	"muster/internal/server/adminapi/adminapitest"
)

// U11, X2: every code has a page, without the marks of what it is written in; a code that there is not says where all of them are.
func TestProblemPages(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Auditor)
	list := g.get("problems").body
	for _, k := range problem.All() {
		page := g.get("problems/" + k.Code)
		if page.status != 200 || !strings.Contains(page.body, ">"+k.Code+"</h1>") || strings.ContainsAny(page.body[strings.Index(page.body, "<h1"):strings.Index(page.body, "</main>")], "`*") {
			t.Errorf("%s: %d", k.Code, page.status)
		}
		if !strings.Contains(list, `href="/console/problems/`+k.Code+`"`) {
			t.Errorf("the list does not lead to %s", k.Code)
		}
	}
	if none := g.get("problems/none"); none.status != 404 || !strings.Contains(none.body, "/console/problems") {
		t.Errorf("a code that there is not: %d %s", none.status, none.body)
	}
}
