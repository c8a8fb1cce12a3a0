package cli

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) linkSetCommand() *cobra.Command {
	var req adminapi.PairRequest
	c := &cobra.Command{
		Use: "set target person account", Short: "Link a person with an account that exists", Args: args("the name of a target", "a person", "an account"),
		Long: "Looks the account up at the target, by its id or by what accounts are matched by, and links it to the person. Nothing is sent by that; what\n" +
			"differs is brought up to date afterwards, within the limits. An account that is somebody else's, or that is protected, is refused.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			req.Who, req.Account = args[1], args[2]
			p, err := c.Pair(ctx, args[0], req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(p)
			}
			s.paired(p, req.DryRun)
			return nil
		}),
	}
	c.Flags().StringVar(&req.Reason, "reason", "", "why, for the history")
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "only say what would become of it")
	return c
}

func (s *shell) paired(p adminapi.Pairing, dry bool) {
	verb := "is linked to"
	switch {
	case p.Already:
		verb = "was linked already to"
	case dry:
		verb = "would be linked to"
	}
	s.print("%s %s %s", p.Name, verb, accountName(adminapi.GoliveRow{Account: p.Account, Values: p.Values}))
	if !p.Already && len(p.Lines) == 0 {
		s.print("  The account is up to date.")
	}
	for _, l := range p.Lines {
		s.planLine(run.Line{Line: l, Status: run.Waiting}, nil)
	}
}

func (s *shell) linkDropCommand() *cobra.Command {
	var req adminapi.UnpairRequest
	c := &cobra.Command{
		Use: "drop target person", Short: "Forget whose account it is, and leave the account alone", Args: args("the name of a target", "a person or group"),
		Long: "Forgets that the account is theirs. The account stays as it is; Muster asks before it takes it over again. In groups whose members Muster\n" +
			"keeps, the account is a stranger from then on. Of somebody who left and whose account is still open the link is kept, unless --leave-open.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if req.Reason == "" {
				return usage("link drop needs a --reason")
			}
			l, err := c.Unpair(ctx, args[0], args[1], req)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(l)
			}
			verb := "is not linked any more to"
			if req.DryRun {
				verb = "would not be linked any more to"
			}
			s.print("%s %s %s, which stays as it is.", l.Name, verb, l.Remote)
			return nil
		}),
	}
	c.Flags().StringVar(&req.Reason, "reason", "", "why, for the history")
	c.Flags().BoolVar(&req.LeaveOpen, "leave-open", false, "even if the account should be closed and is open")
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "only say which link it is")
	return c
}

func (s *shell) linkImportCommand() *cobra.Command {
	var req adminapi.PairsRequest
	c := &cobra.Command{
		Use: "import target file", Short: "Link many people with accounts that exist, from CSV", Args: args("the name of a target", "a CSV file, - for standard input"),
		Long: "Reads a CSV file with a person and an account a line: a person by id, username, email, key or DN, an account by its id or by what accounts are\n" +
			"matched by. With a first line that names the columns person and account they may stand anywhere. Every line is looked at before anything is\n" +
			"written; if one is bad nothing is, unless --skip-bad. Importing a file again changes nothing.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			in := s.stdin
			if args[1] != "-" {
				f, err := os.Open(args[1])
				if err != nil {
					return usage("%v", err)
				}
				defer func() { _ = f.Close() }() // only read
				in = f
			}
			return s.linkImport(ctx, c, args[0], in, req)
		}),
	}
	c.Flags().StringVar(&req.Reason, "reason", "", "why, for the history")
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "only say what would become of them")
	c.Flags().BoolVar(&req.SkipBad, "skip-bad", false, "link the others even if some lines are bad")
	return c
}

func (s *shell) linkImport(ctx context.Context, c *client.Client, target string, in io.Reader, req adminapi.PairsRequest) error {
	pairs, bad, err := readPairs(in)
	if err != nil {
		return usage("%v", err)
	}
	if req.Pairs = pairs; len(pairs)+len(bad) == 0 {
		return usage("there are no pairs in the file")
	}
	dry := req.DryRun
	if len(bad) > 0 && !req.SkipBad {
		req.DryRun = true // the lines that cannot be read are findings like the others
	}
	done := adminapi.PairsDone{Acts: []run.Tally{}, Findings: []adminapi.PairFinding{}}
	if len(pairs) > 0 {
		if done, err = c.Pairs(ctx, target, req); err != nil {
			return err
		}
	}
	done.Pairs += len(bad)
	done.Findings = byLine(append(done.Findings, bad...))
	if s.json {
		err = s.printJSON(done)
	} else {
		s.imported(done)
	}
	if err == nil && len(done.Findings) > 0 && !(done.Written || dry && req.SkipBad) {
		return ended(exitFailed)
	}
	return err
}

func (s *shell) imported(d adminapi.PairsDone) {
	for _, f := range d.Findings {
		s.print("line %d: %s, %s: %s", f.Line, f.Who, f.Account, f.Problem.What)
		if f.Problem.Fix != "" {
			s.print("  fix: %s", f.Problem.Fix)
		}
	}
	acts := map[string]int{}
	for _, t := range d.Acts {
		acts[t.Act] += t.Lines
	}
	verb := "would be linked"
	if d.Written {
		verb = "linked"
	}
	s.print("%s: %d %s, %d were already, %d bad.", plural(d.Pairs, "pair", "pairs"), d.Linked, verb, d.Already, len(d.Findings))
	if len(acts) > 0 {
		s.print("Next, within the limits: %s.", counts(acts))
	}
	if !d.Written {
		s.say("Nothing was written.")
	}
}
