package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) userSearchCommand() *cobra.Command {
	q := adminapi.BrowseQuery{Kind: string(directory.Person)}
	limit := 0
	c := &cobra.Command{
		Use: "search [text]", Short: "Find people by what a word of a value of theirs begins with", Args: args("[text]"),
		Long: "Finds people, and tells where each has an account; and where they are to have one and have none yet: about to be made (coming), in a plan that waits for a\n" +
			"decision (waits), in need of a person or of another value (held), or tried again by itself (retrying).",
		Example: "  muster user search ann\n  muster user search example.com --state disabled\n  muster user search --source corp --missing",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				q.Text = args[0]
			}
			var all []adminapi.Object
			for {
				q.Limit = 500
				if limit > 0 {
					q.Limit = min(limit-len(all), 500)
				}
				page, err := c.Browse(ctx, q)
				if err != nil {
					return err
				}
				if all = append(all, page.Objects...); page.Next == "" || limit > 0 && len(all) >= limit {
					return s.listFound(all)
				}
				q.After = page.Next
			}
		}),
	}
	c.Flags().StringVar(&q.State, "state", "", "only those who are `so`: active, disabled, gone")
	c.Flags().StringVar(&q.Target, "target", "", "only those with an account at this target")
	c.Flags().StringVar(&q.Source, "source", "", "only those whom this source states, or who are missing there")
	c.Flags().BoolVar(&q.Missing, "missing", false, "of those of the source, only who is missing there")
	c.Flags().BoolVar(&q.Own, "own", false, "only those who are managed here: no source speaks for them, but for a load")
	c.Flags().IntVar(&limit, "limit", 1000, "at most this many; 0 = all")
	return c
}

func (s *shell) userDeactivateCommand() *cobra.Command {
	return s.userChangeCommand("deactivate", "Deactivate people whom no source speaks for",
		"Deactivates people: their sessions and tokens end at once and for good, also after a later activation; their memberships and posts stay and can be read; their\n"+
			"accounts at targets follow within the limits. Whoever comes from a source is deactivated there; muster disable closes anybody at once. Prints a line for\n"+
			"each, and ends with 1 if somebody could not be deactivated.",
		(*client.Client).Deactivate)
}

func (s *shell) userActivateCommand() *cobra.Command {
	return s.userChangeCommand("activate", "Lift a deactivation",
		"Lifts a deactivation. Sessions and tokens that ended by it stay dead. Prints a line for each, and ends with 1 if somebody could not be activated.",
		(*client.Client).Activate)
}

func (s *shell) userChangeCommand(verb, short, long string, do func(*client.Client, context.Context, string, adminapi.UserChange) (adminapi.UserDone, error)) *cobra.Command {
	var who crowd
	var req adminapi.UserChange
	c := &cobra.Command{
		Use: verb + " [person …]", Short: short, Long: long, Args: cobra.ArbitraryArgs, Example: "  muster user " + verb + " anna ben\n  muster user " + verb + " --file people.txt --dry-run",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args)
			if err != nil {
				return err
			}
			req.DryRun = who.dry
			seen := listed{}
			return each(s, names, func(name string) (adminapi.UserDone, error) {
				d, err := do(c, ctx, name, req)
				if err == nil && who.dry && seen.again(string(d.Object.ID)) {
					d.Changed, d.Note = false, "stands in the list already"
				}
				return d, err
			}, func(d adminapi.UserDone) string { return userLine(d, verb+"d") })
		}),
	}
	who.flags(c)
	c.Flags().StringVar(&req.Reason, "reason", "", "why")
	return c
}

// userLine says what became of somebody.
func userLine(d adminapi.UserDone, did string) string {
	switch {
	case !d.Changed:
		did = "unchanged"
	case d.DryRun:
		did = "would be " + did
	}
	return strings.TrimSuffix(d.Object.Name+": "+did+", "+d.Note, ", ")
}

func (s *shell) userEditCommand() *cobra.Command {
	var req adminapi.PersonEdit
	c := &cobra.Command{
		Use: "edit person", Short: "Change a person whom no source speaks for", Args: args("a person"),
		Example: "  muster user edit anna --email anna@example.com\n  muster user edit anna --username anna.berg --dry-run",
	}
	fields := []struct {
		flag, help string
		into       **string
	}{
		{"username", "the username", &req.Username},
		{"email", "the mail address", &req.Email},
		{"name", "the name shown to others", &req.Name},
		{"given-name", "the first name", &req.GivenName},
		{"family-name", "the last name", &req.FamilyName},
		{"nickname", "the nickname", &req.Nickname},
		{"title", "the position", &req.Title},
	}
	for _, f := range fields {
		c.Flags().String(f.flag, "", f.help)
	}
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "only say what would be done")
	c.RunE = s.call(func(ctx context.Context, cl *client.Client, args []string) error {
		for _, f := range fields {
			if c.Flags().Changed(f.flag) {
				*f.into = new(c.Flags().Lookup(f.flag).Value.String())
			}
		}
		return each(s, args, func(name string) (adminapi.UserDone, error) { return cl.EditPerson(ctx, name, req) }, func(d adminapi.UserDone) string { return userLine(d, "changed") })
	})
	return c
}

func (s *shell) userResetCommand() *cobra.Command {
	var who crowd
	typed := false
	c := &cobra.Command{
		Use: "reset-password [person …]", Short: "End passwords, with all sessions and tokens", Args: cobra.ArbitraryArgs,
		Long: "Ends the password of each person, with all their sessions and tokens, for good, and prints a link by which they set a new one: it works once, for 15 minutes.\n" +
			"With --password-stdin the first line of standard input is the new password of the one person named, to be passed on to them.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args)
			if err == nil && typed && len(names) > 1 {
				err = usage("--password-stdin is for one person")
			}
			if err != nil {
				return err
			}
			var req adminapi.PasswordReset
			if typed {
				text, err := s.lines.ReadString('\n')
				if req.Password = strings.TrimRight(text, "\r\n"); req.Password == "" {
					return usage("--password-stdin: standard input holds no password (%v)", err)
				}
			}
			return each(s, names, func(name string) (adminapi.PasswordGiven, error) { return c.ResetPassword(ctx, name, req) }, s.passwordLine)
		}),
	}
	c.Flags().StringVar(&who.file, "file", "", "also everybody in this `file`, one a line; what follows a # is a remark")
	c.Flags().BoolVar(&typed, "password-stdin", false, "read the new password from standard input")
	return c
}

// passwordLine says by which link somebody sets a password.
func (s *shell) passwordLine(p adminapi.PasswordGiven) string {
	if p.Code == nil {
		return p.Name + ": the password is set"
	}
	base := strings.TrimSuffix(s.addr, "/")
	if base == "" && p.Code.Listen != "" && p.Code.Listen != "off" {
		base = "http://" + p.Code.Listen
	}
	return p.Name + ": " + base + p.Code.Path + " until " + stamp(p.Code.Expires)
}
