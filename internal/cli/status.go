package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say how everything stands", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			st, err := c.Status(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(st)
			}
			s.status(st)
			return nil
		}),
	}
}

func (s *shell) status(st adminapi.Status) {
	s.print("%s", st.Summary)
	s.print("People: %s. Groups: %s.", orNone(counts(st.People)), orNone(counts(st.Groups)))
	if len(st.Sources) > 0 {
		s.print("")
		t := table{}
		t.row("SOURCE", "TYPE", "PEOPLE", "GROUPS", "LAST COMPLETE READ", "LAST RUN")
		for _, x := range st.Sources {
			complete, last := lastRead(x)
			t.row(x.Name, x.Type, x.People, x.Groups, complete, last)
		}
		s.table(t, "")
	}
	if len(st.Targets) > 0 {
		s.print("")
		t := table{}
		t.row("TARGET", "TYPE", "MODE", "STATE", "USERS", "GROUPS", "WAITING")
		for _, x := range st.Targets {
			t.row(x.Name, x.Type, x.Mode, x.State, x.Users, x.Groups, orNone(backlog(x)))
		}
		s.table(t, "")
	}
	s.upcoming(st)
	s.troubles(st)
}

// upcoming says when sources are read and targets are compared next by themselves.
func (s *shell) upcoming(st adminapi.Status) {
	t := table{}
	t.row("BY ITSELF", "NEXT", "THEN", "THEN")
	row := func(what string, times []time.Time) {
		if len(times) == 3 {
			t.row(what, stamp(times[0]), stamp(times[1]), stamp(times[2]))
		}
	}
	for _, x := range st.Sources {
		what := "read " + x.Name
		if x.Reading {
			what += " (being read)"
		}
		row(what, x.Upcoming)
	}
	for _, x := range st.Targets {
		row("compare "+x.Name, x.Upcoming)
	}
	if len(t.rows) > 1 {
		s.print("")
		s.table(t, "")
	}
}

// lastRead says when a source was last read whole, and how its last read ended. One that a client writes is not read.
func lastRead(x adminapi.SourceStatus) (complete, last string) {
	switch {
	case x.Type == "scim":
		return "writes by itself", "heard " + stamp(x.Heard)
	case x.Last == nil:
		return stamp(x.Complete), "never"
	}
	return stamp(x.Complete), string(x.Last.Outcome)
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func backlog(t adminapi.TargetStatus) string {
	return counts(map[string]int{"pending": t.Pending, "held": t.Held, "retrying": t.Retrying, "open leavers": t.Leavers, "changed by hand": t.Drift})
}

func (s *shell) troubles(st adminapi.Status) {
	for _, x := range st.Sources {
		if x.Problem != nil {
			s.print("\n%s %s", s.paint(yellow, x.Name+":"), x.Problem.What)
			s.fix(x.Problem.Fix)
		}
	}
	for _, x := range st.Targets {
		if x.Stopped != nil {
			s.print("\n%s %s", s.paint(red, x.Name+" is stopped:"), x.Stopped.What)
			s.fix(x.Stopped.Fix)
		}
		if x.Waits != "" {
			s.print("\n%s waits for %s", x.Name, clean(x.Waits))
		}
		if x.Paused != nil {
			s.print("\n%s is paused by %s since %s: %s", x.Name, x.Paused.By, stamp(x.Paused.At), x.Paused.Reason)
		}
	}
	if len(st.Attention) == 0 {
		return
	}
	s.print("\nNeeds you:")
	for _, same := range byFix(st.Attention) {
		s.attention(same)
	}
}

// someOf is how many things of one kind are named in the overview; the command behind them lists them all.
const someOf = 5

// attention prints what one command answers: the first few, how many more, and the command.
func (s *shell) attention(same []adminapi.Attention) {
	for _, a := range same[:min(len(same), someOf)] {
		text := "  " + clean(a.What)
		if !a.Since.IsZero() {
			text += fmt.Sprintf(" (since %s)", stamp(a.Since))
		}
		s.print("%s", text)
	}
	if more := len(same) - someOf; more > 0 {
		s.print("  and %d more", more)
	}
	s.fix(same[0].Fix)
}

// byFix gathers what the same command answers, in the order in which the commands come first.
func byFix(all []adminapi.Attention) [][]adminapi.Attention {
	var out [][]adminapi.Attention
	at := map[string]int{}
	for _, a := range all {
		i, known := at[a.Fix]
		if !known {
			i, at[a.Fix] = len(out), len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], a)
	}
	return out
}

func (s *shell) fix(text string) {
	if text != "" {
		s.print("  → %s", strings.TrimSpace(text))
	}
}
