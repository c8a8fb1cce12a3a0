package docs

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/access"
)

const rolesIntroduction = `<!-- explains: X13 I1 -->
# Roles

A role is a set of rights. It is given to a person, or to a group: then each of its direct members has it. Whoever has several roles has the rights of all of them. A
token can do what its person may do at the moment of use, and what is not allowed is answered with the right that is missing and the roles that have it.

The owner is made at the first start. [More people](../how-to/manage-users.md) are made with ` + "`muster user create`" + ` or in the console, and get roles with
` + "`muster role give`" + `; ` + "`muster role list`" + ` shows who has which. Groups that arrive from a source or a SCIM client have no role until one is given to them, and what such a client
calls ` + "`roles`" + ` of a person gives none.

`

const rolesRest = `
- A role is given and taken only by those who have the right to, and every right of that role.
- Somebody is changed, deactivated or given a password only by those who have every right that they have.
- The last owner stays owner. Owners and admins are touched by no SCIM client.
- Each giving and taking stands in the audit of the [history](commands.md#muster-history).
`

// roles is the page about who may do what, from the one table that decides it.
func roles() string {
	var b strings.Builder
	b.WriteString(rolesIntroduction + "| right |")
	for _, r := range access.AllRoles() {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(access.AllRoles())) + "\n")
	for _, right := range access.RightsOf(access.Owner) { // who has them all
		fmt.Fprintf(&b, "| %s |", right.Title())
		for _, r := range access.AllRoles() {
			if slices.Contains(access.RightsOf(r), right) {
				b.WriteString(" yes |")
			} else {
				b.WriteString(" |")
			}
		}
		b.WriteString("\n")
	}
	return b.String() + rolesRest
}
