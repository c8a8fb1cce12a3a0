package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) inboxCommand() *cobra.Command {
	q := adminapi.InboxQuery{}
	c := &cobra.Command{
		Use: "inbox", Short: "List what waits for a person, the most urgent first", Args: args(),
		Long: "Lists what waits for a person: stopped targets, open leavers who do not close by themselves or are late, holds, plans, scope groups that are in doubt, sources that were\n" +
			"not read whole, entries that could not be let in, paused targets, mails that were refused, people and groups that are held by themselves, and tokens that end soon.\n" +
			"Each with how long it waits, who may answer, and the command that answers it. It ends with 0 whether or not something waits.",
		Example: "  muster inbox\n  muster inbox --kind hold --json",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			if q.Kind != "" && !slices.Contains(adminapi.InboxKinds(), q.Kind) {
				return usage("--kind %s: there is no such kind; there are: %s", q.Kind, strings.Join(adminapi.InboxKinds(), ", "))
			}
			page, err := c.Inbox(ctx, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(page)
			}
			s.inbox(page.Items)
			if page.Next != "" {
				s.say("There are more. With --json each page names the next, for --after; --kind and --limit show others.")
			}
			return nil
		}),
	}
	c.Flags().StringVar(&q.Kind, "kind", "", "only what is of this `kind`: "+strings.Join(adminapi.InboxKinds(), ", "))
	c.Flags().StringVar(&q.After, "after", "", "go on behind this `place`, the next of the page before")
	c.Flags().IntVar(&q.Limit, "limit", 100, "at most this many")
	return c
}

func (s *shell) inbox(items []adminapi.InboxItem) {
	if len(items) == 0 {
		s.say("Nothing waits for a person.")
		return
	}
	var t table
	t.row("KIND", "AGE", "WHO MAY ANSWER", "ANSWER WITH", "WHAT")
	for _, i := range items {
		var who []string
		for _, r := range i.Roles {
			who = append(who, string(r))
		}
		what := i.What
		if i.Why != "" {
			what = strings.TrimRight(what, ".") + ": " + i.Why
		}
		t.row(i.Kind, i.Age, strings.Join(who, ", "), i.Fix, what)
	}
	s.table(t, "")
}
