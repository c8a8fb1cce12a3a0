package store

import (
	"path/filepath"
	"slices"
	"testing"
)

// left are the tables that a copy of the people does without: what opens something, what was done, and what targets and loads know.
var left = []string{
	"anchor", "audit", "erasure", "erasure_file", "feed", "goose_db_version", "journal", "lead", "limit_raise", "line", "line_tally", "link", "link_edge", "link_group", "observed", "observed_key",
	"bot", "definition", "drift", "group_place", "hook_cursor", "hook_told", "invitation", "link_claim", "link_rename", "outbox", "place", "place_member", "post", "post_file",
	"post_mark", "profile", "stop_order", "stray_link", "call_sample", "count_sample",
	"password", "plan", "run", "run_row", "session", "sign_in_code", "source_cursor", "span", "target", "target_cursor", "token", "waiting", "sqlite_sequence",
}

// I9: whoever adds a table says whether a copy of the people has it. What holds secrets never is.
func TestCopiedTables(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = s.view(t.Context(), func(r *session) error {
		there, err := collect(t.Context(), r, scanOne[string], "select name from sqlite_master where type = 'table' order by name")
		for _, c := range copied {
			if slices.Contains(left, c.table) || !slices.Contains(there, c.table) {
				t.Errorf("the table %s is copied", c.table)
			}
			there = slices.DeleteFunc(there, func(name string) bool { return name == c.table })
		}
		for _, name := range there {
			if !slices.Contains(left, name) {
				t.Errorf("of the table %s it is not said whether a copy of the people has it", name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
