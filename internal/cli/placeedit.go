package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// placeEditCommand changes teams and channels, or only channels.
func (s *shell) placeEditCommand(channel bool) *cobra.Command {
	var e adminapi.PlaceEdit
	var title, purpose, header string
	var open, private bool
	c := &cobra.Command{
		Use: "edit team", Short: "Change the title of a team or channel, what it is for, and who may join", Args: args(aPlace),
		Long:    "What is not said stays. The channel that everybody in a team is in stays public.",
		Example: "  muster team edit staff --title 'The staff' --open\n  muster team edit staff --open=false\n  muster team edit staff:news --private --header 'Read first'",
	}
	c.Flags().StringVar(&title, "title", "", "what people read")
	c.Flags().StringVar(&purpose, "purpose", "", "what it is for; empty clears it")
	c.Flags().StringVar(&header, "header", "", "the header of a channel; empty clears it")
	c.Flags().BoolVar(&private, "private", false, "a channel that people are added to; --private=false makes it public")
	if !channel {
		c.Flags().BoolVar(&open, "open", false, "a team that anybody may join; --open=false takes people by invitation only")
	}
	c.Flags().BoolVar(&e.DryRun, "dry-run", false, "only say what would be done")
	c.RunE = s.call(func(ctx context.Context, cl *client.Client, args []string) error {
		said := false
		for flag, set := range map[string]func(){
			"title": func() { e.Title = &title }, "purpose": func() { e.Purpose = &purpose }, "header": func() { e.Header = &header },
			"open": func() { e.Open = &open }, "private": func() { e.Private = &private },
		} {
			if c.Flags().Changed(flag) {
				set()
				said = true
			}
		}
		if !said {
			return usage("%s: nothing is to be changed", c.CommandPath())
		}
		p, err := cl.EditPlace(ctx, args[0], e)
		if err != nil {
			return err
		}
		return s.place(p)
	})
	return c
}

func (s *shell) teamArchiveCommand() *cobra.Command {
	return s.archiving("archive", "Put a team or channel out of use", "Archives teams and channels: what was posted stays readable, and linked groups rest, with a team those of its\nchannels too: nobody comes in or goes out by them. The channel that everybody in a team is in is not archived.",
		"archived", true)
}

func (s *shell) teamRestoreCommand() *cobra.Command {
	return s.archiving("restore", "Put a team or channel into use again", "Restores teams and channels that were archived, with the people who were in them; linked groups count again, with what changed meanwhile.", "restored", false)
}

func (s *shell) archiving(verb, short, long, did string, archived bool) *cobra.Command {
	who := crowd{noun: "a name"}
	c := &cobra.Command{
		Use: verb + " [team …]", Short: short, Args: cobra.ArbitraryArgs, Long: long + "\nPrints a line for each, and ends with 1 if it could not be done for one.",
		Example: "  muster team " + verb + " crew staff:news",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args)
			if err != nil {
				return err
			}
			return each(s, names, func(name string) (adminapi.Place, error) {
				return c.EditPlace(ctx, name, adminapi.PlaceEdit{Archived: &archived, DryRun: who.dry})
			}, func(p adminapi.Place) string {
				if who.dry {
					return p.Ref + ": would be " + did
				}
				return p.Ref + ": " + did
			})
		}),
	}
	who.flags(c)
	return c
}
