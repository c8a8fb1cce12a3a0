package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

func (s *shell) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which Muster this is", Args: args(),
		RunE: func(*cobra.Command, []string) error {
			v := s.app.Version()
			if s.json {
				return s.printJSON(v)
			}
			s.print("%s", strings.TrimSpace("muster "+v.Version+" "+v.Commit+" "+v.Go))
			return nil
		},
	}
}
