package cli

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) userCommand() *cobra.Command {
	c := s.objectCommand("user", "person", "Users: the people that Muster keeps")
	c.AddCommand(s.userCreateCommand(), s.userSearchCommand(), s.userDeactivateCommand(), s.userActivateCommand(), s.userEditCommand(), s.userResetCommand(), s.userPostsCommand(), s.userDeleteCommand(), s.userDeletionsCommand(), s.userInviteCommand())
	return c
}

func (s *shell) groupCommand() *cobra.Command {
	c := s.objectCommand("group", "group", "Groups that Muster keeps")
	c.AddCommand(s.groupCommands()...)
	c.AddCommand(s.groupNestingCommand(), s.groupMembersCommand())
	return c
}

func (s *shell) objectCommand(use, kind, short string) *cobra.Command {
	c := group(&cobra.Command{Use: use, Short: short})
	var limit int
	list := &cobra.Command{
		Use: "list [text]", Short: "List them, or find them by id, name, email, key or DN, or account id", Args: args("[text]"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			q := adminapi.ObjectQuery{Kind: kind}
			if len(args) > 0 {
				q.Text = args[0]
			}
			all, err := pages(limit, func(after directory.ID, n int) (adminapi.List[adminapi.Object], error) {
				q.After, q.Limit = after, n
				return c.Objects(ctx, q)
			})
			if err != nil {
				return err
			}
			return s.listObjects(all)
		}),
	}
	list.Flags().IntVar(&limit, "limit", 1000, "at most this many; 0 = all")
	c.AddCommand(list, &cobra.Command{
		Use: "show name", Short: "Show everything about one", Args: args("a name"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			o, err := c.Object(ctx, kind, args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(o)
			}
			s.object(o)
			return nil
		}),
	})
	return c
}

func (s *shell) listObjects(all []adminapi.Object) error {
	if s.json {
		return s.printJSON(items[adminapi.Object]{all})
	}
	if len(all) == 0 {
		s.say("Nobody fits.")
		return nil
	}
	t := table{}
	t.row("NAME", "STATE", "EMAIL", "ID")
	for _, o := range all {
		t.row(o.Name, o.State, o.Attrs.First(directory.Email), o.ID)
	}
	s.table(t, "")
	return nil
}

// listFound prints people who were looked for, with where they have accounts and where they are to have one.
func (s *shell) listFound(all []adminapi.Object) error {
	if s.json || len(all) == 0 {
		return s.listObjects(all)
	}
	t := table{}
	t.row("NAME", "STATE", "EMAIL", "ACCOUNTS", "ID")
	for _, o := range all {
		t.row(o.Name, o.State, o.Attrs.First(directory.Email), accountsOf(o), o.ID)
	}
	s.table(t, "")
	return nil
}

func accountsOf(o adminapi.Object) string {
	var out []string
	for _, l := range o.Links {
		state := l.State
		if state == "linked" && !l.Active {
			state = "disabled"
		}
		out = append(out, strings.TrimSuffix(l.Target+" ("+state+")", " (linked)"))
	}
	for _, x := range o.Awaited {
		out = append(out, x.Target+" (none yet, "+x.Wait+")")
	}
	return cmp.Or(strings.Join(out, ", "), "none")
}

func (s *shell) object(o adminapi.Object) {
	s.heading(o)
	var t table
	for _, p := range o.Attrs.Paths() {
		t.row(p, text(o.Attrs[p]))
	}
	s.table(t, "  ")
	for _, r := range o.Records {
		s.record(r)
	}
	if len(o.Groups) > 0 {
		s.print("  in groups: %s", strings.Join(o.Groups, ", "))
	}
	if o.Members > 0 {
		s.print("  %s", plural(o.Members, "member", "members"))
	}
	for _, l := range o.Links {
		s.accountOf(adminapi.At{Link: &l})
	}
	s.next("muster why %s", o.Name)
}
