package store

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// without are the tables that hold no value of a person, and why a deletion passes them by.
var without = map[string]string{
	"anchor": "names of places in a directory", "definition": "roles, schemes and emoji", "edge": "numbers", "erasure_file": "hashes", "feed": "a number", "goose_db_version": "the schema",
	"hook_cursor": "positions", "lead": "positions", "link_group": "numbers", "link_rename": "groups", "node": "ids", "source_cursor": "positions", "stray_link": "ids",
	"tally": "numbers", "target": "targets", "target_cursor": "positions", "line_tally": "numbers", "limit_raise": "targets, and who raised: actors", "group_place": "numbers, and who linked: actors",
	"word": "written with the object", "own": "written with the object", "call_sample": "numbers, by target", "count_sample": "numbers, by source", "observed_key": "removed with what was observed", "place": "removed with direct channels", "link": "removed by links", "observed": "removed by observed",
	"object": "emptied at the end", "record": "removed by records", "line": "emptied by lines", "bot": "handed over", "post": "removed by posts", "post_file": "removed with posts",
	"profile": "removed by profile", "run": "swept", "run_row": "ids, and swept", "plan": "swept", "audit": "swept", "outbox": "removed, and swept", "erasure": "its names are removed at the end",
}

// stepped are the tables that steps of their own name.
var stepped = []string{
	"session", "sign_in_code", "invitation", "password", "token", "role_grant", "hook_told", "post_mark", "place_member", "resource_value", "resource", "waiting", "drift", "stop_order",
	"link_edge", "link_claim", "journal", "span", "reference",
}

// M12: a new table says what becomes of it when somebody is deleted for good: in a step of erasure, or here.
func TestEveryTableIsErased(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	rows, err := s.db.(*sqliteDB).reading.QueryContext(t.Context(), "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if without[name] == "" && !slices.Contains(stepped, name) {
			t.Errorf("nothing is said of what becomes of the table %s when somebody is deleted for good", name)
		}
	}
	if err := rows.Err(); err != nil || n < 40 {
		t.Errorf("%d tables, %v", n, err)
	}
	for _, sw := range sweeps {
		if !strings.Contains(without[sw.table], "swept") && sw.table != "record" {
			t.Errorf("%s is swept, and nothing says so", sw.table)
		}
	}
}
