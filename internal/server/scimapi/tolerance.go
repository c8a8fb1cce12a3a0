package scimapi

import "muster/internal/scim"

// A ToleranceDoc says what a tolerance is.
type ToleranceDoc struct {
	Name scim.Tolerance
	What string
}

// Tolerances returns all tolerances with what they allow.
func Tolerances() []ToleranceDoc {
	return []ToleranceDoc{
		{scim.OpCase, "`Replace` for `replace`: the verb of an operation in any case"},
		{scim.TextBooleans, "`\"True\"` and `\"false\"` for booleans"},
		{scim.RemoveByValue, "members to remove named in `value`, not in the path"},
		{scim.NullRefs, "`\"$ref\": null`"},
		{scim.FlatKeys, "whole paths as keys: `\"name.givenName\"`, `\"urn:…:User:employeeNumber\"`"},
		{scim.UnknownSchemas, "schema URNs that nobody knows are left out"},
		{scim.Upsert, "replace makes the value that its filter does not find"},
		{scim.MemberDisplay, "`display` of members, which is computed here"},
		{scim.NoPatchSchema, "`schemas` missing in a request"},
		{scim.TightNot, "`not(` for `not (`"},
		{scim.PluralConfig, "`/ServiceProviderConfigs`"},
		{scim.PlainJSON, "`application/json`"},
		{scim.EmptyAnswer, "204 without a body for a changed group"},
		{scim.BareManager, "the manager as a text or as a list"},
		{scim.OneOrMany, "one value where a list belongs, and a list of one where a value belongs"},
		{scim.EchoedID, "the id repeated in a PATCH without path"},
		{scim.NoOperations, "an empty list of operations"},
		{scim.KeepForm, "values come back as they were sent"},
		{scim.LooseSlashes, "doubled and trailing slashes in addresses"},
		{scim.LowerPaths, "`/users` and `/groups`"},
		{scim.DropUnknown, "attributes that no schema has are left out"},
		{scim.DropPassword, "a password is left out; none is kept"},
		{scim.ClearByEmpty, "`\"\"` clears a value in a PATCH"},
		{scim.SkipUnknown, "members that nobody knows are left out"},
		{scim.Revive, "creating a person again who is deactivated activates them; they keep their id, and the answer is 201"},
		{scim.UpdateExisting, "creating a person again updates them; they keep their id, and the answer is 201"},
		{scim.BareLiterals, "texts without quotes in the filter of a path: `members[value eq U1]`"},
	}
}
