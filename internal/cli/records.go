package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) recordsCommand() *cobra.Command {
	q := adminapi.RecordQuery{}
	c := &cobra.Command{
		Use: "records name", Short: "List what a source states, what is missing there, or what waits", Args: args("the name of a source"),
		Long: "Lists the entries of a source and who they are here. With --what waiting: those that could not be let in, or not wholly, such as a username that another person\n" +
			"has, each with the reason. With --what missing: those that were not in the last complete read, about whom nothing is concluded yet.",
		Example: "muster source records corp --what waiting",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			q.Source = args[0]
			page, err := c.Records(ctx, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(page)
			}
			s.records(page.Records, q.What == "waiting")
			if page.Next != "" && q.What == "waiting" { // the place of the others has no printable form
				s.next("muster source records %s --what waiting --after %s", strings.Join(args, ""), page.Next)
			} else if page.Next != "" {
				s.say("There are more. With --json each page names the next; --limit shows more at once.")
			}
			return nil
		}),
	}
	c.Flags().StringVar(&q.What, "what", "waiting", "people, groups, missing or waiting")
	c.Flags().StringVar(&q.After, "after", "", "go on behind this `place`, the next of the page before")
	c.Flags().IntVar(&q.Limit, "limit", 100, "at most this many")
	return c
}

// waitsSince says since when an entry waits: of one that began to before that was kept, it is not known.
func waitsSince(r adminapi.SourceRecord) string {
	if r.Waits.IsZero() {
		return "not known"
	}
	return stamp(r.Waits)
}

// records prints entries of a source.
func (s *shell) records(all []adminapi.SourceRecord, waiting bool) {
	if len(all) == 0 {
		s.say("There are none.")
		return
	}
	var t table
	since := func(r adminapi.SourceRecord) string { return stamp(r.Since) }
	if t.row("ENTRY", "WHO", "STATUS", "SINCE", "WAITS FOR"); waiting {
		t.rows[0][3], since = "WAITS SINCE", waitsSince
	}
	for _, r := range all {
		t.row(r.Name, r.Who, string(r.Status), since(r), r.Waiting)
	}
	s.table(t, "")
}
