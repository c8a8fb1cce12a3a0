package scimtest

import (
	"encoding/json"
	"net/http"
	"strings"

	"muster/internal/scim"
)

// discover serves what the service says about itself (RFC 7644 §4).
func (s *Server) discover(c *call, segments []string) reply {
	if c.Method != http.MethodGet {
		return s.failed(c, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: c.Method + " is not allowed here"})
	}
	if c.URL.Query().Has("filter") {
		return s.failed(c, &scim.Error{Status: http.StatusForbidden, Detail: "discovery cannot be filtered"})
	}
	var found any
	switch strings.ToLower(segments[0]) {
	case "resourcetypes":
		found = pick(resourceTypes(), segments)
	case "schemas":
		found = pick(s.schemas(), segments)
	default:
		found = s.providerConfig()
	}
	if found == nil {
		return s.failed(c, &scim.Error{Status: http.StatusNotFound, Detail: segments[1] + " not found"})
	}
	body, err := json.Marshal(found)
	if err != nil {
		return s.failed(c, err)
	}
	return reply{status: http.StatusOK, body: body}
}

func (s *Server) providerConfig() scim.ServiceProviderConfig {
	yes := scim.Supported{Supported: true}
	out := scim.ServiceProviderConfig{
		Schemas: []string{scim.ConfigURN},
		Patch:   yes,
		Filter:  scim.FilterLimit{Supported: true, MaxResults: s.config.PageMax},
		ETag:    yes,
		Authentication: []scim.AuthKind{{
			Type: "oauthbearertoken", Name: "Bearer token", Description: "A token in the Authorization header.", Primary: true,
		}},
	}
	if s.ways.config != nil {
		s.ways.config(s, &out)
	}
	return out
}

func (s *Server) schemas() []scim.Resource {
	if s.ways.schemas != nil {
		return s.ways.schemas()
	}
	return schemas()
}

// pick returns the one resource that the path names by id, or the list of all; nil if there is no such one.
func pick(all []scim.Resource, segments []string) any {
	if len(segments) == 1 {
		return scim.ListResponse{
			Schemas: []string{scim.ListURN}, TotalResults: len(all), StartIndex: 1, ItemsPerPage: len(all), Resources: all,
		}
	}
	for _, r := range all {
		if strings.EqualFold(r.ID(), segments[1]) {
			return r
		}
	}
	return nil
}

func resourceTypes() []scim.Resource {
	kind := func(name, schema string, extensions ...any) scim.Resource {
		r := scim.Resource{"schemas": []string{scim.TypeURN}, "id": name, "name": name, "endpoint": "/" + name + "s", "schema": schema}
		if len(extensions) > 0 {
			r["schemaExtensions"] = extensions
		}
		return r
	}
	return []scim.Resource{
		kind("User", scim.UserURN, scim.Extension{Schema: scim.EnterpriseURN}),
		kind("Group", scim.GroupURN),
	}
}

func schemas() []scim.Resource {
	schema := func(urn, name string, attributes ...any) scim.Resource {
		return scim.Resource{"schemas": []string{scim.SchemaURN}, "id": urn, "name": name, "attributes": attributes}
	}
	text := func(name string) any { return attribute(name, "string", false, nil) }
	person := attribute("name", "complex", false, []any{text("formatted"), text("familyName"), text("givenName")})
	plural := func(name string) any {
		return attribute(name, "complex", true, []any{text("value"), text("display"), text("type"), attribute("primary", "boolean", false, nil)})
	}
	return []scim.Resource{
		schema(scim.UserURN, "User", text("userName"), text("displayName"), text("nickName"), text("title"), text("userType"), text("externalId"),
			text("preferredLanguage"), text("locale"), text("timezone"), attribute("active", "boolean", false, nil), person,
			plural("emails"), plural("phoneNumbers"), plural("roles"), plural("entitlements")),
		schema(scim.GroupURN, "Group", text("displayName"), text("externalId"), plural("members")),
		schema(scim.EnterpriseURN, "EnterpriseUser", text("employeeNumber"), text("costCenter"), text("organization"), text("division"),
			text("department"), attribute("manager", "complex", false, []any{text("value"), text("displayName")})),
	}
}

func attribute(name, kind string, multi bool, subs []any) scim.Resource {
	r := scim.Resource{
		"name": name, "type": kind, "multiValued": multi, "required": name == "userName", "caseExact": name == "externalId",
		"mutability": "readWrite", "returned": "default", "uniqueness": "none",
	}
	if name == "userName" {
		r["uniqueness"] = "server"
	}
	if subs != nil {
		r["subAttributes"] = subs
	}
	return r
}
