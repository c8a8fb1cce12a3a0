package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi/client"
)

func (s *shell) runsCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "runs [source|target]", Short: "List runs, newest first", Args: args("[source or target]"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			runs, err := c.Runs(ctx, name, limit)
			if err != nil {
				return err
			}
			return s.listRuns(runs)
		}),
	}
	c.Flags().IntVar(&limit, "limit", 20, "at most this many")
	c.AddCommand(&cobra.Command{
		Use: "show run", Short: "Show a run", Args: args("the id of a run"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			v, err := c.Run(ctx, args[0], 0)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(v)
			}
			if err := s.listRuns([]run.Run{v.Run}); err != nil || v.Phase == "" {
				return err
			}
			s.print("\n%s%s", v.Phase, far(v))
			return nil
		}),
	})
	return c
}

func (s *shell) listRuns(runs []run.Run) error {
	if s.json {
		return s.printJSON(items[run.Run]{runs})
	}
	if len(runs) == 0 {
		s.say("There was no run yet.")
		return nil
	}
	t := table{}
	t.row("RUN", "KIND", "OF", "STARTED", "TOOK", "OUTCOME", "COUNTS")
	for _, r := range runs {
		took := ""
		if !r.Ended.IsZero() {
			took = r.Ended.Sub(r.Started).Round(1e6).String()
		}
		t.row(r.ID, r.Kind, r.Name, stamp(r.Started), took, r.Outcome, counts(r.Counts))
	}
	s.table(t, "")
	for _, r := range runs {
		if r.Problem != nil {
			s.print("\n%s (%s): %s", r.Name, r.ID, r.Problem.What)
			s.fix(r.Problem.Fix)
		}
	}
	return nil
}
