package testserver_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"muster/internal/testserver"
)

func TestPostgresGivesEachCallItsOwnDatabase(t *testing.T) {
	t.Parallel()
	first, second := open(t, testserver.Postgres(t)), open(t, testserver.Postgres(t))
	if _, err := first.Exec("CREATE TABLE marks (n int)"); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := second.QueryRow("SELECT count(*) FROM pg_tables WHERE tablename = 'marks'").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Error("the second database holds a table of the first")
	}
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
