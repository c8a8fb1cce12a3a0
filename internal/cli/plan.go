package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) planCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "plan", Short: "Plans: what would be done, and whether it may"})
	c.AddCommand(s.planShowCommand(), s.planListCommand(), s.reviewCommand(), s.approveCommand("approve", "Approve a plan"), s.cancelCommand(), s.rejectCommand("reject", "Reject a plan until its inputs change"))
	return c
}

func (s *shell) planShowCommand() *cobra.Command {
	var now, summary, detailed bool
	var sel adminapi.Selection
	c := &cobra.Command{
		Use: "show target|plan", Short: "Show a plan, field by field", Args: args("a target or the id of a plan"),
		Long: "Shows the plan with that id, or the newest plan of that target that waits. If none waits, or with --now, it computes what would be done\n" +
			"at the target now; nothing is sent.\n\n  + created, enabled or added   ~ changed   = linked to an account that exists\n" +
			"  − disabled, deleted or removed   ✗ not done, and why",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := findPlan(ctx, c, args[0], now)
			if err != nil {
				return err
			}
			if s.json {
				err = s.planJSON(ctx, c, p, sel)
			} else {
				err = s.showPlan(ctx, c, p, sel, summary)
			}
			if err == nil && detailed && p.People > 0 {
				return ended(exitPending)
			}
			return err
		}),
	}
	c.Flags().BoolVar(&now, "now", false, "compute a fresh plan, even if one waits")
	c.Flags().BoolVar(&summary, "summary", false, "show the counts and limits only")
	c.Flags().BoolVar(&s.keys, "keys", false, "show the key of each line, for --line of approve and reject")
	selectFlags(c, &sel)
	c.Flags().StringVar(&sel.Status, "status", "", "only lines with this `status`: waiting, approved, rejected, done, failed, stale")
	c.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 if there is anything to do")
	return c
}

// findPlan returns the plan meant by ref. For a target without one it is computed.
func findPlan(ctx context.Context, c *client.Client, ref string, now bool) (run.Plan, error) {
	if now {
		return c.Preview(ctx, ref)
	}
	p, err := c.Plan(ctx, ref)
	var answer *adminapi.Problem
	if !errors.As(err, &answer) || answer.Code != adminapi.NotFound {
		return p, err
	}
	fresh, again := c.Preview(ctx, ref)
	if errors.As(again, &answer) && answer.Code == adminapi.NotFound {
		return p, err // neither a plan nor a target
	}
	return fresh, again
}

func (s *shell) planListCommand() *cobra.Command {
	var q adminapi.PlanQuery
	var all bool
	c := &cobra.Command{
		Use: "list [target]", Short: "List the plans that wait", Args: args("[target]"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				q.Target = args[0]
			}
			if !all {
				q.Status = run.Waiting
			}
			plans, err := c.Plans(ctx, q)
			if err != nil {
				return err
			}
			if err := s.listPlans(plans); err != nil || s.json || len(plans) < q.Limit {
				return err
			}
			again := append([]string{"plan", "list"}, args...)
			if all {
				again = append(again, "--all")
			}
			s.next("muster %s --before %s", strings.Join(again, " "), plans[len(plans)-1].ID)
			return nil
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "also plans that were decided")
	c.Flags().StringVar(&q.Before, "before", "", "only those made before this `plan`")
	c.Flags().IntVar(&q.Limit, "limit", 50, "at most this many")
	return c
}

func (s *shell) listPlans(plans []run.Plan) error {
	if s.json {
		return s.printJSON(items[run.Plan]{plans})
	}
	if len(plans) == 0 {
		s.say("No plan waits.")
		return nil
	}
	t := table{}
	t.row("PLAN", "TARGET", "KIND", "STATUS", "PEOPLE", "MADE", "WHAT")
	for _, p := range plans {
		what := p.Why
		if what == "" {
			what = counts(p.Counts)
		}
		t.row(p.ID, p.Target, p.Kind, p.Status, p.People, stamp(p.Created), what)
	}
	s.table(t, "")
	s.next("muster plan show %s", plans[0].ID)
	return nil
}

// items is the shape of lists in JSON.
type items[T any] struct {
	Items []T `json:"items"`
}
