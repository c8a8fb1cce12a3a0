package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Tree returns all commands with their flags, for documentation and for checking it. They belong to no application and must not be run.
func Tree() *cobra.Command {
	return newShell(nil, strings.NewReader(""), io.Discard, io.Discard).root()
}
