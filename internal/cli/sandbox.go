package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// sandboxCommand is for the copy of the people on which an identity provider is tried out. Sandboxes of vendors are targets like any other.
func (s *shell) sandboxCommand() *cobra.Command {
	c := group(&cobra.Command{
		Use: "sandbox", Short: "A copy of the people, to try an identity provider on",
		Long: "A sandbox is a copy of people, groups and roles, without any secret, with a SCIM service of its own. What a provider does there touches nobody and\n" +
			"reaches no target; “show” says what would have happened.",
	})
	c.AddCommand(
		s.sandboxDoing("create", "Copy people and groups into a sandbox", func(ctx context.Context, c *client.Client) (adminapi.Sandbox, error) { return c.MakeSandbox(ctx) }),
		s.sandboxShowCommand(),
		s.sandboxDoing("reset", "Copy them anew; tokens of the sandbox go on working", func(ctx context.Context, c *client.Client) (adminapi.Sandbox, error) {
			return c.ResetSandbox(ctx)
		}),
		s.sandboxDropCommand(), s.sandboxTokenCommand(),
	)
	return c
}

func (s *shell) sandboxDoing(name, short string, do func(context.Context, *client.Client) (adminapi.Sandbox, error)) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			b, err := do(ctx, c)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(b)
			}
			s.sandboxHead(b)
			s.next("muster client sandbox token NAME --source SOURCE")
			return nil
		}),
	}
}

func (s *shell) sandboxHead(b adminapi.Sandbox) {
	s.print("A copy of %d people and %d groups, made at %s by %s. Its SCIM service is %s.", b.People, b.Groups, stamp(b.Made), b.By, b.Address)
}

func (s *shell) sandboxShowCommand() *cobra.Command {
	limit := 100
	c := &cobra.Command{
		Use: "show", Short: "Say what would have happened to the real people", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			b, err := c.Sandbox(ctx, limit)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(b)
			}
			s.sandboxHead(b)
			if len(b.Changes) == 0 {
				s.say("Nothing would have changed.")
				return nil
			}
			var counts []string
			for _, what := range []string{"created", "changed", "deactivated", "activated", "deleted", "joined", "left"} {
				if n := b.Counts[what]; n > 0 {
					counts = append(counts, fmt.Sprintf("%d %s", n, what))
				}
			}
			s.print("Would have happened: %s", strings.Join(counts, ", "))
			for _, x := range b.Changes {
				s.sandboxChange(x)
			}
			return nil
		}),
	}
	c.Flags().IntVar(&limit, "limit", limit, "how many changes are listed")
	return c
}

func (s *shell) sandboxChange(x adminapi.SandboxChange) {
	if x.Group != "" {
		s.print("  %s %s: %s", x.What, x.Group, x.Name)
		return
	}
	s.print("  %s %s %s", x.What, x.Kind, x.Name)
	for _, f := range x.Fields {
		s.print("      %s: %s -> %s", f.Path, strings.Join(f.Was, ", "), strings.Join(f.Is, ", "))
	}
}

func (s *shell) sandboxDropCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drop", Short: "Remove the sandbox with its tokens", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			if err := c.DropSandbox(ctx); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(struct{}{})
			}
			s.say("The sandbox is gone, and its tokens open nothing.")
			return nil
		}),
	}
}

func (s *shell) sandboxTokenCommand() *cobra.Command {
	var req adminapi.SandboxToken
	c := &cobra.Command{
		Use: "token name", Short: "Make a token that works in the sandbox alone, and print it, this once", Args: args("what it is for"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			req.Name = args[0]
			t, err := c.SandboxToken(ctx, req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(t)
			}
			s.print("%s", t.Text)
			s.say("It is shown this once, works until %s, and ends with the sandbox.", stamp(t.Expires))
			return nil
		}),
	}
	c.Flags().StringVar(&req.Person, "person", "", "whom it acts for, if not you")
	c.Flags().IntVar(&req.Days, "days", 0, "how long it lives (30 days if not said)")
	c.Flags().StringVar(&req.Source, "source", "", "the source of type scim that it is for")
	c.Flags().StringVar(&req.Profile, "profile", "", "how the provider behaves, if not as configured: standard, entra, okta, onelogin, closed")
	return c
}
