package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// placeCreateCommand makes teams and channels, or only channels.
func (s *shell) placeCreateCommand(channel bool) *cobra.Command {
	var flag adminapi.NewPlace
	t := sheet{noun: "a name", columns: []string{"name", "title", "purpose"}, flags: []string{"title"}}
	c := &cobra.Command{
		Use: "create [team …]", Short: "Make teams, or channels of one", Args: cobra.ArbitraryArgs,
		Long:    "A name with a colon is a channel of a team. Prints a line for each, and ends with 1 if one could not be made.",
		Example: "  muster team create staff --title 'The staff' --open\n  muster team create staff:news staff:board --private\n  muster team create --file teams.csv --dry-run",
	}
	c.RunE = s.call(func(ctx context.Context, cl *client.Client, args []string) error {
		names, cells, err := s.rows(c, t, args)
		if err != nil {
			return err
		}
		return each(s, names, once(func(name string) (adminapi.Place, error) {
			x := cells[name]
			if channel && !strings.Contains(name, ":") {
				return adminapi.Place{}, &run.Problem{Code: adminapi.BadRequest, What: fmt.Sprintf("%q is no name of a channel", name), Fix: "A channel is named with its team, as staff:news."}
			}
			return cl.NewPlace(ctx, adminapi.NewPlace{
				Ref: name, Title: cmp.Or(x["title"], flag.Title), Purpose: cmp.Or(x["purpose"], flag.Purpose), Open: flag.Open, Private: flag.Private, DryRun: t.dry,
			})
		}), func(p adminapi.Place) string {
			if t.dry {
				return p.Ref + " would be made."
			}
			return placeLine(p)
		})
	})
	c.Flags().StringVar(&flag.Title, "title", "", "what people read (the name if not said)")
	c.Flags().StringVar(&flag.Purpose, "purpose", "", "what it is for")
	if channel {
		c.Long = "Makes channels, which are named with their team. Prints a line for each, and ends with 1 if one could not be made."
	} else {
		c.Flags().BoolVar(&flag.Open, "open", false, "a team that anybody may join")
	}
	c.Flags().BoolVar(&flag.Private, "private", false, "a channel that people are added to")
	t.register(c)
	return c
}

func (s *shell) teamAddCommand() *cobra.Command {
	return s.moving("add", "Add people to a team or channel", "Adds people, to a channel by way of its team.", "added to", "already in it",
		func(ctx context.Context, c *client.Client, ref string, m adminapi.Membership) (adminapi.Moved, error) {
			return c.AddToPlace(ctx, ref, m)
		})
}

func (s *shell) teamRemoveCommand() *cobra.Command {
	left := false
	c := s.moving("remove", "Take people out of a team with its channels, or of a channel",
		"Takes people out. With --left it is their own choice, and may be recorded also where membership follows groups: no rule brings them back, muster team add does.",
		"taken out of", "not in it",
		func(ctx context.Context, c *client.Client, ref string, m adminapi.Membership) (adminapi.Moved, error) {
			m.Left = left
			return c.RemoveFromPlace(ctx, ref, m)
		})
	c.Flags().BoolVar(&left, "left", false, "they leave by their own choice: no linked group brings them back")
	return c
}

func (s *shell) moving(verb, short, long, did, not string, do func(context.Context, *client.Client, string, adminapi.Membership) (adminapi.Moved, error)) *cobra.Command {
	var who crowd
	c := &cobra.Command{
		Use: verb + " team [person …]", Short: short, Args: atLeast(aPlace), Long: long + "\nPrints a line for each, and ends with 1 if it could not be done for somebody.",
		Example: "  muster team " + verb + " staff anna ben\n  muster team " + verb + " staff:news --file people.txt --dry-run",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args[1:])
			if err != nil {
				return err
			}
			return s.moveEach(names, who.dry, args[0], did, not, func(part []string) (adminapi.Moved, error) {
				return do(ctx, c, args[0], adminapi.Membership{People: part, DryRun: who.dry})
			})
		}),
	}
	who.flags(c)
	return c
}

// atLeast checks that what a command is about is named; whom it is done for may stand in a file.
func atLeast(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, got []string) error {
		if len(got) == 0 {
			return usage("%s: %s is missing", c.CommandPath(), what)
		}
		return nil
	}
}
