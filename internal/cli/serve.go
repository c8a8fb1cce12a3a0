package cli

import (
	"log/slog"

	"github.com/spf13/cobra"
)

func (s *shell) serveCommand() *cobra.Command {
	var level, format string
	c := &cobra.Command{
		Use: "serve -c file", Short: "Keep everything in step until it is stopped", Args: args(),
		Example: "  muster serve -c muster.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l slog.Level
			if err := l.UnmarshalText([]byte(level)); err != nil {
				return usage("--log-level: %q is not known; allowed: debug, info, warn, error", level)
			}
			if format != "text" && format != "json" {
				return usage("--log-format: %q is not known; allowed: text, json", format)
			}
			s.opts.Log = logger(s.stderr, l, format)
			return s.app.Serve(cmd.Context(), s.opts, s.listening)
		},
	}
	c.Flags().StringVar(&level, "log-level", "info", "debug, info, warn, error")
	c.Flags().StringVar(&format, "log-format", "text", "text, json")
	return c
}

func (s *shell) listening(l Listening) {
	s.say("Muster serves the data folder %s.", l.Data)
	if l.Addr != "" {
		s.say("Its API answers at http://%s and, on this machine, at %s.", l.Addr, l.Socket)
	} else {
		s.say("Its API answers at %s.", l.Socket)
	}
	if l.Data != DefaultData {
		s.next("muster status -d %s", l.Data)
	} else {
		s.next("muster status")
	}
}
