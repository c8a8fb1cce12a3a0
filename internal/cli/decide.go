package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) approveCommand(verb, short string) *cobra.Command {
	var req adminapi.Approval
	var noWait bool
	var delay time.Duration
	var counted func() bool // a count was given; 0 is one: nothing is to be done, and the target may begin
	hold := verb == "release"
	c := &cobra.Command{
		Use: verb + " target|plan", Short: short, Args: args("a target or the id of a plan"),
		Long: short + ": all of it, or with --line, --act, --class, --cause, --kind and --name only some lines, with whatever else it does to the same people\n" +
			"and groups. muster plan review goes through it one by one.\n\nThe number of people and groups affected is typed as a confirmation; where nobody can type, --confirm-count gives it.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := decidable(ctx, c, args[0], hold)
			if err != nil {
				return err
			}
			if !counted() {
				if req.Count, err = s.countSelected(ctx, c, p, req, verb); err != nil {
					return err
				}
			}
			if req.After = int(delay / time.Second); req.After > 0 && s.session != nil {
				return &run.Problem{Code: adminapi.Unavailable, What: "no server runs that could begin later", Now: "Nothing was approved.", Fix: "Leave --delay out, or start the server: `muster serve`."}
			}
			d, err := c.Approve(ctx, p.ID, req)
			if err != nil {
				return err
			}
			if d.Start != nil {
				return s.startsLater(d)
			}
			return s.approved(ctx, c, d, noWait)
		}),
	}
	c.Flags().IntVar(&req.Count, "confirm-count", 0, "the number of people and groups affected")
	counted = func() bool { return c.Flags().Changed("confirm-count") }
	c.Flags().StringArrayVar(&req.Lines, "line", nil, "only the line with this `key`; may be repeated")
	c.Flags().StringVar(&req.Answer, "answer", "", "what to do about lines that ask which of several things to do: replace or keep, of a group that the target cannot rename; adopt or create, of an entry that a source takes for somebody")
	decisionFlags(c, &req.Select)
	c.Flags().BoolVar(&req.AllOrNothing, "all-or-nothing", false, "carry nothing out if any line does not hold any more when it is to be")
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it is carried out")
	c.Flags().DurationVar(&delay, "delay", 0, "begin only after this `time`, 60s at most; muster plan cancel takes it back until then")
	return c
}

// decidable returns the plan meant by ref. Of a target, "hold" takes its newest hold and "plan" whatever waits.
func decidable(ctx context.Context, c *client.Client, ref string, hold bool) (run.Plan, error) {
	if hold {
		holds, err := c.Plans(ctx, adminapi.PlanQuery{Target: ref, Kind: run.Hold, Status: run.Waiting, Limit: 2})
		if p, ok := errors.AsType[*adminapi.Problem](err); err != nil && (!ok || p.Code != adminapi.NotFound) { // not found: ref is the id of a hold
			return run.Plan{}, err
		}
		if len(holds) > 1 {
			return run.Plan{}, usage("several holds of %s wait: give the id of one, see muster hold list", ref)
		}
		if len(holds) == 1 {
			return holds[0], nil
		}
	}
	p, err := c.Plan(ctx, ref)
	if err == nil && hold && p.Kind != run.Hold {
		return p, usage("%s is no hold: muster plan approve %s", p.ID, p.ID)
	}
	return p, err
}

// countSelected asks for the number of people that a decision affects.
func (s *shell) countSelected(ctx context.Context, c *client.Client, p run.Plan, req adminapi.Approval, verb string) (int, error) {
	if !chosen(req.Select, req.Lines) {
		return s.typedCount(p, p.People, p.Counts, verb)
	}
	t, err := c.Tally(ctx, p.ID, req.Select, req.Lines)
	if err != nil {
		return 0, err
	}
	by := map[string]int{}
	for _, x := range t.By {
		by[x.Act] += x.Lines
	}
	return s.typedCount(p, t.People, by, verb)
}

// typedCount asks for the number of people affected.
func (s *shell) typedCount(p run.Plan, n int, by map[string]int, verb string) (int, error) {
	s.say("%s", planTitle(p))
	s.say("It affects %s: %s", plural(n, "person or group", "people and groups"), counts(by))
	for _, v := range p.Verdicts {
		if v.Tripped {
			s.say("Limit %s is passed: %s", v.Class, v.Why)
		}
	}
	typed, err := s.ask("Type that number to "+verb+", or nothing to leave it:", fmt.Sprintf("nobody can type the number of people here: give it as --confirm-count %d", n))
	if err != nil {
		return 0, err
	}
	if typed == "" {
		s.say("Nothing was done.")
		return 0, ended(exitFailed)
	}
	got, err := strconv.Atoi(typed)
	if err != nil {
		return 0, usage("%q is not a number: nothing was done", typed)
	}
	return got, nil
}

func (s *shell) approved(ctx context.Context, c *client.Client, d adminapi.Decision, noWait bool) error {
	var runs []adminapi.RunView
	var err error
	s.say("Approved: %s.", plural(d.Lines, "line", "lines"))
	if d.Stale > 0 {
		s.say("%s did not hold any more; a new plan has them: muster plan list %s", plural(d.Stale, "line", "lines"), d.Plan.Target)
	}
	if !noWait || s.session != nil {
		if runs, err = s.follow(ctx, c, d.Runs); err != nil {
			return err
		}
	}
	last := runs
	if len(runs) > 0 {
		if runs, err = since(ctx, c, d.Plan, runs); err != nil {
			return err
		}
	}
	if s.json {
		err = s.printJSON(struct {
			adminapi.Decision
			Results []adminapi.RunView `json:"results,omitempty"`
		}{d, runs})
	} else {
		s.print("%s %s", d.Plan.ID, d.Plan.Status)
		s.results(runs)
	}
	if err != nil {
		return err
	}
	return exitOf(last)
}

// since returns runs, and before them those that ended since a plan was decided: the server that runs may have been quicker to carry it out.
func since(ctx context.Context, c *client.Client, p run.Plan, runs []adminapi.RunView) ([]adminapi.RunView, error) {
	all, err := c.Runs(ctx, adminapi.RunQuery{Name: p.Target, Limit: 10})
	for _, r := range all { // newest first
		followed := slices.ContainsFunc(runs, func(v adminapi.RunView) bool { return v.ID == r.ID })
		if !followed && r.Kind != run.Read && r.Outcome != run.Running && !r.Ended.Before(p.Decided) && !p.Decided.IsZero() {
			runs = slices.Insert(runs, 0, adminapi.RunView{Run: r})
		}
	}
	return runs, err
}

func (s *shell) rejected(d adminapi.Decision) error {
	if s.json {
		return s.printJSON(d)
	}
	s.print("%s %s", d.Plan.ID, d.Plan.Status)
	return nil
}

func (s *shell) rejectCommand(verb, short string) *cobra.Command {
	var req adminapi.Rejection
	c := &cobra.Command{
		Use: verb + " target|plan", Short: short, Args: args("a target or the id of a plan"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := decidable(ctx, c, args[0], strings.HasPrefix(short, "Reject a hold"))
			if err != nil {
				return err
			}
			d, err := c.Reject(ctx, p.ID, req)
			if err != nil {
				return err
			}
			if !s.json {
				s.say("Rejected: %s. Nothing was sent; they come back when their inputs change.", plural(d.Lines, "line", "lines"))
			}
			return s.rejected(d)
		}),
	}
	c.Flags().StringArrayVar(&req.Lines, "line", nil, "only the line with this `key`; may be repeated")
	selectFlags(c, &req.Select)
	c.Flags().StringVar(&req.Reason, "reason", "", "why")
	return c
}
