package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) groupMembersCommand() *cobra.Command {
	var limit int
	q := adminapi.MemberQuery{}
	c := &cobra.Command{
		Use: "members group", Short: "List who is in a group, what brings them in, and at which targets they are members", Args: args("a group"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			members, err := pages(limit, func(after directory.ID, n int) (adminapi.List[adminapi.Member], error) {
				q.After, q.Limit = after, n
				page, err := c.Members(ctx, args[0], q)
				return adminapi.List[adminapi.Member]{Items: page.Members, Next: string(page.Next)}, err
			})
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Member]{members})
			}
			var t table
			t.row("MEMBER", "STATE", "BY", "AT")
			for _, m := range members {
				t.row(m.Name, string(m.State), strings.Join(m.Path, " → "), memberAt(m.At))
			}
			if len(members) == 0 {
				s.say("Nobody is in it like this.")
				return nil
			}
			s.table(t, "")
			return nil
		}),
	}
	c.Flags().StringVar(&q.By, "by", "all", "how they are in it: `direct`, groups (by a group within it) or all")
	c.Flags().IntVar(&limit, "limit", 1000, "at most this many; 0 = all")
	return c
}

// memberAt says at which targets somebody is a member, and where they are not as they should be.
func memberAt(list []adminapi.MemberAt) string {
	var out []string
	for _, x := range list {
		switch {
		case x.Wanted && !x.Applied:
			out = append(out, x.Target+" (not yet)")
		case !x.Wanted && x.Applied:
			out = append(out, x.Target+" (still)")
		case x.Applied:
			out = append(out, x.Target)
		}
	}
	return strings.Join(out, ", ")
}
