package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"muster/internal/run"
)

// welcome says what runs and what the first plan found.
func (w *world) welcome(ctx context.Context, out io.Writer, found run.Report) {
	s := w.staff()
	now := w.wiki.Snapshot()
	fmt.Fprintf(out, `Muster runs on a sample company. Everything is on this machine, and nothing of it is real.

  the company's directory   %4d people,   %2d groups   %s (Active Directory in small; its content is in %s)
  the company's wiki        %4d accounts, %2d groups   %s (a SCIM service)
`, len(s.people), len(s.groups), w.directory.URL(), companyFile, len(now.Users), len(now.Groups), w.wiki.URL)
	for _, x := range w.sites {
		fmt.Fprintf(out, "  its %-21s %4d accounts              %s (a sandbox with the manners of %s)\n", x.title, len(x.first.Users), x.URL, x.title)
	}
	fmt.Fprintf(out, `  Muster's data folder                              %s
  Muster's configuration                            %s (have a look: a real one is no longer)

Four first plans are ready. Nothing is written before somebody approves them. That for the wiki:

`, w.folder, w.path(configFile))
	for _, line := range summary(found, w.plan) {
		fmt.Fprintf(out, "  %s\n", line)
	}
	fmt.Fprintf(out, "\nand the others:\n\n")
	for _, x := range w.sites {
		fmt.Fprintf(out, "  %s\n", x.summary())
	}
	if link := w.signIn(ctx); link != "" {
		fmt.Fprintf(out, "\nOpen the console in a browser; this link signs you in once:\n\n  %s\n", link)
	}
	fmt.Fprintf(out, "\nOr in another terminal:\n\n  %s plan show %s\n", w.command(), targetName)
	fmt.Fprintf(out, "  %s plan approve %s --confirm-count %d\n", w.command(), targetName, w.plan.People)
	for _, x := range w.sites {
		fmt.Fprintf(out, "  %s plan approve %s --confirm-count %d\n", w.command(), x.name, x.plan.People)
	}
	fmt.Fprintln(out)
}

// flows says what can be done once the plan is carried out.
func (w *world) flows(wrong []string) string {
	now := w.wiki.Snapshot()
	active, memberships := 0, 0
	for _, u := range now.Users {
		if u.Active {
			active++
		}
	}
	for _, g := range now.Groups {
		memberships += len(g.Members)
	}
	var out strings.Builder
	for _, line := range wrong {
		fmt.Fprintf(&out, "  ✗ %s\n", line)
	}
	fmt.Fprintf(&out, `
The plans are carried out: the wiki has %d active accounts and %d memberships in %d groups. From now on life flows.
Make something happen, in another terminal:

  %[4]s demo do leaver          somebody leaves
  %[4]s demo do joiner          somebody comes
  %[4]s demo do rename          somebody gets another name
  %[4]s demo do empty           the directory is suddenly empty
  %[4]s demo do bulk-disable    somebody disables 40 people at once
  %[4]s demo do rename-ou       the unit of all people gets another name

and look at it:

  %[4]s status
  %[4]s leavers
  %[4]s hold list               the accounts that wait for your word
  %[4]s why %[5]s

Ctrl-C ends the demo.
`, active, memberships, len(now.Groups), w.command(), w.example())
	return out.String()
}

// example is a username worth asking about: of somebody who has left.
func (w *world) example() string {
	for _, p := range w.ledger.wanted(w.staff()) {
		if !p.active && p.account != "" {
			return quoted(p.login)
		}
	}
	return "USERNAME"
}
