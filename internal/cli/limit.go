package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) limitCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "limit", Short: "Limits: how much may change in 24 hours without a person"})
	c.AddCommand(s.limitListCommand(), s.limitRaiseCommand())
	return c
}

func (s *shell) limitListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list [target]", Short: "List limits, and how much of them is used", Args: args("[target]"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			target := ""
			if len(args) > 0 {
				target = args[0]
			}
			limits, err := c.Limits(ctx, target)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Limit]{limits})
			}
			t := table{}
			t.row("TARGET", "LIMIT", "LAST 24 H", "ALLOWED", "RAISED")
			for _, l := range limits {
				raised := ""
				if r := l.Raised; r != nil {
					raised = "to " + itoa(r.To) + " until " + stamp(r.Until) + " by " + r.By + ": " + r.Reason
				}
				t.row(l.Target, l.Class, l.Spent, l.Limit, raised)
			}
			s.table(t, "")
			return nil
		}),
	}
}

func (s *shell) limitRaiseCommand() *cobra.Command {
	var req adminapi.Raise
	var until string
	c := &cobra.Command{
		Use: "raise target limit", Short: "Announce a window in which more may change", Args: args("the name of a target or source", "the name of a limit"),
		Long: "Lets a limit of a target, or the number of entries that may go missing from a source in one read (shrink), reach further for a while.",
		Example: "  muster limit raise wiki left --to 120 --until 4h --reason 'Berlin moves to its own wiki'\n" +
			"  muster limit raise corp shrink --to 80 --until 2h --reason 'the Berlin branch was sold'",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			var err error
			if req.To <= 0 {
				return usage("muster limit raise: how far is missing: --to 120")
			}
			if req.Until, err = parseUntil(until, time.Now()); err != nil {
				return err
			}
			if err := s.needReason(&req.Reason); err != nil {
				return err
			}
			req.Class = args[1]
			r, err := c.Raise(ctx, args[0], req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(r)
			}
			s.print("%s: limit %s is %d until %s.", r.Target, r.Class, r.To, stamp(r.Until))
			return nil
		}),
	}
	c.Flags().IntVar(&req.To, "to", 0, "how many")
	c.Flags().StringVar(&until, "until", "", "how long: 4h, 18:00, 2026-03-02T18:00:00Z")
	c.Flags().StringVar(&req.Reason, "reason", "", "why")
	return c
}

// parseUntil reads a duration from now, a time of day that is still to come, or a moment.
func parseUntil(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d).Round(time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation("15:04", text, now.Location()); err == nil {
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
		if !t.After(now) {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	return time.Time{}, usage("muster limit raise: --until %q is not a time; allowed: 4h, 18:00, 2026-03-02T18:00:00Z", text)
}
