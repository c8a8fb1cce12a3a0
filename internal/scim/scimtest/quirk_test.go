package scimtest_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// A quirk is one request whose answer differs from vendor to vendor. In path and body, {anna} and {ops} stand for the ids of the user and the group that
// are there, {other} for another user and {inner} for another group. The comment behind each names the source of the fact.
type quirk struct {
	name               string
	status             int
	says               string // part of the detail
	method, path, body string
}

func play(t *testing.T, v scimtest.Vendor, tenant scimtest.Tenant, more string, quirks []quirk) {
	t.Helper()
	for _, q := range quirks {
		t.Run(q.name, func(t *testing.T) {
			c := vendor(t, v, tenant)
			ids := strings.NewReplacer(
				"{anna}", c.must(201, "POST", "/Users", someone("anna", more)).body.ID(),
				"{other}", c.must(201, "POST", "/Users", someone("other", more)).body.ID(),
				"{inner}", c.group("inner"), "{ops}", c.group("ops"))
			before := c.srv.Snapshot()
			c.refused(q.status, q.says, q.method, ids.Replace(q.path), ids.Replace(q.body))
			if after := c.srv.Snapshot(); q.status >= 400 && fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("the refusal changed something:\n%v\n%v", before, after)
			}
		})
	}
}

const displayName = `"displayName":"Anna Berg"`

func groupOf(name string, members ...string) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = fmt.Sprintf(`{"value":%q}`, m)
	}
	return fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, scim.GroupURN, name, strings.Join(list, ","))
}

func nobodies(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("nobody-%d", i)
	}
	return out
}

// X8, P11: what Atlassian refuses. Sources: developer.atlassian.com, "The user provisioning REST API" (R); support.atlassian.com, "User provisioning" (S).
func TestAtlassianRefuses(t *testing.T) {
	play(t, scimtest.Atlassian, scimtest.Tenant{Groups: []string{"jira-users"}}, displayName, []quirk{
		{"a filter on another attribute", 400, "", "GET", `/Users?filter=emails.value+eq+%22x%22`, ""},                                       // R
		{"a filter with another operator", 400, "", "GET", `/Users?filter=userName+sw+%22a%22`, ""},                                          // R
		{"two tests", 400, "", "GET", `/Users?filter=userName+eq+%22a%22+and+externalId+eq+%22b%22`, ""},                                     // R
		{"groups by externalId", 400, "", "GET", `/Groups?filter=externalId+eq+%22x%22`, ""},                                                 // R
		{"users by userName are found", 200, "", "GET", `/Users?filter=userName+eq+%22a%22`, ""},                                             // R
		{"users by externalId are found", 200, "", "GET", `/Users?filter=externalId+eq+%22a%22`, ""},                                         // R
		{"groups by displayName are found", 200, "", "GET", `/Groups?filter=displayName+eq+%22a%22`, ""},                                     // R
		{"a user twice", 409, "Resource [USER]", "POST", "/Users", person("ANNA")},                                                           // R; the text is unverified
		{"a group twice", 409, "Resource [GROUP]: with displayName already exists", "POST", "/Groups", groupOf("OPS")},                       // S
		{"a default access group", 409, "Resource [GROUP]: with displayName already exists", "POST", "/Groups", groupOf("jira-users")},       // S
		{"a user without emails", 400, "emails", "POST", "/Users", `{"schemas":["` + scim.UserURN + `"],"userName":"x"}`},                    // R
		{"emails taken away", 400, "emails", "PATCH", "/Users/{anna}", patch(`{"op":"remove","path":"emails"}`)},                             // R
		{"renaming by PATCH", 400, "displayName", "PATCH", "/Groups/{ops}", patch(`{"op":"replace","path":"displayName","value":"dev"}`)},    // S, R; the status is unverified
		{"renaming by PUT", 400, "displayName", "PUT", "/Groups/{ops}", groupOf("dev")},                                                      // S, R; the status is unverified
		{"a group in a group", 400, "group", "PATCH", "/Groups/{ops}", patch(`{"op":"add","path":"members","value":[{"value":"{inner}"}]}`)}, // S; the status is unverified
		{"a new group with a group", 400, "group", "POST", "/Groups", groupOf("all", "{ops}")},                                               // S; the status is unverified
	})
}

// X8: answers of Atlassian name the account, which is not the id and outlives it; a deleted user answers 404 (R, newer text).
func TestAtlassianAccountOutlivesTheRecord(t *testing.T) {
	c := vendor(t, scimtest.Atlassian, scimtest.Tenant{})
	account := func(r result) string {
		m, _ := r.body.Get("urn:scim:schemas:extension:atlassian-external:1.0").(map[string]any)
		return scim.Resource(m).Text("atlassianAccountId")
	}
	made := c.must(201, "POST", "/Users", person("anna"))
	id := made.body.ID()
	changed := c.must(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"emails","value":[{"value":"new@example.com"}]}`))
	if a := account(made); a == "" || a == id || account(changed) != a {
		t.Errorf("account %q of id %q, then %q", account(made), id, account(changed))
	}
	c.must(204, "DELETE", "/Users/"+id, "")
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		body := map[string]string{"PUT": person("anna"), "PATCH": patch(`{"op":"replace","path":"active","value":true}`)}[method]
		c.must(404, method, "/Users/"+id, body)
	}
	again := c.must(201, "POST", "/Users", person("anna"))
	if again.body.ID() == id || account(again) != account(made) {
		t.Errorf("id %q, account %q after %q, %q", again.body.ID(), account(again), id, account(made))
	}
}

// X8: pages of Atlassian hold 100 (R), those of AWS 50 [ListUsers, older text], those of Slack 10 unless more are asked for, up to 1,000 ("SCIM API reference").
func TestPages(t *testing.T) {
	for _, tt := range []struct {
		vendor scimtest.Vendor
		query  string
		want   int
	}{
		{scimtest.Atlassian, "", 100},
		{scimtest.Atlassian, "?count=1000", 100},
		{scimtest.AWS, "", 50},
		{scimtest.AWS, "?count=100", 50},
		{scimtest.Slack, "", 10},
		{scimtest.Slack, "?count=1000", 120},
	} {
		t.Run(string(tt.vendor)+tt.query, func(t *testing.T) {
			c := vendor(t, tt.vendor, scimtest.Tenant{})
			groups := make([]scim.Resource, 120)
			for i := range groups {
				groups[i] = scim.Resource{"displayName": fmt.Sprintf("g%d", i)}
			}
			if _, err := c.srv.Seed(nil, groups); err != nil {
				t.Fatal(err)
			}
			r := c.must(200, "GET", "/Groups"+tt.query, "")
			if n := len(anys(r.body.Get("Resources"))); n != tt.want || r.body.Text("totalResults") != "120" {
				t.Errorf("%d of %s; want %d of 120", n, r.body.Text("totalResults"), tt.want)
			}
		})
	}
}

// X8: what Meisterplan refuses. Source: help.meisterplan.com, "Auto-Provisioning Users with Meisterplan" (H); all else is unverified, as
// meisterplan.go says.
func TestMeisterplanRefuses(t *testing.T) {
	with := func(more string) string { return someone("berta", more) }
	extension := func(s string) string {
		return `"urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User":{` + s + `}`
	}
	play(t, scimtest.Meisterplan, scimtest.Tenant{}, "", []quirk{
		{"a user twice", 409, "userName", "POST", "/Users", someone("ANNA", "")},                               // H: the key is userName
		{"no address", 400, "emails", "POST", "/Users", `{"schemas":["` + scim.UserURN + `"],"userName":"x"}`}, // H
		{
			"no address of type work", 400, `emails[type eq "work"]`, "POST", "/Users",
			`{"schemas":["` + scim.UserURN + `"],"userName":"x","emails":[{"type":"home","value":"x@example.com"}]}`,
		}, // unverified
		{"the address taken away", 400, "emails", "PATCH", "/Users/{anna}", patch(`{"op":"remove","path":"emails[type eq \"work\"]"}`)},               // unverified
		{"displayName", 400, "displayName", "POST", "/Users", with(displayName)},                                                                      // H: not among those mapped
		{"externalId", 400, "externalId", "POST", "/Users", with(`"externalId":"7"`)},                                                                 // H
		{"password", 400, "password", "POST", "/Users", with(`"password":"x"`)},                                                                       // H: password sync is off
		{"a part of the name", 400, "formatted", "PATCH", "/Users/{anna}", patch(`{"op":"add","path":"name.formatted","value":"A. Berg"}`)},           // H
		{"an attribute by PATCH", 400, "title", "PATCH", "/Users/{anna}", patch(`{"op":"add","value":{"title":"Dr."}}`)},                              // H
		{"another extension", 400, scim.EnterpriseURN, "POST", "/Users", with(`"` + scim.EnterpriseURN + `":{"department":"IT"}`)},                    // H
		{"an unknown part of the extension", 400, "colour", "POST", "/Users", with(extension(`"colour":"red"`))},                                      // unverified
		{"text for a boolean", 400, "sendInvitationMail", "POST", "/Users", with(extension(`"sendInvitationMail":"yes"`))},                            // unverified
		{"the extension is taken", 201, "", "POST", "/Users", with(extension(`"passwordNeverExpires":true,"linkedResource":{"id":"7"}`))},             // unverified
		{"rights of a group", 400, "roles", "POST", "/Groups", `{"schemas":["` + scim.GroupURN + `"],"displayName":"x","roles":[{"value":"admin"}]}`}, // unverified
		{"a group is renamed", 204, "", "PATCH", "/Groups/{ops}", patch(`{"op":"replace","path":"displayName","value":"dev"}`)},                       // unverified
	})
}

// X8: Meisterplan invites a new user who is to be invited, once, and nobody whose creation it refuses; DELETE is for good and frees the name (unverified).
func TestMeisterplanInvitesAndForgets(t *testing.T) {
	c := vendor(t, scimtest.Meisterplan, scimtest.Tenant{})
	invited := func(name string) string {
		return someone(name, `"urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User":{"sendInvitationMail":true}`)
	}
	c.must(201, "POST", "/Users", someone("quiet", ""))
	id := c.must(201, "POST", "/Users", invited("anna")).body.ID()
	c.must(409, "POST", "/Users", invited("anna"))
	c.must(200, "PUT", "/Users/"+id, invited("anna"))
	if got := fmt.Sprint(c.srv.Invitations()); got != "[anna@example.com]" {
		t.Errorf("invited: %s", got)
	}
	c.must(204, "DELETE", "/Users/"+id, "")
	c.must(404, "GET", "/Users/"+id, "")
	if again := c.must(201, "POST", "/Users", someone("anna", "")).body.ID(); again == id {
		t.Error("the id came back")
	}
}

// X8: what AWS refuses. Source: docs.aws.amazon.com, "IAM Identity Center SCIM Implementation Developer Guide", its pages in the comments.
func TestAWSRefuses(t *testing.T) {
	change := func(op string) (string, string, string) { return "PATCH", "/Groups/{ops}", patch(op) }
	group := func(name string, status int, says, op string) quirk {
		q := quirk{name: name, status: status, says: says}
		q.method, q.path, q.body = change(op)
		return q
	}
	many := `{"op":"add","path":"members","value":[{"value":"` + strings.Join(nobodies(101), `"},{"value":"`) + `"}]}`
	const bad = "ValidationException"
	play(t, scimtest.AWS, scimtest.Tenant{}, displayName, []quirk{
		{"another operator", 400, bad, "GET", `/Users?filter=userName+co+%22a%22`, ""},                                             // Limitations
		{"or", 400, bad, "GET", `/Users?filter=userName+eq+%22a%22+or+userName+eq+%22b%22`, ""},                                    // Limitations
		{"a combination that is not listed", 400, bad, "GET", `/Users?filter=userName+eq+%22a%22+and+id+eq+%22b%22`, ""},           // ListUsers
		{"an attribute that is not listed", 400, bad, "GET", `/Users?filter=displayName+eq+%22a%22`, ""},                           // ListUsers
		{"id and manager are taken", 200, "", "GET", `/Users?filter=manager+eq+%22a%22+and+id+eq+%22b%22`, ""},                     // ListUsers
		{"id and member are taken", 200, "", "GET", `/Groups?filter=id+eq+%22{ops}%22+and+members+eq+%22{anna}%22`, ""},            // ListGroups
		{"no such user", 404, "ResourceNotFoundException", "GET", "/Users/none", ""},                                               // GetUser
		{"a user twice", 409, "ConflictException", "POST", "/Users", person("ANNA")},                                               // CreateUser
		{"no displayName", 400, bad, "POST", "/Users", someone("berta", "")},                                                       // CreateUser
		{"photos", 400, "photos", "POST", "/Users", someone("berta", displayName+`,"photos":[{"value":"https://a.example.com"}]`)}, // Limitations
		{
			"two phone numbers", 400, "phoneNumbers", "PATCH", "/Users/{anna}",
			patch(`{"op":"add","path":"phoneNumbers","value":[{"value":"1","type":"work"},{"value":"2","type":"home"}]}`),
		}, // Limitations
		group("all members replaced", 400, bad, `{"op":"replace","path":"members","value":[{"value":"{anna}"}]}`),           // PatchGroup
		group("all members replaced without a path", 400, bad, `{"op":"replace","value":{"displayName":"x","members":[]}}`), // PatchGroup
		group("all members removed", 400, bad, `{"op":"remove","path":"members"}`),                                          // PatchGroup
		group("another attribute", 400, "title", `{"op":"add","path":"title","value":"x"}`),                                 // PatchGroup
		group("101 members", 400, "100", many),                                                                              // PatchGroup
		group("a member is added", 204, "", `{"op":"add","path":"members","value":[{"value":"{anna}"}]}`),                   // PatchGroup
		group("the example of the page", 204, "", `{"op":"replace","value":{"id":"{ops}","displayName":"dev"}}`),            // PatchGroup
		{"PUT with 101 members", 400, "100", "PUT", "/Groups/{ops}", groupOf("ops", nobodies(101)...)},                      // goauthentik/authentik#20410
		{"me", 501, "", "GET", "/Me", ""}, // Limitations; the status is unverified
	})
}

// X8: AWS shows no members; who is in a group is asked of the users [GetGroup, ListUsers].
func TestAWSHidesMembers(t *testing.T) {
	c := vendor(t, scimtest.AWS, scimtest.Tenant{})
	id := c.must(201, "POST", "/Users", person("anna")).body.ID()
	c.must(201, "POST", "/Users", person("other"))
	group := c.group("ops", id)
	for _, path := range []string{"/Groups/" + group, "/Groups", "/Groups?attributes=members"} {
		if r := c.must(200, "GET", path, ""); strings.Contains(r.text, id) {
			t.Errorf("%s: %s", path, r.text)
		}
	}
	found := anys(c.must(200, "GET", "/Users?filter=groups.value+eq+%22"+group+"%22", "").body.Get("Resources"))
	if len(found) != 1 || !strings.Contains(fmt.Sprint(found[0]), id) {
		t.Errorf("in the group: %v", found)
	}
}

// X8: cursor leads through the lists of AWS, whose pages then name no total; startIndex does not count [ListUsers].
func TestAWSPagesByCursor(t *testing.T) {
	c := vendor(t, scimtest.AWS, scimtest.Tenant{})
	for i := range 5 {
		c.group(fmt.Sprintf("g%d", i))
	}
	var sizes []int
	cursor := ""
	for {
		r := c.must(200, "GET", "/Groups?count=2&cursor="+cursor, "")
		sizes = append(sizes, len(anys(r.body.Get("Resources"))))
		if r.body.Get("totalResults") != nil || len(sizes) > 5 {
			t.Fatalf("page %d: %s", len(sizes), r.text)
		}
		if cursor = r.body.Text("nextCursor"); cursor == "" {
			break
		}
	}
	if fmt.Sprint(sizes) != "[2 2 1]" {
		t.Errorf("pages of %v", sizes)
	}
	if n := len(anys(c.must(200, "GET", "/Groups?startIndex=4", "").body.Get("Resources"))); n != 5 {
		t.Errorf("%d from startIndex 4", n)
	}
	c.must(400, "GET", "/Groups?cursor=x", "")
}

// X8, P11: too many requests are a ThrottlingException [each page].
func TestAWSThrottles(t *testing.T) {
	c := vendor(t, scimtest.AWS, scimtest.Tenant{})
	c.srv.Fail(scimtest.Fault{Kind: scimtest.Throttle, Times: 1})
	c.refused(429, "ThrottlingException", "GET", "/Users", "")
	c.must(200, "GET", "/Users", "")
}

// X8: a name can be taken by whom no filter finds.
func TestUnseenConflict(t *testing.T) {
	for _, v := range scimtest.Vendors {
		c := vendor(t, v, scimtest.Tenant{})
		c.srv.Fail(scimtest.Fault{Kind: scimtest.Unseen, Class: scimtest.Users})
		c.must(409, "POST", "/Users", someone("anna", ""))
		found := c.must(200, "GET", `/Users?filter=userName+eq+%22anna%22`, "")
		if n := len(anys(found.body.Get("Resources"))); n != 0 || len(c.srv.Snapshot().Users) != 0 {
			t.Errorf("%s: %d found: %s", v, n, found.text)
		}
		c.group("ops")
	}
}

// X8: without licences nobody becomes active, and whoever is active can still be changed and disabled.
func TestNoSeats(t *testing.T) {
	c := vendor(t, scimtest.Plain, scimtest.Tenant{})
	active := func(v bool) string { return patch(fmt.Sprintf(`{"op":"replace","path":"active","value":%v}`, v)) }
	id := c.must(201, "POST", "/Users", person("anna")).body.ID()
	c.srv.Fail(scimtest.Fault{Kind: scimtest.NoSeats})
	c.refused(403, "no licences are left", "POST", "/Users", person("berta"))
	c.must(201, "POST", "/Users", strings.Replace(person("carl"), `"active":true`, `"active":false`, 1))
	c.must(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"title","value":"x"}`))
	c.must(200, "PATCH", "/Users/"+id, active(false))
	c.refused(403, "no licences are left", "PATCH", "/Users/"+id, active(true))
	c.srv.Fail()
	c.must(200, "PATCH", "/Users/"+id, active(true))
}
