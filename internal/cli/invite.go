package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) userInviteCommand() *cobra.Command {
	var who crowd
	c := &cobra.Command{
		Use: "invite [person …]", Short: "Send people the mail by which they choose a password", Args: cobra.ArbitraryArgs,
		Long: "Sends each person a mail with a link by which they choose a password. The link works once, for a week if not configured otherwise, and ends when they\n" +
			"are deactivated. A running server sends the mail; while the mail server is down it waits. Prints a line for each, and ends with 1 if somebody could\n" +
			"not be invited.",
		Example: "  muster user invite olivia\n  muster user invite --file joiners.txt --dry-run",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args)
			if err != nil {
				return err
			}
			err = each(s, names, func(name string) (invited, error) {
				m, err := c.Invite(ctx, name, who.dry)
				return invited{m, name}, err
			}, func(m invited) string {
				if who.dry {
					return fmt.Sprintf("An invitation for %s would go to %s.", m.who, m.To)
				}
				return fmt.Sprintf("An invitation for %s goes to %s.", m.who, m.To)
			})
			if who.dry {
				return err
			}
			if s.session != nil {
				s.say("Mail is sent once a server runs: muster serve.")
			}
			s.next("muster mail list --all")
			return err
		}),
	}
	who.flags(c)
	return c
}

// invited is the invitation of somebody.
type invited struct {
	adminapi.Message
	who string
}
