package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel plan", Short: "Take back an approval that has not begun", Args: args("a target or the id of a plan"),
		Long: "Takes back an approval that was given in the console, or with --delay, and has not begun yet. The plan waits as before.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.Plan(ctx, args[0])
			if err != nil {
				return err
			}
			out, err := c.CancelStart(ctx, p.ID)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(out)
			}
			s.say("Taken back. Nothing had begun, and the plan waits as before.")
			return nil
		}),
	}
}

// startsLater says when an approval begins, and how it is taken back.
func (s *shell) startsLater(d adminapi.Decision) error {
	if s.json {
		return s.printJSON(d)
	}
	s.say("It begins at %s. Until then nothing is decided.", stamp(d.Start.Begins))
	s.next("muster plan cancel %s", d.Plan.ID)
	return nil
}
