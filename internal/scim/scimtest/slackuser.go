package scimtest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/internal/scim"
)

// A Role is what a user is in the tenant besides a member. SCIM shows none.
type Role string

// The roles.
const (
	Member       Role = ""
	Owner        Role = "owner"         // Slack: SCIM changes nothing of theirs
	PrimaryOwner Role = "primary owner" // Slack: nor of theirs
)

// SetRole gives the user with this userName a role, and reports whether there is one.
func (s *Server) SetRole(userName string, r Role) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.users.at("userName", userName)
	for _, rec := range found {
		rec.role = r
	}
	return len(found) > 0
}

// slackSettle makes of a user or group what Slack keeps of it ("SCIM API reference", attributes of users).
func slackSettle(s *Server, e edit) error {
	delete(e.new, "externalId") // not writable
	if e.table == s.groups {
		return nil
	}
	for _, step := range []func(*Server, edit) error{slackNames, slackMails, slackLists, slackManager, slackOwners} {
		if err := step(s, e); err != nil {
			return err
		}
	}
	return nil
}

// slackNames keeps names as Slack does: an address as userName is converted, characters other than . _ and - become _, and userName shares one namespace with
// the names of channels. That 21 characters are the limit is documented for v1 and in the table of errors; for v2 it is unverified. So are that blanks stay in
// displayName and the words for what is too long there, and that nickName always follows userName.
func slackNames(s *Server, e edit) error {
	name, _, _ := strings.Cut(e.new.Text("userName"), "@")
	name = rewritten(name, "._-")
	switch {
	case name == "":
		return scim.Errorf(scim.InvalidValue, "username_required")
	case utf8.RuneCountInString(name) > 21:
		return scim.Errorf(scim.InvalidValue, "username_too_long")
	case s.users.taken("userName", name, e.old), containsFold(s.config.Tenant.Names, name):
		return conflict("username_taken")
	}
	e.new["userName"], e.new["nickName"] = name, name
	display := rewritten(e.new.Text("displayName"), "._- ")
	if utf8.RuneCountInString(display) > 80 {
		return scim.Errorf(scim.InvalidValue, "display_name_too_long")
	}
	if delete(e.new, "displayName"); display != "" {
		e.new["displayName"] = display
	}
	return nil
}

// rewritten puts _ for all that is no letter, no digit and none of others.
func rewritten(s, others string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(others, r) {
			return r
		}
		return '_'
	}, s)
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(s, t) })
}

// slackMails keeps the primary and one more address, without types. One is required. An address that anybody has, or had before being deactivated, is
// email_taken. The word for none is unverified.
func slackMails(s *Server, e edit) error {
	var mails []any
	for _, m := range list(e.new["emails"]) {
		o := object(m)
		value, _ := o["value"].(string)
		switch {
		case value == "":
		case o["primary"] == true:
			mails = append([]any{value}, mails...)
		default:
			mails = append(mails, value)
		}
	}
	if len(mails) == 0 {
		return scim.Errorf(scim.InvalidValue, "email_required")
	}
	mails = mails[:min(len(mails), 2)]
	for i, m := range mails {
		value, _ := m.(string)
		if s.users.taken("emails.value", value, e.old) || containsFold(s.config.Tenant.Emails, value) {
			return conflict("email_taken")
		}
		mails[i] = map[string]any{"value": value, "primary": i == 0}
	}
	e.new["emails"] = mails
	return nil
}

// slackLists keeps two telephone numbers, and one photo, address and role.
func slackLists(_ *Server, e edit) error {
	for name, most := range map[string]int{"phoneNumbers": 2, "photos": 1, "addresses": 1, "roles": 1} {
		if l := list(e.new[name]); len(l) > most {
			e.new[name] = l[:most]
		}
	}
	return nil
}

// slackManager keeps manager.managerId, and knows no manager.value. It takes a Slack id, an address or a userName; what is none is left out, which is
// unverified.
func slackManager(s *Server, e edit) error {
	work := object(e.new[scim.EnterpriseURN])
	if work["manager"] == nil {
		return nil
	}
	work = maps.Clone(work)
	manager := object(work["manager"])
	delete(work, "manager")
	id, _ := manager["managerId"].(string)
	for _, path := range []string{"userName", "emails.value"} {
		if found := s.users.at(path, id); len(found) == 1 {
			id = found[0].id
		}
	}
	if s.users.byID[id] != nil {
		work["manager"] = map[string]any{"managerId": id}
	}
	e.new[scim.EnterpriseURN] = map[string]any(work)
	return nil
}

// slackOwners refuses every change of an owner. The status is unverified.
func slackOwners(_ *Server, e edit) error {
	if e.old == nil || e.old.role == Member || reflect.DeepEqual(e.new, e.old.resource) {
		return nil
	}
	word := "cannot_modify_owner"
	if e.old.role == PrimaryOwner && !e.new.Active() {
		word = "cannot_disable_primary_owner"
	}
	return &scim.Error{Status: http.StatusForbidden, Detail: word}
}
