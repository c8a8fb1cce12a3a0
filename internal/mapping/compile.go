package mapping

import (
	"errors"
	"fmt"
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
	language language
	known    map[string][]string // attributes by root, sources under "source"; a root that is absent is not checked
	refused  map[string]string   // attributes of a record that no rule may read, and why
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
		e := p.error(m.Message, "")
		e.Line, e.Column = max(1, m.Location.Line()), max(0, m.Location.Column())+1
		what, name, found := cutBetween(m.Message, "undeclared reference to '", "'")
		switch {
		case found:
			e.What, e.Fix = fmt.Sprintf("%q is not known here", name), c.suggest(name)
		case strings.HasPrefix(m.Message, "Syntax error: "):
			what, _, _ = strings.Cut(strings.TrimPrefix(m.Message, "Syntax error: "), " expecting ")
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

func (r *reader) fail(id int64, what, fix string) {
	r.errs = append(r.errs, positioned(r.place, r.tree, id, what, fix))
}

func (r *reader) visit(e ast.Expr) {
	if chain := r.chain(e); chain != nil {
		r.access(e, chain)
		return
	}
	switch e.Kind() {
	case ast.CallKind:
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
		r.fail(e.ID(), "an expression cannot make a "+e.AsStruct().TypeName(), "")
	case ast.ComprehensionKind:
		r.comprehension(e)
	}
}

func (r *reader) comprehension(e ast.Expr) {
	c := e.AsComprehension()
	for _, name := range []string{c.IterVar(), c.IterVar2()} {
		if r.isRoot(name) {
			r.fail(e.ID(), fmt.Sprintf("%q cannot be the name of a variable", name), "use another, as in .map(v, lower(v))")
			return
		}
	}
	for _, x := range []ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
		r.visit(x)
	}
}

func (r *reader) isRoot(name string) bool {
	for _, root := range r.language.roots {
		if root == name {
			return true
		}
	}
	return false
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
			r.fail(l.node.ID(), fmt.Sprintf("the name in %s[…] must be a text in quotes", root), "which attributes a rule reads is fixed when it is saved")
			return
		}
	}
	n := r.length(c)
	switch {
	case len(c) <= n && root == rootSource:
		r.fail(c[len(c)-1].node.ID(), "source stands for all sources", "write source.<name>.<attribute>")
	case len(c) <= n:
		r.fail(c[len(c)-1].node.ID(), root+" as a whole has no value", "write "+root+".<attribute>")
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
	r.fail(c[n+1].node.ID(), fmt.Sprintf("%s.%s is a value and has no parts", base, names[0]), fmt.Sprintf("for the attribute of that name write %s[%q]", base, strings.Join(names, ".")))
}

func (r *reader) resolve(e ast.Expr, c []link, n int) {
	got := read{root: c[0].name, all: c[n-1].name == "all" && n > r.base(c), name: c[n].name}
	if got.root == rootSource {
		got.source = c[1].name
		if known, ok := r.known[rootSource]; ok && !contains(known, got.source) {
			r.fail(c[1].node.ID(), fmt.Sprintf("there is no source %q", got.source), advice(got.source, known))
			return
		}
	}
	switch known, ok := r.known[got.root]; {
	case got.root == rootRecord || got.root == rootSource:
		got.name = strings.ToLower(got.name)
	case ok:
		name := spelling(got.name, known)
		if name == "" {
			r.fail(c[n].node.ID(), fmt.Sprintf("%s has no attribute %q", got.root, got.name), advice(got.name, known))
			return
		}
		got.name = name
	}
	if why := r.refused[got.name]; why != "" {
		r.fail(c[n].node.ID(), why, "")
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
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
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
