package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) userDeleteCommand() *cobra.Command {
	var who crowd
	var reason string
	confirm := false
	wait := closeWait
	c := &cobra.Command{
		Use: "delete [person …]", Short: "Delete people for good, with all their content", Args: cobra.ArbitraryArgs,
		Long: "Deletes people and all their content: posts, reactions, files that nothing else refers to, direct channels, memberships, what sources stated of them and what was\n" +
			"sent to targets. Their ids stay in the history. Replies of others to their posts stay. Asks for the username of each, unless with --confirm.\n\n" +
			"They are deactivated at once. The deletion waits until every target has confirmed that their account is closed, goes on by itself over restarts, and is shown\n" +
			"by muster user deletions. What is not done within --wait goes on without this command, which then ends with 1.",
		Example: "  muster user delete anna\n  muster user delete --file gone.txt --dry-run\n  muster user delete anna ben --confirm",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			names, err := s.who(who, args)
			if err != nil {
				return err
			}
			unfinished, seen := false, listed{}
			err = each(s, names, func(name string) (adminapi.Deletion, error) {
				d, err := s.deletePerson(ctx, c, name, adminapi.DeletionRequest{Reason: reason, DryRun: who.dry}, confirm, wait)
				if err == nil && who.dry && seen.again(string(d.Person)) {
					return d, inList(name)
				}
				unfinished = unfinished || err == nil && !who.dry && d.State != "done"
				return d, err
			}, deletionLine)
			if err == nil && unfinished {
				return ended(exitFailed)
			}
			return err
		}),
	}
	who.flags(c)
	c.Flags().StringVar(&reason, "reason", "", "why")
	c.Flags().BoolVar(&confirm, "confirm", false, "do not ask for their usernames")
	c.Flags().DurationVar(&wait, "wait", wait, "how long to wait until each is done; 0 = not at all")
	return c
}

// deletePerson deletes one person, once their username was typed.
func (s *shell) deletePerson(ctx context.Context, c *client.Client, name string, req adminapi.DeletionRequest, confirmed bool, wait time.Duration) (adminapi.Deletion, error) {
	if !req.DryRun {
		o, err := c.Object(ctx, "person", name)
		if err != nil {
			return adminapi.Deletion{}, err
		}
		if req.Confirm = o.Name; !confirmed {
			if req.Confirm, err = s.ask(fmt.Sprintf("%s and all their content are deleted for good. Type %s:", o.Name, o.Name), "people are deleted only with --confirm where nobody can be asked"); err != nil {
				return adminapi.Deletion{}, err
			}
		}
	}
	d, err := c.DeletePerson(ctx, name, req)
	for began := time.Now(); err == nil && d.State != "done" && !req.DryRun; {
		left := wait - time.Since(began)
		if left <= 0 {
			break
		}
		last := d.Name
		if d, err = c.Deletion(ctx, d.Person, min(left, 20*time.Second)); d.Name == "" {
			d.Name = last
		}
	}
	return d, err
}

// deletionLine says how far a deletion is.
func deletionLine(d adminapi.Deletion) string {
	name := d.Name
	if name == "" {
		name = string(d.Person)
	}
	var out []string
	switch d.State {
	case "dry run":
		out = append(out, "would be deleted for good")
	case "done":
		out = append(out, "deleted for good")
	default:
		out = append(out, d.State)
	}
	if len(d.Waits) > 0 {
		out = append(out, "waits: "+strings.Join(d.Waits, "; "))
	}
	if len(d.Removed) > 0 {
		var counts []string
		for _, what := range slices.Sorted(maps.Keys(d.Removed)) {
			counts = append(counts, fmt.Sprintf("%d %s", d.Removed[what], what))
		}
		out = append(out, "removed: "+strings.Join(counts, ", "))
	}
	if len(d.Kept) > 0 {
		out = append(out, "accounts that stay there, disabled: "+strings.Join(d.Kept, ", "))
	}
	if d.Note != "" {
		out = append(out, d.Note)
	}
	return name + ": " + strings.Join(out, "; ")
}

func (s *shell) userDeletionsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "deletions", Short: "Show who is or was deleted for good, and what was removed", Args: args(),
		RunE: s.call(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Deletions(ctx)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(items[adminapi.Deletion]{all})
			}
			if len(all) == 0 {
				s.say("Nobody was deleted for good.")
			}
			for _, d := range all {
				s.print("%s  %s  by %s", stamp(d.Asked), deletionLine(d), d.By)
			}
			return nil
		}),
	}
}
