package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A page is a Markdown file of the repository.
type page struct {
	path string // from the root, with slashes
	text string
	code []block
	rest string // the text without its blocks
}

// A block is a fenced block of a page.
type block struct {
	language string
	text     string
	line     int
}

// pages returns every page of the repository that people read.
func pages(t *testing.T) []page {
	t.Helper()
	var out []page
	add := func(path string) error {
		if !strings.HasSuffix(path, ".md") || strings.Contains(path, "testdata") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		p := page{path: filepath.ToSlash(rel), text: string(text)}
		p.split()
		out = append(out, p)
		return nil
	}
	for _, folder := range []string{"docs", "internal"} {
		if err := files(filepath.Join(root, folder), add); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		if err := add(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (p *page) split() {
	var rest strings.Builder
	inside := false
	number := 0
	for line := range strings.Lines(p.text) {
		number++
		fence, found := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case found && !inside:
			p.code, inside = append(p.code, block{language: fence, line: number}), true
		case found:
			inside = false
		case inside:
			p.code[len(p.code)-1].text += line
		default:
			rest.WriteString(line)
		}
	}
	p.rest = rest.String()
}

// prose reports whether a page is held to all rules. Decisions stay as they were written.
func (p page) prose() bool { return !strings.HasPrefix(p.path, "docs/adr/") }

var inlineCode = regexp.MustCompile("`([^`\n]+)`")

// inline returns what stands between single backticks.
func (p page) inline() []string {
	var out []string
	for _, m := range inlineCode.FindAllStringSubmatch(p.rest, -1) {
		out = append(out, m[1])
	}
	return out
}

var (
	mdLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors are the names by which the headings of a page are linked to.
func (p page) anchors() map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(p.rest, -1) {
		out[strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return out
}

// Links within the repository lead to a file, and to a heading that it has.
func TestLinks(t *testing.T) {
	all := map[string]page{}
	for _, p := range pages(t) {
		all[p.path] = p
	}
	for _, p := range all {
		for _, m := range mdLink.FindAllStringSubmatch(p.rest, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := p.path
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(p.path), file))
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", p.path, m[1])
			} else if to, ok := all[target]; anchor != "" && ok && !to.anchors()[anchor] {
				t.Errorf("%s: %s has no heading for %s", p.path, target, m[1])
			}
		}
	}
}

// Every page of docs is reached from its index, so that nobody has to know that it is there.
func TestIndex(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(root, "docs/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	codes, err := os.ReadFile(filepath.Join(root, errorsFolder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages(t) {
		rel, ok := strings.CutPrefix(p.path, "docs/")
		if !ok || rel == "README.md" || strings.HasPrefix(rel, "adr/") && rel != "adr/README.md" {
			continue
		}
		if code, ok := strings.CutPrefix(p.path, errorsFolder); ok && code != "README.md" {
			if !strings.Contains(string(codes), "]("+code+")") {
				t.Errorf("%sREADME.md does not lead to %s", errorsFolder, code)
			}
			continue
		}
		if !strings.Contains(string(index), "]("+rel+")") {
			t.Errorf("docs/README.md does not lead to %s", rel)
		}
	}
}

// The first page is short.
func TestReadme(t *testing.T) {
	for _, p := range pages(t) {
		if n := strings.Count(p.text, "\n"); p.path == "README.md" && n > 150 {
			t.Errorf("README.md has %d lines, and should have 150 at most", n)
		}
	}
}
