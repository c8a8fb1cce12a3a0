package scimtest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// X8, P11: what Slack refuses, by code word. Source: docs.slack.dev, "SCIM API reference" (A), its table of errors (E), and "Using the Slack SCIM API" (G).
func TestSlackRefuses(t *testing.T) {
	add := func(ids string) string { return patch(`{"op":"add","path":"members","value":[` + ids + `]}`) }
	play(t, scimtest.Slack, scimtest.Tenant{Names: []string{"general"}, Emails: []string{"ceo@example.com"}, GroupMax: 1}, displayName, []quirk{
		{"the name of a user", 409, "username_taken", "POST", "/Users", someone("ANNA", "")},                                                     // E
		{"the name of a channel", 409, "username_taken", "POST", "/Users", someone("General", "")},                                               // E: one namespace
		{"a name of 22 characters", 400, "username_too_long", "POST", "/Users", someone(strings.Repeat("a", 22), "")},                            // E; for v2 unverified
		{"an address of a user", 409, "email_taken", "POST", "/Users", strings.Replace(someone("berta", ""), "berta@", "anna@", 1)},              // E
		{"an address outside of SCIM", 409, "email_taken", "POST", "/Users", strings.Replace(someone("berta", ""), "berta@", "ceo@", 1)},         // E
		{"no address", 400, "email_required", "POST", "/Users", `{"schemas":["` + scim.UserURN + `"],"userName":"x"}`},                           // A; the word is unverified
		{"a displayName of 81", 400, "display_name_too_long", "POST", "/Users", someone("berta", `"displayName":"`+strings.Repeat("a", 81)+`"`)}, // A; the word is unverified
		{"a user who is not there", 404, "user_not_found", "GET", "/Users/U0NONE", ""},                                                           // E
		{"more members than fit", 400, "group_member_max_exceeded", "PATCH", "/Groups/{ops}", add(`{"value":"{anna}"},{"value":"{other}"}`)},     // E
		{"a member who is not there", 400, "user_not_found", "PATCH", "/Groups/{ops}", add(`{"value":"U0NONE"}`)},                                // the status is unverified
	})
}

// X8: neither deactivated people nor guests can be added to a group of Slack (E).
func TestSlackGroupsTakeNoDeactivatedAndNoGuests(t *testing.T) {
	c := vendor(t, scimtest.Slack, scimtest.Tenant{})
	group := c.group("ops")
	guest := c.must(201, "POST", "/Users", someone("guest", `"urn:ietf:params:scim:schemas:extension:slack:guest:2.0:User":{"type":"multi"}`)).body.ID()
	gone := c.must(201, "POST", "/Users", person("gone")).body.ID()
	c.must(204, "DELETE", "/Users/"+gone, "")
	for _, id := range []string{guest, gone} {
		c.refused(400, "unable_to_add_deleted_or_guest_to_group", "PATCH", "/Groups/"+group, patch(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
	}
}

// X8: DELETE deactivates, keeps the id and holds the address (A, G).
func TestSlackDeleteDeactivates(t *testing.T) {
	c := vendor(t, scimtest.Slack, scimtest.Tenant{})
	id := c.must(201, "POST", "/Users", person("anna")).body.ID()
	c.must(204, "DELETE", "/Users/"+id, "")
	if r := c.must(200, "GET", "/Users/"+id, ""); r.body.Active() {
		t.Errorf("still active: %s", r.text)
	}
	c.refused(409, "email_taken", "POST", "/Users", strings.Replace(someone("berta", ""), "berta@", "anna@", 1))
}

// X8: SCIM changes nothing of owners (E; the status is unverified).
func TestSlackOwnersStay(t *testing.T) {
	for _, tt := range []struct {
		role   scimtest.Role
		change string
		status int
		says   string
	}{
		{scimtest.Owner, `{"op":"replace","path":"title","value":"x"}`, 403, "cannot_modify_owner"},
		{scimtest.Owner, `{"op":"replace","path":"active","value":false}`, 403, "cannot_modify_owner"},
		{scimtest.PrimaryOwner, `{"op":"replace","path":"active","value":false}`, 403, "cannot_disable_primary_owner"},
		{scimtest.Owner, `{"op":"replace","path":"active","value":true}`, 200, ""}, // changes nothing
		{scimtest.Member, `{"op":"replace","path":"active","value":false}`, 200, ""},
	} {
		t.Run(fmt.Sprintf("%q %s", tt.role, tt.change), func(t *testing.T) {
			c := vendor(t, scimtest.Slack, scimtest.Tenant{})
			id := c.must(201, "POST", "/Users", person("anna")).body.ID()
			if !c.srv.SetRole("anna", tt.role) || c.srv.SetRole("nobody", tt.role) {
				t.Fatal("SetRole")
			}
			c.refused(tt.status, tt.says, "PATCH", "/Users/"+id, patch(tt.change))
		})
	}
}

// X8: what Slack makes of what it is sent (A).
func TestSlackRewrites(t *testing.T) {
	c := vendor(t, scimtest.Slack, scimtest.Tenant{})
	boss := c.must(201, "POST", "/Users", person("boss")).body.ID()
	body := func(name, emails, more string) string {
		return fmt.Sprintf(`{"schemas":[%q],"userName":%q,"externalId":"7","emails":[%s],%s}`, scim.UserURN, name, emails, more)
	}
	r := c.must(201, "POST", "/Users", body("anna+b.erg@example.com",
		`{"value":"a1@example.com","type":"home"},{"value":"a2@example.com","type":"work","primary":true},{"value":"a3@example.com"}`,
		`"displayName":"Anna (IT)","phoneNumbers":[{"value":"1"},{"value":"2"},{"value":"3"}],"`+scim.EnterpriseURN+`":{"manager":{"managerId":"boss@example.com"}}`))
	for path, want := range map[attr.Path]string{
		"userName": "[anna_b.erg]", "nickName": "[anna_b.erg]", "displayName": "[Anna _IT_]", "emails.value": "[a2@example.com a1@example.com]",
		"phoneNumbers.value": "[1 2]", "emails.type": "[]", scim.EnterpriseURN + ":manager.managerId": "[" + boss + "]",
	} {
		if got := fmt.Sprint(values(r.body, path)); got != want {
			t.Errorf("%s: %s; want %s", path, got, want)
		}
	}
	value := c.must(201, "POST", "/Users", body("berta", `{"value":"b@example.com"}`, `"`+scim.EnterpriseURN+`":{"manager":{"value":"`+boss+`"}}`))
	if got := values(value.body, scim.EnterpriseURN+":manager.managerId"); len(got) != 0 {
		t.Errorf("manager.value counted: %v", got)
	}
}

// X8: answers hold externalId empty, null for what has no value, and no lastModified (A).
func TestSlackShowsNulls(t *testing.T) {
	c := vendor(t, scimtest.Slack, scimtest.Tenant{})
	r := c.must(201, "POST", "/Users", person("anna"))
	for _, part := range []string{`"title":null`, `"managerId":null`, `"department":null`, `"externalId":""`} {
		if !strings.Contains(r.text, part) {
			t.Errorf("no %s in %s", part, r.text)
		}
	}
	if strings.Contains(r.text, "lastModified") {
		t.Error(r.text)
	}
	bad := c.must(404, "GET", "/Users/none", "")
	if !strings.Contains(bad.text, `"status":404`) {
		t.Errorf("the status is no number: %s", bad.text)
	}
}

// X8: lists ignore filters where the tenant does, as the reference of v2 says, and ServiceProviderConfig says so.
func TestSlackIgnoresFilters(t *testing.T) {
	for ignored, want := range map[bool]int{true: 2, false: 1} {
		c := vendor(t, scimtest.Slack, scimtest.Tenant{NoFilter: ignored})
		for _, name := range []string{"anna", "berta"} {
			c.must(201, "POST", "/Users", person(name))
		}
		if n := len(anys(c.must(200, "GET", "/Users?filter=email+eq+%22anna@example.com%22", "").body.Get("Resources"))); n != want {
			t.Errorf("ignored %v: %d found; want %d", ignored, n, want)
		}
		if r := c.must(200, "GET", "/ServiceProviderConfig", ""); strings.Contains(r.text, `"filter":{"supported":true`) == ignored {
			t.Errorf("ignored %v: %s", ignored, r.text)
		}
	}
}

// X8: PUT of a group without members empties it (A), and the unquoted filter of the reference removes a member.
func TestSlackGroupsByTheExamples(t *testing.T) {
	c := vendor(t, scimtest.Slack, scimtest.Tenant{})
	anna := c.must(201, "POST", "/Users", person("anna")).body.ID()
	berta := c.must(201, "POST", "/Users", person("berta")).body.ID()
	group := c.group("ops", anna, berta)
	members := func() int {
		g, _ := c.srv.Snapshot().Group("ops")
		return len(g.Members)
	}
	c.must(204, "PATCH", "/Groups/"+group, patch(`{"op":"remove","path":"members[value eq `+anna+`]"}`))
	if n := members(); n != 1 {
		t.Errorf("%d members", n)
	}
	c.must(200, "PUT", "/Groups/"+group, `{"schemas":["`+scim.GroupURN+`"],"displayName":"ops"}`)
	if n := members(); n != 0 {
		t.Errorf("%d members", n)
	}
}

// X8: a write to an object that another write is at is refused with resource_locked (G); that Retry-After is 1 is unverified. Reads and other objects pass.
func TestSlackLocksWhatIsBeingWritten(t *testing.T) {
	c := vendor(t, scimtest.Slack, scimtest.Tenant{})
	anna := c.must(201, "POST", "/Users", person("anna")).body.ID()
	other := c.must(201, "POST", "/Users", person("other")).body.ID()
	change := patch(`{"op":"replace","path":"title","value":"x"}`)
	c.srv.Fail(scimtest.Fault{Kind: scimtest.Slow, Times: 1})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	answers := make(chan *http.Response, 2)
	for range 2 { // one of them is at the write until it leaves, the other is answered
		go func() {
			resp, err := send(ctx, c.srv.URL+"/Users/"+anna, change)
			if err == nil {
				_ = resp.Body.Close()
			}
			answers <- resp
		}()
	}
	if r := <-answers; r == nil || r.StatusCode != 429 || r.Header.Get("Retry-After") != "1" {
		t.Errorf("the second write: %v", r)
	}
	c.refused(429, "resource_locked", "PATCH", "/Users/"+anna, change)
	c.must(200, "GET", "/Users/"+anna, "")
	c.must(200, "PATCH", "/Users/"+other, change)
	leave()
	if r := <-answers; r != nil {
		t.Errorf("the first write: %v", r)
	}
}

func send(ctx context.Context, url, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", scim.MediaType)
	return http.DefaultClient.Do(req)
}

// values are those at path, in order.
func values(r scim.Resource, path attr.Path) []string {
	return append([]string{}, scim.Values(r, path)...)
}
