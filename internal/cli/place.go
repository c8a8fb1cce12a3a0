package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

const aPlace = "a team, or with a colon a channel: staff:news"

func (s *shell) teamCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "team", Short: "Teams and their channels, who is in them, and which groups are linked to them"})
	c.AddCommand(s.teamListCommand(), s.teamShowCommand(), s.teamMembersCommand(), s.placeCreateCommand(false), s.placeEditCommand(false), s.teamArchiveCommand(), s.teamRestoreCommand(), s.teamAddCommand(), s.teamRemoveCommand(), s.teamLinkCommand(),
		s.teamUnlinkCommand(), s.teamManageCommand(), s.teamDefaultsCommand())
	return c
}

func (s *shell) teamListCommand() *cobra.Command {
	var q adminapi.PlaceQuery
	c := &cobra.Command{
		Use: "list [team]", Short: "List teams, or the channels of a team", Args: args("[team]"), Example: "  muster team list\n  muster team list staff --search news",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			q.Team = strings.Join(args, "")
			places, err := c.Places(ctx, q)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Place]{places})
			}
			if len(places) == 0 {
				s.say("There is none yet. muster team create makes one, muster load run loads them.")
				return nil
			}
			t := table{}
			t.row("NAME", "KIND", "TITLE", "")
			for _, p := range places {
				t.row(p.Ref, p.Kind, p.Title, strings.Join(traits(p), ", "))
			}
			s.table(t, "")
			return nil
		}),
	}
	c.Flags().StringVar(&q.Text, "search", "", "those whose name or title has this in it")
	c.Flags().IntVar(&q.Limit, "limit", 0, "at most this many; 0 = all")
	c.Flags().StringVar(&q.After, "after", "", "those behind this one")
	return c
}

// traits are what is special about a place.
func traits(p adminapi.Place) (out []string) {
	if p.Open {
		out = append(out, "anybody may join")
	}
	if p.Managed {
		out = append(out, "follows its groups")
	}
	if !p.Archived.IsZero() {
		out = append(out, "archived")
	}
	return out
}

func (s *shell) teamShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show team", Short: "Show a team or channel with its groups", Args: args(aPlace), Example: "  muster team show staff\n  muster team show staff:news",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.Place(ctx, args[0])
			if err != nil {
				return err
			}
			return s.place(p)
		}),
	}
}

func (s *shell) place(p adminapi.Place) error {
	if s.json {
		return s.printJSON(p)
	}
	s.print("%s", placeLine(p))
	for _, x := range [][2]string{{"for", p.Purpose}, {"header", p.Header}} {
		if x[1] != "" {
			s.print("  %s: %s", x[0], x[1])
		}
	}
	for _, g := range p.Groups {
		note := ""
		if g.Admin {
			note = ", as admins"
		}
		if g.Gone {
			note += ", gone at its source"
		}
		s.print("  the people of group %s%s", g.Name, note)
	}
	return nil
}

// placeLine says what a place is.
func placeLine(p adminapi.Place) string {
	return strings.Join(append([]string{fmt.Sprintf("%s: %s, %q, %s", p.Ref, p.Kind, p.Title, plural(p.Members, "member", "members"))}, traits(p)...), ", ")
}

func (s *shell) teamMembersCommand() *cobra.Command {
	limit, past, search := 0, false, ""
	c := &cobra.Command{
		Use: "members team", Short: "Show who is in a team or channel, and what put them there", Args: args(aPlace),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			members, err := members(ctx, c, args[0], search, limit, past)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.PlaceMember]{members})
			}
			t := table{}
			t.row("NAME", "ROLES", "BY", "SINCE", "")
			for _, m := range members {
				t.row(m.Name, m.Roles, m.Via, stamp(m.Since), memberNote(m))
			}
			s.table(t, "")
			switch {
			case limit > 0 && len(members) == limit:
				s.say("The first %d are shown. There may be more: --limit 0 shows all.", limit)
			default:
				s.say("%s.", plural(len(members), "person", "people"))
			}
			return nil
		}),
	}
	c.Flags().IntVar(&limit, "limit", 1000, "at most this many; 0 = all")
	c.Flags().BoolVar(&past, "past", false, "those who left or were removed too")
	c.Flags().StringVar(&search, "search", "", "those whose name, username or email has a word that begins with this")
	return c
}

func memberNote(m adminapi.PlaceMember) string {
	switch {
	case m.State != "in":
		return m.State
	case m.Inactive:
		return "deactivated"
	}
	return ""
}

// members reads page after page of who is in a place.
func members(ctx context.Context, c *client.Client, ref, search string, limit int, past bool) ([]adminapi.PlaceMember, error) {
	var out []adminapi.PlaceMember
	for after := directory.ID(""); ; {
		page, next, err := c.PlaceMembers(ctx, ref, adminapi.PlaceMemberQuery{Text: search, After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if past || m.State == "in" {
				out = append(out, m)
			}
			if limit > 0 && len(out) == limit {
				return out, nil
			}
		}
		if after = next; next == "" {
			return out, nil
		}
	}
}

func (s *shell) teamLinkCommand() *cobra.Command {
	admin := false
	c := &cobra.Command{
		Use: "link team group", Short: "Have the people of a group be in a team or channel", Args: args(aPlace, "a group"),
		Long: "Lets the people of a group of a source in, those of groups within it too, now and whenever the group changes. Who left by their own choice is not\n" +
			"fetched back. With muster team manage, who is in none of the linked groups is taken out.",
		Example: "  muster team link staff Everybody\n  muster team link staff:news Editors --admin",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.LinkGroup(ctx, args[0], args[1], admin)
			if err != nil {
				return err
			}
			return s.place(p)
		}),
	}
	c.Flags().BoolVar(&admin, "admin", false, "they are its admins")
	return c
}

func (s *shell) teamUnlinkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unlink team group", Short: "End the link of a group", Args: args(aPlace, "a group"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.UnlinkGroup(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return s.place(p)
		}),
	}
}

func (s *shell) teamManageCommand() *cobra.Command {
	off, count := false, -1
	c := &cobra.Command{
		Use: "manage team", Short: "Have membership follow the linked groups, removals too", Args: args(aPlace),
		Long: "Who is in none of the groups that are linked to a team or channel is taken out, now and whenever the groups change, and nobody is added or removed\n" +
			"by hand. Shows who would be out and asks for their number. If none of the linked groups is there any more, nobody leaves.",
		Example: "  muster team manage staff:news\n  muster team manage staff:news --confirm-count 3\n  muster team manage staff:news --off",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if !off {
				if err := s.confirmLeaving(ctx, c, args[0], &count); err != nil {
					return err
				}
			}
			p, err := c.SetManaged(ctx, args[0], adminapi.Managed{Managed: !off, Count: max(count, 0)})
			if err != nil {
				return err
			}
			return s.place(p)
		}),
	}
	c.Flags().BoolVar(&off, "off", false, "people are added and removed by hand again")
	c.Flags().IntVar(&count, "confirm-count", -1, "how many would be out")
	return c
}

// confirmLeaving shows who would be out of a place, and asks for their number if it was not given.
func (s *shell) confirmLeaving(ctx context.Context, c *client.Client, ref string, count *int) error {
	if *count >= 0 {
		return nil
	}
	l, err := c.Leaving(ctx, ref)
	if err != nil {
		return err
	}
	if *count = l.Count; l.Count == 0 {
		return nil
	}
	s.say("%s would be out of %s: %s%s", plural(l.Count, "person", "people"), ref, strings.Join(l.Some, ", "), more(l.Count-len(l.Some)))
	typed, err := s.ask(fmt.Sprintf("Type %d to go on:", l.Count), "people would be out: --confirm-count "+strconv.Itoa(l.Count))
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(strings.TrimSpace(typed)); err != nil || n != l.Count {
		return usage("%q is not %d: nothing was changed", typed, l.Count)
	}
	return nil
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func (s *shell) teamDefaultsCommand() *cobra.Command {
	join := ""
	c := &cobra.Command{
		Use: "defaults [channel...]", Short: "Show or choose the channels that whoever joins a team joins too", Args: cobra.ArbitraryArgs,
		Long:    "Without a name it shows them. Town Square is always one. Who is in a team already joins new ones with --join TEAM, but for those who left them.",
		Example: "  muster team defaults\n  muster team defaults off-topic welcome\n  muster team defaults --join staff",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			return s.defaults(ctx, c, args, join)
		}),
	}
	c.Flags().StringVar(&join, "join", "", "have those who are in this `team` already join them")
	return c
}

func (s *shell) defaults(ctx context.Context, c *client.Client, names []string, join string) error {
	out := struct {
		Channels []string `json:"channels"`
		Joined   int      `json:"joined,omitempty"`
	}{}
	var err error
	if len(names) > 0 {
		out.Channels, err = c.SetDefaultChannels(ctx, names)
	} else {
		out.Channels, err = c.DefaultChannels(ctx)
	}
	if err == nil && join != "" {
		var moved adminapi.Moved
		moved, err = c.AddToDefaults(ctx, join)
		out.Joined = moved.Changed
	}
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(out)
	}
	s.print("Whoever joins a team joins: %s", strings.Join(out.Channels, ", "))
	if join != "" {
		s.print("%s in %s.", plural(out.Joined, "membership was added", "memberships were added"), join)
	}
	return nil
}
