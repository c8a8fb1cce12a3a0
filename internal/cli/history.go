package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi/client"
)

func (s *shell) historyCommand() *cobra.Command {
	var q run.EventQuery
	c := &cobra.Command{
		Use: "history", Short: "Show who did what, newest first", Args: args(),
		Example: "  muster history --object wiki",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			events, err := c.Events(ctx, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[run.Event]{events})
			}
			if len(events) == 0 {
				s.say("Nothing of that kind was done yet.")
				return nil
			}
			t := table{}
			t.row("WHEN", "WHO", "DID", "TO", "WHY")
			for _, e := range events {
				t.row(stamp(e.At), e.By, e.Act, e.Object, e.Detail)
			}
			s.table(t, "")
			return nil
		}),
	}
	c.Flags().StringVar(&q.Object, "object", "", "only what was done to this: id or name")
	c.Flags().StringVar(&q.By, "by", "", "only what was done by this actor: operator:NAME")
	c.Flags().StringVar(&q.Act, "act", "", "only this act: pause, disable …")
	c.Flags().IntVar(&q.Limit, "limit", 50, "at most this many")
	return c
}
