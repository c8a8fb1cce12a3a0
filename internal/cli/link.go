package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) linkCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "link", Short: "Links: who has which account"})
	var q adminapi.LinkQuery
	var limit int
	list := &cobra.Command{
		Use: "list target", Short: "List who has which account at a target", Args: args("the name of a target"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			all, err := pages(limit, func(after directory.ID, n int) (adminapi.List[adminapi.Link], error) {
				q.After, q.Limit = after, n
				return c.Links(ctx, args[0], q)
			})
			if err != nil {
				return err
			}
			return s.listLinks(all)
		}),
	}
	list.Flags().StringVar((*string)(&q.Kind), "kind", "", "user, group")
	list.Flags().StringVar(&q.State, "state", "", "linked, closing, closed, lost")
	list.Flags().IntVar(&limit, "limit", 1000, "at most this many; 0 = all")
	c.AddCommand(list, s.linkSetCommand(), s.linkDropCommand(), s.linkImportCommand())
	return c
}

// pages collects pages until limit items are there, or all if it is 0.
func pages[T any](limit int, fetch func(after directory.ID, n int) (adminapi.List[T], error)) ([]T, error) {
	out := []T{}
	after := ""
	for {
		n := 1000
		if limit > 0 {
			n = min(n, limit-len(out))
		}
		page, err := fetch(directory.ID(after), n)
		if err != nil {
			return out, err
		}
		out = append(out, page.Items...)
		if after = page.Next; after == "" || limit > 0 && len(out) >= limit {
			return out, nil
		}
	}
}

func (s *shell) listLinks(links []adminapi.Link) error {
	if s.json {
		return s.printJSON(items[adminapi.Link]{links})
	}
	if len(links) == 0 {
		s.say("Nobody is linked.")
		return nil
	}
	t := table{}
	t.row("WHO", "KIND", "ACCOUNT", "STATE", "ACTIVE", "ORIGIN", "CONFIRMED")
	for _, l := range links {
		t.row(l.Name, l.Kind, l.Remote, l.State, l.Active, l.Origin, stamp(l.Confirmed))
	}
	s.table(t, "")
	return nil
}
