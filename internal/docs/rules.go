package docs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A rule is one thing that the SCIM service keeps to.
type rule struct{ id, what string }

// rules are those of the SCIM service, in the order of the standard: RFC 7643, RFC 7644 and RFC 9865 as they are read here, and what real clients need beside.
var rules = []rule{
	{"S-MT1", "Answers are `application/scim+json`, in UTF-8"},
	{"S-MT2", "Whoever accepts only `application/json` gets that"},
	{"S-MT3", "Bodies of both types are taken, with or without a charset; others are 415"},
	{"S-MT4", "PUT makes nothing; a method that an address does not have is 405 with `Allow`"},
	{"S-MT5", "An unknown address is 404 with a SCIM error"},
	{"S-MT6", "The base address ends in `/v2`; the plural of `ServiceProviderConfig` works"},
	{"S-MT7", "Parameters that nobody knows are passed over"},
	{"S-NC1", "Names of attributes, URNs and operators in any case; answers use one spelling"},
	{"S-NC2", "Texts compare by `caseExact`; `userName` is unique case aside, and prepared so that look-alikes are one"},
	{"S-NC3", "Paths behind a whole URN work everywhere"},
	{"S-NC4", "The URN of an extension alone is the whole extension"},
	{"S-NC5", "`$ref` is a name like others, in paths and in projections"},
	{"S-NC6", "There are two levels of attributes and no third"},
	{"S-F1", "All operators, joined by `and`, `or`, `not`, parentheses and brackets"},
	{"S-F2", "`and` binds closer than `or`"},
	{"S-F3", "`not(` is `not (`; brackets do not nest"},
	{"S-F4", "Brackets choose one element, two comparisons may choose two"},
	{"S-F5", "One value of several is enough; `emails` stands for `emails.value`"},
	{"S-F6", "`pr` is false of what is empty; nothing equals what is missing"},
	{"S-F7", "Booleans and certificates have no order; times compare as instants"},
	{"S-F8", "A filter that cannot be read is 400 `invalidFilter`, never an empty list"},
	{"S-F9", "An attribute of another type has no value at the root; one that no schema has is an error"},
	{"S-F10", "What providers match by can be searched: names, external ids, work email, groups, members, times"},
	{"S-F11", "Nothing is compared with a password"},
	{"S-F12", "Filters have limits of length, depth and terms"},
	{"S-F13", "Quotes, `+` and percent signs come through the address"},
	{"S-Q1", "A list is 200, an empty one too, with `Resources`"},
	{"S-Q2", "Numbers of a list are whole numbers"},
	{"S-Q3", "The order is the same on every page"},
	{"S-Q4", "`sortBy` and `sortOrder`; what has no value comes last, and first if descending"},
	{"S-Q5", "`attributes` and `excludedAttributes`, sub-attributes and URNs too; `id` and `schemas` always"},
	{"S-Q6", "Projection works wherever a resource is answered"},
	{"S-Q7", "Both projections at once are an error"},
	{"S-Q8", "Groups without their members are read without them"},
	{"S-Q9", "`.search` answers what GET does"},
	{"S-Q10", "The root mixes types, and wants a filter"},
	{"S-P1", "`startIndex` counts from 1; beyond the end is an empty page"},
	{"S-P2", "`count` is cut to what is allowed; 0 counts only; what is no number is an error"},
	{"S-P3", "`totalResults` counts each match once"},
	{"S-P4", "Whatever is counted is shown on some page"},
	{"S-P5", "By cursor nobody is lost when others are deleted meanwhile"},
	{"S-C1", "An empty `cursor` asks for the first page"},
	{"S-C2", "`nextCursor` is there on every page but the last"},
	{"S-C3", "Cursors are opaque, sealed, and hold for one query of one client"},
	{"S-C4", "`invalidCursor`, `expiredCursor`, `invalidCount`"},
	{"S-C5", "`cursor` and `startIndex` exclude each other; a deletion moves no page"},
	{"S-C6", "Pagination is announced with its default and its limits"},
	{"S-CR1", "201 with the resource, its address and its version"},
	{"S-CR2", "Read-only attributes are passed over"},
	{"S-CR3", "What is taken is 409 `uniqueness`"},
	{"S-CR4", "A missing or wrong value is 400"},
	{"S-CR5", "`active: false` makes a deactivated person"},
	{"S-CR6", "A schema that nobody knows is an error, or dropped where the profile says so"},
	{"S-CR7", "Of equal creations at once one succeeds"},
	{"S-CR8", "A mail address makes nobody the same person"},
	{"S-PU1", "PUT clears what is left out, `active` excepted"},
	{"S-PU2", "Read-only attributes of a PUT are passed over; what is set for good cannot change"},
	{"S-PU3", "A required attribute stays; an own name is no conflict"},
	{"S-PU4", "What GET answers can be PUT back and changes nothing"},
	{"S-PU5", "A PUT without a password leaves it"},
	{"S-PU6", "A PUT of a group sets its members"},
	{"S-PA1", "Operations in their order, all or none"},
	{"S-PA2", "The verb in any case where the profile says so"},
	{"S-PA3", "All forms of a path; a remove needs one"},
	{"S-PA4", "Without a path, the value is a partial resource"},
	{"S-PA5", "add sets, merges or appends; what is there already changes nothing"},
	{"S-PA6", "replace sets or merges; a list is replaced whole, by nothing too"},
	{"S-PA7", "remove of what is not there succeeds; what is required stays"},
	{"S-PA8", "A filtered add that finds nothing makes the element"},
	{"S-PA9", "One primary value: a new one takes it from the others"},
	{"S-PA10", "What is read-only is 400 `mutability`"},
	{"S-PA11", "`schemas` names the extensions that have values"},
	{"S-PA12", "A member is a resource of the client, or an error that names it"},
	{"S-PA13", "A remove by value removes those and no others"},
	{"S-PA14", "null clears; an empty text where the profile says so"},
	{"S-PA15", "200 with the resource or 204, and never for what was not done"},
	{"S-PA16", "Changes at the same time all survive"},
	{"S-PA17", "Ten thousand members in one PATCH"},
	{"S-B1", "Bulk answers each operation, versions respected"},
	{"S-B2", "`bulkId` works in bodies and paths, forward and in circles"},
	{"S-B3", "`failOnErrors` ends a bulk request"},
	{"S-B4", "Bulk requests have limits; a `bulkId` stands once"},
	{"S-B5", "Bulk is announced with the limits that hold"},
	{"S-E1", "`meta.version` is the `ETag`"},
	{"S-E2", "`If-Match` and `If-None-Match`"},
	{"S-E3", "The version changes with every change, and only then"},
	{"S-D1", "204, and then it is nowhere"},
	{"S-D2", "The name of who was deleted is free, and who takes it is somebody else"},
	{"S-D3", "Who is deleted is in no group, and can be removed from one again"},
	{"S-D4", "Who is deactivated stays to be seen"},
	{"S-DI1", "Service, resource types and schemas, as lists and one by one"},
	{"S-DI2", "A filter on them is 403"},
	{"S-DI3", "What is shown is what is checked by"},
	{"S-DI4", "Nothing is announced that is not there"},
	{"S-DI5", "Any valid token of a client may read them, and nobody else"},
	{"S-ER1", "Errors are SCIM errors, `status` a text"},
	{"S-ER2", "`scimType` is one of those of the standards"},
	{"S-ER3", "429 says when to come back; no error shows insides or secrets"},
	{"S-ER4", "401 asks for a bearer token; tokens are hashed, several at once, and dead at once when revoked"},
	{"S-ER5", "`/Me` is 501: a token for provisioning belongs to no resource"},
	{"S-A1", "`id` is made here, once; `meta` is ours"},
	{"S-A2", "`externalId` belongs to one client"},
	{"S-A3", "No password comes back, nor into logs"},
	{"S-A4", "`groups` of a user follow from the groups, nested ones included"},
	{"S-A5", "Values come back as they were sent"},
	{"S-A6", "`display` of a member is computed"},
	{"S-A7", "A group is answered with its members unless they are excluded"},
	{"S-A8", "A pair of type and value stands once"},
}

// overHTTP is where the rules are tested: with a client of the service.
const overHTTP = "internal/server/scimapi"

var (
	ruleID    = regexp.MustCompile(`\bS-([A-Z]+)([0-9]+)\b`)
	ruleRange = regexp.MustCompile(`\bS-([A-Z]+)([0-9]+) … S-([A-Z]+)([0-9]+)\b`)
)

// rulesIn returns the ids of rules in a text, those between the ends of a range included.
func rulesIn(text string) []string {
	out := ruleID.FindAllString(text, -1)
	for _, m := range ruleRange.FindAllStringSubmatch(text, -1) {
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[4])
		for n := from; m[1] == m[3] && n <= to; n++ {
			out = append(out, fmt.Sprintf("S-%s%d", m[1], n))
		}
	}
	return out
}

// rulesTable leads from each rule to the tests that try it over HTTP.
func rulesTable(root string) (string, error) {
	tests, err := citedByTests(root, overHTTP)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("\n## Rules of the SCIM service\n\nEach rule with the tests of `internal/server/scimapi` that try it over HTTP.\n\n| id | rule | tests |\n|---|---|---|\n")
	for _, r := range rules {
		names := slices.Clone(tests[r.id])
		for i := range names {
			names[i] = strings.TrimPrefix(names[i], "`"+overHTTP+"` ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.id, cell(r.what), list(names))
	}
	return b.String(), nil
}
