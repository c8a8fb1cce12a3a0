package store

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/directory"
	"muster/internal/directory/directorytest"
	"muster/internal/inbound/inboundtest"
	"muster/internal/link/linktest"
	"muster/internal/notify/notifytest"
	"muster/internal/run/runtest"
	"muster/internal/series/seriestest"
)

// big are the tables that grow with the company, by their names and the aliases that statements give them.
var big = regexp.MustCompile(`^SCAN (object|record|reference|edge|node|link|link_edge|link_group|journal|span|waiting|drift|observed|observed_key|line|line_tally|word|outbox|call_sample|count_sample|hook_told|invitation|resource|resource_value|[efgmrkoatnx])( USING |$)`)

// TestPlans asks SQLite how it runs each statement that the suites use: none may read a big table from end to end.
func TestPlans(t *testing.T) {
	texts := map[string]string{} // plan by statement
	open := func(t *testing.T) directory.Store {
		s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			explain(t, s, texts)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	directorytest.Run(t, open)
	linktest.Run(t, open)
	runtest.Run(t, open)
	notifytest.Run(t, open)
	inboundtest.Run(t, open)
	seriestest.Run(t, open)
	if len(texts) < 100 {
		t.Errorf("only %d statements were looked at", len(texts))
	}
	for text, plan := range texts {
		for step := range strings.SplitSeq(plan, "\n") {
			page := strings.Contains(text, "limit ") // reads an index in order, and stops
			if m := big.FindStringSubmatch(step); m != nil && !page && !strings.Contains(plan, "CO-ROUTINE "+m[1]) {
				t.Errorf("%s reads all of it:\n%s\n%s\n", m[1], text[:min(len(text), 500)], plan)
			}
		}
	}
}

// explain adds the plans of the statements that s has prepared.
func explain(t *testing.T, s *Store, texts map[string]string) {
	t.Helper()
	db := s.db.(*sqliteDB)
	for _, c := range db.conns {
		for text := range c.stmts {
			if _, ok := texts[text]; ok || strings.HasPrefix(text, "begin") || strings.Contains(text, "savepoint") || text == "commit" || text == "rollback" {
				continue
			}
			texts[text] = planOf(t, db.reading, text)
		}
	}
}

func planOf(t *testing.T, db *sql.DB, text string) string {
	t.Helper()
	rows, err := db.Query("explain query plan "+text, make([]any, strings.Count(text, "?")+strings.Count(text, "$"))...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}
