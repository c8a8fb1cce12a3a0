package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// A confirming command shows what would come of it, and asks for the number affected.
type confirming struct {
	preview bool
	count   int
	counted func() bool
}

func (f *confirming) flags(c *cobra.Command) {
	c.Flags().BoolVar(&f.preview, "preview", false, "show what would come of it, and change nothing")
	c.Flags().IntVar(&f.count, "confirm-count", 0, "the number of people and groups affected")
	f.counted = func() bool { return c.Flags().Changed("confirm-count") }
}

// number returns the number that was given or typed.
func (f *confirming) number(s *shell, n int) (int, error) {
	if f.counted() {
		return f.count, nil
	}
	typed, err := s.ask("Type that number to confirm, or nothing to leave it:", fmt.Sprintf("nobody can type the number affected here: give it as --confirm-count %d", n))
	if err != nil {
		return 0, err
	}
	if typed == "" {
		s.say("Nothing was done.")
		return 0, ended(exitFailed)
	}
	got, err := strconv.Atoi(typed)
	if err != nil {
		return 0, usage("%q is not a number: nothing was done", typed)
	}
	return got, nil
}

func (s *shell) confirmScopeCommand() *cobra.Command {
	var f confirming
	c := &cobra.Command{
		Use: "confirm-scope target", Short: "Confirm the group that has the name of a scope group now", Args: args("the name of a target"),
		Long: "A scope group is remembered by its immutable id. When it is deleted and another of its name is made, it is not known who should have an account:\n" +
			"nobody leaves, until this command takes the new group. It shows first what would be done; what then is done is within the limits.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			change, err := c.PreviewScope(ctx, args[0])
			if err != nil {
				return err
			}
			if f.preview {
				return s.scopeChange(change, true)
			}
			if !s.json {
				if err := s.scopeChange(change, false); err != nil {
					return err
				}
			}
			n, err := f.number(s, change.Plan.People)
			if err != nil {
				return err
			}
			if change, err = c.ConfirmScope(ctx, args[0], n); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(change)
			}
			s.say("Confirmed. The next comparison carries it out, within the limits.")
			s.next("muster sync %s --full", args[0])
			return nil
		}),
	}
	f.flags(c)
	return c
}

func (s *shell) scopeChange(c adminapi.ScopeChange, last bool) error {
	if s.json {
		return s.printJSON(c)
	}
	t := table{}
	t.row("SCOPE", "CONFIGURED", "WAS", "NOW")
	for _, g := range c.Groups {
		was := string(g.Pinned)
		if g.Name != "" {
			was += " (now " + g.Name + ")"
		}
		t.row(g.Scope, g.Group, was, g.Now)
	}
	s.table(t, "")
	s.print("It would affect %s: %s", plural(c.Plan.People, "person or group", "people and groups"), orNone(counts(c.Plan.Counts)))
	if last && c.Plan.ID != "" {
		s.next("muster plan show %s", c.Plan.ID)
	}
	return nil
}

func (s *shell) confirmBaseCommand() *cobra.Command {
	var f confirming
	c := &cobra.Command{
		Use: "confirm-base source [base]", Short: "Confirm the entry that stands in place of a search base", Args: args("the name of a source", "[base]"),
		Long: "A search base is remembered by its immutable id. When it is deleted and another of its name is made, reads of the source are not believed and nobody\n" +
			"is removed, until this command takes the new entry. It reads the source first and shows who would enter and leave. The reads that follow\n" +
			"judge what is missing as ever.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			base := ""
			if len(args) > 1 {
				base = args[1]
			}
			change, err := c.PreviewBase(ctx, args[0], base)
			if err != nil {
				return err
			}
			if !s.json || f.preview {
				if err := s.baseChange(change); err != nil || f.preview {
					return err
				}
			}
			n, err := f.number(s, change.Count)
			if err != nil {
				return err
			}
			if change, err = c.ConfirmBase(ctx, args[0], change.Base, n); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(change)
			}
			s.say("Confirmed. The next read begins there.")
			s.next("muster sync %s", args[0])
			return nil
		}),
	}
	f.flags(c)
	return c
}

func (s *shell) baseChange(c adminapi.BaseChange) error {
	if s.json {
		return s.printJSON(c)
	}
	s.print("%s of %s, %s, was %s and is %s.", c.Base, c.Source, c.DN, c.Was, c.Now)
	s.print("It holds %s: %d enter, %d leave. That affects %d.", plural(c.Read, "entry", "entries"), c.Enter, c.Leave, c.Count)
	for _, name := range c.Names {
		s.print("  %s %s", s.paint(red, "−"), name)
	}
	if more := c.Leave - len(c.Names); more > 0 {
		s.print("    and %d more", more)
	}
	return nil
}
