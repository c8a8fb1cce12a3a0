package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi/client"
	"muster/internal/server/scimapi"
)

func (s *shell) clientCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "client", Short: "Identity providers that write to Muster by SCIM"})
	c.AddCommand(s.clientListCommand(), s.clientLogCommand(), s.clientSetupCommand(), s.sandboxCommand())
	return c
}

func (s *shell) clientListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show how the clients are doing, since Muster started", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Clients(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[scimapi.Stats]{all})
			}
			if len(all) == 0 {
				s.say("No source of type scim is configured.")
				return nil
			}
			t := table{}
			t.row("CLIENT", "PROFILE", "LAST CONTACT", "REQUESTS", "PER MINUTE", "ERRORS")
			for _, x := range all {
				t.row(x.Client, x.Profile, stamp(x.Last), x.Requests, fmt.Sprintf("%.1f", x.PerMinute), x.Errors)
			}
			s.table(t, "")
			s.print("Counted since %s.", stamp(all[0].Since))
			for _, x := range all {
				s.clientNotes(x)
			}
			return nil
		}),
	}
}

// clientNotes says what an administrator should know of a client.
func (s *shell) clientNotes(x scimapi.Stats) {
	var used []string
	for _, name := range slices.Sorted(maps.Keys(x.Tolerances)) {
		used = append(used, fmt.Sprintf("%s %d×", name, x.Tolerances[name]))
	}
	if len(used) > 0 {
		s.print("%s needed: %s", x.Client, strings.Join(used, ", "))
	}
	if x.Suggest != "" {
		s.print("%s calls itself %q: the profile %s is made for it", x.Client, x.Agent, x.Suggest)
	}
	if x.LastError != nil {
		s.print("%s was last refused at %s: %s", x.Client, stamp(x.LastError.At), x.LastError.Error)
		s.next("muster client log %s --failed", x.Client)
	}
}

func (s *shell) clientLogCommand() *cobra.Command {
	var failed, bodies bool
	c := &cobra.Command{
		Use: "log name", Short: "Show the last 100 exchanges with a client, newest first", Args: args("the name of a source"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			all, err := c.Exchanges(ctx, args[0], failed)
			if err != nil {
				return err
			}
			return s.exchanges(all, bodies, "Nothing was heard of it in the last 30 days.")
		}),
	}
	exchangeFlags(c, &failed, &bodies)
	return c
}

func exchangeFlags(c *cobra.Command, failed, bodies *bool) {
	c.Flags().BoolVar(failed, "failed", false, "only what was answered with an error")
	c.Flags().BoolVar(bodies, "bodies", false, "with what was sent and answered, secrets struck out")
}

func (s *shell) exchanges(all []scimapi.Exchange, bodies bool, none string) error {
	if s.json {
		return s.printJSON(items[scimapi.Exchange]{all})
	}
	if len(all) == 0 {
		s.say("%s", none)
	}
	for _, e := range all {
		s.print("%s  %d  %s %s  %d ms", stamp(e.At), e.Status, e.Method, e.Path, e.Millis)
		s.exchange(e, bodies)
	}
	return nil
}

func (s *shell) exchange(e scimapi.Exchange, bodies bool) {
	if e.Error != "" {
		s.print("    %s", e.Error)
	}
	if e.Fix != "" {
		s.print("    fix: %s", e.Fix)
	}
	if len(e.Used) > 0 {
		s.print("    tolerated: %s", strings.Join(e.Used, ", "))
	}
	if bodies && e.Request != "" {
		s.print("    > %s", e.Request)
	}
	if bodies && e.Response != "" {
		s.print("    < %s", e.Response)
	}
}

func (s *shell) clientSetupCommand() *cobra.Command {
	provider, address, sandbox := "", "https://muster.example.com", false
	c := &cobra.Command{
		Use: "setup name", Short: "Show the values to copy to an identity provider, and the steps there", Args: args("the name of a source"),
		Example: "  muster client setup entra --address https://muster.example.com",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			x, err := c.Setup(ctx, args[0], provider, sandbox)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(x)
			}
			s.print("Tenant URL:         %s%s", strings.TrimSuffix(address, "/"), x.Path)
			s.print("Authentication:     %s", x.Auth)
			s.print("Unique identifier:  %s", x.Identifier)
			s.print("\n%s:", x.Guide.Name)
			for i, step := range x.Guide.Steps {
				s.print("  %d. %s", i+1, step)
			}
			s.print("  %d. %s", len(x.Guide.Steps)+1, x.Guide.Pilot)
			if sandbox {
				s.next("muster client sandbox token NAME --person idp-provisioning --source %s", x.Client)
			} else {
				s.next("muster token create NAME --person idp-provisioning --source %s", x.Client)
			}
			return nil
		}),
	}
	c.Flags().StringVar(&provider, "provider", "", "entra, okta, onelogin or any; by the profile of the source if not said")
	c.Flags().StringVar(&address, "address", address, "where the provider reaches Muster")
	c.Flags().BoolVar(&sandbox, "sandbox", false, "for the copy, to try it there")
	return c
}
