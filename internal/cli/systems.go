package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) sourceListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the sources, and how each stands", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			st, err := c.Status(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.SourceStatus]{st.Sources})
			}
			s.sources(st.Sources)
			return nil
		}),
	}
}

func (s *shell) sources(all []adminapi.SourceStatus) {
	if len(all) == 0 {
		s.say("There are no sources yet.")
		return
	}
	var t table
	t.row("SOURCE", "TYPE", "STATE", "LAST COMPLETE READ", "NEXT READ", "PEOPLE", "GROUPS", "MISSING", "WAITING")
	for _, x := range all {
		complete, _ := lastRead(x)
		next := ""
		if !x.Next.IsZero() {
			next = stamp(x.Next)
		}
		t.row(x.Name, x.Type, sourceState(x), complete, next, x.People, x.Groups, x.Absent, x.Waiting)
	}
	s.table(t, "")
	for _, x := range all {
		if x.Problem != nil {
			s.print("%s: %s", x.Name, x.Problem.What)
		}
	}
}

// sourceState says in a few words how a source stands.
func sourceState(x adminapi.SourceStatus) string {
	switch {
	case x.Type == "scim":
		return "writes by itself"
	case x.Problem != nil && x.Last != nil:
		return string(x.Last.Outcome)
	case x.Reading || x.Run != nil:
		return "being read"
	case x.Complete.IsZero():
		return "not read yet"
	}
	return "read whole"
}

func (s *shell) targetListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the targets, and how each stands", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			st, err := c.Status(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.TargetStatus]{st.Targets})
			}
			s.targets(st.Targets)
			return nil
		}),
	}
}

func (s *shell) targets(all []adminapi.TargetStatus) {
	if len(all) == 0 {
		s.say("There are no targets yet.")
		return
	}
	var t table
	t.row("TARGET", "TYPE", "MODE", "STATE", "LAST RUN", "LAST FULL COMPARISON", "ACCOUNTS", "GROUPS", "HELD", "RETRYING", "OPEN LEAVERS")
	for _, x := range all {
		last := "never"
		if x.Last != nil {
			last = stamp(x.Last.Started)
		}
		t.row(x.Name, x.Type, x.Mode, x.State, last, stamp(x.Listed), x.Users, x.Groups, x.Held, x.Retrying, x.Leavers)
	}
	s.table(t, "")
	for _, x := range all {
		if x.Stopped != nil {
			s.print("%s: %s", x.Name, cmp.Or(x.Stopped.What, x.Stopped.Code))
		}
	}
}
