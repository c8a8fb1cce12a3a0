package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi/client"
)

func (s *shell) groupNestingCommand() *cobra.Command {
	var member string
	c := &cobra.Command{
		Use: "nesting group", Short: "Show which groups are within a group, and what brings somebody in", Args: args("a group"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			n, err := c.Nesting(ctx, args[0], member)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(n)
			}
			var t table
			t.row("GROUP", "WHERE", "BY")
			for _, g := range n.Above {
				t.row(g.Name, "it is in it", strings.Join(g.Path, " → "))
			}
			for _, g := range n.Below {
				t.row(g.Name, "is in it", strings.Join(g.Path, " → "))
			}
			if len(n.Above)+len(n.Below) > 0 {
				s.table(t, "")
			} else {
				s.print("It is in no group, and no group is in it.")
			}
			s.print("%s: %d directly, %d by groups within it", plural(n.Members, "member", "members"), n.Direct, n.ByGroups)
			for _, x := range n.At {
				s.print("%s: %d wanted, %d there", x.Target, x.Wanted, x.Applied)
			}
			if n.Who == nil {
				return nil
			}
			for _, p := range n.Who.Paths {
				s.print("%s → %s", strings.Join(p, " → "), n.Who.Name)
			}
			if len(n.Who.Paths) == 0 {
				s.say("%s is not in it, neither directly nor by a group within it.", n.Who.Name)
			}
			return nil
		}),
	}
	c.Flags().StringVar(&member, "member", "", "what brings this `person` or group in: username, email, id, key or DN")
	return c
}
