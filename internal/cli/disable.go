package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// closeWait is how long disable waits for the targets to confirm it.
const closeWait = 30 * time.Second

// A closeOrder is what a disable was asked for.
type closeOrder struct {
	req      adminapi.Closing
	accounts []string // TARGET:ACCOUNT
	yes      bool
	wait     time.Duration
}

func (s *shell) disableCommand() *cobra.Command {
	var o closeOrder
	c := &cobra.Command{
		Use: "disable [person …]", Short: "Close people or accounts at once: past limits, holds, queues and running waves",
		Long: "Closes people at all targets at once, or at those of --at. No source lifts it; muster enable does. With --account, closes an account at a target that may be\n" +
			"nobody's: TARGET:ACCOUNT, by its id or its name there. The order is stored before anything is sent, and stays open until the target was read back; what\n" +
			"a target does not confirm within --wait goes on without this command. A target that is paused is left alone, unless with --through-pause; a target that\n" +
			"cannot be reached is named, with what to do there by hand. Ends with 1 if not everything is closed.",
		Example: "  muster disable ben.ito --reason 'dismissed today'\n  muster disable --account wiki:intern7 --reason 'nobody knows whose it is'",
		Args:    cobra.ArbitraryArgs,
		RunE: s.call(func(ctx context.Context, c *client.Client, people []string) error {
			return s.disable(ctx, c, people, o)
		}),
	}
	f := c.Flags()
	f.StringVar(&o.req.Reason, "reason", "", "why")
	f.StringSliceVar(&o.req.Targets, "at", nil, "only at these `targets`; may be given several times")
	f.StringArrayVar(&o.accounts, "account", nil, "close an account, `TARGET:ACCOUNT`; may be given several times")
	f.BoolVar(&o.req.ThroughPause, "through-pause", false, "send it to paused targets too; asks once more")
	f.BoolVar(&o.req.DryRun, "dry-run", false, "only show how things stand")
	f.BoolVar(&o.yes, "yes", false, "do not ask, neither for several people nor for a pause")
	f.DurationVar(&o.wait, "wait", closeWait, "how long to wait for the targets; 0 = not at all")
	return c
}

// A subject is one person or account that is closed.
type subject struct {
	order func(context.Context, adminapi.Closing) (adminapi.Closed, error)
	look  func(context.Context, time.Duration) (adminapi.Closed, error)
}

func (s *shell) disable(ctx context.Context, c *client.Client, people []string, o closeOrder) error {
	all, err := subjects(c, people, o)
	if err != nil {
		return err
	}
	if o.req.DryRun && o.req.Reason == "" {
		o.req.Reason = "dry run"
	}
	if err := s.needReason(&o.req.Reason); err != nil {
		return err
	}
	if err := s.sure(len(all), o); err != nil {
		return err
	}
	var out []adminapi.Closed
	for _, x := range all {
		res, err := x.order(ctx, o.req)
		if err != nil {
			return s.partly(out, err)
		}
		out = append(out, res)
	}
	if !o.req.DryRun {
		for i, x := range all {
			if out[i], err = s.awaitClosed(ctx, c, x, out[i], o.wait); err != nil {
				return s.partly(out, err)
			}
		}
	}
	return s.closedOut(out, o.req.DryRun)
}

// partly shows who was ordered closed before an error, which ends the command.
func (s *shell) partly(out []adminapi.Closed, err error) error {
	if len(out) > 0 && !s.json {
		for _, res := range out {
			s.closedOne(res)
		}
		s.say("The rest was not ordered.")
	}
	return err
}

// subjects are the people and accounts that are meant.
func subjects(c *client.Client, people []string, o closeOrder) ([]subject, error) {
	var out []subject
	for _, who := range people {
		out = append(out, subject{
			func(ctx context.Context, req adminapi.Closing) (adminapi.Closed, error) {
				return c.Disable(ctx, who, req)
			},
			func(ctx context.Context, wait time.Duration) (adminapi.Closed, error) {
				return c.Closing(ctx, who, wait)
			},
		})
	}
	for _, text := range o.accounts {
		target, account, ok := strings.Cut(text, ":")
		if !ok || target == "" || account == "" {
			return nil, usage("--account %s: write TARGET:ACCOUNT", text)
		}
		out = append(out, subject{
			func(ctx context.Context, req adminapi.Closing) (adminapi.Closed, error) {
				return c.DisableAccount(ctx, target, account, req)
			},
			func(ctx context.Context, wait time.Duration) (adminapi.Closed, error) {
				return c.ClosingAccount(ctx, target, account, wait)
			},
		})
	}
	switch {
	case len(out) == 0:
		return nil, usage("muster disable: a person or --account is missing")
	case len(o.accounts) > 0 && len(o.req.Targets) > 0 && len(people) == 0:
		return nil, usage("muster disable: --at is for people; --account names its target")
	}
	return out, nil
}

// sure asks once more before several are closed, and before a pause is not kept.
func (s *shell) sure(n int, o closeOrder) error {
	if o.yes || o.req.DryRun {
		return nil
	}
	if n > 1 {
		if err := s.confirm(fmt.Sprintf("Close all %d? Type %d:", n, n), itoa(n), "several are closed only with --yes where nobody can be asked"); err != nil {
			return err
		}
	}
	if o.req.ThroughPause {
		return s.confirm("Somebody paused these targets. Close through the pause? Type pause:", "pause", "a pause is passed only with --yes where nobody can be asked")
	}
	return nil
}

// confirm asks for a word, and ends the command if another is typed.
func (s *shell) confirm(prompt, word, instead string) error {
	text, err := s.ask(prompt, instead)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) != word {
		return usage("not confirmed: nothing was done")
	}
	return nil
}

// awaitClosed waits until all targets have confirmed it, nothing moves any more, or the time is over. It says what changes.
func (s *shell) awaitClosed(ctx context.Context, c *client.Client, x subject, res adminapi.Closed, wait time.Duration) (adminapi.Closed, error) {
	began, shown := time.Now(), map[string]string{}
	asked := map[string]bool{}
	for _, t := range res.Targets {
		asked[t.Target] = true
	}
	for {
		s.progressClosed(res, shown)
		left := wait - time.Since(began)
		if !moving(res) || left <= 0 {
			return res, nil
		}
		look := x.look
		if res.Object.Kind == directory.Person { // an account turned out to be somebody's
			look = func(ctx context.Context, wait time.Duration) (adminapi.Closed, error) {
				return c.Closing(ctx, string(res.Object.ID), wait)
			}
		}
		next, err := look(ctx, min(left, time.Second))
		if err != nil {
			return res, err
		}
		res = only(next, asked)
	}
}

// only leaves the targets that were asked for.
func only(res adminapi.Closed, asked map[string]bool) adminapi.Closed {
	var out []adminapi.ClosedAt
	for _, t := range res.Targets {
		if asked[t.Target] {
			out = append(out, t)
		}
	}
	res.Targets = out
	return res
}

func moving(res adminapi.Closed) bool {
	for _, t := range res.Targets {
		if t.Moves() {
			return true
		}
	}
	return false
}

// progressClosed says a line for each target that stands otherwise than when it was last said.
func (s *shell) progressClosed(res adminapi.Closed, shown map[string]string) {
	for _, t := range res.Targets {
		if shown[t.Target] == t.State {
			continue
		}
		shown[t.Target] = t.State
		s.say("%s at %s: %s", clean(res.Object.Name), t.Target, strings.TrimSpace(t.State+" "+clean(t.Why)))
	}
}

// closedOut prints how far all have got, and ends the command with 1 if somebody is not closed.
func (s *shell) closedOut(out []adminapi.Closed, dry bool) error {
	var err error
	switch {
	case s.json && len(out) == 1:
		err = s.printJSON(out[0])
	case s.json:
		err = s.printJSON(items[adminapi.Closed]{out})
	default:
		for _, res := range out {
			s.closedOne(res)
		}
	}
	if err != nil || dry {
		return err
	}
	for _, res := range out {
		for _, t := range res.Targets {
			if !t.Done() {
				return ended(exitFailed)
			}
		}
	}
	return nil
}

func (s *shell) closedOne(res adminapi.Closed) {
	if res.Object.Kind == adminapi.KindAccount {
		s.print("account %s", res.Object.Name)
	} else {
		s.heading(res.Object)
	}
	var t table
	for _, x := range res.Targets {
		t.row(x.Target, x.Remote, x.State, proofOf(x))
	}
	s.table(t, "  ")
	for _, x := range res.Targets {
		if x.How != "" && !x.Done() {
			s.print("  %s: %s", x.Target, x.How)
		}
		if x.State == "paused" {
			s.print("  %s: with --through-pause it is closed all the same.", x.Target)
		}
	}
}

// proofOf says in one sentence why an account stands as it does.
func proofOf(x adminapi.ClosedAt) string {
	switch {
	case x.Proof != "" && x.Took != "":
		return x.Proof + ", after " + x.Took
	case x.Proof != "":
		return x.Proof
	case !x.Next.IsZero():
		return x.Why + "; tried again at " + stamp(x.Next)
	}
	return x.Why
}

func (s *shell) enableCommand() *cobra.Command {
	var req adminapi.Opening
	var account string
	c := &cobra.Command{
		Use: "enable [person]", Short: "Lift what disable did: the person is again what the sources say", Args: args("[person]"),
		Long: "Lifts what disable did. The person is again what the sources say, and their accounts are opened accordingly. With --account, lifts the order about an account, and\n" +
			"opens it again if it was Muster that closed it.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if (len(args) == 0) == (account == "") {
				return usage("muster enable: name a person, or --account TARGET:ACCOUNT")
			}
			if err := s.needReason(&req.Reason); err != nil {
				return err
			}
			if account != "" {
				return s.enableAccount(ctx, c, account, req.Reason)
			}
			res, err := c.Enable(ctx, args[0], req)
			if err != nil {
				return err
			}
			return s.opened(ctx, c, args[0], res)
		}),
	}
	c.Flags().StringVar(&req.Reason, "reason", "", "why")
	c.Flags().StringSliceVar(&req.Targets, "at", nil, "only at these `targets`, of a person who was closed at single ones")
	c.Flags().StringVar(&account, "account", "", "lift the order about an account, `TARGET:ACCOUNT`")
	return c
}

// opened waits for the runs that reopening has started, and shows how things stand then.
func (s *shell) opened(ctx context.Context, c *client.Client, who string, res adminapi.Closed) error {
	runs, err := s.follow(ctx, c, res.Runs)
	if err != nil {
		return err
	}
	if now, err := c.Closing(ctx, who, 0); err == nil {
		now.Runs = res.Runs
		res = now
	}
	if s.json {
		err = s.printJSON(res)
	} else {
		s.closedOne(res)
		s.results(runs)
	}
	if err != nil {
		return err
	}
	return exitOf(runs)
}

func (s *shell) enableAccount(ctx context.Context, c *client.Client, text, reason string) error {
	target, account, ok := strings.Cut(text, ":")
	if !ok || target == "" || account == "" {
		return usage("--account %s: write TARGET:ACCOUNT", text)
	}
	res, err := c.EnableAccount(ctx, target, account, reason)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(res)
	}
	s.closedOne(res)
	return nil
}
