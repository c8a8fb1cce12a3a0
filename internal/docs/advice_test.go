package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/cli"
)

var (
	adviceInText = regexp.MustCompile("[`“](muster [^`”]*)[`”]")
	formatVerb   = regexp.MustCompile(`%[a-z]`)
)

// Commands that the program itself advises are commands that there are: "Let it go on with `muster resume wiki`".
func TestAdvice(t *testing.T) {
	names := commandNames(cli.Tree())
	n := 0
	err := files(filepath.Join(root, "internal"), func(path string) error {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(node ast.Node) bool {
			e, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := written(e)
			if !ok {
				return true
			}
			for _, m := range adviceInText.FindAllStringSubmatch(text, -1) {
				n++
				line := formatVerb.ReplaceAllString(m[1], "X")
				if err := parse(line); err != nil && !names[line] {
					t.Errorf("%s advises %q: %v", path[len(root)+1:], m[1], err)
				}
			}
			return false
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 15 {
		t.Errorf("only %d commands were found in the texts of the program", n)
	}
}

// written returns a text as it stands in the code, with X for what is put in when it runs.
func written(e ast.Expr) (string, bool) {
	if text, ok := literal(e); ok {
		return text, true
	}
	sum, ok := e.(*ast.BinaryExpr)
	if !ok || sum.Op != token.ADD {
		return "", false
	}
	left, one := written(sum.X)
	right, two := written(sum.Y)
	if !one && !two {
		return "", false
	}
	if !one {
		left = "X"
	}
	if !two {
		right = "X"
	}
	return left + right, true
}
