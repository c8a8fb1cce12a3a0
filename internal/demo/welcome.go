package demo

import (
	"fmt"
	"io"
	"strings"

	"muster/internal/run"
)

// welcome says what runs and what the first plan found.
func (w *world) welcome(out io.Writer, found run.Report) {
	s := w.staff()
	now := w.wiki.Snapshot()
	fmt.Fprintf(out, `Muster runs on a sample company. Everything is on this machine, and nothing of it is real.

  directory  %s   %d people, %d groups; a small Active Directory, its content in %s
  wiki       %s   %d accounts, %d groups; a SCIM service
  data       %s
  settings   %s   have a look: a real one is no longer

The first plan for the wiki is ready. Nothing is written before somebody approves it:

`, w.directory.URL(), len(s.people), len(s.groups), companyFile, w.wiki.URL, len(now.Users), len(now.Groups), w.folder, w.path(configFile))
	for _, line := range summary(found, w.plan) {
		fmt.Fprintf(out, "  %s\n", line)
	}
	fmt.Fprintf(out, `
In another terminal:

  %[1]s plan show %[2]s
  %[1]s plan approve %[2]s --confirm-count %[3]d

`, w.command(), targetName, w.plan.People)
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
The plan is carried out: the wiki has %d active accounts and %d memberships in %d groups. From now on life flows.
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
