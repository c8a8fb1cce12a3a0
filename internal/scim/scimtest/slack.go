package scimtest

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"muster/internal/attr/filter"
	"muster/internal/scim"
)

// Slack's own schemas of users.
const (
	slackGuest   = "urn:ietf:params:scim:schemas:extension:slack:guest:2.0:User"
	slackProfile = "urn:ietf:params:scim:schemas:extension:slack:profile:2.0:User"
)

// slack is v2 of Slack's SCIM API, at https://api.slack.com/scim/v2. Sources: docs.slack.dev, "Using the Slack SCIM API", "SCIM API reference" and "SCIM
// API rate limits". Pages hold 10 resources unless count asks for more, 1,000 at most. Whether ETags are kept is unverified.
var slack = ways{
	base: "/scim/v2", page: 10, pageMax: 1000, limits: slackLimits, serial: true, noETag: true,
	id: slackID, refusal: slackRefusal, filter: slackFilter, operations: slackOperations,
	settle: slackSettle, members: slackMembers, remove: slackRemove, show: slackShow, config: slackConfig,
}

var (
	writing  = []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	updating = []string{http.MethodPut, http.MethodPatch}
	creating = []string{http.MethodPost}
	deleting = []string{http.MethodDelete}
	reading  = []string{http.MethodGet}
)

// slackLimits hold for all SCIM apps of the organisation together ("SCIM API rate limits"). That the rows of creating, updating and deleting users are
// limits of their own follows from the table having a row for each.
var slackLimits = []limit{
	{methods: writing, perMinute: 600, burst: 180},
	{methods: reading, perMinute: 1000, burst: 1000},
	{class: Users, methods: reading, one: true, perMinute: 300, burst: 300},
	{class: Users, methods: creating, perMinute: 180, burst: 20},
	{class: Users, methods: updating, perMinute: 180, burst: 20},
	{class: Users, methods: deleting, perMinute: 180, burst: 20},
	{class: Groups, methods: reading, one: true, perMinute: 300, burst: 300},
	{class: Groups, methods: creating, perMinute: 180, burst: 20},
	{class: Groups, methods: updating, perMinute: 180, burst: 80},
	{class: Groups, methods: deleting, perMinute: 180, burst: 20},
}

// resourceLocked is the word for a write to an object that another write is at ("Using the Slack SCIM API", concurrency: one write per object at a time).
const resourceLocked = "resource_locked"

// slackID makes ids like U0… of users and S0… of groups, as the examples of the reference have them.
func slackID(t *table) string {
	return map[string]string{"User": "U0", "Group": "S0"}[t.kind] + rand.Text()[:9]
}

// slackRefusal has the code word as detail and the status as a number ("SCIM API reference", errors of v2). The words for what no word is documented for are
// unverified.
func slackRefusal(t *table, e *scim.Error) any {
	word := e.Detail
	if strings.Contains(word, " ") {
		word = slackWord(t, e.Status)
	}
	return struct {
		Schemas []string `json:"schemas"`
		Status  int      `json:"status"`
		Detail  string   `json:"detail"`
	}{[]string{scim.ErrorURN}, e.Status, word}
}

func slackWord(t *table, status int) string {
	kind := "user"
	if t != nil && t.kind == "Group" {
		kind = "group"
	}
	words := map[int]string{
		http.StatusUnauthorized: "invalid_authentication", http.StatusForbidden: "not_allowed", http.StatusNotFound: kind + "_not_found",
		http.StatusConflict: kind + "name_taken", http.StatusTooManyRequests: "ratelimited", http.StatusInternalServerError: "internal_error",
	}
	if w := words[status]; w != "" {
		return w
	}
	return "invalid_" + kind
}

// slackFilter lets filters work as identity providers use them in the field, unless the tenant ignores them: the reference of v2 says that filters do not
// apply there. The attribute email is documented for v1.
func slackFilter(s *Server, _ *table, f *filter.Filter) (bool, error) {
	if t, ok := f.Root.(filter.Test); ok && strings.EqualFold(t.Name, "email") {
		t.Name = "emails"
		f.Root = t
	}
	return s.config.Tenant.NoFilter, nil
}

// unquoted finds the form of the documented example for the removal of a member, members[value eq U0123].
var unquoted = regexp.MustCompile(`^(members\[value eq )([^"\]]+)\]$`)

// slackOperations reads the paths that the reference shows and the RFCs do not know: an id without quotes, and a dot behind the URN of an extension.
func slackOperations(_ *table, ops []scim.Operation) error {
	for i, op := range ops {
		op.Path = unquoted.ReplaceAllString(op.Path, `$1"$2"]`)
		for _, urn := range []string{slackGuest, slackProfile} {
			if rest, ok := strings.CutPrefix(op.Path, urn+"."); ok {
				op.Path = urn + ":" + rest
			}
		}
		ops[i].Path = op.Path
	}
	return nil
}

// slackRemove deactivates users; there is no hard delete of them. A group that is deleted is gone for good.
func slackRemove(s *Server, c *call, rec *record) (bool, error) {
	if c.table == s.groups {
		return false, nil
	}
	r := rec.resource.Clone()
	r["active"] = false
	return true, s.store(c, rec, r, nil)
}

// slackMembers knows that a user group holds 5,000 people and one of an identity provider about 15,000, that a call takes 15,000 ids, and that neither
// deactivated people nor guests can be added. How an unknown id is answered is unverified.
func slackMembers(s *Server, group *record, changes []scim.MemberChange) error {
	most := s.config.Tenant.GroupMax
	if most == 0 {
		most = 5000
	}
	size := len(group.members.ids)
	for _, m := range changes {
		if m.Clear {
			size = 0
		}
		size += len(m.Add) - len(m.Remove)
		if len(m.Add) > 15000 || size > most && len(m.Add) > 0 {
			return scim.Errorf(scim.InvalidValue, "group_member_max_exceeded")
		}
		for _, id := range m.Add {
			u := s.users.byID[id]
			_, there := group.members.at[id]
			switch {
			case u == nil:
				return scim.Errorf(scim.InvalidValue, "user_not_found")
			case !there && (!u.resource.Active() || u.resource.Get(slackGuest) != nil):
				return scim.Errorf(scim.InvalidValue, "unable_to_add_deleted_or_guest_to_group")
			}
		}
	}
	return nil
}

func slackConfig(s *Server, c *scim.ServiceProviderConfig) {
	c.ETag.Supported = false
	c.Filter.Supported = !s.config.Tenant.NoFilter
}

// slackNulls are the attributes that answers of v2 hold as null where they have no value.
var slackNulls = []string{"title", "userType", "profileUrl", "timezone", "locale", "preferredLanguage"}

// slackShow answers externalId empty, what has no value as null, and no lastModified.
func slackShow(t *table, r scim.Resource) {
	r["externalId"] = ""
	meta := object(r["meta"])
	delete(meta, "lastModified")
	delete(meta, "version")
	if t.kind == "Group" {
		return
	}
	for _, name := range slackNulls {
		if r[name] == nil {
			r[name] = nil
		}
	}
	work := object(r[scim.EnterpriseURN])
	if work == nil {
		work = scim.Resource{}
	}
	r[scim.EnterpriseURN] = work
	for _, name := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
		if work[name] == nil {
			work[name] = nil
		}
	}
	if work["manager"] == nil {
		work["manager"] = map[string]any{"managerId": nil}
	}
	if schemas := list(r["schemas"]); !slices.Contains(schemas, any(scim.EnterpriseURN)) {
		r["schemas"] = append(slices.Clone(schemas), scim.EnterpriseURN)
	}
}
