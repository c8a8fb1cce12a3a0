package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) syncCommand() *cobra.Command {
	var req adminapi.SyncRequest
	var noWait bool
	c := &cobra.Command{
		Use: "sync [source|target]", Short: "Read sources and serve targets now", Args: args("[source or target]"),
		Example: "  muster sync\n  muster sync wiki --full\n  muster sync --person olivia.berg",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				req.Name = args[0]
			}
			return s.sync(ctx, c, req, noWait)
		}),
	}
	c.Flags().StringVar(&req.Person, "person", "", "only this `person`: username, email, key or DN")
	c.Flags().BoolVar(&req.Full, "full", false, "read and compare everything, not only what changed")
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it has ended")
	return c
}

func (s *shell) sync(ctx context.Context, c *client.Client, req adminapi.SyncRequest, noWait bool) error {
	started, err := c.Sync(ctx, req)
	if err != nil {
		return err
	}
	if noWait && s.session == nil {
		if s.json {
			return s.printJSON(started)
		}
		for _, id := range started.Runs {
			s.print("%s", id)
		}
		s.next("muster runs")
		return nil
	}
	runs, err := s.follow(ctx, c, started.Runs)
	if err != nil {
		return err
	}
	out := struct {
		Runs   []adminapi.RunView    `json:"runs"`
		Person *adminapi.Explanation `json:"person,omitempty"`
	}{Runs: runs}
	if req.Person != "" {
		e, err := c.Why(ctx, req.Person, "")
		if err != nil {
			return err
		}
		out.Person = &e
	}
	if s.json {
		if err := s.printJSON(out); err != nil {
			return err
		}
		return exitOf(runs)
	}
	s.results(runs)
	if out.Person != nil {
		s.print("")
		s.explain(*out.Person)
	}
	return exitOf(runs)
}
