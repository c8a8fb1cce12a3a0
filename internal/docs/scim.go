package docs

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

const scimIntroduction = `# The SCIM service

Identity providers write people and groups to Muster at ` + "`/scim/v2`" + ` (RFC 7643, RFC 7644, RFC 9865). How to set one up:
[Entra ID](../how-to/provision-from-entra-id.md), [Okta](../how-to/provision-from-okta.md), [OneLogin](../how-to/provision-from-onelogin.md),
[any client](../how-to/provision-from-any-scim-client.md).

- Each client is a source of ` + "`type: scim`" + `. It sees what it provisioned and nothing else. Its people go through the rules of the source and on to targets, like any others.
- A client cannot touch owners and admins of this Muster, the user of its own token, or people of other sources: a name that is theirs is 409 ` + "`uniqueness`" + `.
- Groups that arrive have no rights.
- An id names a resource for ever. After a DELETE the name is free, and who comes back under it is somebody else; with ` + "`on_delete: deactivate`" + ` they are who they were.
- A deactivated person keeps their resource, with ` + "`active: false`" + `.
- Passwords are not kept. Where the profile allows it they are left out, else refused.
- ` + "`ne`" + ` is true of what has no value. An attribute that no schema has is 400 ` + "`invalidFilter`" + ` in a filter, never an empty list. At the root, ` + "`/?filter=…`" + `, it has no value.
- A PUT without ` + "`active`" + ` leaves it as it is. A PATCH of a group answers 204, with ` + "`attributes`" + ` 200 and the group.
- The version of a user does not change with the groups they are in; that of a group does with its members.
- A userName is unique, case aside, and so are wide letters (` + "`ａ`" + ` is ` + "`a`" + `) and blanks around it. It comes back as it was sent. A new one that is blank, or holds what nobody
  sees, such as a zero-width space, is 400.
- What GET answers of a group with more than about 7,000 members is longer than a body may be. Such groups are kept by PATCH, which takes members one by one or ten thousand at
  once; a PUT has room for more than 25,000 if it names members by ` + "`value`" + ` alone.
- A POST that updates or revives somebody (` + "`update_existing`, `revive`" + `) answers 201 like any other, with the id that they have.
- The closed profile takes the work email and no other, unless ` + "`accept` names `emails`" + `.

## Limits

| what | limit |
|---|---|
| body, bulk requests included | %d bytes: 413 beyond |
| operations in a bulk request | %d: 413 beyond |
| resources in a page | %d; more is cut to that |
| text that is searched | %d bytes: refused beyond |
| userName, displayName of a group | 600 bytes: refused beyond |
| a filter | 16,384 bytes, 512 comparisons, 32 levels |
`

// scimService is the page about the SCIM service, from the schemas that it checks by.
func scimService() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, scimIntroduction, scimapi.MaxBody, scimapi.MaxOperations, scimapi.MaxPage, scim.MaxText)
	var profiles []scimapi.Profile
	b.WriteString("\n## Profiles\n\nA profile says which departures from the standard a client is allowed. It stands in the configuration; a token may have another.\n\n| profile | for |\n|---|---|\n")
	for _, p := range scimapi.Profiles() {
		whole, err := scimapi.NewProfile(p.Name, scimapi.Options{})
		if err != nil {
			return "", err
		}
		profiles = append(profiles, whole)
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.Name, cell(p.Title))
	}
	b.WriteString("\n## Tolerances\n\nEach use is counted: see `muster client list`. `tolerate` and `refuse` of a source add to those of its profile and take from them.\n\n| tolerance | allows | in profiles |\n|---|---|---|\n")
	for _, t := range scimapi.Tolerances() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.Name, cell(t.What), allowedBy(profiles, t.Name))
	}
	for _, p := range profiles {
		if p.Name == "standard" {
			schemasOf(&b, "Schemas", append([]*scim.Schema{p.User.Core}, append(p.User.Extensions, p.Group.Core)...))
		}
		if p.Name == "closed" {
			schemasOf(&b, "Schemas of the closed profile", append([]*scim.Schema{p.User.Core}, p.User.Extensions...))
			b.WriteString("\nThe work email, `emails[type eq \"work\"].value`, is required. Any other attribute is 400 and named. `accept` and `extensions` of the source change what there is.\n")
		}
	}
	return b.String(), nil
}

func allowedBy(profiles []scimapi.Profile, t scim.Tolerance) string {
	var in []string
	for _, p := range profiles {
		if slices.Contains(p.Allow, t) {
			in = append(in, p.Name)
		}
	}
	switch len(in) {
	case 0:
		return "none"
	case len(profiles):
		return "all"
	}
	return strings.Join(in, ", ")
}

// schemasOf writes the attributes of schemas.
func schemasOf(b *strings.Builder, title string, list []*scim.Schema) {
	fmt.Fprintf(b, "\n## %s\n", title)
	for _, s := range list {
		fmt.Fprintf(b, "\n`%s`\n\n| attribute | type | what |\n|---|---|---|\n", s.URN)
		for _, a := range s.Attributes {
			attributeRow(b, "", a)
			for _, sub := range a.Sub {
				attributeRow(b, a.Name+".", sub)
			}
		}
	}
}

func attributeRow(b *strings.Builder, prefix string, a scim.Attribute) {
	kind := a.Type
	if kind == "" {
		kind = scim.String
	}
	if a.Multi {
		kind += ", several"
	}
	what := a.Description
	if a.Required {
		what += "; required"
	}
	if a.Mutability == scim.ReadOnly {
		what += "; read-only"
	}
	if a.Uniqueness == scim.ServerUnique {
		what += "; unique"
	}
	if a.Opaque {
		what += "; not searched"
	}
	fmt.Fprintf(b, "| `%s%s` | %s | %s |\n", prefix, a.Name, kind, cell(strings.TrimPrefix(what, "; ")))
}
