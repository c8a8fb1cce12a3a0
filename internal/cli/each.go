package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A crowd is whom a command is about: those named as arguments, and those in a file.
type crowd struct {
	file string
	dry  bool
	noun string // "" = a person
}

func (c *crowd) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.file, "file", "", "also everybody in this `file`, one a line, - = standard input; what follows a # is a remark")
	cmd.Flags().BoolVar(&c.dry, "dry-run", false, "only say what would be done")
}

// who returns everybody who is meant, each once.
func (s *shell) who(c crowd, args []string) ([]string, error) {
	names, err := s.named(c, args)
	seen := listed{}
	return slices.DeleteFunc(names, seen.again), err
}

// named returns those named as arguments and those in the file, as often as they are named.
func (s *shell) named(c crowd, args []string) ([]string, error) {
	out := slices.Clone(args)
	if c.file != "" {
		more, err := s.listed(c.file)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if len(out) == 0 {
		return nil, usage("%s or --file is missing", cmp.Or(c.noun, "a person"))
	}
	return out, nil
}

// input opens a file that a command names, - = standard input.
func (s *shell) input(name string) (io.Reader, func(), error) {
	if name == "-" {
		return s.lines, func() {}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, usage("--file: %v", err)
	}
	return f, func() { _ = f.Close() }, nil // only read
}

// listed reads who stands in a file.
func (s *shell) listed(name string) ([]string, error) {
	r, done, err := s.input(name)
	if err != nil {
		return nil, err
	}
	defer done()
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
	t := tally{s: s, alone: len(who) == 1 && !s.json, out: make([]oneDone, 0, len(who))}
	for _, name := range who {
		res, err := do(name)
		if err != nil && t.alone {
			return err
		}
		if err != nil {
			t.fail(name, problemOf(err))
			continue
		}
		t.done(name, res, say(res))
	}
	return t.end()
}

// A tally is what became of many, a line for each.
type tally struct {
	s      *shell
	alone  bool // there is one only: their problem is that of the command
	out    []oneDone
	failed bool
}

func (t *tally) done(who string, res any, line string) {
	t.out = append(t.out, oneDone{Who: who, Done: res})
	if !t.s.json {
		t.s.print("%s", line)
	}
}

func (t *tally) fail(who string, p run.Problem) {
	t.failed = true
	t.out = append(t.out, oneDone{Who: who, Problem: &p})
	if !t.s.json {
		t.s.print("%s: %s", who, strings.TrimSuffix(fmt.Sprintf("%s. %s", strings.TrimSuffix(p.What, "."), p.Fix), " "))
	}
}

// end closes the account: the command ends with 1 if anything failed.
func (t *tally) end() error {
	if t.s.json {
		if err := t.s.printJSON(items[oneDone]{t.out}); err != nil {
			return err
		}
	}
	if t.failed {
		return ended(exitFailed)
	}
	return nil
}

// atOnce is how many people go into one request.
const atOnce = 1000

// moveEach has people come or go, many in a request, and prints a line for each.
func (s *shell) moveEach(who []string, dry bool, where, did, not string, do func([]string) (adminapi.Moved, error)) error {
	t := tally{s: s, alone: len(who) == 1 && !s.json}
	for part := range slices.Chunk(who, atOnce) {
		moved, err := do(part)
		if p := (*run.Problem)(nil); errors.As(err, &p) && len(part) == 1 && !t.alone {
			moved, err = adminapi.Moved{Each: []adminapi.Mover{{Who: part[0], Problem: p}}}, nil
		}
		if err != nil {
			return err
		}
		for _, x := range moved.Each {
			if x.Problem != nil {
				t.fail(x.Who, *x.Problem)
				continue
			}
			t.done(x.Who, x, moveLine(x, dry, where, did, not))
		}
	}
	return t.end()
}

// moveLine says what became of somebody who should come or go.
func moveLine(x adminapi.Mover, dry bool, where, did, not string) string {
	switch {
	case !x.Changed:
		return x.Name + ": unchanged, " + not
	case dry:
		return x.Name + ": would be " + did + " " + where
	}
	return x.Name + ": " + did + " " + where
}
