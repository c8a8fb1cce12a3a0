package connectortest

import (
	"errors"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
)

var hello = level{
	name:  "L1 hello",
	story: "An administrator types an address and a token. Check tells within one cheap read whether they work, and if not, whose fault it is.",
	checks: []check{
		{
			name: "good credentials",
			rule: "Check proves address and credentials, and its Features are honest: each false has its reason in Notes, each promise its method.",
			run:  goodCredentials,
		}, {
			name: "bad credentials",
			rule: "credentials refused are ErrAuth from every method, so that the target is stopped with one alarm and nothing is judged per person.",
			run:  badCredentials,
		}, {
			name: "bad host",
			rule: "an address where nobody listens is an outage: an unclassified error, tried again, and never a statement about an object.",
			run: func(k *kit) {
				c := k.bad(k.s.Bad.Host, "Host")
				_, err := c.Check(k.ctx)
				k.unclassified(err, "Check of a host where nobody listens")
				_, err = c.Get(k.ctx, connector.User, "1")
				k.unclassified(err, "Get from a host where nobody listens")
			},
		}, {
			name: "bad address",
			rule: "404 for everything is a wrong address, not a service whose accounts are all gone: Check answers ErrForeign.",
			run: func(k *kit) {
				_, err := k.bad(k.s.Bad.Address, "Address").Check(k.ctx)
				k.is(err, connector.ErrForeign, "Check of an address where everything is 404")
			},
		},
	},
}

func (k *kit) bad(c connector.Connector, field string) connector.Connector {
	k.Helper()
	if c == nil {
		k.failf("Sandbox.Bad.%s is nil: give it, or say in Sandbox.Skip why not", field)
	}
	return c
}

func goodCredentials(k *kit) {
	f := k.features()
	for name, has := range map[string]bool{
		"groups": f.Groups, "members_readable": f.MembersReadable, "rename_group": f.RenameGroup,
		"disable": f.Disable, "create_disabled": f.CreateDisabled, "delete_user": f.DeleteUser,
	} {
		if !has && f.Notes[name] == "" {
			k.failf("Features say that %[1]s is false, and Notes[%[1]q] does not say why", name)
		}
	}
	if _, ok := k.c.(connector.Finder); len(f.FindBy)+len(f.FindGroupBy) > 0 && !ok {
		k.failf("Features.FindBy names %q and FindGroupBy %q, but the connector is no Finder", f.FindBy, f.FindGroupBy)
	}
	k.findable(connector.User, f.FindBy)
	k.findable(connector.Group, f.FindGroupBy)
	if _, ok := k.c.(connector.Members); f.MembersReadable && !ok {
		k.failf("Features.MembersReadable is true, but the connector has no method Members")
	}
	if slices.Contains(f.FindBy, "") {
		k.failf("Features.FindBy holds an empty path: %q", f.FindBy)
	}
}

// findable ends the check if Find refuses an attribute by which it is said to find.
func (k *kit) findable(kind connector.Kind, by []attr.Path) {
	k.Helper()
	for _, p := range by {
		if _, err := k.c.(connector.Finder).Find(k.ctx, kind, p, k.name("nobody")); !errors.Is(err, connector.ErrNotFound) {
			k.failf("Features say that a %s is found by %s, and Find of one that is not there returned %v, want %q", kind, p, err, connector.ErrNotFound)
		}
	}
}

func badCredentials(k *kit) {
	c := k.bad(k.s.Bad.Credentials, "Credentials")
	_, err := c.Check(k.ctx)
	k.is(err, connector.ErrAuth, "Check with bad credentials")
	_, err = c.Get(k.ctx, connector.User, "1")
	k.is(err, connector.ErrAuth, "Get with bad credentials")
	err = c.List(k.ctx, connector.User, func(connector.Remote) error { return nil })
	k.is(err, connector.ErrAuth, "List with bad credentials")
	_, err = c.Apply(k.ctx, k.userOp(k.name("refused")))
	k.is(err, connector.ErrAuth, "Apply with bad credentials")
}
