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
		s.sandboxDropCommand(), s.sandboxTokenCommand(), s.sandboxRevokeCommand(), s.sandboxLogCommand(),
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
	s.print("A copy of %d people and %d groups, made at %s by %s; it takes %s. Its SCIM service is %s.", b.People, b.Groups, stamp(b.Made), b.By, sizeOf(b.Bytes), b.Address)
}

// sizeOf says how many bytes in a unit that reads well.
func sizeOf(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d kB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

func (s *shell) sandboxShowCommand() *cobra.Command {
	q := adminapi.SandboxQuery{Limit: 100}
	c := &cobra.Command{
		Use: "show", Short: "Say what would have happened to the real people", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			b, err := c.Sandbox(ctx, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(b)
			}
			s.sandboxHead(b)
			s.sandboxDoors(b)
			s.sandboxChanges(b, q)
			return nil
		}),
	}
	c.Flags().IntVar(&q.Limit, "limit", q.Limit, "how many changes are listed")
	c.Flags().StringVar(&q.What, "what", "", "list only these: "+strings.Join(adminapi.SandboxChanges(), ", "))
	c.Flags().StringVar(&q.After, "after", "", "go on where an earlier call ended")
	return c
}

// sandboxDoors says who can come in, and how they are doing.
func (s *shell) sandboxDoors(b adminapi.Sandbox) {
	if len(b.Tokens) == 0 {
		s.print("No token opens it yet.")
		s.next("muster client sandbox token NAME --source SOURCE")
	}
	for _, t := range b.Tokens {
		state := "works until " + stamp(t.Expires)
		if t.Revoked {
			state = "is revoked"
		}
		s.print("Token %s (%s, for %s) %s, last used %s.", t.ID, t.Name, t.Source, state, stamp(t.LastUsed))
	}
	for _, x := range b.Clients {
		if x.Requests > 0 {
			s.print("%s: %d requests, %d answered with an error, last contact %s.", x.Client, x.Requests, x.Errors, stamp(x.Last))
		}
		if x.LastError != nil {
			s.print("%s was last refused: %s", x.Client, x.LastError.Error)
			s.next("muster client sandbox log %s --failed", x.Client)
		}
	}
}

func (s *shell) sandboxChanges(b adminapi.Sandbox, q adminapi.SandboxQuery) {
	var counts []string
	for _, what := range adminapi.SandboxChanges() {
		if n := b.Counts[what]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, what))
		}
	}
	if len(counts) == 0 {
		s.say("Nothing would have changed.")
		return
	}
	s.print("Would have happened: %s", strings.Join(counts, ", "))
	for _, x := range b.Changes {
		s.sandboxChange(x)
	}
	if b.Next == "" {
		return
	}
	more := ""
	if q.What != "" {
		more = " --what " + q.What
	}
	s.next("muster client sandbox show%s --after %s", more, b.Next)
}

func (s *shell) sandboxLogCommand() *cobra.Command {
	var failed, bodies bool
	c := &cobra.Command{
		Use: "log name", Short: "Show the last 100 exchanges with a client in the sandbox, newest first", Args: args("the name of a source"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			all, err := c.SandboxExchanges(ctx, args[0], failed)
			if err != nil {
				return err
			}
			return s.exchanges(all, bodies, "It sent nothing to the sandbox since Muster started.")
		}),
	}
	exchangeFlags(c, &failed, &bodies)
	return c
}

func (s *shell) sandboxRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke id", Short: "End a token of the sandbox at once", Args: args("the id of a token"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RevokeSandboxToken(ctx, args[0]); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(struct{}{})
			}
			s.say("The token opens nothing any more.")
			return nil
		}),
	}
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
