package scimtest

import (
	"maps"
	"slices"
	"strings"

	"muster/internal/scim"
)

// meisterplanUser is the extension of users.
const meisterplanUser = "urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User"

// meisterplan is the user provisioning of Meisterplan, at https://api.eu.meisterplan.com/scim/v2 and https://api.us.meisterplan.com/scim/v2. Source:
// help.meisterplan.com, "Auto-Provisioning Users with Meisterplan", with Okta and with Entra ID (H): userName is the key, an address is mandatory, and of
// attributes only the user name, the given and family name and the address are to be mapped. All else here is told to customers only and unverified: that the
// address must be of type work, the extension, the words and statuses of refusals, the size of pages, and that DELETE removes a user for good.
var meisterplan = ways{base: "/scim/v2", settle: meisterplanSettle}

// meisterplanTakes are the attributes that may be sent, in lower case. Groups have none that would give rights: a new group has no rights until an
// administrator of Meisterplan grants them.
var meisterplanTakes = map[string][]string{
	"User": {
		"schemas", "id", "meta", "username", "active", "name.givenname", "name.familyname", "emails",
		strings.ToLower(meisterplanUser) + ".passwordneverexpires", strings.ToLower(meisterplanUser) + ".sendinvitationmail",
		strings.ToLower(meisterplanUser) + ".linkedresource",
	},
	"Group": {"schemas", "id", "meta", "displayname"},
}

// meisterplanSettle refuses what is not allowed or missing, and sends the invitation to a new user who is to have one.
func meisterplanSettle(s *Server, e edit) error {
	if err := meisterplanKnows(e.table, "", e.new); err != nil {
		return err
	}
	if err := e.table.free(e.new, e.old); err != nil || e.table == s.groups {
		return err
	}
	address := workAddress(e.new)
	if address == "" {
		return scim.Errorf(scim.InvalidValue, `emails[type eq "work"] is required`)
	}
	extension := object(e.new[meisterplanUser])
	for _, name := range []string{"passwordNeverExpires", "sendInvitationMail"} {
		if _, ok := extension[name].(bool); !ok && extension[name] != nil {
			return scim.Errorf(scim.InvalidValue, "%s must be true or false", name)
		}
	}
	if e.old == nil && extension["sendInvitationMail"] == true {
		s.invited = append(s.invited, address)
	}
	return nil
}

// meisterplanKnows refuses the first attribute of r, by name, that is not among those allowed.
func meisterplanKnows(t *table, prefix string, r scim.Resource) error {
	for _, name := range slices.Sorted(maps.Keys(r)) {
		path := prefix + strings.ToLower(name)
		sub := object(r[name])
		switch {
		case slices.Contains(meisterplanTakes[t.kind], path):
		case prefix == "" && sub != nil && slices.ContainsFunc(meisterplanTakes[t.kind], func(s string) bool { return strings.HasPrefix(s, path+".") }):
			if err := meisterplanKnows(t, path+".", sub); err != nil {
				return err
			}
		default:
			return scim.Errorf(scim.InvalidValue, "the attribute %s is not allowed", name)
		}
	}
	return nil
}

func workAddress(r scim.Resource) string {
	for _, m := range list(r["emails"]) {
		if o := object(m); strings.EqualFold(o.Text("type"), "work") {
			return o.Text("value")
		}
	}
	return ""
}

// Invitations are the addresses that invitations were sent to, oldest first. Meisterplan sends one to a new user with sendInvitationMail.
func (s *Server) Invitations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.invited)
}
