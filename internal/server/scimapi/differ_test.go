package scimapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"muster/internal/testserver"
)

// A twin is a request that is sent to us and to SCIMMY. Where both should agree, status, scimType and the named values are the same.
type twin struct {
	method, path, body string // {ada}, {ben} and {staff} are ids
	keep               string // the name under which the id of the answer is kept
	same               []string
	differs            string // why the answers are not the same: the section that decides
}

var twins = map[string]twin{
	"01 create":                 {method: "POST", path: "/Users", body: userBody("ada", `"title":"Boss","name":{"givenName":"Ada"},"emails":[{"type":"work","value":"ada@example.com"}]`), keep: "ada", same: []string{"userName", "title", "name/givenName", "emails/0/value", "active", "meta/resourceType"}},
	"02 create another":         {method: "POST", path: "/Users", body: userBody("ben", `"active":false`), keep: "ben", same: []string{"userName", "active"}},
	"03 taken":                  {method: "POST", path: "/Users", body: userBody("ADA")},
	"04 without a name":         {method: "POST", path: "/Users", body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"title":"x"}`},
	"06 wrong type":             {method: "POST", path: "/Users", body: userBody("x", `"active":"yes"`)},
	"07 no JSON":                {method: "POST", path: "/Users", body: `{`, differs: "RFC 7644 §3.12: invalidSyntax names it; SCIMMY's parser answers before"},
	"08 get":                    {method: "GET", path: "/Users/{ada}", same: []string{"userName", "title"}},
	"09 get nobody":             {method: "GET", path: "/Users/nobody"},
	"10 by name":                {method: "GET", path: "/Users?filter=userName+eq+%22ADA%22", same: []string{"totalResults", "Resources/0/userName"}, differs: "RFC 7643 §4.1.1: userName is not case exact; SCIMMY compares it so"},
	"11 by mail":                {method: "GET", path: "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22ada%40example.com%22", same: []string{"totalResults"}, differs: "RFC 7644 §3.4.2.2: the grammar has no sub-attribute behind brackets in a filter; Entra ID sends it, so it is understood here"},
	"12 by presence":            {method: "GET", path: "/Users?filter=title+pr+and+not+(userName+sw+%22b%22)", same: []string{"totalResults", "Resources/0/userName"}},
	"13 nobody":                 {method: "GET", path: "/Users?filter=userName+eq+%22nobody%22", same: []string{"totalResults"}},
	"14 bad filter":             {method: "GET", path: "/Users?filter=userName+eq", differs: "RFC 7644 §3.4.2.2: a comparison needs a value: invalidFilter, where SCIMMY lists everybody"},
	"15 unknown attribute":      {method: "GET", path: "/Users?filter=shoe+eq+1", differs: "RFC 7644 §3.4.2.2: unknown names are invalidFilter here, and no match at SCIMMY"},
	"16 sorted":                 {method: "GET", path: "/Users?sortBy=userName&sortOrder=descending", same: []string{"totalResults", "Resources/0/userName", "Resources/1/userName"}},
	"17 page":                   {method: "GET", path: "/Users?sortBy=userName&startIndex=2&count=1", same: []string{"totalResults", "itemsPerPage", "startIndex", "Resources/0/userName"}},
	"18 replace a value":        {method: "PATCH", path: "/Users/{ada}", body: op(`{"op":"replace","path":"title","value":"Chief"}`), same: []string{"title", "userName"}},
	"19 add by a filter":        {method: "PATCH", path: "/Users/{ada}", body: op(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"chief@example.com"}`), same: []string{"emails/0/value"}},
	"20 remove":                 {method: "PATCH", path: "/Users/{ada}", body: op(`{"op":"remove","path":"title"}`), same: []string{"title"}},
	"21 no target":              {method: "PATCH", path: "/Users/{ada}", body: op(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"x@example.com"}`)},
	"22 remove without a path":  {method: "PATCH", path: "/Users/{ada}", body: op(`{"op":"remove"}`)},
	"23 unknown verb":           {method: "PATCH", path: "/Users/{ada}", body: op(`{"op":"swap","path":"title","value":"x"}`)},
	"24 a group":                {method: "POST", path: "/Groups", body: groupBody("staff", "{ada}"), keep: "staff", same: []string{"displayName", "members/0/value"}},
	"25 unknown member":         {method: "PATCH", path: "/Groups/{staff}", body: op(`{"op":"add","path":"members","value":[{"value":"nobody"}]}`)},
	"26 join":                   {method: "PATCH", path: "/Groups/{staff}", body: op(`{"op":"add","path":"members","value":[{"value":"{ben}"}]}`), differs: "RFC 7644 §3.5.2: 204 is as right as 200; here groups answer without their members"},
	"27 who is in":              {method: "GET", path: "/Groups/{staff}", same: []string{"members/0/value", "members/1/value"}},
	"28 leave":                  {method: "PATCH", path: "/Groups/{staff}", body: op(`{"op":"remove","path":"members[value eq \"{ada}\"]"}`), differs: "RFC 7644 §3.5.2: 204 is as right as 200"},
	"29 who is left":            {method: "GET", path: "/Groups/{staff}", same: []string{"members/0/value", "members/1/value"}},
	"30 without members":        {method: "GET", path: "/Groups/{staff}?excludedAttributes=members", same: []string{"displayName", "members/0/value"}},
	"31 replace all":            {method: "PUT", path: "/Users/{ben}", body: userBody("benedict", `"active":true`), same: []string{"userName", "active"}},
	"32 delete":                 {method: "DELETE", path: "/Users/{ben}"},
	"33 delete again":           {method: "DELETE", path: "/Users/{ben}"},
	"34 gone from the group":    {method: "GET", path: "/Groups/{staff}", same: []string{"members/0/value"}},
	"35 the name is free":       {method: "POST", path: "/Users", body: userBody("benedict")},
	"36 no such endpoint":       {method: "GET", path: "/Shoes"},
	"37 what there is":          {method: "GET", path: "/ResourceTypes/User", same: []string{"endpoint", "schema"}},
	"38 what it looks like":     {method: "GET", path: "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", same: []string{"id"}},
	"40 without schemas":        {method: "POST", path: "/Users", body: `{"userName":"x"}`, differs: "RFC 7643 §3: schemas is required; SCIMMY makes somebody"},
	"39 filter where none goes": {method: "GET", path: "/Schemas?filter=id+pr"},
}

// TestTwins sends the same requests to us and to a service that we did not write: the answers agree, or it is said which section decides.
func TestTwins(t *testing.T) {
	c := newClient(t, "standard")
	other := &client{world: &world{TB: t, url: testserver.SCIMMY(t, "../../connector/scim/testdata/scimmy/server.js", "s3cret")}, token: "s3cret", header: http.Header{}}
	names := make([]string, 0, len(twins))
	for name := range twins {
		names = append(names, name)
	}
	slices.Sort(names)
	ids := [2]map[string]string{{}, {}}
	for _, name := range names {
		x := twins[name]
		var said [2]string
		for i, side := range []*client{c, other} {
			known := func(text string) string {
				for k, id := range ids[i] {
					text = strings.ReplaceAll(text, "{"+k+"}", id)
				}
				return text
			}
			a := side.loose(x.method, known(x.path), known(x.body))
			if x.keep != "" {
				ids[i][x.keep] = a.id()
			}
			said[i] = fmt.Sprint(a.status, " ", a.at("scimType"))
			for _, path := range x.same {
				value := a.at(path)
				for k, id := range ids[i] {
					if value == id {
						value = "{" + k + "}"
					}
				}
				said[i] += fmt.Sprintf(" %s=%s", path, value)
			}
		}
		switch agree := said[0] == said[1]; {
		case agree && x.differs != "":
			t.Errorf("%s: both answer %s, and a difference is told of: %s", name, said[0], x.differs)
		case !agree && x.differs == "":
			t.Errorf("%s:\n  we answer     %s\n  SCIMMY answers %s", name, said[0], said[1])
		}
	}
}
