package cli

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"muster/internal/bulkload"
	"muster/internal/run"
)

func (s *shell) loadCommand() *cobra.Command {
	c := &cobra.Command{Use: "load", Short: "Load and export whole installations: teams, channels, people, posts"}
	c.AddCommand(s.loadValidateCommand(), s.loadRunCommand(), s.loadStatusCommand(), s.loadShowCommand(), s.loadResumeCommand(), s.loadDropCommand(), s.loadExportCommand())
	return group(c)
}

func (s *shell) loadValidateCommand() *cobra.Command {
	show := 100
	c := &cobra.Command{
		Use: "validate file", Short: "Say all that is wrong with a file, and write nothing", Args: args("file"),
		Long: "Reads a JSONL file, or a ZIP with one and its attachments below data/, and says in one pass all that is wrong with it:\n" +
			"line, field, cause and fix. Lines may stand in any order. Names count as known if the file itself defines them.\n\n" +
			"The exit code is 1 if a line has an error. Warnings say what would be left out.",
		Example: "  muster load validate export.zip\n  muster load validate import.jsonl --show 0 --json",
		RunE:    func(cmd *cobra.Command, args []string) error { return s.loadValidate(cmd, args[0], show) },
	}
	c.Flags().IntVar(&show, "show", show, "findings to print; 0 = all")
	return c
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
	found := func(f bulkload.Finding) {
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
	out.Report, err = bulkload.Validate(cmd.Context(), a, bulkload.Options{Found: found})
	if closed := a.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("validate %s: %w", file, err)
	}
	return s.validated(out)
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
		var t table
		for _, kind := range slices.Sorted(maps.Keys(out.Counts)) {
			t.row(kind, out.Counts[kind])
		}
		if out.Unused > 0 {
			t.row("attachments that no line names", out.Unused)
		}
		s.table(t, "  ")
	}
	if out.Errors > 0 {
		return ended(exitFailed)
	}
	return nil
}
