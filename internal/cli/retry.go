package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) retryCommand() *cobra.Command {
	var req adminapi.RetryRequest
	var noWait bool
	c := &cobra.Command{
		Use: "retry [person|target]", Short: "Try again now what is tried again later, or was refused", Args: args("[a person or a target]"),
		Long: "Has what waits tried again now instead of later: after a failed call, or a value that the target refused. What waits for a decision goes on\n" +
			"waiting: see muster hold list. Without an argument it is everything at every target.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				status, err := c.Status(ctx)
				if err != nil {
					return err
				}
				req.Who = args[0]
				for _, t := range status.Targets {
					if t.Name == args[0] {
						req.Who, req.Target = "", args[0]
					}
				}
			}
			r, err := c.Retry(ctx, req)
			if err != nil {
				return err
			}
			return s.retried(ctx, c, r, noWait)
		}),
	}
	c.Flags().StringVar(&req.Target, "target", "", "at this `target` only")
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it was tried")
	return c
}

func (s *shell) retried(ctx context.Context, c *client.Client, r adminapi.Retried, noWait bool) error {
	var runs []adminapi.RunView
	var err error
	if !noWait || s.session != nil {
		if runs, err = s.follow(ctx, c, r.Runs); err != nil {
			return err
		}
	}
	switch {
	case s.json:
		err = s.printJSON(struct {
			adminapi.Retried
			Results []adminapi.RunView `json:"results,omitempty"`
		}{r, runs})
	case len(r.Targets) == 0:
		s.say("Nothing waits to be tried again.")
	default:
		s.print("Tried again: %s.", counts(r.Targets))
		s.results(runs)
	}
	if err != nil {
		return err
	}
	return exitOf(runs)
}
