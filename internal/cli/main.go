package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs the command in args, without the program's name, and returns the exit code.
func Main(ctx context.Context, app App, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := newShell(app, stdin, stdout, stderr)
	root := s.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	err = errors.Join(err, s.close())
	return s.finish(ctx, err)
}

func (s *shell) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Keep the accounts of your people in step everywhere",
		Long: "Muster reads people and groups from directories and keeps their accounts in other services in step.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 changes are pending (with --detailed-exitcode), 3 a source could not be read whole,\n" +
			"4 held by a limit, 5 a target is stopped, 64 the command was used wrongly, 77 not allowed.",
		SilenceErrors: true, SilenceUsage: true,
	}
	f := root.PersistentFlags()
	f.StringVarP(&s.opts.Data, "data", "d", s.getenv("MUSTER_DATA"), "data `folder`; or $MUSTER_DATA")
	f.StringVarP(&s.opts.ConfigFile, "config", "c", s.getenv("MUSTER_CONFIG"), "configuration `file`; or $MUSTER_CONFIG")
	f.StringVar(&s.addr, "addr", s.getenv("MUSTER_ADDR"), "`URL` of a server elsewhere; or $MUSTER_ADDR")
	f.StringVar(&s.tokenFile, "token-file", "", "`file` with the token to use, - for standard input; or $MUSTER_TOKEN")
	f.BoolVar(&s.json, "json", false, "print data as JSON")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "print data and errors only")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "print the log of an application in this process")
	f.BoolVar(&s.noInput, "no-input", false, "never ask")
	root.SetIn(s.stdin)
	root.SetOut(s.stdout)
	root.SetErr(s.stderr)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		s.serveCommand(), s.consoleCommand(), s.checkCommand(), s.sourceCommand(), s.targetCommand(), s.planCommand(), s.holdCommand(), s.syncCommand(), s.whyCommand(), s.explainCommand(),
		s.statusCommand(), s.inboxCommand(), s.runsCommand(), s.leaversCommand(), s.driftCommand(), s.historyCommand(), s.pauseCommand(), s.resumeCommand(), s.retryCommand(), s.disableCommand(), s.enableCommand(),
		s.limitCommand(), s.linkCommand(), s.userCommand(), s.groupCommand(), s.roleCommand(), s.clientCommand(), s.tokenCommand(), s.loadCommand(), s.teamCommand(), s.channelCommand(), s.mailCommand(), s.webhookCommand(), s.changesCommand(), s.versionCommand(), s.demoCommand(), s.initCommand(),
	)
	group(root)
	return root
}

// group makes a command that only has subcommands say what is wrong when none of them is meant.
func group(c *cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.SuggestionsMinimumDistance = 2
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			_ = c.Help()
			return usage("%s: a command is missing", c.CommandPath())
		}
		msg := fmt.Sprintf("%s has no command %q", c.CommandPath(), args[0])
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			msg += fmt.Sprintf("; did you mean %q?", near[0])
		}
		return usage("%s", msg)
	}
	return c
}

// args checks the number of arguments and names those that are missing. Names in brackets are optional.
func args(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, got []string) error {
		if len(got) > len(names) {
			return usage("%s: %q is one too many", c.CommandPath(), got[len(names)])
		}
		for i, n := range names {
			if i >= len(got) && n[0] != '[' {
				return usage("%s: %s is missing", c.CommandPath(), n)
			}
			if i < len(got) && strings.TrimSpace(got[i]) == "" {
				return usage("%s: %s is empty", c.CommandPath(), strings.Trim(n, "[]"))
			}
		}
		return nil
	}
}

// flagError names the flag that was perhaps meant.
func flagError(c *cobra.Command, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return usage("%s: %v", c.CommandPath(), err)
	}
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, f := range flagNames(c) {
		names.AddCommand(&cobra.Command{Use: f, Run: func(*cobra.Command, []string) {}})
	}
	if near := names.SuggestionsFor(name); len(near) > 0 {
		return usage("%s has no flag --%s; did you mean --%s?", c.CommandPath(), name, near[0])
	}
	return usage("%s has no flag --%s", c.CommandPath(), name)
}
