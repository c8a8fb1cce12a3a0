package scim

import "slices"

// A Tolerance is one departure from the standard that a client may be allowed.
type Tolerance string

// The tolerances. What they are named after is how clients of the large providers behave.
const (
	OpCase         Tolerance = "op_case"         // "Replace" for "replace"
	TextBooleans   Tolerance = "text_booleans"   // "True" for true
	RemoveByValue  Tolerance = "remove_by_value" // members to remove named in value, not in the path
	NullRefs       Tolerance = "null_refs"       // "$ref": null
	FlatKeys       Tolerance = "flat_keys"       // "name.givenName" as a key of an object
	UnknownSchemas Tolerance = "unknown_schemas" // schemas nobody knows are left out
	Upsert         Tolerance = "upsert"          // replace makes the element that its filter does not find
	MemberDisplay  Tolerance = "member_display"  // display in members, which is computed here
	NoPatchSchema  Tolerance = "no_patch_schema" // schemas missing in a request
	TightNot       Tolerance = "tight_not"       // not( for not (
	PluralConfig   Tolerance = "plural_config"   // /ServiceProviderConfigs
	PlainJSON      Tolerance = "plain_json"      // application/json
	EmptyAnswer    Tolerance = "empty_answer"    // 204 for a changed group
	BareManager    Tolerance = "bare_manager"    // the manager as a text or a list
	OneOrMany      Tolerance = "one_or_many"     // a value where a list belongs, and the reverse
	EchoedID       Tolerance = "echoed_id"       // the id in a PATCH without path
	NoOperations   Tolerance = "no_operations"   // Operations is empty
	KeepForm       Tolerance = "keep_form"       // values come back as they were sent
	LooseSlashes   Tolerance = "loose_slashes"   // doubled and trailing slashes
	LowerPaths     Tolerance = "lower_paths"     // /users for /Users
	DropUnknown    Tolerance = "drop_unknown"    // attributes nobody knows are left out
	DropPassword   Tolerance = "drop_password"   // a password is left out
	ClearByEmpty   Tolerance = "clear_by_empty"  // "" clears
	SkipUnknown    Tolerance = "skip_unknown"    // members nobody knows are left out
	Revive         Tolerance = "revive"          // creating a person again who is inactive reactivates them
	UpdateExisting Tolerance = "update_existing" // creating a person again updates them
	BareLiterals   Tolerance = "bare_literals"   // members[value eq U1] without quotes
)

// Tolerances are those that a client is allowed, and, once a request has been read, those that it used. The nil *Tolerances allows none. Not for concurrent
// use: each request has its own.
type Tolerances struct {
	allowed []Tolerance
	used    []Tolerance
}

// Allow returns the tolerances of a request.
func Allow(list ...Tolerance) *Tolerances { return &Tolerances{allowed: list} }

// Allows reports whether t is allowed, without using it.
func (s *Tolerances) Allows(t Tolerance) bool { return s != nil && slices.Contains(s.allowed, t) }

// Use reports whether t is allowed, and notes that it was needed.
func (s *Tolerances) Use(t Tolerance) bool {
	if !s.Allows(t) {
		return false
	}
	s.Note(t)
	return true
}

// Note notes that a request needed t, which everybody is allowed.
func (s *Tolerances) Note(t Tolerance) {
	if s != nil && !slices.Contains(s.used, t) {
		s.used = append(s.used, t)
	}
}

// Used returns what was needed so far.
func (s *Tolerances) Used() []Tolerance {
	if s == nil {
		return nil
	}
	return slices.Clone(s.used)
}
