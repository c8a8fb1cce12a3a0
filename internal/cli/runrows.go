package cli

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) runsShowCommand() *cobra.Command {
	q := adminapi.RunRowQuery{}
	c := &cobra.Command{
		Use: "show run", Short: "Show a run, or what it counted", Args: args("the id of a run"),
		Long: "Shows a run and how far it has got. With --what, it lists what a read of a source counted under that name, row by row: added, changed, returned, absent,\n" +
			"removed, outside, memberships_added or memberships_removed. What was sent to a target is listed by “muster runs sent”.",
		Example: "  muster runs show RUN --what changed",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if q.Run = args[0]; q.What != "" {
				return s.runRows(ctx, c, q)
			}
			v, err := c.Run(ctx, args[0], 0)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(v)
			}
			if err := s.listRuns([]run.Run{v.Run}); err != nil {
				return err
			}
			if len(v.Kept) > 0 {
				s.next("muster runs show %s --what %s", v.ID, v.Kept[0])
			}
			if v.Phase != "" {
				s.print("\n%s%s", v.Phase, far(v))
			}
			return nil
		}),
	}
	c.Flags().StringVar(&q.What, "what", "", "list what was counted under this `name`")
	c.Flags().IntVar(&q.After, "after", 0, "with --what: go on behind this `number`")
	c.Flags().IntVar(&q.Limit, "limit", 100, "with --what: at most this many")
	return c
}

// runRows lists what a run counted under a name.
func (s *shell) runRows(ctx context.Context, c *client.Client, q adminapi.RunRowQuery) error {
	page, err := c.RunRows(ctx, q)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(page)
	}
	if len(page.Rows) == 0 {
		s.say("Of this count no rows are kept, or there are none.")
		return nil
	}
	var t table
	t.row("NUMBER", "WHO", "NOW", "MEMBER")
	for _, r := range page.Rows {
		member := cmp.Or(r.MemberName, string(r.Member))
		t.row(r.Seq, strings.TrimSpace(string(r.Kind)+" "+cmp.Or(r.Name, string(r.Object), r.Entry)), rowState(r), member)
	}
	s.table(t, "")
	if page.Next > 0 {
		s.next("muster runs show %s --what %s --after %d", q.Run, q.What, page.Next)
	}
	return nil
}

// rowState says how who was counted stands now.
func rowState(r adminapi.RunRow) string {
	switch {
	case r.Object == "":
		return "was nobody yet"
	case r.Name == "":
		return "deleted for good"
	}
	return string(r.State)
}
