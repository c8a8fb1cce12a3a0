package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) tokenCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "token", Short: "Tokens by which programs act for people"})
	c.AddCommand(s.tokenCreateCommand(), s.tokenListCommand(), s.tokenRotateCommand(), s.tokenRevokeCommand())
	return c
}

func (s *shell) tokenCreateCommand() *cobra.Command {
	var req adminapi.NewToken
	c := &cobra.Command{
		Use: "create name", Short: "Make a token and print it, this once", Args: args("what it is for"),
		Example: "  muster token create 'backup script' --days 30 > token",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			req.Name = args[0]
			t, err := c.CreateToken(ctx, req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(t)
			}
			s.print("%s", t.Text)
			s.say("It is shown this once, works until %s, and ends with: muster token revoke %s", stamp(t.Expires), t.ID)
			return nil
		}),
	}
	c.Flags().StringVar(&req.Person, "person", "", "whom it acts for, if not you")
	c.Flags().IntVar(&req.Days, "days", 0, "how long it lives (180 days if not said)")
	c.Flags().StringVar(&req.Source, "source", "", "the source of type scim that it is for: it opens nothing else")
	c.Flags().StringVar(&req.Profile, "profile", "", "how the provider behaves, if not as configured: standard, entra, okta, onelogin, closed")
	return c
}

func (s *shell) tokenListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List tokens", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			tokens, err := c.Tokens(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Token]{tokens})
			}
			t := table{}
			t.row("TOKEN", "FOR", "ACTS FOR", "SOURCE", "EXPIRES", "LAST USED", "")
			for _, x := range tokens {
				revoked := ""
				if x.Revoked {
					revoked = "revoked"
				}
				source := x.Source
				if x.Profile != "" {
					source += " as " + x.Profile
				}
				t.row(x.ID, x.Name, cmp.Or(x.PersonName, string(x.Person)), source, stamp(x.Expires), stamp(x.LastUsed), revoked)
			}
			s.table(t, "")
			return nil
		}),
	}
}

func (s *shell) tokenRotateCommand() *cobra.Command {
	var req adminapi.Rotation
	c := &cobra.Command{
		Use: "rotate id", Short: "Make a token in the place of another; both work for a while", Args: args("the id of a token"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			t, err := c.RotateToken(ctx, args[0], req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(t)
			}
			s.print("%s", t.Text)
			s.say("It is shown this once. The old one goes on working for a while, or ends at once with: muster token revoke %s", args[0])
			return nil
		}),
	}
	c.Flags().IntVar(&req.Days, "days", 0, "how long the old one goes on working (7 days if not said)")
	return c
}

func (s *shell) tokenRevokeCommand() *cobra.Command {
	who := crowd{noun: "the id of a token"}
	c := &cobra.Command{
		Use: "revoke [id …]", Short: "End tokens at once, for good", Args: cobra.ArbitraryArgs,
		Long: "Ends tokens at once, for good. Prints a line for each, and ends with 1 if one could not be revoked.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			ids, err := s.who(who, args)
			if err != nil {
				return err
			}
			revoke := c.RevokeToken
			if who.dry {
				revoke, err = revocable(ctx, c)
			}
			if err != nil {
				return err
			}
			return each(s, ids, func(id string) (revoked, error) { return revoked{id, !who.dry}, revoke(ctx, id) }, func(r revoked) string {
				if !r.Revoked {
					return r.ID + " would be revoked."
				}
				return r.ID + " is revoked."
			})
		}),
	}
	who.flags(c)
	return c
}

// revoked is what became of a token.
type revoked struct {
	ID      string `json:"id"`
	Revoked bool   `json:"revoked"`
}

// revocable says of a token whether it is there to be revoked.
func revocable(ctx context.Context, c *client.Client) (func(context.Context, string) error, error) {
	tokens, err := c.Tokens(ctx)
	return func(_ context.Context, id string) error {
		if slices.ContainsFunc(tokens, func(t adminapi.Token) bool { return t.ID == id }) {
			return nil
		}
		return &run.Problem{Code: adminapi.NotFound, What: fmt.Sprintf("there is no token %q that you may revoke", id), Fix: "`muster token list` shows what there is."}
	}, err
}
