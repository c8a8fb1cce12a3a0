package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func (s *shell) demoCommand() *cobra.Command {
	var once bool
	demo := func(cmd *cobra.Command, scene string) error {
		opts := DemoOptions{Data: s.opts.Data, Once: once, Scene: scene, JSON: s.json, Stdout: s.stdout, Stderr: s.stderr, Log: s.opts.Log}
		if !s.noInput && isTerminal(s.stdin) {
			opts.Ask = func(prompt string) (string, error) { return s.ask(prompt, "") }
		}
		return s.app.Demo(cmd.Context(), opts)
	}
	c := group(&cobra.Command{Use: "demo", Short: "Try everything with a sample company; nothing to install"})
	missing := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return missing(cmd, args)
		}
		return demo(cmd, "")
	}
	c.Flags().BoolVar(&once, "once", false, "play everything unattended, verify it, and end")
	c.AddCommand(&cobra.Command{
		Use: "do scene", Short: "Play a scene in the demo that runs: " + strings.Join(Scenes, ", "), Args: args("a scene"), ValidArgs: Scenes,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(Scenes, args[0]) {
				return usage("muster demo do: there is no scene %q; scenes: %s", args[0], strings.Join(Scenes, ", "))
			}
			return demo(cmd, args[0])
		},
	})
	return c
}
