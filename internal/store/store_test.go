package store_test

import (
	"path/filepath"
	"testing"

	"muster/internal/directory"
	"muster/internal/directory/directorytest"
	"muster/internal/store"
	"muster/internal/testserver"
)

func sqlite(t testing.TB) *store.Store { return open(t, filepath.Join(t.TempDir(), "muster.db")) }

func postgres(t testing.TB) *store.Store { return open(t, testserver.Postgres(t)) }

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestDirectorySQLite(t *testing.T) {
	directorytest.Run(t, func(t *testing.T) directory.Store { return sqlite(t) })
}

func TestDirectoryPostgres(t *testing.T) {
	directorytest.Run(t, func(t *testing.T) directory.Store { return postgres(t) })
}
