package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) runsSentCommand() *cobra.Command {
	var q adminapi.CallQuery
	c := &cobra.Command{
		Use: "sent [run]", Short: "List what was sent to targets, newest first", Args: args("[the id of a run]"),
		Long: "Lists what was sent to targets, with the answers: by one run, or by all of them.\n\n" +
			"With --before it goes on where the last page ended; --limit 0 lists everything.",
		Example: "  muster runs sent --target slack --about olivia.berg",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				q.Run = args[0]
			}
			writes, err := allWrites(ctx, c, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.CallAt]{writes})
			}
			if len(writes) == 0 {
				s.say("Nothing of that kind was sent.")
				return nil
			}
			s.listWrites(writes)
			if q.Limit > 0 && len(writes) == q.Limit {
				s.next("muster %s", strings.Join(append([]string{"runs", "sent"}, append(args, "--before", writes[len(writes)-1].ID)...), " "))
			}
			return nil
		}),
	}
	c.Flags().StringVar(&q.Target, "target", "", "only what was sent to this target")
	c.Flags().StringVar(&q.Who, "about", "", "only what was sent about this person or group")
	c.Flags().StringVar(&q.Before, "before", "", "only what was sent before the write with this `id`")
	c.Flags().IntVar(&q.Limit, "limit", 50, "at most this many; 0 = all")
	return c
}

// allWrites fetches writes page by page, up to the limit of q; 0 = all.
func allWrites(ctx context.Context, c *client.Client, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	out, most := []adminapi.CallAt{}, q.Limit
	for {
		q.Limit = eventPage
		if most > 0 {
			q.Limit = min(eventPage, most-len(out))
		}
		page, err := c.Writes(ctx, q)
		if err != nil {
			return nil, err
		}
		if out = append(out, page...); len(page) < q.Limit || len(out) == most {
			return out, nil
		}
		q.Before = page[len(page)-1].ID
	}
}

func (s *shell) listWrites(writes []adminapi.CallAt) {
	t := table{}
	t.row("WHEN", "TARGET", "WHOM", "WHAT", "RESULT", "ANSWER", "TOOK", "RUN")
	for _, w := range writes {
		result := w.Result
		if result == "" {
			result = "open"
		}
		t.row(stamp(w.At), w.Target, w.Name, w.Verb, result, w.Answer, w.Took, w.Run)
	}
	s.table(t, "")
}
