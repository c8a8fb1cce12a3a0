package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) driftCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "drift [target]", Short: "List what somebody changed at a target by hand", Args: args("[target]"),
		Long: "Lists accounts, groups and memberships that differ at the target from what it had confirmed and from what is wanted there, as the last full\n" +
			"comparison found them (muster sync --full makes one). Whether they are undone is the target's setting drift: repair or report.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			target := ""
			if len(args) > 0 {
				target = args[0]
			}
			found, err := c.Drift(ctx, target, limit)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Drift]{found})
			}
			s.driftTable(found)
			return nil
		}),
	}
	c.Flags().IntVar(&limit, "limit", 1000, "at most this many")
	return c
}

func (s *shell) driftTable(found []adminapi.Drift) {
	if len(found) == 0 {
		s.say("Nothing was changed by hand, as far as the last full comparison shows.")
		return
	}
	t := table{}
	t.row("WHO", "TARGET", "FIELD", "WANTED", "FOUND", "SINCE", "WHAT HAPPENS")
	for _, d := range found {
		field, then := d.Field, "stays: drift is reported"
		if d.Member != "" {
			field += " " + d.Member
		}
		if d.Repairs {
			then = "is undone, unless something holds it"
		}
		t.row(d.Name, d.Target, field, d.Wanted, d.Found, stamp(d.Since), then)
	}
	s.table(t, "")
}
