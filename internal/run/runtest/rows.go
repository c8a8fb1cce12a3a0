package runtest

import (
	"context"
	"fmt"
	"testing"

	"muster/internal/directory"
	"muster/internal/run"
)

// Rows are numbered as they come, each count of each run by itself, and are read page by page.
func testRows(t *testing.T, s directory.Store) {
	row := func(id, what, object, member, key string) run.Row {
		return run.Row{Run: id, What: what, Object: directory.ID(object), Member: directory.ID(member), Key: key}
	}
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		return tx.AddRows(ctx, row("run-a", "added", "o1", "", ""), row("run-a", "memberships_added", "g1", "o1", ""), row("run-a", "added", "", "", "cn=ada"), row("run-b", "added", "o9", "", ""))
	})
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		if err := tx.AddRows(ctx); err != nil {
			return err
		}
		return tx.AddRows(ctx, row("run-a", "added", "o3", "", ""))
	})
	got := func(id, what string, after, limit int) (out []string) {
		t.Helper()
		err := s.View(t.Context(), func(v directory.Reader) error {
			rows, err := run.Of(v).Rows(t.Context(), id, what, after, limit)
			for _, r := range rows {
				out = append(out, fmt.Sprintf("%s %s %d %s %s %s", r.Run, r.What, r.Seq, r.Object, r.Member, r.Key))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	equal(t, "the first rows of a count", got("run-a", "added", 0, 2), []string{"run-a added 1 o1  ", "run-a added 2   cn=ada"})
	equal(t, "after is exclusive", got("run-a", "added", 2, 2), []string{"run-a added 3 o3  "})
	equal(t, "each count by itself", got("run-a", "memberships_added", 0, 9), []string{"run-a memberships_added 1 g1 o1 "})
	equal(t, "each run by itself", got("run-b", "added", 0, 9), []string{"run-b added 1 o9  "})
	for what, want := range map[string]int{"added": 3, "memberships_added": 1, "removed": 0} {
		err := s.View(t.Context(), func(v directory.Reader) error {
			n, err := run.Of(v).CountRows(t.Context(), "run-a", what)
			equal(t, "how many rows of "+what, n, want)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
