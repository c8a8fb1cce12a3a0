package demo

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// printer returns what prints events for a person.
func printer(out io.Writer) func(event) {
	return func(e event) {
		switch {
		case e.Title != "":
			fmt.Fprintf(out, "\n%s\n", e.Title)
		case e.Say != "":
			fmt.Fprintf(out, "  %s\n", e.Say)
		case e.Check != nil && e.Check.OK:
			fmt.Fprintf(out, "  ✓ %s\n", e.Check.Name)
		case e.Check != nil:
			fmt.Fprintf(out, "  ✗ %s: %s\n", e.Check.Name, strings.Join(e.Check.Why, "\n      "))
		case e.Step != nil:
			fmt.Fprintf(out, "  %.1f s\n", e.Step.Took)
		}
	}
}

// command is how the person who reads this calls Muster on the data folder of the demo.
func (w *world) command() string { return program() + " -d " + quoted(w.folder) }

// program is how this program is called: by its name if the shell finds it, as it was started otherwise.
func program() string {
	self, err := os.Executable()
	if err != nil {
		return "muster"
	}
	if found, err := exec.LookPath("muster"); err == nil && same(found, self) {
		return "muster"
	}
	if strings.Contains(self, "go-build") {
		return "go run ./cmd/muster"
	}
	return quoted(os.Args[0])
}

func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// quoted writes a path so that a shell takes it as one word.
func quoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n'\"\\$`&|;<>()*?[]#~!{}", r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
