package store

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"
)

// big are the tables that grow with the company, by their names and the aliases that statements give them.
var big = regexp.MustCompile(`^SCAN (object|record|reference|edge|node|link|link_edge|link_group|journal|span|waiting|drift|observed|observed_key|line|line_tally|run_row|word|own|outbox|call_sample|count_sample|hook_told|invitation|resource|resource_value|[efgmrkoatnx])( USING |$)`)

// Plans are how SQLite runs the statements of a test, by their text.
type Plans map[string]string

// Add adds the plans of the statements that s has prepared.
func (p Plans) Add(t *testing.T, s *Store) {
	t.Helper()
	db := s.db.(*sqliteDB)
	for _, c := range db.conns {
		for text := range c.stmts {
			if _, ok := p[text]; ok || strings.HasPrefix(text, "begin") || strings.Contains(text, "savepoint") || text == "commit" || text == "rollback" {
				continue
			}
			p[text] = planOf(t, db.reading, text)
		}
	}
}

// Check fails the test if one of them reads a big table from end to end.
func (p Plans) Check(t *testing.T) {
	t.Helper()
	if len(p) < 100 {
		t.Errorf("only %d statements were looked at", len(p))
	}
	for text, plan := range p {
		for step := range strings.SplitSeq(plan, "\n") {
			page := strings.Contains(text, "limit ") // reads an index in order, and stops
			if m := big.FindStringSubmatch(step); m != nil && !page && !strings.Contains(plan, "CO-ROUTINE "+m[1]) {
				t.Errorf("%s reads all of it:\n%s\n%s\n", m[1], text[:min(len(text), 500)], plan)
			}
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
