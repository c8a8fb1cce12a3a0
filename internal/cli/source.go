package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) sourceCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "source", Short: "Sources: where people come from"})
	c.AddCommand(&cobra.Command{
		Use: "test name", Short: "Connect, search, count, show five people, and say what is amiss", Args: args("the name of a source"),
		RunE: s.call(s.sourceTest),
	}, s.sourceListCommand(), s.sourceHistoryCommand(), s.confirmBaseCommand(), s.recordsCommand())
	return c
}

func (s *shell) sourceTest(ctx context.Context, c *client.Client, args []string) error {
	res, err := c.CheckSource(ctx, args[0])
	if err != nil {
		return err
	}
	if s.json {
		if err := s.printJSON(res); err != nil {
			return err
		}
	} else {
		s.sourceReport(res)
	}
	return s.checkFailed(res.Problem, exitIncomplete)
}

func (s *shell) sourceReport(res adminapi.SourceCheck) {
	r := res.Report
	var t table
	row := func(name, value string) {
		if value != "" {
			t.row(name, value)
		}
	}
	t.row("source", res.Name)
	row("server", r.Server)
	row("kind", r.Kind)
	row("TLS", r.TLS)
	row("signed in as", r.Bound)
	if res.Problem == nil {
		row("found", fmt.Sprintf("%s (%d disabled), %s", plural(r.People, "person", "people"), r.Disabled, plural(r.Groups, "group", "groups")))
	}
	s.table(t, "")
	if len(r.Guessed) > 0 {
		s.print("\nChosen because the configuration is silent:")
		var g table
		for _, k := range slices.Sorted(maps.Keys(r.Guessed)) {
			g.row(k, r.Guessed[k])
		}
		s.table(g, "  ")
	}
	if len(r.Samples) > 0 {
		s.print("\nSome of the people:")
		p := table{}
		p.row("USERNAME", "EMAIL", "KEY", "ENTRY")
		for _, x := range r.Samples {
			name := x.Name
			if x.Disabled {
				name += " (disabled)"
			}
			p.row(x.Username, x.Email, x.Key, name)
		}
		s.table(p, "  ")
	}
	for _, w := range r.Warnings {
		s.print("\n%s %s", s.paint(yellow, "warning:"), w.What)
		if w.Fix != "" {
			s.print("  fix: %s", w.Fix)
		}
	}
}

// checkFailed tells the problem that a check met, and ends with a code.
func (s *shell) checkFailed(p *run.Problem, code int) error {
	if p == nil {
		return nil
	}
	if !s.json {
		fmt.Fprintf(s.stderr, "muster: %s\n", cleanLines(p.What))
		s.parts(*p)
	}
	return ended(code)
}
