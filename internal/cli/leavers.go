package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) leaversCommand() *cobra.Command {
	var q adminapi.LeaverQuery
	var ago time.Duration
	c := &cobra.Command{
		Use: "leavers", Short: "List leavers who are not confirmed to be closed everywhere", Args: args(),
		Long: "Lists who should be closed at a target and is not confirmed to be: since when, what it waits for, when it is tried again, and what to do. Nobody drops off the list\n" +
			"before the target was read back. With --all, those who are closed follow, each with what the target answered then and how long it took.",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			if ago > 0 {
				q.Since = time.Now().Add(-ago)
			}
			leavers, err := c.Leavers(ctx, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Leaver]{leavers})
			}
			if s.leavers(leavers, q.Closed) > 0 {
				return nil
			}
			if q.Target != "" || q.State != "" {
				s.say("Nobody who left is open like this.")
				return nil
			}
			st, err := c.Status(ctx)
			if err != nil {
				return err
			}
			s.noLeaver(st)
			return nil
		}),
	}
	c.Flags().BoolVar(&q.Closed, "all", false, "those who are closed too, with the proof")
	c.Flags().StringVar(&q.Target, "target", "", "only at this `target`")
	c.Flags().StringVar(&q.State, "state", "", "only open ones in this `state`: missing, closing, held, retrying, stopped, paused, open, lost")
	c.Flags().DurationVar(&ago, "since", 0, "with --all: closed within this `time`, such as 24h; 30 days if left out")
	return c
}

// leavers prints who left, and returns how many of them are open.
func (s *shell) leavers(all []adminapi.Leaver, closed bool) int {
	var open, done table
	open.row("WHO", "TARGET", "ACCOUNT", "STATE", "SINCE", "AGE", "WAITS FOR", "NEXT")
	done.row("WHO", "TARGET", "ACCOUNT", "CLOSED", "SINCE", "TOOK", "PROOF")
	var fixes []adminapi.Leaver
	n := 0
	for _, l := range all {
		if l.State == "closed" {
			done.row(l.Name, l.Target, l.Remote, stamp(l.Confirmed), stamp(l.Since), l.Took, l.Why)
			continue
		}
		n++
		open.row(l.Name, l.Target, l.Remote, l.State, stamp(l.Since), l.Age, l.Why, next(l))
		if l.Fix != "" {
			fixes = append(fixes, l)
		}
	}
	if n > 0 {
		s.table(open, "")
	}
	for _, l := range fixes {
		s.print("%s at %s: %s", l.Name, l.Target, l.Fix)
	}
	if closed && n < len(all) {
		s.print("\nClosed, and read back:")
		s.table(done, "")
	}
	return n
}

// noLeaver says that nobody is open, as far as that is known: of a source that was not read and a target that is not served it is not.
func (s *shell) noLeaver(st adminapi.Status) {
	for _, x := range st.Unsure {
		s.say("%s. See %s", x.Why, x.Fix)
	}
	switch {
	case len(st.Targets) == 0:
		s.say("There are no targets yet: no account is known that a leaver could still have.")
	case len(st.Unsure) == 0:
		s.say("Every leaver is closed everywhere, confirmed by the targets.")
	default:
		s.say("Elsewhere every leaver is closed, confirmed by the targets.")
	}
}

// next says when something happens by itself.
func next(l adminapi.Leaver) string {
	switch {
	case l.Until.IsZero():
		return ""
	case l.State == "missing":
		return "not before " + stamp(l.Until)
	}
	return stamp(l.Until)
}
