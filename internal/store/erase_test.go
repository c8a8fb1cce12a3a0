package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/internal/erase/erasetest"
	"muster/internal/store"
)

// M12: after somebody was deleted for good, no file of the database holds a value of theirs, not even where nothing is stored any more.
func TestErasedFromTheFile(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, "muster.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := erasetest.NewWorld(t, s)
	w.Erase.Flush = s.Scrub
	if found := traces(t, dir); len(found) != len(erasetest.Traces) {
		t.Errorf("before the deletion only these are found: %v", found)
	}
	if _, err := w.Erase.Advance(t.Context(), w.Zelda); err != nil {
		t.Fatal(err)
	}
	if found := traces(t, dir); len(found) > 0 {
		t.Errorf("after the deletion, while everything goes on, these are found: %v", found)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found := traces(t, dir); len(found) > 0 {
		t.Errorf("after the deletion these are found: %v", found)
	}
}

// traces returns which texts of whom is deleted stand in some file.
func traces(t *testing.T, dir string) (found []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(bytes.ToLower(text), []byte("zelda.quintessence"), nil) // of somebody else
		for _, trace := range erasetest.Traces {
			if bytes.Contains(text, []byte(strings.ToLower(trace))) && !slices.Contains(found, trace) {
				found = append(found, trace)
			}
		}
	}
	return found
}
