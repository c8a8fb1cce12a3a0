package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) userCreateCommand() *cobra.Command {
	var req adminapi.NewPerson
	c := &cobra.Command{
		Use: "create username", Short: "Make a person whom no source states", Args: args("a username"),
		Example: "  muster user create entra-provisioning --name 'Entra ID'",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			req.Username = args[0]
			o, err := c.MakePerson(ctx, req)
			return s.made(o, err)
		}),
	}
	c.Flags().StringVar(&req.Name, "name", "", "the name shown to others")
	c.Flags().StringVar(&req.Email, "email", "", "the mail address")
	c.Flags().StringVar(&req.GivenName, "given-name", "", "the first name")
	c.Flags().StringVar(&req.FamilyName, "family-name", "", "the last name")
	c.Flags().StringVar(&req.Title, "title", "", "the position")
	return c
}

func (s *shell) made(o adminapi.Object, err error) error {
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(o)
	}
	s.print("%s %s is made.", o.Kind, o.Name)
	return nil
}

func (s *shell) groupCreateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "create name", Short: "Make a group that no source states", Args: args("a name"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			o, err := c.MakeGroup(ctx, adminapi.NewGroup{Name: args[0]})
			return s.made(o, err)
		}),
	}
}

func (s *shell) groupMemberCommand(verb, short string, edit func([]string) adminapi.MemberEdit) *cobra.Command {
	return &cobra.Command{
		Use: verb + " group user…", Short: short, Args: cobra.MinimumNArgs(2),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			o, err := c.EditMembers(ctx, args[0], edit(args[1:]))
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(o)
			}
			s.print("%s has %s.", o.Name, plural(o.Members, "member", "members"))
			return nil
		}),
	}
}

func (s *shell) groupCommands() []*cobra.Command {
	return []*cobra.Command{
		s.groupCreateCommand(),
		s.groupMemberCommand("add", "Add people to a group that was made by hand", func(who []string) adminapi.MemberEdit { return adminapi.MemberEdit{Add: who} }),
		s.groupMemberCommand("remove", "Take people out of a group that was made by hand", func(who []string) adminapi.MemberEdit { return adminapi.MemberEdit{Remove: who} }),
	}
}
