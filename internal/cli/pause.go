package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi/client"
)

func (s *shell) pauseCommand() *cobra.Command {
	return s.pausing("pause target", "Send nothing to a target until it is resumed", (*client.Client).Pause,
		func(t run.Target) { s.print("%s is paused. Nothing is sent; what changes is caught up later.", t.Name) })
}

func (s *shell) resumeCommand() *cobra.Command {
	return s.pausing("resume target", "Serve a paused target again", (*client.Client).Resume,
		func(t run.Target) { s.print("%s is served again.", t.Name) })
}

func (s *shell) pausing(use, short string, do func(*client.Client, context.Context, string, string) (run.Target, error), show func(run.Target)) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: use, Short: short, Args: args("the name of a target"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := s.needReason(&reason); err != nil {
				return err
			}
			t, err := do(c, ctx, args[0], reason)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(t)
			}
			show(t)
			return nil
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

// needReason asks for a reason that was not given.
func (s *shell) needReason(reason *string) (err error) {
	if *reason == "" {
		*reason, err = s.ask("Why?", "a reason is missing: --reason")
	}
	if err == nil && *reason == "" {
		err = usage("a reason is missing: --reason")
	}
	return err
}
