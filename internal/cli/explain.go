package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/internal/problem"
	"muster/internal/run"
)

// explainCommand needs no server: what codes mean is part of the program.
func (s *shell) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain [code]", Short: "Say what the code of a problem means, and how to fix it", Args: args("[code]"),
		Example: "  muster explain source_shrank",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return s.explainAll()
			}
			k, ok := problem.Find(args[0])
			if !ok {
				return unknownCode(args[0])
			}
			if s.json {
				return s.printJSON(k)
			}
			s.print("%s: %s", k.Code, k.Group)
			for _, part := range [][2]string{{"what", k.What}, {"why", k.Why}, {"now", k.Now}, {"fix", k.Fix}} {
				if part[1] != "" {
					s.print("  %-5s %s", part[0]+":", strings.ReplaceAll(problem.Plain(part[1]), "\n\n", " "))
				}
			}
			return nil
		},
	}
}

func (s *shell) explainAll() error {
	if s.json {
		return s.printJSON(items[problem.Kind]{problem.All()})
	}
	t := table{}
	t.row("CODE", "WHAT HAPPENED")
	for _, k := range problem.All() {
		t.row(k.Code, firstSentence(problem.Plain(k.What)))
	}
	s.table(t, "")
	return nil
}

func firstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

func unknownCode(code string) error {
	var codes []string
	for _, k := range problem.All() {
		codes = append(codes, k.Code)
	}
	p := &run.Problem{Code: "not_found", What: fmt.Sprintf("there is no problem with the code %q", code), Fix: "`muster explain` lists them."}
	if near := config.Nearest(code, codes); near != "" {
		p.Fix = fmt.Sprintf("Did you mean %s? %s", near, p.Fix)
	}
	return p
}
