package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) disableCommand() *cobra.Command {
	var req adminapi.Closing
	c := &cobra.Command{
		Use: "disable person", Short: "Close a person at once: past limits, holds and queues", Args: args("a person"),
		Long: "Closes a person at all targets at once. No source lifts it; muster enable does. A target that is paused or stopped is named, with what to do there by hand.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := s.needReason(&req.Reason); err != nil {
				return err
			}
			res, err := c.Disable(ctx, args[0], req)
			if err != nil {
				return err
			}
			return s.closed(ctx, c, res)
		}),
	}
	c.Flags().StringVar(&req.Reason, "reason", "", "why")
	return c
}

func (s *shell) enableCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "enable person", Short: "Lift what disable did: the person is again what the sources say", Args: args("a person"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := s.needReason(&reason); err != nil {
				return err
			}
			res, err := c.Enable(ctx, args[0], reason)
			if err != nil {
				return err
			}
			return s.closed(ctx, c, res)
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

// closed shows how far closing or reopening has got. A target that cannot be reached ends the command with 5.
func (s *shell) closed(ctx context.Context, c *client.Client, res adminapi.Closed) error {
	runs, err := s.follow(ctx, c, res.Runs)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return s.closedNow(res, runs)
	}
	if now, err := c.Object(ctx, "person", string(res.Object.ID)); err == nil {
		res.Object = now
		res.Targets = now.At(res.Targets)
	}
	return s.closedNow(res, runs)
}

func (s *shell) closedNow(res adminapi.Closed, runs []adminapi.RunView) error {
	var err error
	if s.json {
		err = s.printJSON(res)
	} else {
		s.heading(res.Object)
		s.closedAt(res.Targets)
		s.results(runs)
	}
	if err != nil {
		return err
	}
	for _, t := range res.Targets {
		if t.State == "stopped" {
			return ended(exitStopped)
		}
	}
	return exitOf(runs)
}

func (s *shell) closedAt(targets []adminapi.ClosedAt) {
	var t table
	for _, x := range targets {
		t.row(x.Target, x.Remote, x.State)
	}
	s.table(t, "  ")
	for _, x := range targets {
		if x.How != "" {
			s.print("  %s: %s", x.Target, x.How)
		}
	}
}
