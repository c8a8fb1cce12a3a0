package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) consoleCommand() *cobra.Command {
	var person string
	c := &cobra.Command{
		Use: "console", Short: "Print a link that signs you in to the console, once", Args: args(),
		Long: "Print a link that signs you in to the console of the running server. It works once, for 15 minutes, and lets you set a password on the way.",
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			if s.session != nil {
				return &run.Problem{
					Code: adminapi.Unavailable, What: "no server runs on " + s.data(), Why: "The console is part of the server.", Now: "Nothing was changed.",
					Fix: "Start it first: `muster serve`.",
				}
			}
			code, err := c.CreateCode(ctx, person)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(code)
			}
			return s.printLink(code)
		}),
	}
	c.Flags().StringVar(&person, "person", "", "whom it signs in, if not you")
	return c
}

// printLink prints a code as an address to open.
func (s *shell) printLink(code adminapi.Code) error {
	base := strings.TrimSuffix(s.addr, "/")
	if base == "" && code.Listen != "" {
		base = "http://" + code.Listen
	}
	if base == "" {
		return &run.Problem{
			Code: adminapi.Unavailable, What: "the server answers at its socket only", Why: "Its configuration says `listen: off`, and a browser needs an address.",
			Now: "Nothing was changed.", Fix: "Leave `listen` out of the configuration, or name an address, and start the server anew.",
		}
	}
	s.print("%s", base+code.Path)
	s.say("It works once, until %s.", stamp(code.Expires))
	return nil
}
