package cli

import (
	"cmp"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/connector"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// reportLists are the lists of the report, in its order.
var reportLists = []string{run.ListLink, run.ListCreate, run.ListAsk, run.ListClose, run.ListUnknown}

func (s *shell) reportCommand() *cobra.Command {
	var q adminapi.ReportQuery
	var list, kind string
	var now, asCSV bool
	c := &cobra.Command{
		Use: "report name", Short: "What going live would do: five lists", Args: args("the name of a target"),
		Long: "Shows what going live on a target with accounts would do, from its newest plan; with --now it is compared anew. Nothing is sent.\n\n" +
			"  link     accounts that will be linked to their people\n  create   accounts that will be made\n  ask      the evidence disagrees: a person must say\n" +
			"  close    active there, and their people are disabled or gone here\n  unknown  nobody's here: never touched",
		RunE: s.call(func(ctx context.Context, c *client.Client, args []string) error {
			if q.Kind = connector.Kind(kind); list != "" && !slices.Contains(reportLists, list) {
				return usage("--list: %q is none of %s", list, strings.Join(reportLists, ", "))
			}
			if now {
				if _, err := c.Preview(ctx, args[0]); err != nil {
					return err
				}
			}
			switch {
			case asCSV:
				return s.reportCSV(ctx, c, args[0], list, q)
			case list != "":
				return s.reportList(ctx, c, args[0], list, q)
			}
			return s.report(ctx, c, args[0], q)
		}),
	}
	c.Flags().StringVar(&list, "list", "", "show who is in this `list`: link, create, ask, close, unknown")
	c.Flags().StringVar(&q.Text, "text", "", "only those with this `text` in their name or account; with * and ? it is the whole of it")
	c.Flags().StringVar(&kind, "kind", "user", "`kind`: user, group")
	c.Flags().IntVar(&q.Limit, "limit", 100, "at most this many of a list; 0 = all")
	c.Flags().BoolVar(&now, "now", false, "compare anew first")
	c.Flags().BoolVar(&asCSV, "csv", false, "print the list, or all five, whole, as CSV")
	return c
}

func (s *shell) report(ctx context.Context, c *client.Client, target string, q adminapi.ReportQuery) error {
	r, err := c.Report(ctx, target, q)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(r)
	}
	s.print("%s (%s): %s there, compared %s, plan %s", r.Target, r.Mode, plural(r.Accounts, "account", "accounts"), stamp(r.Made), r.Plan)
	t := table{}
	for _, l := range r.Lists {
		t.row(l.N, l.List, l.What)
	}
	s.table(t, "  ")
	s.next("muster target report %s --list ask   ·   muster plan show %s", target, r.Plan)
	return nil
}

func (s *shell) reportList(ctx context.Context, c *client.Client, target, list string, q adminapi.ReportQuery) error {
	rows := []adminapi.GoliveRow{}
	more, err := eachRow(ctx, c, target, list, q, func(r adminapi.GoliveRow) error { rows = append(rows, r); return nil })
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(items[adminapi.GoliveRow]{rows})
	}
	t := table{}
	t.row("WHO", "ACCOUNT", "ACTIVE THERE", "DOES", "WHY")
	for _, r := range rows {
		t.row(cmp.Or(r.Name, "-"), accountName(r), active(r), cmp.Or(r.Act, "nothing"), reportWhy(r))
	}
	s.table(t, "")
	if more {
		s.say("There are more: --limit 0 shows all.")
	}
	return nil
}

func reportWhy(r adminapi.GoliveRow) string {
	if r.Status == "" || r.Status == run.Waiting {
		return r.Why
	}
	return r.Why + " [" + string(r.Status) + "]"
}

func active(r adminapi.GoliveRow) string {
	switch {
	case r.Account == "":
		return "-"
	case r.Active:
		return "yes"
	}
	return "no"
}

// accountName is the account as people know it, with its id.
func accountName(r adminapi.GoliveRow) string {
	name := cmp.Or(r.Values.First("userName"), r.Values.First("displayName"))
	if name == "" || name == string(r.Account) {
		return cmp.Or(string(r.Account), "-")
	}
	return name + " (" + string(r.Account) + ")"
}

// eachRow calls fn with the rows of a list, at most q.Limit, page by page. It reports whether there are more.
func eachRow(ctx context.Context, c *client.Client, target, list string, q adminapi.ReportQuery, fn func(adminapi.GoliveRow) error) (bool, error) {
	most, n := q.Limit, 0
	for {
		q.Limit = 1000
		if most > 0 {
			q.Limit = min(q.Limit, most-n)
		}
		page, err := c.ReportList(ctx, target, list, q)
		if err != nil {
			return false, err
		}
		for _, r := range page.Rows {
			if err := fn(r); err != nil {
				return false, err
			}
			n++
		}
		if q.After = page.Next; page.Next == "" || most > 0 && n >= most {
			return page.Next != "", nil
		}
	}
}

func (s *shell) reportCSV(ctx context.Context, c *client.Client, target, list string, q adminapi.ReportQuery) error {
	q.Limit = 0
	w := csv.NewWriter(s.stdout)
	if err := w.Write([]string{"list", "person", "person_id", "account", "account_id", "active", "does", "why"}); err != nil {
		return err
	}
	for _, name := range reportLists {
		if list != "" && name != list {
			continue
		}
		_, err := eachRow(ctx, c, target, name, q, func(r adminapi.GoliveRow) error {
			known := cmp.Or(r.Values.First("userName"), r.Values.First("displayName"))
			return w.Write(cells(name, r.Name, string(r.Object), known, string(r.Account), strconv.FormatBool(r.Active), r.Act, reportWhy(r)))
		})
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// cells makes text safe to open in a spreadsheet: nothing in it is taken for a formula.
func cells(texts ...string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		if out[i] = clean(t); t != "" && strings.ContainsRune("=+-@\t\r", rune(t[0])) {
			out[i] = "'" + out[i]
		}
	}
	return out
}
