package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

var errTooLarge = errors.New("too large to compute with")

// functions are ours besides CEL's own, its strings and its lists. Each is linear in its input.
func functions() []cel.EnvOption {
	text, list, number := cel.StringType, cel.ListType(cel.StringType), cel.IntType
	return []cel.EnvOption{
		textFunction("lower", strings.ToLower), textFunction("upper", strings.ToUpper),
		textFunction("ascii", ascii), textFunction("digits", digits),
		firstOf(),
		method(replaced["replace"], text, replace, []*cel.Type{text, text, text}, []*cel.Type{text, text, text, number}),
		method(replaced["split"], list, split, []*cel.Type{text, text}, []*cel.Type{text, text, number}),
		method(replaced["join"], text, join, []*cel.Type{list}, []*cel.Type{list, text}),
		method(replaced["distinct"], list, distinct, []*cel.Type{list}),
	}
}

// replaced are functions of CEL that we answer ourselves: theirs make the whole result before its cost is counted, so that one long value could take all
// memory, or are quadratic.
var replaced = map[string]string{"replace": "@replace", "split": "@split", "join": "@join", "distinct": "@distinct"}

// leftOut are functions that a mapping does not need and that make much of little.
var leftOut = map[string]string{
	"format": "write 'a' + b instead, with string(n) for a number",
	"range":  "loop over the values of an attribute: record.all.x.map(v, …)",
}

// textFunction can be written f(s) and s.f().
func textFunction(name string, f func(string) string) cel.EnvOption {
	call := cel.UnaryBinding(func(v ref.Val) ref.Val {
		s, ok := v.(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(v)
		}
		return types.String(f(string(s)))
	})
	text := []*cel.Type{cel.StringType}
	return cel.Function(name,
		cel.Overload(name+"_string", text, cel.StringType, call),
		cel.MemberOverload("string_"+name, text, cel.StringType, call))
}

// method declares a function of its first argument, with several lists of arguments.
func method(name string, result *cel.Type, f func([]ref.Val) (ref.Val, error), signatures ...[]*cel.Type) cel.EnvOption {
	binding := cel.FunctionBinding(func(args ...ref.Val) ref.Val {
		v, err := f(args)
		if err != nil {
			return types.WrapErr(err)
		}
		return v
	})
	var opts []cel.FunctionOpt
	for _, args := range signatures {
		opts = append(opts, cel.MemberOverload(fmt.Sprintf("%s_%d", name, len(args)), args, result, binding))
	}
	return cel.Function(name, opts...)
}

// firstOf gives the first of its two to five arguments that is not empty.
func firstOf() cel.EnvOption {
	pick := cel.FunctionBinding(func(args ...ref.Val) ref.Val {
		for _, s := range args {
			if s.Equal(types.String("")) != types.True {
				return s
			}
		}
		return types.String("")
	})
	var opts []cel.FunctionOpt
	var args []*cel.Type
	for n := 1; n <= 5; n++ {
		args = append(slices.Clip(args), cel.StringType)
		if n > 1 {
			opts = append(opts, cel.Overload(fmt.Sprintf("first_of_%d", n), args, cel.StringType, pick))
		}
	}
	return cel.Function("firstOf", opts...)
}

func replace(args []ref.Val) (ref.Val, error) {
	s, from, to := text(args[0]), text(args[1]), text(args[2])
	n := count(args, 3)
	times := strings.Count(s, from)
	if n >= 0 {
		times = min(times, n)
	}
	if len(s)+times*len(to) > maxText {
		return nil, fmt.Errorf("replace: %w", errTooLarge)
	}
	return types.String(strings.Replace(s, from, to, n)), nil
}

func split(args []ref.Val) (ref.Val, error) {
	s, at, n := text(args[0]), text(args[1]), count(args, 2)
	if n < 0 || n > maxList {
		n = maxList + 1
	}
	parts := strings.SplitN(s, at, n)
	if len(parts) > maxList {
		return nil, fmt.Errorf("split: more than %d parts: %w", maxList, errTooLarge)
	}
	return types.DefaultTypeAdapter.NativeToValue(parts), nil
}

func join(args []ref.Val) (ref.Val, error) {
	parts, size := texts(args[0]), 0
	between := ""
	if len(args) > 1 {
		between = text(args[1])
	}
	for _, p := range parts {
		size += len(p) + len(between)
	}
	if size > maxText {
		return nil, fmt.Errorf("join: %w", errTooLarge)
	}
	return types.String(strings.Join(parts, between)), nil
}

func distinct(args []ref.Val) (ref.Val, error) {
	seen := map[string]bool{}
	var out []string
	for _, s := range texts(args[0]) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return types.DefaultTypeAdapter.NativeToValue(out), nil
}

// text, texts and count read arguments whose types were checked at compile time.
func text(v ref.Val) string {
	s, _ := v.(types.String)
	return string(s)
}

func texts(v ref.Val) []string {
	list, ok := v.(traits.Lister)
	if !ok {
		return nil
	}
	var out []string
	for it := list.Iterator(); it.HasNext() == types.True; {
		out = append(out, text(it.Next()))
	}
	return out
}

// count is the optional last argument: how many at most, all when it is absent or negative.
func count(args []ref.Val, i int) int {
	if i >= len(args) {
		return -1
	}
	n, _ := args[i].(types.Int)
	return int(max(-1, min(n, maxText)))
}
