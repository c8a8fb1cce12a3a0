package mapping

import (
	"fmt"
	"slices"
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"muster/internal/attr"
)

// An expr is a compiled expression. Its zero value is none.
type expr struct {
	text  string
	reads []read

	// One of these answers. The first two are what most rules are, and cost nothing to speak of.
	fixed *attr.Values
	plain *read
	prog  cel.Program
}

// A read is one attribute that an expression reads.
type read struct {
	root   string // rootRecord, rootPerson, rootGroup, rootSource
	source string // with rootSource: which
	name   string // the attribute, in lower case or as Known spells it
	all    bool   // all values, not the first
}

// A result is what an expression gives: values, none to clear, or keep to leave the attribute alone.
type result struct {
	values    attr.Values
	keep      bool
	defaulted bool
}

func (e *expr) eval(v *vars) (result, error) {
	switch {
	case e.fixed != nil:
		return result{values: slices.Clone(*e.fixed)}, nil
	case e.plain != nil:
		return result{values: e.plain.from(v)}, nil
	}
	out, _, err := e.prog.Eval(v)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", e.text, err)
	}
	return convert(out)
}

func (e *expr) holds(v *vars) (bool, error) {
	out, _, err := e.prog.Eval(v)
	if err != nil {
		return false, fmt.Errorf("%s: %w", e.text, err)
	}
	return out == types.True, nil
}

func (r read) from(v *vars) attr.Values {
	values := r.view(v).values(r.name)
	if !r.all && len(values) > 1 {
		values = values[:1]
	}
	return clean(values)
}

func (r read) view(v *vars) *view {
	switch r.root {
	case rootRecord:
		return v.record
	case rootSource:
		return v.sources.get(r.source)
	}
	return v.object
}

// clean returns a copy without empty values.
func clean(in []string) attr.Values {
	out := make(attr.Values, 0, len(in))
	for _, s := range in {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// convert turns what CEL gave into values. The type was checked at compile time.
func convert(v ref.Val) (result, error) {
	switch v := v.(type) {
	case types.Null:
		return result{keep: true}, nil
	case types.String:
		return result{values: clean([]string{string(v)})}, nil
	case types.Bool:
		return result{values: attr.Values{strconv.FormatBool(bool(v))}}, nil
	case types.Int:
		return result{values: attr.Values{strconv.FormatInt(int64(v), 10)}}, nil
	case traits.Lister:
		var out []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			s, ok := it.Next().(types.String)
			if !ok {
				return result{}, fmt.Errorf("a list holds something that is not text")
			}
			out = append(out, string(s))
		}
		return result{values: clean(out)}, nil
	}
	return result{}, fmt.Errorf("an expression gave %s", v.Type().TypeName())
}
