package cli

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) targetCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "target", Short: "Targets: what is kept in step"})
	var account string
	test := &cobra.Command{
		Use: "test name", Short: "Connect, and find out what the service can do", Args: args("the name of a target"),
		Long: `Connect, and find out what the service can do: from its ServiceProviderConfig, Schemas and ResourceTypes. What is written of the service
is compared with what this tenant shows; each fact is documented, unverified, verified or contradicted. The result is kept, shown by
"muster target show", and from then on the target is served accordingly.

With --probe-account an account is made at the service, disabled, for the address that you give: nobody there may have it. It is read, found,
changed, disabled again and, where the service can, deleted. Where it cannot, a disabled account remains, and is named.`,
		Example: "  muster target test wiki\n  muster target test wiki --probe-account muster-probe@example.com",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			return s.targetTest(ctx, c, args[0], account)
		}),
	}
	test.Flags().StringVar(&account, "probe-account", "", "make a throw-away account with this address: muster-probe@example.com")
	c.AddCommand(test, &cobra.Command{
		Use: "show name", Short: "How a target stands, and what its last test has shown", Args: args("the name of a target"),
		RunE: s.call(s.targetShow),
	}, s.targetListCommand(), s.targetHistoryCommand(), s.reportCommand(), s.modeCommand(), s.forgetCommand(), s.confirmScopeCommand())
	return c
}

func (s *shell) targetTest(ctx context.Context, c *client.Client, name, account string) error {
	var res adminapi.TargetCheck
	var err error
	if account == "" {
		res, err = c.CheckTarget(ctx, name)
	} else {
		res, err = c.ProbeTarget(ctx, name, adminapi.TargetProbe{Account: account})
	}
	if err != nil {
		return err
	}
	if s.json {
		if err := s.printJSON(res); err != nil {
			return err
		}
	} else if res.Problem == nil {
		s.print("%s (%s) answers.", res.Name, res.Type)
		s.features(res)
		s.facts(res)
		s.next("muster plan show %s", res.Name)
	}
	return s.checkFailed(res.Problem, exitStopped)
}

func (s *shell) targetShow(ctx context.Context, c *client.Client, args []string) error {
	v, err := c.Target(ctx, args[0])
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(v)
	}
	x := v.Status
	s.print("%s (%s) is %s: %s. %s, %s; waiting: %s.", x.Name, x.Type, x.Mode, x.State, plural(x.Users, "user", "users"), plural(x.Groups, "group", "groups"), orNone(backlog(x)))
	s.troubles(adminapi.Status{Targets: []adminapi.TargetStatus{x}})
	if v.Check == nil {
		s.next("muster target test %s", v.Status.Name)
		return nil
	}
	s.print("Tested %s:", stamp(v.Check.At))
	s.features(*v.Check)
	s.facts(*v.Check)
	return nil
}

// facts prints what is written of a service, and what the tenant has shown.
func (s *shell) facts(res adminapi.TargetCheck) {
	if len(res.Facts) == 0 {
		return
	}
	s.print("What is written of the service, and what this tenant has shown:")
	var t table
	for _, f := range res.Facts {
		t.row(f.Name, f.Says, f.Finding, cmp.Or(f.Found, f.Source))
	}
	s.table(t, "  ")
	if res.Left != "" {
		s.print("  the throw-away account %s remains at the service as %s, disabled", res.Account, res.Left)
	}
}

func (s *shell) features(res adminapi.TargetCheck) {
	f := res.Features
	var t table
	offers := func(what, note string, ok bool) {
		if ok {
			t.row(what, "yes")
			return
		}
		t.row(what, "no", f.Notes[note])
	}
	offers("groups", "groups", f.Groups)
	offers("members can be read", "members_readable", f.MembersReadable)
	offers("groups can be renamed", "rename_group", f.RenameGroup)
	offers("accounts can be disabled", "disable", f.Disable)
	offers("accounts can be created disabled", "create_disabled", f.CreateDisabled)
	offers("accounts can be deleted", "delete_user", f.DeleteUser)
	for _, p := range f.FindBy {
		t.row("accounts are found by", p)
	}
	for _, p := range f.FindGroupBy {
		t.row("groups are found by", p)
	}
	for _, p := range f.Required {
		t.row("an account needs", p)
	}
	if f.MemberBatch > 0 {
		t.row("members in one call", f.MemberBatch)
	}
	s.table(t, "  ")
	known := []string{"groups", "members_readable", "rename_group", "disable", "create_disabled", "delete_user"}
	for _, k := range slices.Sorted(maps.Keys(f.Notes)) {
		if !slices.Contains(known, k) {
			s.print("  %s: %s", k, f.Notes[k])
		}
	}
}
