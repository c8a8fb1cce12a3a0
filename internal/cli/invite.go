package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi/client"
)

func (s *shell) userInviteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "invite name", Short: "Send a person the mail by which they choose a password", Args: args("a username, email or id"),
		Long: "Send a person a mail with a link by which they choose a password. The link works once, for a week if not configured otherwise, and ends when they\n" +
			"are deactivated. A running server sends the mail; while the mail server is down it waits.",
		Example: "  muster user invite olivia",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := c.Invite(ctx, args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(m)
			}
			s.print("An invitation for %s goes to %s.", args[0], m.To)
			if s.session != nil {
				s.say("It is sent once a server runs: muster serve.")
			}
			s.next("muster mail list --all")
			return nil
		}),
	}
}
