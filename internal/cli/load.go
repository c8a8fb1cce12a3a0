package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/bulkload"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) loadCommand() *cobra.Command {
	c := &cobra.Command{Use: "load", Short: "Load and export whole installations: teams, channels, people, posts"}
	c.AddCommand(s.loadValidateCommand(), s.loadRunCommand(), s.loadStatusCommand(), s.loadShowCommand(), s.loadResumeCommand(), s.loadDropCommand(), s.loadExportCommand())
	return group(c)
}

func (s *shell) loadValidateCommand() *cobra.Command {
	v := validating{show: 100}
	c := &cobra.Command{
		Use: "validate file", Short: "Say all that is wrong with a file, and write nothing", Args: args("file"),
		Long: "Reads a JSONL file, or a ZIP with one and its attachments below data/, and says in one pass all that is wrong with it:\n" +
			"line, field, cause and fix. Lines may stand in any order. Names count as known if the file itself or the installation has them, and who would be\n" +
			"taken for somebody else there is told. With --offline, or where there is no installation, the file alone is looked at.\n\n" +
			"The exit code is 1 if a line has an error. Warnings say what would be left out, or wait.",
		Example: "  muster load validate export.zip\n  muster load validate import.jsonl --offline --show 0 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if v.offline || !s.installed() {
				return s.loadValidate(cmd, args[0], v.show)
			}
			return s.call(func(ctx context.Context, c *client.Client, args []string) error {
				return s.validateThere(ctx, c, args[0], v)
			})(cmd, args)
		},
	}
	c.Flags().IntVar(&v.show, "show", v.show, "findings to print; 0 = all")
	c.Flags().BoolVar(&v.offline, "offline", false, "look at the file alone")
	c.Flags().StringVar(&v.from, "from", "", "`name` of the installation it was exported from (\"default\" if not said)")
	return c
}

// validating says how to validate a file.
type validating struct {
	show    int
	offline bool
	from    string
}

// installed reports whether there is an installation to look at, without making one.
func (s *shell) installed() bool {
	if s.addr != "" {
		return true
	}
	for _, name := range []string{adminapi.TokenName, adminapi.SocketName} {
		if _, err := os.Stat(filepath.Join(s.data(), name)); err == nil {
			return true
		}
	}
	return false
}

// loaded is what validating a file found.
type loaded struct {
	bulkload.Report
	Findings []bulkload.Finding `json:"findings"`
	More     int                `json:"more,omitempty"` // findings that were not printed
}

func (s *shell) loadValidate(cmd *cobra.Command, file string, show int) error {
	a, err := bulkload.Open(file)
	if err != nil {
		return &run.Problem{Code: "load_file", What: "the file cannot be read", Why: err.Error(), Now: "Nothing was changed.", Fix: "Name a JSONL file, or a ZIP with one in its root."}
	}
	out := loaded{Findings: []bulkload.Finding{}}
	out.Report, err = bulkload.Validate(cmd.Context(), a, bulkload.Options{Found: func(f bulkload.Finding) { s.found(&out, f, show) }})
	if closed := a.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("validate %s: %w", file, err)
	}
	return s.validated(out)
}

// found takes a finding in, and prints it at once if it can.
func (s *shell) found(out *loaded, f bulkload.Finding, show int) {
	switch {
	case show > 0 && len(out.Findings)+out.More >= show:
		out.More++
	case s.json:
		out.Findings = append(out.Findings, f)
	default:
		s.finding(f)
		out.Findings = append(out.Findings, bulkload.Finding{}) // counted only
	}
}

// validateThere has a file checked where it would be loaded. It is kept there only until all that was found is told.
func (s *shell) validateThere(ctx context.Context, c *client.Client, file string, v validating) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return &run.Problem{Code: "load_file", What: "the file cannot be read", Why: err.Error(), Now: "Nothing was changed.", Fix: "Name a JSONL file, or a ZIP with one in its root."}
	}
	defer func() { _ = f.Close() }() // only read
	started, err := c.Load(ctx, adminapi.LoadRequest{Name: filepath.Base(file), From: v.from, Hold: true}, f)
	if err != nil {
		return err
	}
	defer func() {
		if dropped := c.DropLoad(context.WithoutCancel(ctx), started.Load); err == nil {
			err = dropped
		}
	}()
	runs, err := s.follow(ctx, c, started.Runs)
	if err != nil {
		return err
	}
	l, err := c.LoadView(ctx, started.Load)
	if err != nil {
		return err
	}
	if l.Report == nil {
		s.results(runs)
		return exitOf(runs)
	}
	out := loaded{Findings: []bulkload.Finding{}, Report: bulkload.Report{
		File: file, Lines: l.Report.Lines, Counts: l.Report.Counts, Errors: l.Report.Errors, Warnings: l.Report.Warnings, Bad: l.Report.Bad, Unused: l.Report.Unused, Codes: l.Report.Codes,
	}}
	for after := 0; ; {
		page, err := c.Findings(ctx, started.Load, adminapi.FindingQuery{After: after, Limit: findingsPage})
		if err != nil {
			return err
		}
		for _, f := range page {
			after = f.Seq
			s.found(&out, findingOf(f), v.show)
		}
		if len(page) < findingsPage {
			break
		}
	}
	out.More += l.Report.Unkept
	return s.validated(out)
}

const findingsPage = 1000

func findingOf(f adminapi.Finding) bulkload.Finding {
	return bulkload.Finding{Line: f.Line, Type: f.Type, Field: f.Field, Level: bulkload.Level(f.Level), Code: f.Code, What: f.What, Fix: f.Fix}
}

func (s *shell) finding(f bulkload.Finding) {
	s.print("%s: %s", f.Level, f)
	if f.Fix != "" {
		s.print("        fix: %s", f.Fix)
	}
}

func (s *shell) validated(out loaded) error {
	switch {
	case s.json:
		if err := s.printJSON(out); err != nil {
			return err
		}
	default:
		if out.More > 0 {
			s.say("… and %s more: --show 0 prints all.", plural(out.More, "finding", "findings"))
		}
		s.print("%s: %s, %s in %s, %s", out.File, plural(out.Lines, "line", "lines"), plural(out.Errors, "error", "errors"),
			plural(out.Bad, "line", "lines"), plural(out.Warnings, "warning", "warnings"))
		t := tallies(out.Counts)
		if out.Unused > 0 {
			t.row("attachments that no line names", out.Unused)
		}
		s.table(t, "  ")
		s.foundCodes(out.Codes)
	}
	if out.Errors > 0 {
		return ended(exitFailed)
	}
	return nil
}

// tallies are how many there are of what.
func tallies(counts map[string]int) (t table) {
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.row(what, counts[what])
	}
	return t
}

// foundCodes says how often what was found.
func (s *shell) foundCodes(codes map[string]int) {
	if len(codes) > 0 {
		s.print("Found:")
		s.table(tallies(codes), "  ")
	}
}
