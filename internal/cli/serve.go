package cli

import (
	"log/slog"

	"github.com/spf13/cobra"
)

func (s *shell) serveCommand() *cobra.Command {
	var level, format string
	c := &cobra.Command{
		Use: "serve", Short: "Keep everything in step until it is stopped", Args: args(),
		Long: "Serve sources, targets, the console and the admin API until it is stopped. Without -c the configuration that was applied last is used;\n" +
			"where there is none yet, the console shows how to begin.",
		Example: "  muster serve -c muster.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l slog.Level
			if err := l.UnmarshalText([]byte(level)); err != nil {
				return usage("--log-level: %q is not known; allowed: debug, info, warn, error", level)
			}
			if format != "text" && format != "json" {
				return usage("--log-format: %q is not known; allowed: text, json", format)
			}
			s.opts.Log, s.opts.Fresh = logger(s.stderr, l, format), true
			return s.app.Serve(cmd.Context(), s.opts, s.listening)
		},
	}
	c.Flags().StringVar(&level, "log-level", "info", "debug, info, warn, error")
	c.Flags().StringVar(&format, "log-format", "text", "text, json")
	c.Flags().StringVar(&s.opts.Listen, "listen", "", "loopback `address` of console and API, if not as the configuration says")
	return c
}

func (s *shell) listening(l Listening) {
	s.say("Muster serves the data folder %s.", l.Data)
	if l.Fresh {
		s.say("Nothing is configured yet.")
	}
	if l.Addr != "" {
		s.say("Its console is at http://%s/console/ and its API at http://%s and, on this machine, at %s.", l.Addr, l.Addr, l.Socket)
	} else {
		s.say("Its API answers at %s.", l.Socket)
	}
	data := ""
	if l.Data != DefaultData {
		data = " -d " + l.Data
	}
	if l.Claim != "" {
		s.say("Open this to become its owner, once and within 15 minutes:")
		s.say("")
		s.say("  http://%s%s", l.Addr, l.Claim)
		s.say("")
		s.say("Another is printed by: muster console%s", data)
	}
	s.next("muster status%s", data)
}
