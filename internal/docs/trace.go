package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// behaviours are the ids of what Muster must do, as far as this version has it, in their order.
var behaviours = []struct{ id, what string }{
	{"M3", "Joining a team joins its default channels; who is in it already joins new ones when an administrator says so"},
	{"M4", "A file of teams, channels, people, memberships and posts is checked, loaded, resumed after a crash, and written again"},
	{"M6", "Groups of a source are linked to teams and channels; membership follows, removal where groups decide"},
	{"M7", "The identifier of a person is one attribute that never changes, chosen by the kind of directory or the configuration"},
	{"M8", "While it stays the same, names and other attributes may change and the account stays the same"},
	{"M9", "Who is disabled, expired or gone at the source is deactivated by the sync"},
	{"M10", "Who is managed here is deactivated in the console; of people of a source it says where"},
	{"M11", "The same by API and CLI, many at once"},
	{"M12", "Posts of a deactivated person stay readable; a permanent delete removes person and content"},
	{"M13", "A deactivation makes offline and ends every session and token for good"},
	{"P1", "Existing accounts are linked, not duplicated"},
	{"P2", "Attributes are mapped from attributes, constants and expressions, with defaults, always or on create only"},
	{"P3", "A target receives the people of a group or filter; renamed and moved bases and groups are followed"},
	{"P4", "An account is made when a person enters the scope or is enabled in it"},
	{"P5", "A changed mapped attribute is updated; an unmapped one causes no call"},
	{"P6", "Who is deleted, disabled or leaves the scope is deprovisioned"},
	{"P7", "Create, update and removal can each be switched off, and what is suppressed is told"},
	{"P8", "Existing groups are linked by name"},
	{"P9", "Groups are made, renamed, replaced where a target cannot rename, and removed; leaving a name filter by a rename waits for a person"},
	{"P10", "Memberships follow the source: overwrite, or merge"},
	{"P11", "Dialects of services, with their regions, limits and quirks"},
	{"I1", "SCIM clients sign in with a token of a person and may do what that person's rights allow at the moment"},
	{"I2", "What a SCIM client states of people, and what it must state"},
	{"I3", "Who is assigned at the provider is created, and found again by the identifier that it sent"},
	{"I4", "Without single sign-on an invitation is sent, or an administrator sets a password"},
	{"I5", "A username that is there already is updated, approved first, or refused, by whose it is"},
	{"I6", "A new group has no rights"},
	{"I7", "Who is removed at the provider is deleted or deactivated here; targets follow within their limits"},
	{"I8", "Entra ID, Okta and OneLogin as they behave, and the public conformance suites"},
	{"I9", "A set-up at an identity provider is tried out on a copy without secrets"},
	{"I10", "Applications follow an ordered feed of changes, or signed webhooks"},
	{"X1", "Plan, approve, apply exactly that"},
	{"X2", "Absence is not evidence"},
	{"X3", "Why?"},
	{"X6", "A leaver is closed only after the target has confirmed it"},
	{"X8", "A sample company to try everything with"},
	{"X10", "Disable now"},
	{"X11", "Observe, pilot, live"},
	{"X13", "Rights, and an audit of every act"},
}

// requirement finds ids in comments: "P3", and not the P3 of a longer word.
var requirement = regexp.MustCompile(`\b(?:M(?:[1-9]|1[0-3])|P(?:[1-9]|1[01])|I(?:[1-9]|10)|X(?:[1-9]|1[0-3]))\b`)

// traceability is the page that leads from a behaviour to its tests and pages.
func traceability(root string) (string, error) {
	tests, err := citedByTests(root, "internal")
	if err != nil {
		return "", err
	}
	pages, err := citedByPages(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Traceability\n\nEach behaviour with the tests that name it and the pages that explain it. A test names a behaviour by its id, in its comment or its name.\n" +
		"A behaviour without a test here may still be tested, by one that does not name it.\n\n| id | behaviour | tests | pages |\n|---|---|---|---|\n")
	for _, r := range behaviours {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, r.what, list(tests[r.id]), list(pages[r.id]))
	}
	service, err := rulesTable(root)
	return b.String() + service, err
}

func list(items []string) string {
	if len(items) == 0 {
		return "–"
	}
	return strings.Join(slices.Compact(items), "<br>")
}

// citedByTests returns the tests below folder that name each id: "`internal/plan` TestObject".
func citedByTests(root, folder string) (map[string][]string, error) {
	out := map[string][]string{}
	err := files(filepath.Join(root, filepath.FromSlash(folder)), func(path string) error {
		folder := filepath.ToSlash(filepath.Dir(path))
		if !strings.HasSuffix(path, ".go") || !(strings.HasSuffix(path, "_test.go") || strings.HasSuffix(folder, "test")) || strings.Contains(path, "testdata") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		short, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, id := range cited(f, fn) {
				out[id] = append(out[id], fmt.Sprintf("`%s` %s", filepath.ToSlash(short), fn.Name.Name))
			}
		}
		return nil
	})
	for id := range out {
		slices.Sort(out[id])
	}
	return out, err
}

// cited returns the ids in the comments of a function, in its name between underscores, and, of rules, in the texts that name its cases.
func cited(f *ast.File, fn *ast.FuncDecl) []string {
	var text strings.Builder
	if fn.Doc != nil {
		text.WriteString(fn.Doc.Text())
	}
	for _, c := range f.Comments {
		if c.Pos() >= fn.Pos() && c.End() <= fn.End() {
			text.WriteString(" " + c.Text())
		}
	}
	text.WriteString(" " + strings.ReplaceAll(fn.Name.Name, "_", " "))
	ids := requirement.FindAllString(text.String(), -1)
	ast.Inspect(fn, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.HasPrefix(lit.Value, `"S-`) {
			text.WriteString(" " + lit.Value)
		}
		return true
	})
	ids = append(ids, rulesIn(text.String())...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// marker is how a page says what it explains: <!-- explains: P1 X2 -->.
var marker = regexp.MustCompile(`<!-- explains:([^>]*)-->`)

func citedByPages(root string) (map[string][]string, error) {
	out := map[string][]string{}
	folder := filepath.Join(root, "docs")
	err := files(folder, func(path string) error {
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		for _, m := range marker.FindAllStringSubmatch(string(text), -1) {
			for id := range strings.FieldsSeq(m[1]) {
				out[id] = append(out[id], fmt.Sprintf("[%s](../%s)", strings.TrimSuffix(rel, ".md"), rel))
			}
		}
		return nil
	})
	for id := range out {
		slices.Sort(out[id])
	}
	return out, err
}

func files(folder string, each func(path string) error) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return each(path)
	})
}
