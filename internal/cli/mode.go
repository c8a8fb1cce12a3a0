package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) modeCommand() *cobra.Command {
	var req adminapi.ModeRequest
	c := &cobra.Command{
		Use: "mode name [observe|pilot|live]", Short: "How far a target may go", Args: args("the name of a target", "[observe, pilot or live]"),
		Long: "Shows how far a target may go, or changes it where the configuration does not say. observe reads both sides, keeps a plan and writes nothing;\n" +
			"pilot writes only for the pilot's people; live writes. A step forward shows a plan that waits for approval; a step back takes effect at once.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			var m adminapi.TargetMode
			var err error
			if len(args) == 1 {
				m, err = c.Mode(ctx, args[0])
			} else {
				req.Mode = args[1]
				m, err = c.SetMode(ctx, args[0], req)
			}
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(m)
			}
			s.mode(m)
			return nil
		}),
	}
	c.Flags().StringVar(&req.Reason, "reason", "", "why, for the history")
	return c
}

func (s *shell) mode(m adminapi.TargetMode) {
	by := ""
	if m.File != "" {
		by = ", as " + m.File + " says"
	}
	s.print("%s: %s%s", m.Target, m.Mode, by)
	switch {
	case m.Plan == "":
	case m.People == 0 && m.Lines == 0:
		s.print("  0 differences: the target holds what it should.")
	default:
		s.print("  %s, %s: plan %s", plural(m.People, "person or group differs", "people and groups differ"), plural(m.Lines, "line", "lines"), m.Plan)
		s.next("muster target report %s   ·   muster plan show %s", m.Target, m.Target)
	}
}

func (s *shell) forgetCommand() *cobra.Command {
	var req adminapi.ForgetRequest
	c := &cobra.Command{
		Use: "forget name", Short: "Forget a target that is configured no more", Args: args("the name of a target that was configured"),
		Long: "Removes what Muster remembers of a target that was taken out of the configuration: whose account is whose there, and what waits. Accounts stay\n" +
			"as they are, and the history is kept. Who left and still has an open account there is named first: nobody will close it.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := c.Remembered(ctx, args[0])
			if err != nil {
				return err
			}
			if !s.json {
				s.remembered(r)
			}
			if req.Count < 0 {
				text, err := s.ask("Type the number of links to forget them, or nothing to leave it:", fmt.Sprintf("nobody can type the number of links here: give it as --confirm-count %d", r.Links))
				if err != nil {
					return err
				}
				if req.Count, err = strconv.Atoi(text); err != nil {
					return usage("%q is not a number: nothing was done", text)
				}
			}
			if r, err = c.Forget(ctx, args[0], req); err != nil {
				return err
			}
			if s.json {
				return s.printJSON(r)
			}
			s.print("%s is forgotten.", r.Target)
			return nil
		}),
	}
	c.Flags().IntVar(&req.Count, "confirm-count", -1, "the number of links that are forgotten")
	c.Flags().StringVar(&req.Reason, "reason", "", "why, for the history")
	return c
}

func (s *shell) remembered(r adminapi.Remembered) {
	s.print("%s: %s remembered.", r.Target, plural(r.Links, "link is", "links are"))
	for _, l := range r.Leavers {
		s.print("  %s left, and the account %s there is open: close it by hand.", l.Name, l.Remote)
	}
}
