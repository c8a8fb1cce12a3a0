package docs

import (
	"fmt"
	"strings"

	"muster/internal/problem"
)

const errorsFolder = "docs/reference/errors/"

// errorPages returns a page for each code of a problem, and one that lists them.
func errorPages() map[string]string {
	out := map[string]string{}
	var index strings.Builder
	index.WriteString(notice + `# Problems

Every problem that Muster tells has four parts: what happened, why, what it means now, and how to fix it. It also has a code, which does not change, and each
code has a page here. ` + "`muster explain CODE`" + ` prints it. ` + "`muster status`" + ` shows what stands now, ` + "`muster runs`" + ` what each run met, ` + "`muster why NAME TARGET`" + `
what one person waits for.
`)
	group := ""
	for _, k := range problem.All() {
		if k.Group != group {
			group = k.Group
			fmt.Fprintf(&index, "\n## %s\n\n| code | what happened |\n|---|---|\n", group)
		}
		fmt.Fprintf(&index, "| [`%s`](%s.md) | %s |\n", k.Code, k.Code, cell(problem.Linked(k.What, "../../")))
		out[errorsFolder+k.Code+".md"] = errorPage(k)
	}
	out[errorsFolder+"README.md"] = index.String()
	return out
}

func errorPage(k problem.Kind) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# `%s`\n\n[Problems](README.md): %s\n", notice, k.Code, strings.ToLower(k.Group[:1])+k.Group[1:])
	fix := k.Fix
	if fix == "" {
		fix = "There is nothing that you must do."
	}
	for _, part := range []struct{ title, text string }{{"What happened", k.What}, {"Why", k.Why}, {"What it means now", k.Now}, {"How to fix it", fix}} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", part.title, capital(problem.Linked(part.text, "../../")))
		}
	}
	return b.String()
}

// capital begins a text with a capital letter.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
