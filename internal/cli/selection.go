package cli

import (
	"github.com/spf13/cobra"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// selectFlags lets a command choose lines of a plan by what they are.
func selectFlags(c *cobra.Command, sel *adminapi.Selection) {
	f := c.Flags()
	f.StringArrayVar(&sel.Acts, "act", nil, "only lines that `do` this: create, update, link, enable, disable, delete, \"skip ask\"; may be repeated")
	f.StringVar(&sel.Class, "class", "", "only lines that this `limit` counts: stated, left, missing, memberships, groups, names, creates")
	f.StringVar(&sel.Cause, "cause", "", "only lines with this `cause`: stated, left, missing, operator")
	f.StringVar(&sel.Kind, "kind", "", "only lines about this `kind`: user, group")
	f.StringVar(&sel.Name, "name", "", "only lines about those whose name has this `text` in it; with * and ? it is the whole name")
}

// decisionFlags is selectFlags for decisions, which can also go back to what was rejected.
func decisionFlags(c *cobra.Command, sel *adminapi.Selection) {
	selectFlags(c, sel)
	c.Flags().Var(constant{&sel.Status, string(run.Rejected)}, "rejected", "lines that were rejected, instead of those that wait")
	c.Flags().Lookup("rejected").NoOptDefVal = "true"
}

// A constant is a flag that sets a text to one value.
type constant struct {
	into  *string
	value string
}

func (c constant) String() string { return "" }
func (c constant) Type() string   { return "" }
func (c constant) Set(on string) error {
	if *c.into = ""; on == "true" {
		*c.into = c.value
	}
	return nil
}

// chosen reports whether anything is selected.
func chosen(s adminapi.Selection, lines []string) bool {
	return len(lines)+len(s.Acts) > 0 || s.Class != "" || s.Cause != "" || s.Kind != "" || s.Name != "" || s.Status != ""
}
