package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

func (s *shell) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check -c file", Short: "Say all that is wrong with a configuration", Args: args("[file]"),
		Example: "  muster check -c muster.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			file := s.opts.ConfigFile
			if len(args) > 0 {
				file = args[0]
			}
			if file == "" {
				return usage("muster check: a file is missing: -c muster.yaml")
			}
			res, err := s.app.Check(cmd.Context(), file)
			if err != nil {
				return err
			}
			return s.checked(res)
		},
	}
}

func (s *shell) checked(res Checked) error {
	bad := len(res.Problems) > 0
	if s.json {
		if err := s.printJSON(res); err != nil {
			return err
		}
		if bad {
			return ended(exitFailed)
		}
		return nil
	}
	for _, p := range res.Problems {
		at := p.File
		if p.Line > 0 {
			at = clean(p.File) + ":" + itoa(p.Line)
		}
		near := ""
		if p.Near != "" {
			near = fmt.Sprintf("; did you mean %q?", p.Near)
		}
		s.print("%s: %s%s", at, p.What, near)
		if p.Allowed != "" {
			s.print("        allowed: %s", p.Allowed)
		}
	}
	for _, w := range res.Warnings {
		s.print("%s (warning)", w)
	}
	if bad {
		s.say("%s: %s", res.File, plural(len(res.Problems), "mistake", "mistakes"))
		return ended(exitFailed)
	}
	s.print("%s is right: %s, %s", res.File, plural(len(res.Sources), "source", "sources"), plural(len(res.Targets), "target", "targets"))
	for _, name := range res.Sources {
		if !slices.Contains(res.Clients, name) {
			s.next("muster source test %s -c %s", name, res.File)
			return nil
		}
	}
	if len(res.Clients) > 0 { // nobody is asked for its people: it brings them
		s.next("muster serve -c %s, and then muster client setup %s", res.File, res.Clients[0])
	}
	return nil
}
