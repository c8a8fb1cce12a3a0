package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) runsCommand() *cobra.Command {
	q := adminapi.RunQuery{}
	c := &cobra.Command{
		Use: "runs [source|target]", Short: "List runs, newest first", Args: args("[source or target]"),
		Long: "Lists runs: each reading of a source, each serving of a target and whole comparison with it, each load of a file.\n\nWith --before it goes on where the last page ended.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				q.Name = args[0]
			}
			runs, err := c.Runs(ctx, q)
			if err != nil {
				return err
			}
			if err := s.listRuns(runs); err != nil || s.json || len(runs) < q.Limit {
				return err
			}
			s.next("muster %s", strings.Join(append([]string{"runs"}, append(args, "--before", runs[len(runs)-1].ID)...), " "))
			return nil
		}),
	}
	c.Flags().IntVar(&q.Limit, "limit", 20, "at most this many")
	c.Flags().StringVar(&q.Before, "before", "", "only those before this `run`")
	c.AddCommand(s.runsSentCommand(), s.runsShowCommand())
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
