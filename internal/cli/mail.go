package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) mailCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "mail", Short: "Mail that Muster sends, and what became of it"})
	c.AddCommand(s.mailTestCommand(), s.mailListCommand(), s.mailRetryCommand(), s.mailDropCommand())
	return c
}

func (s *shell) mailTestCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test address", Short: "Send a mail now and tell what the server said", Args: args("an address"),
		Example: "  muster mail test olivia@example.com",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			t, err := c.TestMail(ctx, args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(t)
			}
			s.print("%s took a mail to %s (%s, %d ms). See whether it arrives.", t.Server, t.To, t.TLS, t.Millis)
			return nil
		}),
	}
}

func (s *shell) mailListCommand() *cobra.Command {
	q := adminapi.MessageQuery{}
	all := false
	c := &cobra.Command{
		Use: "list", Short: "Show mails and deliveries that wait or were refused, the newest first", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			found, err := c.Messages(ctx, q)
			if err != nil {
				return err
			}
			if !all && q.State == "" {
				found = open(found)
			}
			if s.json {
				return s.printJSON(items[adminapi.Message]{found})
			}
			if len(found) == 0 {
				s.say("Nothing waits, and nothing was refused.")
				return nil
			}
			return s.messages(found)
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "those too that were sent in the last 30 days")
	c.Flags().StringVar(&q.State, "state", "", "only these: waiting, sent, refused, dropped")
	c.Flags().StringVar(&q.Channel, "channel", "", "only of this `channel`: mail, or hook: and the name of a webhook")
	c.Flags().IntVar(&q.Limit, "limit", 200, "look at this many")
	return c
}

// open are the messages that are not done.
func open(all []adminapi.Message) []adminapi.Message {
	out := []adminapi.Message{}
	for _, m := range all {
		if m.State == "waiting" || m.State == "refused" {
			out = append(out, m)
		}
	}
	return out
}

func (s *shell) messages(all []adminapi.Message) error {
	t := table{}
	t.row("MESSAGE", "CHANNEL", "WHAT", "TO", "STATE", "TRIES", "NEXT")
	for _, m := range all {
		next := ""
		if !m.Next.IsZero() {
			next = stamp(m.Next)
		}
		t.row(m.ID, m.Channel, m.Kind, m.To, m.State, m.Attempts, next)
	}
	s.table(t, "")
	for _, m := range all {
		if m.Answer != "" {
			s.print("%s: %s", m.ID, m.Answer)
		}
	}
	for _, m := range all {
		if m.State == "refused" {
			s.next("muster mail retry %s", m.ID)
			s.next("muster mail retry --all")
			break
		}
	}
	return nil
}

func (s *shell) mailRetryCommand() *cobra.Command {
	all := false
	c := &cobra.Command{
		Use: "retry [id]", Short: "Try a mail or delivery again now, or all that were refused",
		Args: func(_ *cobra.Command, given []string) error {
			switch {
			case all && len(given) > 0:
				return usage("muster mail retry: give an id, or --all")
			case !all && len(given) != 1:
				return usage("muster mail retry: give the id of a message, or --all for all that were refused")
			}
			return nil
		},
		Example: "  muster mail retry 06h0...\n  muster mail retry --all",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if all {
				return s.retryAll(ctx, c)
			}
			m, err := c.RetryMessage(ctx, args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(m)
			}
			s.print("%s is tried again now.", m.ID)
			s.next("muster mail list --all")
			return nil
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all that were refused")
	return c
}

// retryAll tries everything again that was refused.
func (s *shell) retryAll(ctx context.Context, c *client.Client) error {
	found, err := c.Messages(ctx, adminapi.MessageQuery{State: "refused", Limit: 1000})
	out := []adminapi.Message{}
	for i := 0; err == nil && i < len(found); i++ {
		var m adminapi.Message
		if m, err = c.RetryMessage(ctx, found[i].ID); err == nil {
			out = append(out, m)
		}
	}
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(items[adminapi.Message]{out})
	}
	s.print("Tried again now: %d.", len(out))
	s.next("muster mail list")
	return nil
}

func (s *shell) mailDropCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drop id", Short: "End a mail that waits or was refused: it is not sent any more", Args: args("the id of a message"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := c.DropMessage(ctx, args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(m)
			}
			s.print("%s is not sent any more.", m.ID)
			return nil
		}),
	}
}
