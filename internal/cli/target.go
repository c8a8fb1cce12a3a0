package cli

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) targetCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "target", Short: "Targets: what is kept in step"})
	c.AddCommand(&cobra.Command{
		Use: "test name", Short: "Connect, and say what the service can do", Args: args("the name of a target"),
		RunE: s.call(s.targetTest),
	}, s.reportCommand(), s.confirmScopeCommand())
	return c
}

func (s *shell) targetTest(ctx context.Context, c *client.Client, args []string) error {
	res, err := c.CheckTarget(ctx, args[0])
	if err != nil {
		return err
	}
	if s.json {
		if err := s.printJSON(res); err != nil {
			return err
		}
	} else if res.Problem == nil {
		s.features(res)
		s.next("muster plan show %s", res.Name)
	}
	return s.checkFailed(res.Problem, exitStopped)
}

func (s *shell) features(res adminapi.TargetCheck) {
	f := res.Features
	s.print("%s (%s) answers.", res.Name, res.Type)
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
