package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goName   = regexp.MustCompile(`^([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?(?:\(.*\))?$`)
	repoPath = regexp.MustCompile(`^(?:internal|cmd|docs|scripts)/[\w./-]*$`)
)

// Go names (plan.Judge, connector.Op) and paths (internal/plan) that pages mention exist.
func TestNames(t *testing.T) {
	names := exported(t)
	n := 0
	for _, p := range pages(t) {
		if !p.prose() {
			continue
		}
		for _, code := range p.inline() {
			if m := goName.FindStringSubmatch(code); m != nil {
				n++
				if !names[m[1]+"."+m[2]] || m[3] != "" && !names[m[1]+"."+m[2]+"."+m[3]] {
					t.Errorf("%s: nothing is called %s", p.path, code)
				}
			}
			if repoPath.MatchString(code) {
				n++
				if _, err := os.Stat(filepath.Join(root, code)); err != nil {
					t.Errorf("%s: there is no %s", p.path, code)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d names were found in the pages", n)
	}
}

// exported are the names of our packages: "plan.Judge", "connector.Op.Repeat", "connector.Connector.Apply".
func exported(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	fset := token.NewFileSet()
	err := files(filepath.Join(root, "internal"), func(path string) error {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				out[f.Name.Name+"."+receiver(n)+n.Name.Name] = true
			case *ast.ValueSpec:
				for _, name := range n.Names {
					out[f.Name.Name+"."+name.Name] = true
				}
			case *ast.TypeSpec:
				out[f.Name.Name+"."+n.Name.Name] = true
				for _, name := range members(n.Type) {
					out[f.Name.Name+"."+n.Name.Name+"."+name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// members are the fields of a struct or the methods of an interface.
func members(typ ast.Expr) []string {
	var list *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		list = typ.Fields
	case *ast.InterfaceType:
		list = typ.Methods
	default:
		return nil
	}
	var out []string
	for _, field := range list.List {
		for _, name := range field.Names {
			out = append(out, name.Name)
		}
	}
	return out
}
