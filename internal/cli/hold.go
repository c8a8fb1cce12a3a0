package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) holdCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "hold", Short: "Holds: what waits for a person"})
	c.AddCommand(s.holdListCommand(), s.holdShowCommand(), s.approveCommand("release", "Release a hold"),
		s.rejectCommand("reject", "Reject a hold until its inputs change"))
	return c
}

func (s *shell) holdListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list [source|target]", Short: "List what waits for a person: holds, and people who wait one by one", Args: args("[source|target]"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			target := ""
			if len(args) > 0 {
				target = args[0]
			}
			holds, err := c.Plans(ctx, adminapi.PlanQuery{Target: target, Kind: run.Hold, Status: run.Waiting})
			if err != nil {
				return err
			}
			waiting, err := c.Waiting(ctx, adminapi.WaitQuery{Target: target, Wait: "held"})
			if err != nil {
				return err
			}
			return s.holds(holds, waiting)
		}),
	}
}

func (s *shell) holds(holds []run.Plan, waiting []adminapi.Waiting) error {
	if s.json {
		return s.printJSON(struct {
			Holds   []run.Plan         `json:"holds"`
			Waiting []adminapi.Waiting `json:"waiting"`
		}{holds, waiting})
	}
	if len(holds)+len(waiting) == 0 {
		s.say("Nothing waits for a person.")
		return nil
	}
	if len(holds) > 0 {
		t := table{}
		t.row("HOLD", "AT", "CLASS", "PEOPLE", "SINCE", "WHY")
		for _, h := range holds {
			t.row(h.ID, h.Target, h.Class, h.People, stamp(h.Created), h.Why)
		}
		s.table(t, "")
	}
	if len(waiting) > 0 {
		if len(holds) > 0 {
			s.print("")
		}
		s.waitTable(waiting)
	}
	if len(holds) > 0 {
		s.next("muster hold show %s", holds[0].ID)
	} else {
		s.next("muster why %s %s", waiting[0].Name, waiting[0].Target)
	}
	return nil
}

func (s *shell) waitTable(waiting []adminapi.Waiting) {
	t := table{}
	t.row("WHO", "TARGET", "WAITS", "SINCE", "WHY")
	for _, w := range waiting {
		who := w.Name
		if w.Member != "" {
			who = w.Member + " in " + w.Name
		}
		t.row(who, w.Target, w.Wait, stamp(w.Since), w.Reason)
	}
	s.table(t, "")
}

func (s *shell) holdShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show target|hold", Short: "Show a hold, line by line", Args: args("a target or the id of a hold"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := decidable(ctx, c, args[0], true)
			if err != nil {
				return err
			}
			if s.json {
				return s.planJSON(ctx, c, p, adminapi.Selection{})
			}
			return s.showPlan(ctx, c, p, adminapi.Selection{}, false)
		}),
	}
}
