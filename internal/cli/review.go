package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

func (s *shell) reviewCommand() *cobra.Command {
	var sel adminapi.Selection
	var reason string
	var noWait bool
	c := &cobra.Command{
		Use: "review target|plan", Short: "Go through a plan one by one", Args: args("a target or the id of a plan"),
		Long: "Shows what waits in a plan or hold, one person or group after the other, and asks about each: y approves, n rejects, s leaves it for later, q ends.\n" +
			"Where the question has other answers, one of them is given instead of y. What was said counts when the review ends, all at once; answers can\n" +
			"also come through a pipe, one a line. Ctrl-C forgets them.",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if s.noInput {
				return usage("plan review asks: it cannot be used with --no-input")
			}
			p, err := c.Plan(ctx, args[0])
			if err != nil {
				return err
			}
			r := &review{s: s, plan: p, seen: map[directory.ID]bool{}, yes: map[string][]string{}}
			if err := r.ask(ctx, c, sel); err != nil {
				return err
			}
			return r.send(ctx, c, reason, noWait)
		}),
	}
	selectFlags(c, &sel)
	c.Flags().StringVar(&reason, "reason", "", "why what is rejected is")
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it is carried out")
	return c
}

// A review is what somebody says to the objects of a plan, one by one.
type review struct {
	s      *shell
	plan   run.Plan
	seen   map[directory.ID]bool
	yes    map[string][]string // keys by answer; "" = plainly yes
	no     []string
	nobody int // objects that were rejected
}

var errQuit = errors.New("quit")

// ask goes through what waits until everything was asked or somebody has enough.
func (r *review) ask(ctx context.Context, c *client.Client, sel adminapi.Selection) error {
	sel.Status = string(run.Waiting)
	r.s.print("%s", planTitle(r.plan))
	var object []run.Line
	var names map[directory.ID]string
	var stop error
	err := eachPage(ctx, c, r.plan.ID, sel, func(page adminapi.LinePage) {
		for _, l := range page.Lines {
			if len(object) > 0 && object[0].Object != l.Object {
				if stop == nil {
					stop = r.about(object, names)
				}
				object = nil
			}
			object, names = append(object, l), page.Names
		}
	})
	if err == nil && stop == nil && len(object) > 0 {
		stop = r.about(object, names)
	}
	if err == nil && !errors.Is(stop, errQuit) {
		err = stop
	}
	return err
}

// about asks about one object.
func (r *review) about(lines []run.Line, names map[directory.ID]string) error {
	decides := slices.DeleteFunc(slices.Clone(lines), func(l run.Line) bool { return l.Verb == plan.Skip && l.Code != "ask" })
	if len(decides) == 0 || r.seen[lines[0].Object] {
		return nil
	}
	r.seen[lines[0].Object] = true
	for _, l := range lines {
		r.s.planLine(l, names)
	}
	choice := []string{"y"}
	for _, l := range decides {
		if len(l.Answers) > 0 {
			choice = l.Answers
		}
	}
	for {
		fmt.Fprintf(r.s.stderr, "[%s/n/s/q] ", clean(strings.Join(choice, "/")))
		text, err := r.s.lines.ReadString('\n')
		said := strings.ToLower(strings.TrimSpace(text))
		switch {
		case said == "" && errors.Is(err, io.EOF), said == "q", said == "quit":
			return errQuit
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case slices.Contains(choice, said), said == "yes" && choice[0] == "y":
			answer := said
			if choice[0] == "y" {
				answer = ""
			}
			r.yes[answer] = append(r.yes[answer], decides[0].Key)
			return nil
		case said == "n", said == "no":
			r.nobody++
			for _, l := range decides {
				r.no = append(r.no, l.Key)
			}
			return nil
		case said == "s", said == "skip":
			return nil
		}
		r.s.say("%q is no answer: %s, n (reject), s (leave it for later), q (end).", said, strings.Join(choice, ", "))
	}
}

// send records what was said: what was rejected first.
func (r *review) send(ctx context.Context, c *client.Client, reason string, noWait bool) error {
	if len(r.no)+len(r.yes) == 0 {
		r.s.say("Nothing was decided.")
		return nil
	}
	if len(r.no) > 0 {
		d, err := c.Reject(ctx, r.plan.ID, adminapi.Rejection{Lines: r.no, Reason: reason})
		if err != nil {
			return err
		}
		r.s.say("Rejected: %s, about %s.", plural(d.Lines, "line", "lines"), plural(r.nobody, "person or group", "people and groups"))
		if len(r.yes) == 0 {
			return r.s.rejected(d)
		}
	}
	var out error
	for answer, keys := range r.yes {
		d, err := c.Approve(ctx, r.plan.ID, adminapi.Approval{Lines: keys, Count: len(keys), Answer: answer})
		if err == nil {
			err = r.s.approved(ctx, c, d, noWait)
		}
		out = errors.Join(out, err)
	}
	return out
}
