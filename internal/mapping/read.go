package mapping

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// A reader finds what an expression reads, checks the names, and brings them into the form in which they are looked up.
type reader struct {
	*compiler
	place place
	tree  *ast.AST
	next  int64
	reads []read
	errs  []error
	whole *read // the read that the whole expression is, if it is one
}

func (r *reader) fail(e ast.Expr, what, fix string) {
	err := positioned(r.place, r.tree, e.ID(), what, fix)
	if isSelect(e) {
		err.Column++ // CEL points at the dot, we at the name
	}
	r.errs = append(r.errs, err)
}

func (r *reader) visit(e ast.Expr) {
	if chain := r.chain(e); chain != nil {
		r.access(e, chain)
		return
	}
	switch e.Kind() {
	case ast.CallKind:
		r.function(e)
		call := e.AsCall()
		if call.IsMemberFunction() {
			r.visit(call.Target())
		}
		for _, a := range call.Args() {
			r.visit(a)
		}
	case ast.SelectKind:
		r.visit(e.AsSelect().Operand())
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			r.visit(x)
		}
	case ast.MapKind:
		for _, x := range e.AsMap().Entries() {
			r.visit(x.AsMapEntry().Key())
			r.visit(x.AsMapEntry().Value())
		}
	case ast.StructKind:
		r.fail(e, "an expression cannot make a "+e.AsStruct().TypeName(), "")
	case ast.ComprehensionKind:
		r.comprehension(e)
	}
}

// function puts our own functions in place of those that are replaced.
func (r *reader) function(e ast.Expr) {
	call := e.AsCall()
	if !call.IsMemberFunction() {
		return
	}
	name := call.FunctionName()
	if instead, ok := leftOut[name]; ok {
		r.fail(e, name+" is not available", instead)
	}
	if own, ok := replaced[name]; ok {
		e.SetKindCase(ast.NewExprFactory().NewMemberCall(0, own, call.Target(), call.Args()...))
	}
}

func (r *reader) comprehension(e ast.Expr) {
	c := e.AsComprehension()
	for _, name := range []string{c.IterVar(), c.IterVar2()} {
		if r.isRoot(name) {
			r.fail(e, fmt.Sprintf("%q cannot be the name of a variable", name), "use another, as in .map(v, lower(v))")
			return
		}
	}
	for _, x := range []ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
		r.visit(x)
	}
}

func (r *reader) isRoot(name string) bool {
	return slices.Contains(r.language.roots, name)
}

// A link is one step of a chain like source.corp.title.
type link struct {
	node ast.Expr
	name string
	fine bool // the name is constant
}

// chain returns the steps of e if it starts with one of our names: record.x, record["x"], record.?x, and longer ones.
func (r *reader) chain(e ast.Expr) []link {
	switch e.Kind() {
	case ast.IdentKind:
		if name := e.AsIdent(); r.isRoot(name) {
			return []link{{e, name, true}}
		}
	case ast.SelectKind:
		s := e.AsSelect()
		if c := r.chain(s.Operand()); c != nil {
			return append(c, link{e, s.FieldName(), true})
		}
	case ast.CallKind:
		call := e.AsCall()
		if f := call.FunctionName(); f != operators.Index && f != operators.OptSelect && f != operators.OptIndex {
			return nil
		}
		if c := r.chain(call.Args()[0]); c != nil && len(c) <= r.length(c) {
			arg := call.Args()[1]
			name, ok := "", false
			if arg.Kind() == ast.LiteralKind {
				var s types.String
				s, ok = arg.AsLiteral().(types.String)
				name = string(s)
			}
			return append(c, link{e, name, ok})
		}
	}
	return nil
}

// length is how many names follow the first one of a chain.
func (r *reader) length(c []link) int {
	n := 1
	if c[0].name == rootSource {
		n = 2
	}
	if len(c) > n && c[n].name == "all" {
		n++
	}
	return n
}

// access checks one chain and rewrites its nodes.
func (r *reader) access(e ast.Expr, c []link) {
	root := c[0].name
	for _, l := range c {
		if !l.fine {
			r.fail(l.node, fmt.Sprintf("the name in %s[…] must be a text in quotes", root), "which attributes a rule reads is fixed when it is saved")
			return
		}
	}
	n := r.length(c)
	switch {
	case len(c) <= n && root == rootSource:
		r.fail(c[len(c)-1].node, "source stands for all sources", "write source.<name>.<attribute>")
	case len(c) <= n:
		r.fail(c[len(c)-1].node, root+" as a whole has no value", "write "+root+".<attribute>")
	case len(c) > n+1:
		r.tooLong(c, n)
	default:
		r.resolve(e, c, n)
	}
}

func (r *reader) tooLong(c []link, n int) {
	var names []string
	for _, l := range c[n:] {
		names = append(names, l.name)
	}
	base := c[0].name
	if base == rootSource {
		base += "." + c[1].name
	}
	r.fail(c[n+1].node, fmt.Sprintf("%s.%s is a value and has no parts", base, names[0]), fmt.Sprintf("for the attribute of that name write %s[%q]", base, strings.Join(names, ".")))
}

func (r *reader) resolve(e ast.Expr, c []link, n int) {
	got := read{root: c[0].name, all: c[n-1].name == "all" && n > r.base(c), name: c[n].name}
	if got.root == rootSource {
		got.source = c[1].name
		if known, ok := r.known[rootSource]; ok && !contains(known, got.source) {
			r.fail(c[1].node, fmt.Sprintf("there is no source %q", got.source), advice(got.source, known))
			return
		}
	}
	switch known, ok := r.known[got.root]; {
	case got.root == rootRecord || got.root == rootSource:
		got.name = strings.ToLower(got.name)
	case ok:
		name := spelling(got.name, known)
		if name == "" {
			r.fail(c[n].node, fmt.Sprintf("%s has no attribute %q", got.root, got.name), advice(got.name, known))
			return
		}
		got.name = name
	}
	if why := r.refused[got.name]; why != "" {
		r.fail(c[n].node, why, "")
		return
	}
	r.rewrite(c, n, got.name)
	r.reads = append(r.reads, got)
	if e.ID() == r.tree.Expr().ID() && isSelect(e) {
		r.whole = &got
	}
}

// base is how many names lead to the record or object.
func (r *reader) base(c []link) int {
	if c[0].name == rootSource {
		return 2
	}
	return 1
}

func isSelect(e ast.Expr) bool { return e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly() }

// rewrite makes every step after the root a plain selection, of the canonical name at the last one, so that CEL finds the field when it compiles.
func (r *reader) rewrite(c []link, n int, name string) {
	fac := ast.NewExprFactory()
	for i, l := range c[1:] {
		field, operand := l.name, c[i].node
		if i+1 == n {
			field = name
		}
		switch {
		case l.node.Kind() == ast.CallKind && l.node.AsCall().FunctionName() != operators.Index:
			l.node.SetKindCase(fac.NewCall(0, operators.OptSelect, operand, fac.NewLiteral(l.node.AsCall().Args()[1].ID(), types.String(field))))
		case l.node.Kind() == ast.SelectKind && l.node.AsSelect().IsTestOnly():
			l.node.SetKindCase(fac.NewPresenceTest(0, operand, field))
		default:
			l.node.SetKindCase(fac.NewSelect(0, operand, field))
		}
	}
}
