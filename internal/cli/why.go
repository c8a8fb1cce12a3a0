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
		Use: "why person|group [target]", Short: "Say why someone has what they have at a target", Args: args("a person", "[target]"),
		Long: "Says for a person or group at each target: which rule decided, what every rule says and by which group, what each source states, how each value came about\n" +
			"and from what, which accounts were looked for, how the target differs, and what was sent last and answered. It changes nothing.\n" +
			"Of an entry of a source to which nobody is bound, and of an account at a target that is nobody's, it says what is known and what would happen.",
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
	if e.ID == "" {
		s.explainNobody(e)
		return
	}
	for _, at := range e.Targets {
		if at.Says != "" {
			s.print("%s", at.Says)
		}
	}
	s.heading(e.Object)
	for _, r := range e.Records {
		s.record(r)
	}
	if len(e.Groups) > 0 {
		s.print("  in groups: %s", strings.Join(e.Groups, ", "))
	}
	s.origins(e.Origins)
	for _, at := range e.Targets {
		s.print("\n%s", at.Target)
		s.explainAt(at)
	}
}

// origins shows what the sources state where more than one does, and which of them counts.
func (s *shell) origins(origins []adminapi.Origin) {
	sources := map[string]bool{}
	for _, o := range origins {
		sources[o.Source] = true
	}
	if len(sources) < 2 {
		return
	}
	var t table
	for _, o := range origins {
		counts := "is passed over"
		if o.Won {
			counts = "counts"
		}
		t.row(o.Path, o.Source, text(o.Value), counts)
	}
	s.table(t, "    ")
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
		s.print("  closed by %s at %s: %s", o.Stop.Who(), stamp(o.Stop.At), o.Stop.Reason)
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
		s.evidence(st.Name, at)
	}
	if v := at.Version; v != nil {
		s.print("  by the rules %.8s, in force since %s: %s", v.Digest, stamp(v.Since), v.Cause)
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
	shown := map[string]bool{}
	for _, h := range at.Holds {
		if h.Status == run.Waiting && !shown[h.Plan] {
			shown[h.Plan] = true
			s.print("  waits for a decision: muster plan show %s", h.Plan)
		}
	}
}

// evidence shows what a step rests on.
func (s *shell) evidence(step string, at adminapi.At) {
	switch step {
	case "scope":
		if len(at.Path) > 0 {
			s.print("           by the groups: %s", strings.Join(at.Path, " → "))
		}
		for _, r := range at.Rules {
			for _, in := range r.Inputs {
				s.print("           %s read %s = %s", r.Rule, in.Name, text(in.Values))
			}
		}
	case "match":
		for _, t := range at.Tried {
			s.print("           %s", tried(t))
		}
	case "diff":
		var t table
		for _, d := range at.Differs {
			if !d.Same {
				t.row(d.Path, "wanted "+text(d.Want), "there "+text(d.There))
			}
		}
		s.table(t, "           ")
	}
}

func tried(t adminapi.Tried) string {
	if t.Value == "" {
		return fmt.Sprintf("looked for by %s: they have no value for it", t.By)
	}
	var found []string
	for _, c := range t.Found {
		what := string(c.Remote)
		if !c.Active {
			what += " (disabled)"
		}
		if c.Owner != "" {
			what += " of " + c.Name
		}
		found = append(found, what)
	}
	if found == nil {
		found = []string{"none was listed"}
	}
	return fmt.Sprintf("looked for by %s = %q: %s", t.By, t.Value, strings.Join(found, ", "))
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
		for _, in := range v.Inputs {
			t.row("", "", "  "+in.Name+" = "+text(in.Values))
		}
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
