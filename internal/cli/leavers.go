package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) leaversCommand() *cobra.Command {
	return &cobra.Command{
		Use: "leavers", Short: "List leavers who are not confirmed to be closed everywhere", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			leavers, err := c.Leavers(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Leaver]{leavers})
			}
			if len(leavers) == 0 {
				s.say("Every leaver is closed everywhere, confirmed by the targets.")
				return nil
			}
			t := table{}
			t.row("WHO", "TARGET", "ACCOUNT", "STATE", "SINCE", "WAITS FOR")
			for _, l := range leavers {
				why := l.Why
				if !l.Until.IsZero() {
					why += ", not before " + stamp(l.Until)
				}
				t.row(l.Name, l.Target, l.Remote, l.State, stamp(l.Since), why)
			}
			s.table(t, "")
			return nil
		}),
	}
}
