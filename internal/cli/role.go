package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) roleCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "role", Short: "Roles: who may do what"})
	c.AddCommand(s.roleListCommand(), s.roleChangeCommand("give", "Give a person, or all direct members of a group, a role", "has the role", (*client.Client).GiveRole),
		s.roleChangeCommand("take", "Take a role from a person or a group", "has lost the role", (*client.Client).TakeRole))
	return c
}

func (s *shell) roleListCommand() *cobra.Command {
	type roles struct {
		Roles  []adminapi.RoleView  `json:"roles"`
		Grants []adminapi.RoleGrant `json:"grants"`
	}
	return &cobra.Command{
		Use: "list", Short: "List the roles, what they may do, and who has them", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Roles(ctx)
			if err != nil {
				return err
			}
			grants, err := c.Grants(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(roles{all, grants})
			}
			for _, r := range all {
				s.print("%s: %s", r.Role, strings.Join(r.Rights, ", "))
			}
			t := table{}
			t.row("ROLE", "WHO", "KIND", "GIVEN BY", "SINCE")
			for _, g := range grants {
				t.row(g.Role, g.Name, g.Kind, g.By, stamp(g.At))
			}
			s.table(t, "")
			return nil
		}),
	}
}

func (s *shell) roleChangeCommand(verb, short, done string, change func(*client.Client, context.Context, adminapi.RoleChange) error) *cobra.Command {
	var kind string
	c := &cobra.Command{
		Use: verb + " role name", Short: short, Args: args("a role", "a person or group"),
		Example: "  muster role " + verb + " provisioner 'identity providers'",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			req := adminapi.RoleChange{Role: access.Role(args[0]), Who: args[1], Kind: kind}
			if err := change(c, ctx, req); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(req)
			}
			s.print("%s %s %s.", req.Who, done, req.Role)
			return nil
		}),
	}
	c.Flags().StringVar(&kind, "kind", "", "person or group, where both have the name")
	return c
}
