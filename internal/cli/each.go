package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
)

// A crowd is whom a command is about: those named as arguments, and those in a file.
type crowd struct {
	file string
	dry  bool
}

func (c *crowd) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.file, "file", "", "also everybody in this `file`, one a line, - = standard input; what follows a # is a remark")
	cmd.Flags().BoolVar(&c.dry, "dry-run", false, "only say what would be done")
}

// who returns everybody who is meant, each once.
func (s *shell) who(c crowd, named []string) ([]string, error) {
	out := named
	if c.file != "" {
		more, err := s.listed(c.file)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	seen := map[string]bool{}
	var each []string
	for _, name := range out {
		if !seen[name] {
			each = append(each, name)
		}
		seen[name] = true
	}
	if len(each) == 0 {
		return nil, usage("a person or --file is missing")
	}
	return each, nil
}

// listed reads who stands in a file.
func (s *shell) listed(name string) ([]string, error) {
	var r io.Reader = s.lines
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("--file: %v", err)
		}
		defer func() { _ = f.Close() }() // only read
		r = f
	}
	var out []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\uFEFF"), "#")
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, usage("--file %s: %v", name, err)
	}
	return out, nil
}

// oneDone is what became of one of many.
type oneDone struct {
	Who     string       `json:"who"`
	Done    any          `json:"done,omitempty"`
	Problem *run.Problem `json:"problem,omitempty"`
}

// each does something for everybody and prints a line for each. Whoever it fails for keeps nobody else from it; the command then ends with 1. say turns what
// was done into words.
func each[T any](s *shell, who []string, do func(string) (T, error), say func(T) string) error {
	out := make([]oneDone, 0, len(who))
	failed := false
	for _, name := range who {
		res, err := do(name)
		if err == nil {
			if out = append(out, oneDone{Who: name, Done: res}); !s.json {
				s.print("%s", say(res))
			}
			continue
		}
		p := problemOf(err)
		if len(who) == 1 && !s.json {
			return err
		}
		failed = true
		if out = append(out, oneDone{Who: name, Problem: &p}); !s.json {
			s.print("%s: %s", name, strings.TrimSuffix(fmt.Sprintf("%s. %s", strings.TrimSuffix(p.What, "."), p.Fix), " "))
		}
	}
	if s.json {
		if err := s.printJSON(items[oneDone]{out}); err != nil {
			return err
		}
	}
	if failed {
		return ended(exitFailed)
	}
	return nil
}
