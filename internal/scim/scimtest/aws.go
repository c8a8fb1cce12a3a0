package scimtest

import (
	"net/http"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/attr/filter"
	"muster/internal/scim"
)

const awsTenant = "a1b2c3d4e5f-0a1b-4c2d-8e3f-9a0b1c2d3e4f"

// aws is IAM Identity Center, at https://scim.{region}.amazonaws.com/{tenant}/scim/v2. Source: docs.aws.amazon.com, "IAM Identity Center SCIM Implementation
// Developer Guide", its pages in brackets below. A list gives 50 results at most, 100 in the newer text; startIndex does not count, and cursor leads on
// [ListUsers, ListGroups]. No rates are published, so none are kept. Whether ETags are kept is unverified.
var aws = ways{
	base: "/" + awsTenant + "/scim/v2", page: 50, pageMax: 50, cursor: true, hideMembers: true,
	refusal: awsRefusal, filter: awsFilter, receive: awsReceive, operations: awsOperations, settle: awsSettle, show: awsShow,
}

// awsMost is the most membership changes in one request [PatchGroup]. That it holds for PUT is seen in the field (goauthentik/authentik#20410); for POST it is
// unverified.
const awsMost = 100

// awsExceptions are the names of errors by status [each page].
var awsExceptions = map[int]string{
	http.StatusBadRequest: "ValidationException", http.StatusUnauthorized: "UnauthorizedException", http.StatusForbidden: "AccessDeniedException",
	http.StatusNotFound: "ResourceNotFoundException", http.StatusConflict: "ConflictException", http.StatusTooManyRequests: "ThrottlingException",
	http.StatusInternalServerError: "InternalServerException",
}

// awsRefusal names the exception before the detail, and has no scimType. Where the name stands is unverified.
func awsRefusal(_ *table, e *scim.Error) any {
	detail := e.Detail
	if name := awsExceptions[e.Status]; name != "" {
		detail = name + ": " + detail
	}
	return &scim.Error{Status: e.Status, Detail: detail}
}

// awsFilters are the combinations of attributes that a filter may have, in lower case [ListUsers, ListGroups].
var awsFilters = map[string][]string{
	"User":  {"username", "externalid", "groups.value", "id", "id manager"},
	"Group": {"displayname", "externalid", "id", "id members", "id member"},
}

// awsFilter takes eq, and eq joined by and [Limitations], of the combinations allowed.
func awsFilter(_ *Server, t *table, f *filter.Filter) (bool, error) {
	all, ok := f.Root.(filter.And)
	if !ok {
		all = filter.And{f.Root}
	}
	var by []string
	asked := make(filter.And, len(all))
	for i, n := range all {
		test, ok := n.(filter.Test)
		if !ok || test.Op != filter.Equal {
			return false, scim.Errorf(scim.InvalidFilter, "only eq and and are supported in filters")
		}
		by = append(by, strings.ToLower(test.Name))
		switch by[i] {
		case "manager":
			test.Name = scim.EnterpriseURN + ":manager.value"
		case "member", "members":
			test.Name = "members.value"
		}
		asked[i] = test
	}
	slices.Sort(by)
	if !slices.Contains(awsFilters[t.kind], strings.Join(by, " ")) {
		return false, scim.Errorf(scim.InvalidFilter, "the filter on %s is not supported", strings.Join(by, " and "))
	}
	f.Root = asked
	return false, nil
}

// awsReceive refuses a body with too many members.
func awsReceive(t *table, sent scim.Resource) error {
	if t.kind == "Group" && len(sent.Members()) > awsMost {
		return scim.Errorf("", "more than %d members in one request", awsMost)
	}
	return nil
}

// awsOperations refuses changes of groups other than of displayName, members and externalId, more than 100 membership changes, and the replacement or removal
// of all members [PatchGroup, Limitations]. The example there repeats the id, which is let through.
func awsOperations(t *table, ops []scim.Operation) error {
	if t.kind != "Group" {
		return nil
	}
	changes := 0
	for _, op := range ops {
		for name, value := range fields(op) {
			switch strings.ToLower(name) {
			case "displayname", "externalid", "id":
				continue
			case "members":
			default:
				return scim.Errorf("", "%s cannot be changed; only displayName, members and externalId can", name)
			}
			m, ok := scim.Operation{Op: op.Op, Path: membersPath(op.Path), Value: value}.Members()
			if !ok || m.Clear {
				return scim.Errorf("", "members can be added and removed by id; all of them can be neither replaced nor removed")
			}
			if changes += len(m.Add) + len(m.Remove); changes > awsMost {
				return scim.Errorf("", "more than %d membership changes in one request", awsMost)
			}
		}
	}
	return nil
}

// fields are the top-level attributes that op changes, with the values sent for them.
func fields(op scim.Operation) map[string]any {
	path := strings.TrimSpace(op.Path)
	if path == "" {
		return object(op.Value)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(path, scim.GroupURN+":"), "[")
	return map[string]any{strings.TrimSpace(name): op.Value}
}

func membersPath(path string) string {
	if strings.TrimSpace(path) == "" {
		return "members"
	}
	return path
}

// awsUser are the attributes of users that are supported [Limitations]; CreateUser and PutUser refuse others.
var awsUser = []string{
	"schemas", "id", "meta", "userName", "externalId", "displayName", "nickName", "name", "title", "userType", "profileUrl", "preferredLanguage", "locale",
	"timezone", "active", "emails", "addresses", "phoneNumbers", scim.EnterpriseURN,
}

// awsSettle refuses users without the attributes that CreateUser requires, with more than one value in a list [Limitations], or with attributes not supported.
func awsSettle(s *Server, e edit) error {
	if e.table == s.groups {
		return nil
	}
	for name := range e.new {
		if !slices.Contains(awsUser, name) {
			return scim.Errorf("", "the attribute %s is not supported", name)
		}
	}
	for _, path := range []attr.Path{"userName", "displayName", "name.familyName", "name.givenName"} {
		if len(scim.Values(e.new, path)) == 0 {
			return scim.Errorf("", "%s is required", path)
		}
	}
	for _, name := range []string{"emails", "addresses", "phoneNumbers"} {
		if len(list(e.new[name])) > 1 {
			return scim.Errorf("", "%s has more than one value", name)
		}
	}
	return nil
}

// awsShow answers groups with an empty list of members [GetGroup, ListGroups].
func awsShow(t *table, r scim.Resource) {
	if t.kind == "Group" {
		r["members"] = []any{}
	}
}
