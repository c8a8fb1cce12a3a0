package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/internal/problem"
)

// Every code that a problem, an unfinished read or somebody who waits can carry is explained in the list of package problem, and no other; and each has its
// page, which no other file in the folder is.
func TestProblems(t *testing.T) {
	explained := map[string]bool{}
	for _, k := range problem.All() {
		explained[k.Code] = true
	}
	pages, err := filepath.Glob(filepath.Join(root, errorsFolder, "*.md"))
	if err != nil || len(pages) != len(explained)+1 {
		t.Errorf("%d files in %s, %v; want one for each of %d codes, and the list", len(pages), errorsFolder, err, len(explained))
	}
	codes := codesInUse(t)
	if len(codes) < 40 {
		t.Errorf("only %d codes were found in the code", len(codes))
	}
	for code, where := range codes {
		if !explained[code] {
			t.Errorf("the list does not explain %s (%s)", code, where)
		}
		delete(explained, code)
	}
	for code := range explained {
		t.Errorf("the list explains %s, which nothing in the code uses", code)
	}
}

// A scanner finds codes: values of fields called Code, arguments for parameters called code, and constants used as either.
type scanner struct {
	files  []*ast.File
	folder map[*ast.File]string
	consts map[string]string         // package.name → value
	params map[string]map[string]int // package → function → which of its parameters is the code
	found  map[string]string
}

func codesInUse(t *testing.T) map[string]string {
	t.Helper()
	s := &scanner{folder: map[*ast.File]string{}, consts: map[string]string{}, params: map[string]map[string]int{}, found: map[string]string{}}
	fset := token.NewFileSet()
	err := files(filepath.Join(root, "internal"), func(path string) error {
		folder := filepath.Base(filepath.Dir(path))
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(folder, "test") || strings.Contains(path, "testdata") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err == nil {
			s.files, s.folder[f] = append(s.files, f), filepath.ToSlash(path[len(root)+1:])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.files {
		s.declare(f)
	}
	for _, f := range s.files {
		s.scan(f)
	}
	return s.found
}

// relevant are the packages whose codes people see. Others use the word for other things.
var relevant = []string{"adminapi", "app", "cli", "engine", "ingest", "plan", "ldap", "server", "demo"}

func (s *scanner) declare(f *ast.File) {
	pkg := f.Name.Name
	if s.params[pkg] == nil {
		s.params[pkg] = map[string]int{}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					if v, ok := literal(n.Values[i]); ok {
						s.consts[pkg+"."+name.Name] = v
					}
				}
			}
		case *ast.FuncDecl:
			s.parameter(pkg, n.Name.Name, n.Type)
		case *ast.AssignStmt: // refuse := func(code, …)
			if fn, ok := n.Rhs[0].(*ast.FuncLit); ok && len(n.Lhs) == 1 {
				if name, ok := n.Lhs[0].(*ast.Ident); ok {
					s.parameter(pkg, name.Name, fn.Type)
				}
			}
		}
		return true
	})
}

func (s *scanner) parameter(pkg, name string, fn *ast.FuncType) {
	i := 0
	for _, field := range fn.Params.List {
		for _, p := range field.Names {
			if p.Name == "code" && name != "isFault" && name != "HTTPStatus" && name != "exitCode" && name != "connectReason" && name != "ofMembers" {
				s.params[pkg][name] = i
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
}

func (s *scanner) scan(f *ast.File) {
	if !slices.Contains(relevant, f.Name.Name) {
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
				s.take(f, n.Value)
			}
		case *ast.CallExpr:
			if i, ok := s.params[f.Name.Name][called(n.Fun)]; ok && i < len(n.Args) {
				s.take(f, n.Args[i])
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if sel, ok := l.(*ast.SelectorExpr); ok && sel.Sel.Name == "Code" && len(n.Rhs) == len(n.Lhs) {
					s.take(f, n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			s.faults(f, n)
		case *ast.FuncDecl:
			return s.returned(f, n)
		}
		return true
	})
}

// faults takes the first field of each element of the table of result codes in package ldap.
func (s *scanner) faults(f *ast.File, v *ast.ValueSpec) {
	if v.Names[0].Name != "resultFaults" {
		return
	}
	for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
		s.take(f, e.(*ast.KeyValueExpr).Value.(*ast.CompositeLit).Elts[0])
	}
}

// returned takes what the functions return that choose a code.
func (s *scanner) returned(f *ast.File, fn *ast.FuncDecl) bool {
	if fn.Name.Name == "waits" || fn.Name.Name == "ofMembers" {
		ast.Inspect(fn, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				s.take(f, r.Results[0])
			}
			return true
		})
	}
	return true
}

func (s *scanner) take(f *ast.File, e ast.Expr) {
	code, ok := literal(e)
	switch e := e.(type) {
	case *ast.Ident:
		code, ok = s.consts[f.Name.Name+"."+e.Name]
	case *ast.SelectorExpr:
		if pkg, isName := e.X.(*ast.Ident); isName {
			code, ok = s.consts[pkg.Name+"."+e.Sel.Name]
		}
	}
	if !ok || !isCode.MatchString(code) || strings.HasSuffix(code, "_") {
		return
	}
	if f.Name.Name == "ldap" {
		code = "source_" + code
	}
	s.found[code] = s.folder[f]
}

var isCode = regexp.MustCompile(`^[a-z_]+$`)

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	v, err := strconv.Unquote(lit.Value)
	return v, err == nil
}

func called(fun ast.Expr) string {
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

// Every exit code of the command line is in docs/reference/exit-codes.md.
func TestExitCodes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/reference/exit-codes.md"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal/cli/exit.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "exit") || len(v.Values) != 1 {
			return true
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok {
			n++
			if !strings.Contains(string(text), "\n| "+lit.Value+" |") {
				t.Errorf("exit-codes.md has no row for %s (%s)", lit.Value, v.Names[0].Name)
			}
		}
		return true
	})
	if n < 8 {
		t.Errorf("only %d exit codes were found", n)
	}
}
