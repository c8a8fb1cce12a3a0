// Package storetest gives tests empty databases that have their tables already: they are made once in each test process and copied, since making them takes
// longer than most tests do. Tests of how tables are made open their databases themselves. Only test files import this package.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"muster/internal/store"
	"muster/internal/testserver"
)

// SQLite puts a database into a folder and returns its path.
func SQLite(t testing.TB, folder string) string {
	t.Helper()
	raw, err := file()
	path := filepath.Join(folder, "muster.db")
	if err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Postgres returns the address of a database on the PostgreSQL server of this test process, which is dropped when the test ends.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	return testserver.PostgresLike(t, tables)
}

// file is a database as it is on disk.
var file = sync.OnceValues(func() (raw []byte, err error) {
	dir, err := os.MkdirTemp("", "muster-tables-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "muster.db")
	if err := tables(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// tables makes all tables.
func tables(dsn string) error {
	s, err := store.Open(context.Background(), dsn, store.Options{AllowNoSync: true})
	if err != nil {
		return err
	}
	return s.Close()
}
