// Package problem is the list of everything that Muster tells to be wrong: a code that does not change, and what it means.
//
// The list is codes.md, in which a person writes: one section for each code. The pages of docs/reference/errors are made from it by package docs, the
// command `muster explain` prints it, and the type of a problem of the API points to it. It holds no text about a single case: what happened to whom is
// said where it happened, in a run.Problem with the same code.
package problem

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed codes.md
var text string

// A Kind is one code and what it means. Its texts are Markdown; links in them are as from this package, see Linked.
type Kind struct {
	Code  string `json:"code"`
	Group string `json:"group"` // what it has in common with others: "A source was not read whole"
	What  string `json:"what"`  // what happened
	Why   string `json:"why,omitempty"`
	Now   string `json:"now,omitempty"` // what it means now
	Fix   string `json:"fix,omitempty"`
}

// Type returns the address at which an API of Muster explains a code: a reference relative to the server.
func Type(code string) string { return "/api/v1/problems/" + code }

// All returns the kinds in the order of the list.
func All() []Kind { return slices.Clone(list()) }

// Find returns the kind of a code.
func Find(code string) (Kind, bool) {
	i := slices.IndexFunc(list(), func(k Kind) bool { return k.Code == code })
	if i < 0 {
		return Kind{}, false
	}
	return list()[i], true
}

var list = sync.OnceValue(func() []Kind { return parse(text) })

var (
	code  = regexp.MustCompile("`([a-z_]+)`")
	part  = regexp.MustCompile(`\*\*(What|Why|Now|Fix):\*\*`)
	links = regexp.MustCompile(`\[([^\]]*)\]\(([^)]*)\)`)
)

// parse reads the list: "## group", a paragraph about all of it, and "### `code`" with its parts.
func parse(text string) []Kind {
	var out []Kind
	_, text, _ = strings.Cut(text, "\n## ")
	for group := range strings.SplitSeq(text, "\n## ") {
		head, entries, _ := strings.Cut(group, "\n### ")
		title, about, _ := strings.Cut(head, "\n")
		for entry := range strings.SplitSeq(entries, "\n### ") {
			codes, body, _ := strings.Cut(entry, "\n")
			for _, m := range code.FindAllStringSubmatch(codes, -1) {
				k := Kind{Code: m[1], Group: strings.TrimSpace(title), Now: paragraph(about)}
				k.fill(body)
				out = append(out, k)
			}
		}
	}
	return out
}

// fill takes the parts of an entry. What stands before the first says what happened.
func (k *Kind) fill(body string) {
	at := part.FindAllStringSubmatchIndex(body, -1)
	first := len(body)
	if len(at) > 0 {
		first = at[0][0]
	}
	k.What = paragraph(body[:first])
	for i, m := range at {
		end := len(body)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		said := paragraph(body[m[1]:end])
		switch body[m[2]:m[3]] {
		case "What":
			k.What = strings.TrimSpace(k.What + " " + said)
		case "Why":
			k.Why = said
		case "Now":
			k.Now = said
		case "Fix":
			k.Fix = said
		}
	}
}

// paragraph joins lines; a blank line stays.
func paragraph(text string) string {
	var out []string
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		out = append(out, strings.Join(strings.Fields(p), " "))
	}
	return strings.Join(out, "\n\n")
}

// Plain returns a text of a Kind without the marks of Markdown, for a terminal.
func Plain(text string) string {
	text = links.ReplaceAllString(text, "$1")
	return strings.NewReplacer("**", "", "*", "", "`", "").Replace(text)
}

// Linked returns a text of a Kind with its links as from a page that finds the folder docs at docs.
func Linked(text, docs string) string { return strings.ReplaceAll(text, "](../../docs/", "]("+docs) }
