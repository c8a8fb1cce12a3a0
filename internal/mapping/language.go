package mapping

import (
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"
)

// Limits on expressions. Evaluation has no clock: what it may cost is counted.
const (
	maxExpression = 4096     // characters
	maxNodes      = 2000     // of the tree, with macros written out
	maxRegex      = 1000     // instructions of a compiled regular expression
	costLimit     = 10_000   // units of CEL's cost; a usual rule costs under ten
	memoryLimit   = 1 << 20  // units of CEL's memory estimate
	maxText       = 64 << 10 // bytes of a value that is computed with; a plain read carries any length
	maxList       = 2000     // values of an attribute that is computed with
)

// The types that expressions see. All their fields exist, so that a missing attribute is empty, never an error; check refuses what is misspelt.
const (
	typeRecord  = "muster.record"  // field x: first value or ""; field all: muster.values
	typePerson  = "muster.person"  // as muster.record
	typeGroup   = "muster.group"   // as muster.record
	typeValues  = "muster.values"  // field x: all values
	typeSources = "muster.sources" // field x: muster.record of source x
)

var objectTypes = map[string]*types.Type{
	typeRecord: types.NewObjectType(typeRecord), typePerson: types.NewObjectType(typePerson), typeGroup: types.NewObjectType(typeGroup),
	typeValues: types.NewObjectType(typeValues), typeSources: types.NewObjectType(typeSources),
}

// Activation methods that CEL wants besides ResolveName.
func (v *vars) Parent() interpreter.Activation { return nil }

// fields provides our types to CEL, and leaves all others to its registry.
type fields struct{ *types.Registry }

func (f fields) FindStructType(name string) (*types.Type, bool) {
	if t, ok := objectTypes[name]; ok {
		return types.NewTypeTypeWithParam(t), true
	}
	return f.Registry.FindStructType(name)
}

func (f fields) FindStructFieldNames(name string) ([]string, bool) {
	if _, ok := objectTypes[name]; ok {
		return []string{}, true
	}
	return f.Registry.FindStructFieldNames(name)
}

func (f fields) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	switch name {
	case typeRecord, typePerson, typeGroup:
		if field == "all" {
			return allField, true
		}
		return firstField(field), true
	case typeValues:
		return listField(field), true
	case typeSources:
		return sourceField(field), true
	}
	return f.Registry.FindStructFieldType(name, field)
}

func (f fields) NewValue(name string, set map[string]ref.Val) ref.Val {
	if _, ok := objectTypes[name]; ok {
		return types.NewErr("%s cannot be made by an expression", name)
	}
	return f.Registry.NewValue(name, set)
}

var allField = &types.FieldType{
	Type:    objectTypes[typeValues],
	IsSet:   func(any) bool { return true },
	GetFrom: func(v any) (any, error) { return v, nil },
}

func firstField(name string) *types.FieldType {
	return &types.FieldType{
		Type:    types.StringType,
		IsSet:   func(v any) bool { return hasValue(v.(*view).values(name)) },
		GetFrom: func(v any) (any, error) { return bounded(name, first(v.(*view).values(name))) },
	}
}

func listField(name string) *types.FieldType {
	return &types.FieldType{
		Type:    types.NewListType(types.StringType),
		IsSet:   func(v any) bool { return hasValue(v.(*view).values(name)) },
		GetFrom: func(v any) (any, error) { return boundedList(name, v.(*view).values(name)) },
	}
}

func sourceField(name string) *types.FieldType {
	return &types.FieldType{
		Type:    objectTypes[typeRecord],
		IsSet:   func(v any) bool { return v.(*sources).get(name) != emptyView },
		GetFrom: func(v any) (any, error) { return v.(*sources).get(name), nil },
	}
}

func bounded(name, text string) (any, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("%s is %d bytes long: %w", name, len(text), errTooLarge)
	}
	return text, nil
}

func boundedList(name string, list []string) (any, error) {
	if len(list) > maxList {
		return nil, fmt.Errorf("%s has %d values: %w", name, len(list), errTooLarge)
	}
	for _, text := range list {
		if _, err := bounded(name, text); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func hasValue(v []string) bool { return first(v) != "" || len(v) > 1 }

// A language is a CEL environment and the names that expressions in it start with.
type language struct {
	env   *cel.Env
	roots []string
	err   error
}

var (
	recordLanguage = sync.OnceValue(func() language { return newLanguage(rootRecord, typeRecord) })
	personLanguage = sync.OnceValue(func() language { return newLanguage(rootPerson, typePerson, rootSource, typeSources) })
	groupLanguage  = sync.OnceValue(func() language { return newLanguage(rootGroup, typeGroup, rootSource, typeSources) })
)

func newLanguage(rootsAndTypes ...string) language {
	registry, err := types.NewRegistry()
	if err != nil {
		return language{err: err}
	}
	l := language{}
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(fields{registry}), cel.CustomTypeAdapter(registry),
		cel.OptionalTypes(), ext.Strings(), ext.Lists(), cel.EnableIdentifierEscapeSyntax(),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ExpressionNodeLimit(maxNodes), cel.RegexProgramSizeLimit(maxRegex),
		cel.ASTValidators(cel.ValidateRegexLiterals()),
	}
	opts = append(opts, functions()...)
	for i := 0; i < len(rootsAndTypes); i += 2 {
		l.roots = append(l.roots, rootsAndTypes[i])
		opts = append(opts, cel.Variable(rootsAndTypes[i], objectTypes[rootsAndTypes[i+1]]))
	}
	l.env, l.err = cel.NewEnv(opts...)
	return l
}
