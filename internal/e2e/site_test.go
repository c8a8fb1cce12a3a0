package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// A site is one target of a town: a sandbox with the manners of a vendor, and the rules of the part that it plays.
type site struct {
	*scimtest.Server

	name   string
	part   string
	vendor scimtest.Vendor
	match  string // attributes by which accounts are matched; "" = the default
}

// plays returns a site for each vendor, all with the same part.
func plays(part string, vendors ...scimtest.Vendor) []*site {
	var out []*site
	for _, v := range vendors {
		out = append(out, &site{name: part + "-" + kind(v), part: part, vendor: v})
	}
	return out
}

// kind is what a vendor's type of target is called here.
func kind(v scimtest.Vendor) string {
	if v == scimtest.Plain {
		return "plain"
	}
	return string(v)
}

// The rules of the parts, without the attributes of people.
var rules = map[string]struct{ people, groups string }{
	// wiki: those of a group, groups within it included. Who leaves is disabled; groups that leave are deleted.
	"wiki": {
		`from: {group: "cn=wiki,ou=Groups,` + base + `", nested: true}`,
		`from: {filter: "(|(cn=wiki-*)(description=wiki))"}
      when_removed: delete`,
	},
	// desk: those of a filter. It has accounts of disabled people too. Its groups are added to, and are left when they leave.
	"desk": {
		`from: {filter: "(|(departmentNumber=desk)(memberOf=cn=desk-guests,ou=Groups,` + base + `))"}
      provision_disabled: true`,
		`from: {filter: "(cn=desk-*)"}
      memberships: merge
      when_removed: nothing`,
	},
	// shop: those for whom a condition holds. Who leaves is deleted; groups that leave are emptied.
	"shop": {
		`from: {if: "source.corp.roomNumber.startsWith('shop')"}
      when_removed: delete`,
		`from: {filter: "(cn=shop-*)"}
      when_removed: empty`,
	},
	"nocreate": {`from: {group: "cn=nocreate,ou=Groups,` + base + `"}
      create: false`, ""},
	"noupdate": {`from: {group: "cn=noupdate,ou=Groups,` + base + `"}
      update: false`, ""},
	"noremove": {
		`from: {group: "cn=noremove,ou=Groups,` + base + `"}
      when_removed: nothing`,
		`from: {filter: "(cn=kept-*)"}
      update: false
      when_removed: nothing`,
	},
}

// values are the values that stories look at, and how they are computed.
var values = map[string]string{
	"title":    `{expr: source.corp.title}`,
	"fallback": `{expr: source.corp.departmentNumber, default: "nobody's"}`,
	"formula":  `{expr: "person.familyName + ' ' + person.givenName"}`,
	"once":     `{expr: source.corp.preferredLanguage, when: create}`,
	"constant": `{value: Employee}`,
	"family":   `person.familyName`,
	"mail":     `person.email`,
	"manager":  `{reference: manager}`,
}

// managerPath is where a manager's account is sent.
const managerPath = scim.EnterpriseURN + ":manager.value"

// workMailPath is where an address is sent.
const workMailPath = `emails[type eq "work"].value`

// places says where each vendor keeps the values; what is missing has no place there.
var places = map[scimtest.Vendor]map[string]string{
	scimtest.Plain: {
		"title": "title", "fallback": "nickName", "formula": "displayName", "once": "preferredLanguage", "constant": "userType",
		"family": "name.familyName", "mail": workMailPath, "manager": managerPath,
	},
	scimtest.Slack: {
		"title": "title", "fallback": "userType", "formula": "displayName", "once": "preferredLanguage", "constant": "locale",
		"family": "name.familyName", "mail": workMailPath, "manager": managerPath,
	},
	scimtest.Atlassian: {
		"title": "title", "fallback": "nickName", "formula": "displayName", "once": "preferredLanguage", "constant": "organization",
		"family": "name.familyName", "mail": workMailPath,
	},
	scimtest.Meisterplan: {
		"title": "name.givenName", "fallback": "urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User:linkedResource.id",
		"family": "name.familyName", "mail": workMailPath,
	},
}

// places are those of the site's vendor, as its sandbox shows them: Slack keeps addresses without types, and managers by another name.
func (x *site) places() map[string]string {
	out := places[x.vendor]
	if x.vendor == scimtest.Slack {
		out = maps.Clone(out)
		out["mail"], out["manager"] = "emails.value", scim.EnterpriseURN+":manager.managerId"
	}
	return out
}

// yaml is the site as an entry of targets.
func (x *site) yaml() string {
	kind := "scim"
	if x.vendor != scimtest.Plain {
		kind = string(x.vendor)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n    type: %s\n    mode: live\n    settings: {url: %q, token: {env: WIKI_TOKEN}", x.name, kind, x.URL)
	if x.vendor != scimtest.Plain {
		b.WriteString(`, rate_percent: "100000"`)
	}
	fmt.Fprintf(&b, "}\n    people:\n      %s\n", rules[x.part].people)
	if x.match != "" {
		fmt.Fprintf(&b, "      match: %s\n", x.match)
	}
	b.WriteString("      attributes:\n        userName: person.username\n")
	for _, name := range slices.Sorted(maps.Keys(places[x.vendor])) {
		fmt.Fprintf(&b, "        '%s': %s\n", places[x.vendor][name], values[name])
	}
	if g := rules[x.part].groups; g != "" {
		fmt.Fprintf(&b, "    groups:\n      %s\n      attributes: {displayName: group.name}\n", g)
	}
	return b.String()
}

// parts returns the sites that play a part, or the one of that name.
func (w *town) parts(part string) []*site {
	w.t.Helper()
	var out []*site
	for _, x := range w.sites {
		if x.part == part || x.name == part {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		w.t.Fatalf("nobody plays %s", part)
	}
	return out
}
