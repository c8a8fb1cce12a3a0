package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) webhookCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "webhook", Short: "Addresses that are told of changes"})
	c.AddCommand(s.webhookListCommand(), s.webhookTestCommand(), s.webhookReplayCommand())
	return c
}

func (s *shell) webhookListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show the webhooks and how they stand", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Webhooks(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Webhook]{all})
			}
			if len(all) == 0 {
				s.say("No webhook is configured.")
				return nil
			}
			t := table{}
			t.row("WEBHOOK", "ADDRESS", "STATE", "CURSOR", "TRIES", "NEXT")
			for _, w := range all {
				tries, next := 0, ""
				if w.Waiting != nil {
					tries, next = w.Waiting.Attempts, stamp(w.Waiting.Next)
				}
				t.row(w.Name, w.URL, w.State, w.Cursor, tries, next)
			}
			s.table(t, "")
			for _, w := range all {
				if w.State == "retrying" {
					s.print("%s: %s", w.Name, w.Waiting.Answer)
					s.next("muster mail retry %s", w.Waiting.ID)
				}
			}
			return nil
		}),
	}
}

func (s *shell) webhookTestCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test name", Short: "Send a webhook a signed delivery without events", Args: args("the name of a webhook"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := c.TestWebhook(ctx, args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(m)
			}
			s.print("A test goes to %s, behind what waits for it.", args[0])
			s.next("muster mail list --all --channel hook:%s", args[0])
			return nil
		}),
	}
}

func (s *shell) webhookReplayCommand() *cobra.Command {
	var req adminapi.Replay
	c := &cobra.Command{
		Use: "replay name", Short: "Tell a webhook again of what changed", Args: args("the name of a webhook"),
		Long: "Tell a webhook again of what changed after a place in the feed, in place of what waits for it. Without --after it is told of everybody, as if it were new.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			w, err := c.ReplayWebhook(ctx, args[0], req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(w)
			}
			if req.After == "" {
				s.print("%s is told again of everybody.", w.Name)
			} else {
				s.print("%s is told again of what changed after %s.", w.Name, req.After)
			}
			s.next("muster webhook list")
			return nil
		}),
	}
	c.Flags().StringVar(&req.After, "after", "", "a place in the feed: the cursor of a delivery")
	return c
}
