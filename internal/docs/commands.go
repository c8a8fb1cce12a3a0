package docs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/cli"
)

// commands is the page about the commands, made from the commands themselves.
func commands() string {
	root := cli.Tree()
	var b strings.Builder
	b.WriteString("# Commands\n\nData goes to standard output, everything else to standard error. How a command ends: [exit codes](exit-codes.md).\n\n" +
		"## Flags of all commands\n\n")
	flagTable(&b, root.PersistentFlags(), false)
	for _, c := range root.Commands() {
		command(&b, c, "##")
	}
	return b.String()
}

// notOurs are commands that the library adds.
var notOurs = map[string]bool{"help": true, "completion": true}

func command(b *strings.Builder, c *cobra.Command, level string) {
	if notOurs[c.Name()] || c.Hidden {
		return
	}
	fmt.Fprintf(b, "\n%s muster %s\n\n%s.\n", level, strings.TrimPrefix(c.CommandPath(), "muster "), strings.TrimSuffix(c.Short, "."))
	if !c.HasSubCommands() || c.Flags().HasFlags() {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimSpace("muster "+strings.TrimPrefix(c.UseLine(), "muster ")))
	}
	if long := strings.TrimSpace(strings.TrimPrefix(c.Long, c.Short)); long != "" {
		fmt.Fprintf(b, "\n%s\n", paragraphs(long))
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", unindent(c.Example))
	}
	if c.LocalNonPersistentFlags().HasFlags() {
		b.WriteString("\n")
		flagTable(b, c.LocalNonPersistentFlags(), true)
	}
	for _, sub := range c.Commands() {
		command(b, sub, "###")
	}
}

var colonStart = regexp.MustCompile(`^: `)

// paragraphs writes help as Markdown: indented lines are shown as they stand.
func paragraphs(text string) string {
	text = colonStart.ReplaceAllString(text, "")
	var out []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, "  "); indented != inside {
			out, inside = append(out, map[bool]string{true: "```text", false: "```"}[indented]), indented
		}
		out = append(out, strings.TrimPrefix(line, "  "))
	}
	if inside {
		out = append(out, "```")
	}
	joined := strings.Join(out, "\n")
	return strings.ToUpper(joined[:1]) + joined[1:]
}

func unindent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// flagTable lists flags. Defaults of the global ones may come from the environment, and are left out.
func flagTable(b *strings.Builder, flags *pflag.FlagSet, defaults bool) {
	b.WriteString("| flag | meaning |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if zero := f.DefValue == "" || f.DefValue == "0" || f.DefValue == "false" || f.DefValue == "[]"; defaults && !zero {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", name, cell(usage))
	})
}
