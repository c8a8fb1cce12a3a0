package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi/client"
)

func (s *shell) historyCommand() *cobra.Command {
	var q run.EventQuery
	var since string
	c := &cobra.Command{
		Use: "history", Short: "Show who did what, newest first", Args: args(),
		Long:    "Shows the audit log: who did what to what, when and by which token.\n\nWith --before it goes on where the last page ended; --limit 0 shows everything.",
		Example: "  muster history --about olivia.berg --since 48h\n  muster history --by owner --act hold.release",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			var err error
			if q.Since, err = parseSince(since, time.Now()); err != nil {
				return err
			}
			events, err := allEvents(ctx, c, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[run.Event]{events})
			}
			if len(events) == 0 {
				s.say("Nothing of that kind was done yet.")
				return nil
			}
			t := table{}
			t.row("WHEN", "WHO", "DID", "TO", "WHY", "BY WHICH TOKEN")
			for _, e := range events {
				t.row(stamp(e.At), e.By, e.Act, e.Object, e.Detail, strings.TrimPrefix(e.Via, "token "))
			}
			s.table(t, "")
			if q.Limit > 0 && len(events) == q.Limit {
				s.next("muster history --before %d", events[len(events)-1].Seq)
			}
			return nil
		}),
	}
	c.Flags().StringVar(&q.Object, "about", "", "only what was done to this: a person, source, target, plan or token")
	c.Flags().StringVar(&q.Object, "object", "", "the same as --about")
	c.Flags().StringVar(&q.By, "by", "", "only what was done by this person: a username, or an actor")
	c.Flags().StringVar(&since, "since", "", "only since then: 48h, 2026-03-02, 2026-03-02T18:00:00Z")
	c.Flags().Int64Var(&q.Before, "before", 0, "only before the event with this `number`")
	c.Flags().StringVar(&q.Act, "act", "", "only this act: pause, disable …")
	c.Flags().IntVar(&q.Limit, "limit", 50, "at most this many; 0 = all")
	return c
}

// eventPage is how many events are fetched at once.
const eventPage = 500

// allEvents fetches events page by page, up to the limit of q; 0 = all.
func allEvents(ctx context.Context, c *client.Client, q run.EventQuery) ([]run.Event, error) {
	out, most := []run.Event{}, q.Limit
	for {
		q.Limit = eventPage
		if most > 0 {
			q.Limit = min(eventPage, most-len(out))
		}
		page, err := c.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		if out = append(out, page...); len(page) < q.Limit || len(out) == most {
			return out, nil
		}
		q.Before = page[len(page)-1].Seq
	}
}

// parseSince reads how long ago, a day, or a moment; "" = ever.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return t, nil
	}
	return time.Time{}, usage("muster history: --since %q is not a time; allowed: 48h, 2026-03-02, 2026-03-02T18:00:00Z", text)
}
