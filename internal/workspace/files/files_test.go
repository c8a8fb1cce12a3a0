package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"muster/internal/workspace/files"
)

func open(t *testing.T, dir string) *files.Folder {
	t.Helper()
	f, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// M4: a content is kept once, whatever it is called, and comes back as it was.
func TestContents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	f := open(t, dir)
	hash, size, err := f.Put(strings.NewReader("hello"))
	again, _, err2 := f.Put(strings.NewReader("hello"))
	if err != nil || err2 != nil || size != 5 || again != hash {
		t.Fatalf("put %q %d %v, again %q %v", hash, size, err, again, err2)
	}
	r, err := open(t, dir).Get(hash)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(text) != "hello" {
		t.Errorf("got %q, %v", text, err)
	}
	if n := count(t, dir); n != 1 {
		t.Errorf("%d files are kept, want 1", n)
	}
}

// What could not be read to its end leaves nothing behind.
func TestCutContent(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if hash, _, err := f.Put(io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(io.ErrUnexpectedEOF))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("put %q, %v", hash, err)
	}
	if n := count(t, dir); n != 0 {
		t.Errorf("%d files are kept, want none", n)
	}
}

func TestNoSuchContent(t *testing.T) {
	f := open(t, t.TempDir())
	for _, hash := range []string{"", "../../etc/passwd", strings.Repeat("0", 64), strings.Repeat("/", 64)} {
		if r, err := f.Get(hash); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Get(%q) = %v, %v", hash, r, err)
		}
	}
}

func count(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
