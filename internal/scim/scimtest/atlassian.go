package scimtest

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"muster/internal/attr/filter"
	"muster/internal/scim"
)

// atlassianExternal is the extension of answers that names the Atlassian account behind a user.
const atlassianExternal = "urn:scim:schemas:extension:atlassian-external:1.0"

const atlassianDirectory = "8c1a2f04-5f2c-4d8e-9b67-3f0f6f1f2a10"

// atlassian is user provisioning of Atlassian Cloud, at https://api.atlassian.com/scim/directory/{directoryId}. Sources: developer.atlassian.com, "The user
// provisioning REST API" (R); support.atlassian.com, "User provisioning" (S). Pages hold 100 resources, which is also the most (R). DELETE destroys the record
// of a user, and what comes later answers 404, as the newer text of R says. No rates are published, so none are kept. Whether ETags are kept is unverified.
var atlassian = ways{
	base: "/scim/directory/" + atlassianDirectory, page: 100, pageMax: 100,
	filter: atlassianFilter, settle: atlassianSettle, members: atlassianMembers, hidden: atlassianHidden,
}

// atlassianHidden hides disabled users where the tenant does as the older text of R says: "Any future operation for the deactivated user returns the 404 (resource
// not found) error", until it is "activated again". That a POST of the same userName does that, and that the id stays, is unverified.
func atlassianHidden(s *Server, rec *record) bool {
	return s.config.Tenant.DisabledGone && s.users.byID[rec.id] == rec && !rec.resource.Active()
}

// atlassianFilter takes the three filters that R names: one eq on userName or externalId of users, or on displayName of groups.
func atlassianFilter(_ *Server, t *table, f *filter.Filter) (bool, error) {
	by := []string{"username", "externalid"}
	if t.kind == "Group" {
		by = []string{"displayname"}
	}
	test, ok := f.Root.(filter.Test)
	if !ok || test.Op != filter.Equal || !slices.Contains(by, strings.ToLower(test.Name)) {
		return false, scim.Errorf(scim.InvalidFilter, "the only filters of %ss are eq on %s", t.kind, strings.Join(by, " or "))
	}
	return false, nil
}

// atlassianUser are the attributes of users that R names. That others are left out without a word is unverified.
var atlassianUser = []string{
	"schemas", "id", "meta", "userName", "externalId", "emails", "displayName", "name", "nickName", "title", "timezone", "preferredLanguage", "phoneNumbers",
	"department", "organization", "active", scim.EnterpriseURN,
}

// atlassianSettle makes of a user or group what Atlassian keeps of it. The text for a group is documented (S, "Review groups"); that for a user follows it and
// is unverified.
func atlassianSettle(s *Server, e edit) error {
	name := e.table.name()
	text := e.new.Text(name)
	taken := e.table.taken(name, text, e.old)
	if e.table == s.groups {
		if e.old != nil && e.old.resource.Text(name) != text {
			// S: renaming a synced group is not supported; R: displayName is immutable. The status is unverified.
			return scim.Errorf(scim.Mutability, "displayName of a group cannot be changed")
		}
		taken = taken || containsFold(s.config.Tenant.Groups, text)
	}
	if taken {
		return conflict("Resource [" + strings.ToUpper(e.table.kind) + "]: with " + name + " already exists")
	}
	if e.table == s.users {
		return atlassianAccount(e)
	}
	return nil
}

// atlassianAccount links a user to an account by the first address; emails are required (R). Who comes back with that address after a DELETE gets the same
// account under a new id.
func atlassianAccount(e edit) error {
	mails := scim.Values(e.new, "emails.value")
	if len(mails) == 0 {
		return scim.Errorf(scim.InvalidValue, "emails is required")
	}
	for name := range e.new {
		if !slices.Contains(atlassianUser, name) {
			delete(e.new, name)
		}
	}
	account := map[string]any{"atlassianAccountId": "712020:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte("mailto:"+strings.ToLower(mails[0]))).String()}
	if e.old != nil {
		account = object(e.old.resource[atlassianExternal])
	}
	e.new[atlassianExternal] = account
	if schemas := list(e.new["schemas"]); !slices.Contains(schemas, any(atlassianExternal)) {
		e.new["schemas"] = append(slices.Clone(schemas), atlassianExternal)
	}
	return nil
}

// atlassianMembers refuses groups in groups, which do not exist there (S). The status is unverified.
func atlassianMembers(s *Server, _ *record, changes []scim.MemberChange) error {
	for _, m := range changes {
		for _, id := range m.Add {
			if s.groups.byID[id] != nil {
				return scim.Errorf(scim.InvalidValue, "member %q is a group; groups hold users only", id)
			}
		}
	}
	return nil
}
