package docs

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"muster/internal/cli"
	"muster/internal/config"
	"muster/internal/connector/all"
)

// Commands in the pages are commands that there are, with flags and numbers of arguments that they take.
func TestCommands(t *testing.T) {
	n := 0
	names := commandNames(cli.Tree())
	for _, p := range pages(t) {
		if !p.prose() {
			continue
		}
		for _, line := range p.commandLines() {
			n++
			if err := parse(line); err != nil && !names[strings.TrimSpace(line)] {
				t.Errorf("%s: %s: %v", p.path, line, err)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d commands were found in the pages", n)
	}
}

// A page that shows a command with a misspelt flag is found.
func TestParse(t *testing.T) {
	for line, ok := range map[string]bool{
		"muster plan show wiki --summary":                  true,
		"muster plan approve wiki --confirm-count 31":      true,
		"muster disable olivia --reason 'left in a hurry'": true,
		"muster":                            true,
		"muster plan":                       true,
		"muster plan show":                  false,
		"muster plan show wiki --short":     false,
		"muster plan shwo wiki":             false,
		"muster plan approve a b":           false,
		"muster limit raise wiki left --to": false,
	} {
		if err := parse(line); (err == nil) != ok {
			t.Errorf("parse(%q) = %v", line, err)
		}
	}
}

var started = regexp.MustCompile(`^(?:[A-Z_]+=\S+ )*(?:sudo -u \w+ )?(?:\./)?(muster(?: |$).*)`)

func (p page) commandLines() []string {
	var out []string
	for _, b := range p.code {
		switch b.language {
		case "sh", "console":
		default:
			continue
		}
		for line := range strings.Lines(b.text) {
			line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "$ "))
			if m := started.FindStringSubmatch(line); m != nil {
				out = append(out, m[1])
			}
		}
	}
	for _, code := range p.inline() {
		if strings.HasPrefix(code, "muster ") && !strings.Contains(code, "…") {
			out = append(out, code)
		}
	}
	return out
}

// commandNames are the commands without anything: as text names them.
func commandNames(c *cobra.Command) map[string]bool {
	out := map[string]bool{c.CommandPath(): true}
	for _, sub := range c.Commands() {
		maps.Copy(out, commandNames(sub))
	}
	return out
}

func parse(line string) error {
	words, err := shellWords(line)
	if err != nil {
		return err
	}
	root := cli.Tree()
	c, rest, err := root.Find(words[1:])
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	args := c.Flags().Args()
	if c.HasSubCommands() && len(args) > 0 && !strings.Contains(c.Use, " ") {
		return fmt.Errorf("%s has no command %q", c.CommandPath(), args[0])
	}
	return c.ValidateArgs(args)
}

// shellWords splits a line as a shell does, as far as pages need it. A comment and what follows a pipe are left out.
func shellWords(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ' || r == '|' || r == '#' && !begun || r == '>':
			if begun {
				out = append(out, word.String())
			}
			word.Reset()
			begun = false
			if r != ' ' {
				return out, nil
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if begun {
		out = append(out, word.String())
	}
	return out, nil
}

// P11: whole configurations in the pages are accepted, and there is one for each kind of target.
func TestConfigurations(t *testing.T) {
	n, shown := 0, map[string]bool{}
	for _, p := range pages(t) {
		for _, b := range p.code {
			if b.language != "yaml" || !strings.Contains("\n"+b.text, "\nsources:") {
				continue
			}
			n++
			c, err := config.Parse("muster.yaml", []byte(b.text), all.Types()...)
			if err != nil {
				t.Errorf("%s:%d: %v", p.path, b.line, err)
				continue
			}
			for _, target := range c.Targets {
				shown[target.Type] = true
			}
		}
	}
	for _, typ := range all.Types() {
		if !shown[typ.Name] {
			t.Errorf("no page shows a configuration with a target of type %s", typ.Name)
		}
	}
	if n < 3 {
		t.Errorf("only %d configurations were found in the pages", n)
	}
}
