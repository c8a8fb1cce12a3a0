package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) userCreateCommand() *cobra.Command {
	var flag adminapi.NewPerson
	t := sheet{
		noun: "a username", columns: []string{"username", "email", "given_name", "family_name", "name", "title"},
		flags: []string{"name", "email", "given-name", "family-name", "title"},
	}
	c := &cobra.Command{
		Use: "create [username …]", Short: "Make people whom no source states", Args: cobra.ArbitraryArgs,
		Long:    "Makes people of Muster's own. Prints a line for each, and ends with 1 if somebody could not be made.",
		Example: "  muster user create entra-provisioning --name 'Entra ID'\n  muster user create anna ben\n  muster user create --file people.csv --dry-run",
	}
	c.RunE = s.call(func(ctx context.Context, cl *client.Client, args []string) error {
		names, cells, err := s.rows(c, t, args)
		if err != nil {
			return err
		}
		return each(s, names, once(func(name string) (adminapi.Object, error) {
			x := cells[name]
			return cl.MakePerson(ctx, adminapi.NewPerson{
				Username: name, Email: cmp.Or(x["email"], flag.Email), GivenName: cmp.Or(x["given_name"], flag.GivenName), FamilyName: cmp.Or(x["family_name"], flag.FamilyName),
				Name: cmp.Or(x["name"], flag.Name), Title: cmp.Or(x["title"], flag.Title), DryRun: t.dry,
			})
		}), s.madeLine(&t.dry))
	})
	c.Flags().StringVar(&flag.Name, "name", "", "the name shown to others")
	c.Flags().StringVar(&flag.Email, "email", "", "the mail address")
	c.Flags().StringVar(&flag.GivenName, "given-name", "", "the first name")
	c.Flags().StringVar(&flag.FamilyName, "family-name", "", "the last name")
	c.Flags().StringVar(&flag.Title, "title", "", "the position")
	t.register(c)
	return c
}

// madeLine says what was made.
func (s *shell) madeLine(dry *bool) func(adminapi.Object) string {
	return func(o adminapi.Object) string {
		if *dry {
			return string(o.Kind) + " " + o.Name + " would be made."
		}
		return string(o.Kind) + " " + o.Name + " is made."
	}
}

func (s *shell) groupCreateCommand() *cobra.Command {
	who := crowd{noun: "a name"}
	c := &cobra.Command{
		Use: "create [name …]", Short: "Make groups that no source states", Args: cobra.ArbitraryArgs, Example: "  muster group create editors 'the board'",
		Long: "Makes groups of Muster's own. Prints a line for each, and ends with 1 if one could not be made.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.named(who, args)
			if err != nil {
				return err
			}
			return each(s, names, once(func(name string) (adminapi.Object, error) {
				return c.MakeGroup(ctx, adminapi.NewGroup{Name: name, DryRun: who.dry})
			}), s.madeLine(&who.dry))
		}),
	}
	who.flags(c)
	return c
}

func (s *shell) groupMemberCommand(verb, short, did, not string, edit func([]string) adminapi.MemberEdit) *cobra.Command {
	var who crowd
	c := &cobra.Command{
		Use: verb + " group [person …]", Short: short, Args: atLeast("a group"), Example: "  muster group " + verb + " editors anna ben\n  muster group " + verb + " editors --file people.txt --dry-run",
		Long: short + ". Prints a line for each, and ends with 1 if it could not be done for somebody.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args[1:])
			if err != nil {
				return err
			}
			return s.moveEach(names, who.dry, args[0], did, not, func(part []string) (adminapi.Moved, error) {
				req := edit(part)
				req.DryRun = who.dry
				return c.EditMembers(ctx, args[0], req)
			})
		}),
	}
	who.flags(c)
	return c
}

func (s *shell) groupCommands() []*cobra.Command {
	return []*cobra.Command{
		s.groupCreateCommand(),
		s.groupMemberCommand("add", "Add people to a group that was made by hand", "added to", "already in it", func(who []string) adminapi.MemberEdit { return adminapi.MemberEdit{Add: who} }),
		s.groupMemberCommand("remove", "Take people out of a group that was made by hand", "taken out of", "not in it", func(who []string) adminapi.MemberEdit { return adminapi.MemberEdit{Remove: who} }),
	}
}
