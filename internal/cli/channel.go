package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// channelCommand has what team has for channels, and what is posted in them.
func (s *shell) channelCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "channel", Short: "Channels, and what was posted in them, also by people who have left"})
	list := s.teamListCommand()
	list.Use, list.Short, list.Args = "list team", "List the channels of a team", args("a team")
	c.AddCommand(list, s.teamShowCommand(), s.teamMembersCommand(), s.placeCreateCommand(true), s.placeEditCommand(true), s.teamArchiveCommand(), s.teamRestoreCommand(), s.teamAddCommand(), s.teamRemoveCommand(), s.channelPostsCommand(),
		s.channelRepliesCommand(), s.channelFileCommand())
	for _, sub := range c.Commands() {
		sub.Short = strings.NewReplacer("a team or channel", "a channel", "teams, or channels of one", "channels of a team", "a team with its channels, or of a channel", "a channel").Replace(sub.Short)
		sub.Use = strings.Replace(strings.Replace(sub.Use, " team", " channel", 1), "[team ", "[channel ", 1)
		sub.Example, sub.Long = channelExamples(sub.Example), strings.ReplaceAll(sub.Long, "muster team ", "muster channel ")
	}
	list.Use = "list team"
	return c
}

// channelExamples are those of examples of team commands that are about channels.
func channelExamples(examples string) string {
	var out []string
	for line := range strings.SplitSeq(examples, "\n") {
		if strings.Contains(line, ":") {
			out = append(out, strings.ReplaceAll(line, "muster team ", "muster channel "))
		}
	}
	return strings.Join(out, "\n")
}

// A postPage is which posts to show.
type postPage struct {
	limit  int
	oldest bool
}

func (p *postPage) flags(c *cobra.Command) {
	c.Flags().IntVar(&p.limit, "limit", 50, "at most this many; 0 = all")
	c.Flags().BoolVar(&p.oldest, "oldest", false, "the oldest first")
}

// show reads page after page and prints each.
func (p postPage) show(s *shell, read func(adminapi.PostQuery) ([]adminapi.Post, directory.ID, error)) error {
	all := []adminapi.Post{}
	q := adminapi.PostQuery{Oldest: p.oldest}
	for {
		q.Limit = 500
		if p.limit > 0 {
			q.Limit = min(p.limit-len(all), 500)
		}
		page, next, err := read(q)
		if err != nil {
			return err
		}
		for _, x := range page {
			if s.json {
				all = append(all, x)
				continue
			}
			all = append(all, adminapi.Post{}) // counted only
			s.post(x)
		}
		if q.After = next; next == "" || p.limit > 0 && len(all) >= p.limit {
			break
		}
	}
	if s.json {
		return s.printJSON(items[adminapi.Post]{all})
	}
	if len(all) == 0 {
		s.say("Nothing was posted.")
	}
	return nil
}

func (s *shell) post(p adminapi.Post) {
	head := []string{stamp(p.Created), p.Author.Name}
	switch {
	case p.Author.Bot:
		head = append(head, "(bot)")
	case p.Author.Inactive:
		head = append(head, "(deactivated)")
	}
	if p.Channel != "" {
		head = append(head, "in "+p.Channel)
	}
	if !p.Deleted.IsZero() {
		head = append(head, "deleted")
	}
	s.print("%s  %s", strings.Join(head, " "), p.ID)
	for line := range strings.SplitSeq(p.Message, "\n") {
		s.print("    %s", line)
	}
	for _, r := range p.Reactions {
		s.print("    :%s: %s", r.Emoji, strings.Join(r.By, ", "))
	}
	for i, f := range p.Files {
		s.print("    file %d: %s (%d bytes)", i, f.Name, f.Size)
	}
	if p.Replies > 0 {
		s.print("    %s", plural(p.Replies, "reply", "replies"))
	}
}

func (s *shell) channelPostsCommand() *cobra.Command {
	var p postPage
	c := &cobra.Command{
		Use: "posts channel", Short: "Show what was posted in a channel, the newest first", Args: args("a channel with its team: staff:news"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			return p.show(s, func(q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) { return c.Posts(ctx, args[0], q) })
		}),
	}
	p.flags(c)
	return c
}

func (s *shell) channelRepliesCommand() *cobra.Command {
	var p postPage
	c := &cobra.Command{
		Use: "replies post", Short: "Show the replies to a post", Args: args("the id of a post"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			return p.show(s, func(q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) {
				return c.Replies(ctx, directory.ID(args[0]), q)
			})
		}),
	}
	p.flags(c)
	return c
}

func (s *shell) userPostsCommand() *cobra.Command {
	var p postPage
	c := &cobra.Command{
		Use: "posts person", Short: "Show what a person posted, also after they have left", Args: args("a person"),
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			return p.show(s, func(q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) { return c.PostsOf(ctx, args[0], q) })
		}),
	}
	p.flags(c)
	return c
}

func (s *shell) channelFileCommand() *cobra.Command {
	out := "-"
	c := &cobra.Command{
		Use: "file post number", Short: "Write a file that is attached to a post", Args: args("the id of a post", "a number"), Example: "  muster channel file 06gq2rm2s8000 0 --out menu.pdf",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return usage("%q is not the number of a file", args[1])
			}
			if out == "-" {
				return c.PostFile(ctx, directory.ID(args[0]), n, s.stdout)
			}
			return keep(out, func(w io.Writer) error { return c.PostFile(ctx, directory.ID(args[0]), n, w) })
		}),
	}
	c.Flags().StringVar(&out, "out", "-", "`file` to write it to, which must not exist; - = standard output")
	return c
}

// keep writes a file that is not there yet. What breaks off is removed.
func keep(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &run.Problem{Code: "load_export", What: "the file cannot be written to " + name, Why: err.Error(), Now: "There is no such file.", Fix: "Name a file that does not exist, in a folder with room."}
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
