package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// followWait is how long one request for changes waits.
const followWait = 30 * time.Second

func (s *shell) changesCommand() *cobra.Command {
	q := adminapi.ChangeQuery{}
	follow := false
	c := &cobra.Command{
		Use: "changes", Short: "Show what changed, in order: people, groups, memberships", Args: args(),
		Long: "Show what changed after a place in the feed, the latest change of each object. It names who changed, by whom, and in which state they are now; what else\n" +
			"they are is for muster user show or muster group show. The last line tells where to go on.",
		Example: "  muster changes --after 0.4711 --json",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			for {
				page, err := c.Changes(ctx, q)
				if err != nil {
					return err
				}
				if err := s.changes(page, follow); err != nil {
					return err
				}
				if q.After = page.Next; !follow {
					return nil
				}
				q.Wait = followWait
			}
		}),
	}
	c.Flags().StringVar(&q.After, "after", "", "the place where an earlier call ended; the beginning if not said")
	c.Flags().IntVar(&q.Limit, "limit", 500, "at most this many at a time, 1 to 1000")
	c.Flags().BoolVar(&follow, "follow", false, "go on with what changes from then on, until it is stopped")
	return c
}

func (s *shell) changes(page adminapi.Changes, follow bool) error {
	if s.json {
		return s.printJSON(page)
	}
	if len(page.Items) > 0 {
		t := table{}
		t.row("CHANGE", "WHO", "STATE", "BY", "ID")
		for _, e := range page.Items {
			if e.ID != "" {
				t.row(e.Type, cmp.Or(e.Name, "(no name is known)"), e.State, e.By, e.ID)
			} else {
				t.row(e.Type, cmp.Or(e.MemberName, string(e.Member))+" in "+cmp.Or(e.GroupName, string(e.Group)), "", "", fmt.Sprintf("%s in %s", e.Member, e.Group))
			}
		}
		s.table(t, "")
	}
	switch {
	case follow:
	case page.More:
		s.next("muster changes --after %s", page.Next)
	case len(page.Items) == 0:
		s.say("Nothing changed since then.")
	default:
		s.say("That is all. The next ones: muster changes --after %s", page.Next)
	}
	return nil
}
