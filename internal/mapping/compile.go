package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"muster/internal/attr"
)

// A compiler compiles the expressions of one set of rules.
type compiler struct {
	language   language
	known      map[string][]string // attributes by root, sources under "source"; a root that is absent is not checked
	refers     bool                // rules can refer to people
	references []string            // by these attributes of records; nil: not checked
	refused    map[string]string   // attributes of a record that no rule may read, and why
}

// A place is where an expression stands: for errors.
type place struct {
	at, rule string
}

func (p place) error(what, fix string) *Error {
	return &Error{At: p.at, Rule: p.rule, What: what, Fix: fix}
}

// value compiles an expression that gives values.
func (c *compiler) value(p place, text string) (*expr, error) { return c.compile(p, text, false) }

// condition compiles an expression that is true or false.
func (c *compiler) condition(p place, text string) (*expr, error) { return c.compile(p, text, true) }

func (c *compiler) compile(p place, text string, condition bool) (*expr, error) {
	if c.language.err != nil {
		return nil, c.language.err
	}
	if strings.TrimSpace(text) == "" {
		return nil, p.error("the expression is empty", "for a constant write value")
	}
	parsed, iss := c.language.env.Parse(text)
	if iss.Err() != nil {
		return nil, c.explain(p, iss.Errors())
	}
	tree := parsed.NativeRep()
	r := &reader{compiler: c, place: p, tree: tree, next: ast.MaxID(tree)}
	r.visit(tree.Expr())
	if r.errs != nil {
		return nil, errors.Join(r.errs...)
	}
	e := &expr{text: text, reads: r.reads}
	if !condition && e.shortcut(tree.Expr(), r) {
		return e, nil
	}
	leaves := []ast.Expr{tree.Expr()}
	if !condition {
		leaves = r.loosen(tree.Expr())
	}
	return e, c.plan(p, e, parsed, leaves, condition)
}

// plan type-checks what was parsed and makes the program.
func (c *compiler) plan(p place, e *expr, parsed *cel.Ast, leaves []ast.Expr, condition bool) error {
	checked, iss := c.language.env.Check(parsed)
	if iss.Err() != nil {
		return c.explain(p, iss.Errors())
	}
	tree := checked.NativeRep()
	for _, leaf := range leaves {
		if t := tree.GetType(leaf.ID()); condition && !t.IsExactType(types.BoolType) {
			return positioned(p, tree, leaf.ID(), fmt.Sprintf("a condition is true or false, and this gives %s", describe(t)), "compare it: == != in startsWith matches")
		} else if !condition && !allowed(t, leaf) {
			return positioned(p, tree, leaf.ID(), fmt.Sprintf("the expression gives %s", describe(t)), "allowed: text, a list of text, a boolean, a whole number, or null to leave the attribute alone")
		}
	}
	var err error
	e.prog, err = c.language.env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit), cel.MemoryLimit(memoryLimit))
	if err != nil {
		return p.error(err.Error(), "")
	}
	return nil
}

// allowed reports whether an attribute can hold values of a type.
func allowed(t *types.Type, leaf ast.Expr) bool {
	switch t.Kind() {
	case types.StringKind, types.BoolKind, types.IntKind, types.NullTypeKind:
		return true
	case types.ListKind:
		empty := leaf.Kind() == ast.ListKind && leaf.AsList().Size() == 0
		return empty || t.Parameters()[0].Kind() == types.StringKind
	}
	return false
}

func describe(t *types.Type) string {
	switch t.Kind() {
	case types.StringKind:
		return "text"
	case types.BoolKind:
		return "a boolean"
	case types.DoubleKind:
		return "a fraction"
	case types.UintKind:
		return "an unsigned number"
	case types.DynKind:
		return "a value whose type is only known when it is evaluated"
	case types.OpaqueKind:
		return "an optional value: add .orValue('')"
	case types.ListKind:
		return "a list of " + strings.TrimPrefix(t.Parameters()[0].String(), "string")
	}
	return "a " + t.String()
}

func positioned(p place, tree *ast.AST, id int64, what, fix string) *Error {
	e := p.error(what, fix)
	loc := tree.SourceInfo().GetStartLocation(id)
	e.Line, e.Column = max(1, loc.Line()), max(0, loc.Column())+1
	return e
}

// explain turns CEL's messages into ours.
func (c *compiler) explain(p place, list []*common.Error) error {
	var errs []error
	for _, m := range list {
		e := p.error(strings.ReplaceAll(m.Message, "'@", "'"), "")
		e.Line, e.Column = max(1, m.Location.Line()), max(0, m.Location.Column())+1
		_, name, found := cutBetween(m.Message, "undeclared reference to '", "'")
		switch {
		case found:
			e.What, e.Fix = fmt.Sprintf("%q is not known here", name), c.suggest(name)
		case strings.HasPrefix(m.Message, "Syntax error: "):
			what, _, _ := strings.Cut(strings.TrimPrefix(m.Message, "Syntax error: "), " expecting ")
			e.What, e.Fix = "syntax: "+strings.ReplaceAll(what, "<EOF>", "the end of the expression"), ""
		case strings.Contains(m.Message, "applied to '(list(string)"):
			e.Fix = "that is a list; for each of its values write .map(v, …)"
		}
		errs = append(errs, e)
		if len(errs) == 3 { // the rest follows from these
			break
		}
	}
	return errors.Join(errs...)
}

func cutBetween(s, before, after string) (rest, between string, ok bool) {
	_, rest, ok = strings.Cut(s, before)
	if !ok {
		return s, "", false
	}
	between, rest, ok = strings.Cut(rest, after)
	return rest, between, ok
}

// suggest says what a name that CEL does not know was meant to be.
func (c *compiler) suggest(name string) string {
	for _, root := range c.language.roots {
		for _, k := range c.known[root] {
			if strings.EqualFold(k, name) && root != rootSource {
				return fmt.Sprintf("did you mean %s.%s?", root, k)
			}
		}
	}
	var names []string
	for f := range c.language.env.Functions() {
		if isWord(f) {
			names = append(names, f)
		}
	}
	if best := nearest(name, append(names, c.language.roots...)); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	var starts []string
	for _, root := range c.language.roots {
		if root == rootSource {
			starts = append(starts, "source.<name>.<attribute>")
		} else {
			starts = append(starts, root+".<attribute>")
		}
	}
	return "an expression reads " + strings.Join(starts, " and ") + "; text stands in quotes"
}

func isWord(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return false
		}
	}
	return s != ""
}

// loosen lets the branches of the outermost conditions differ in type, so that one may be null or []: each is wrapped in dyn(). It returns the branches,
// whose own types are checked afterwards.
func (r *reader) loosen(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.Conditional {
		return []ast.Expr{e}
	}
	var out []ast.Expr
	for _, branch := range e.AsCall().Args()[1:] {
		if branch.Kind() == ast.CallKind && branch.AsCall().FunctionName() == operators.Conditional {
			out = append(out, r.loosen(branch)...)
			continue
		}
		fac := ast.NewExprFactory()
		r.next++
		inner := fac.NewUnspecifiedExpr(r.next)
		inner.SetKindCase(branch)
		if at, ok := r.tree.SourceInfo().GetOffsetRange(branch.ID()); ok {
			r.tree.SourceInfo().SetOffsetRange(r.next, at)
		}
		r.tree.SourceInfo().ClearMacroCall(branch.ID())
		branch.SetKindCase(fac.NewCall(0, "dyn", inner))
		out = append(out, inner)
	}
	return out
}

// shortcut answers constants and single reads without CEL.
func (e *expr) shortcut(root ast.Expr, r *reader) bool {
	if r.whole != nil {
		e.plain = r.whole
		return true
	}
	if root.Kind() == ast.LiteralKind {
		got, err := convert(root.AsLiteral())
		if err == nil && !got.keep {
			e.fixed = &got.values
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}

// spelling returns the one of known that equals name without case, or "".
func spelling(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return k
		}
	}
	return ""
}

func pathNames(paths []attr.Path) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = string(p)
	}
	return out
}
