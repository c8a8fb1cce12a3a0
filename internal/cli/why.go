package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "why person [target]", Short: "Say why someone has what they have at a target", Args: args("a person", "[target]"),
		Example: "  muster why olivia.berg wiki",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			target := ""
			if len(args) > 1 {
				target = args[1]
			}
			e, err := c.Why(ctx, args[0], target)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(e)
			}
			s.explain(e)
			return nil
		}),
	}
}

func (s *shell) explain(e adminapi.Explanation) {
	s.heading(e.Object)
	for _, r := range e.Records {
		s.record(r)
	}
	if len(e.Groups) > 0 {
		s.print("  in groups: %s", strings.Join(e.Groups, ", "))
	}
	for _, at := range e.Targets {
		s.print("\n%s", at.Target)
		s.explainAt(at)
	}
}

// heading says who it is and how they stand.
func (s *shell) heading(o adminapi.Object) {
	text := fmt.Sprintf("%s (%s, %s) is %s", clean(o.Name), o.Kind, o.ID, o.State)
	if o.Cause != "" {
		text += " (" + string(o.Cause) + ")"
	}
	if !o.Since.IsZero() {
		text += " since " + stamp(o.Since)
	}
	s.print("%s", text)
	if o.Stop != nil {
		s.print("  closed by %s at %s: %s", o.Stop.By, stamp(o.Stop.At), o.Stop.Reason)
	}
}

func (s *shell) record(r adminapi.Record) {
	s.print("  %s states %s", r.Source, r.Name)
	s.print("    key %s, %s%s", r.Key, r.Status, map[bool]string{true: ", disabled", false: ""}[r.Disabled])
	if !r.Expires.IsZero() {
		s.print("    expires %s", stamp(r.Expires))
	}
	if r.Waiting != "" {
		s.print("    waits: %s", r.Waiting)
	}
}

var verdicts = map[string]string{"pass": "✓", "skip": "–", "wait": "…", "fail": "✗"}

func (s *shell) explainAt(at adminapi.At) {
	for _, st := range at.Steps {
		sign := verdicts[st.Verdict]
		if sign == "" {
			sign = "?"
		}
		s.print("  %s %-6s %s", sign, st.Name, st.Text)
		for _, n := range st.Notes {
			s.print("           %s", n)
		}
	}
	s.values(at.Values)
	for _, l := range at.Lines {
		s.print("  would be done now:")
		s.planLine(run.Line{Status: run.Waiting, Line: l}, nil)
	}
	s.accountOf(at)
	for _, w := range at.Waiting {
		s.print("  waits (%s) since %s: %s", w.Wait, stamp(w.Since), w.Reason)
	}
}

func (s *shell) values(values []adminapi.Value) {
	var t table
	for _, v := range values {
		got := text(v.Value)
		switch {
		case v.Problem != "":
			got = "✗ " + v.Problem
		case v.Defaulted:
			got += " (default)"
		}
		t.row(v.Path, got, "← "+v.Rule, v.At)
	}
	s.table(t, "    ")
}

func (s *shell) accountOf(at adminapi.At) {
	if l := at.Link; l != nil {
		state := "disabled"
		if l.Active {
			state = "active"
		}
		s.print("  account %s: %s, %s, %s, last confirmed %s", l.Remote, l.State, l.Origin, state, stamp(l.Confirmed))
	} else if at.Scope == plan.In {
		s.print("  no account is linked")
	}
	if c := at.Last; c != nil {
		result := c.Result
		if result == "" {
			result = "no answer yet"
		}
		s.print("  last sent %s: %s: %s", stamp(c.At), c.Verb, strings.TrimSpace(result+" "+c.Answer))
	}
}
