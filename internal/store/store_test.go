package store_test

import (
	"testing"

	"muster/internal/directory"
	"muster/internal/directory/directorytest"
	"muster/internal/erase/erasetest"
	"muster/internal/inbound/inboundtest"
	"muster/internal/link/linktest"
	"muster/internal/notify/notifytest"
	"muster/internal/run/runtest"
	"muster/internal/series/seriestest"
	"muster/internal/store"
	"muster/internal/store/storetest"
	"muster/internal/workspace/workspacetest"
)

func sqlite(t testing.TB) *store.Store { return open(t, storetest.SQLite(t, t.TempDir())) }

func postgres(t testing.TB) *store.Store { return open(t, storetest.Postgres(t)) }

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.CheckKept(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// suites are what every Store contract promises; each runs on both databases.
var suites = map[string]func(*testing.T, func(*testing.T) directory.Store){"directory": directorytest.Run, "link": linktest.Run, "run": runtest.Run, "inbound": inboundtest.Run, "workspace": workspacetest.Run, "notify": notifytest.Run, "erase": erasetest.Run, "series": seriestest.Run}

// TestSQLite also asks SQLite how it runs each statement: none may read a big table from end to end, but for an erasure, which looks everywhere.
func TestSQLite(t *testing.T) {
	plans := store.Plans{}
	for name, run := range suites {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T) directory.Store {
				s := sqlite(t)
				if name != "erase" {
					t.Cleanup(func() { plans.Add(t, s) })
				}
				return s
			})
		})
	}
	plans.Check(t)
}

func TestPostgres(t *testing.T) {
	storetest.Postgres(t) // skip once, not in every case, where there is no PostgreSQL
	for name, run := range suites {
		t.Run(name, func(t *testing.T) { run(t, func(t *testing.T) directory.Store { return postgres(t) }) })
	}
}
