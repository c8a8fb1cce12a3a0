// Package consoletest knows which pages the console has, for tests that must not forget one: those that look at every page, and those that time them. It
// reads that from the source of the console, whose folder is named; it opens no page. Canned states of what pages show are in adminapitest.
package consoletest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// fewest is how many routes there are at least: fewer mean that this package does not know any more how they are made.
const fewest = 30

// Routes returns the addresses below /console/ that the console whose source is in folder answers to, as patterns of http.ServeMux without the method.
func Routes(folder string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	found := routes{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return nil, err
		}
		ast.Inspect(f, found.look)
	}
	if len(found) < fewest {
		return nil, fmt.Errorf("only %d routes are found in %s", len(found), folder)
	}
	return found, nil
}

type routes map[string]bool

// look finds c.get("…", …), "GET " + Root + "…", and the keys in lookRoutes.
func (r routes) look(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.FuncDecl:
		if x.Name.Name == "lookRoutes" {
			ast.Inspect(x, func(n ast.Node) bool {
				if kv, ok := n.(*ast.KeyValueExpr); ok {
					r.add(kv.Key)
				}
				return true
			})
		}
	case *ast.CallExpr:
		if s, ok := x.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "get" && len(x.Args) == 3 {
			r.add(x.Args[0])
		}
	case *ast.BinaryExpr:
		if left, ok := x.X.(*ast.BinaryExpr); ok {
			if verb, ok := left.X.(*ast.BasicLit); ok && verb.Value == `"GET "` {
				r.add(x.Y)
			}
		}
	}
	return true
}

func (r routes) add(e ast.Expr) {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		text, _ := strconv.Unquote(lit.Value)
		r[text] = true
	}
}
