package bench

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// M4: a line as long as the format allows, of many replies, is validated and loaded in as much memory as any other file.
func TestLongLineInLittleMemory(t *testing.T) {
	const replies, most = 33_000, 256 << 10 // of about 500 bytes; kB
	dir := t.TempDir()
	file, config := filepath.Join(dir, "import.jsonl"), filepath.Join(dir, "muster.yaml")
	if err := errors.Join(longLine(file, replies), os.WriteFile(config, []byte("listen: off\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"validate", "load"} {
		r := child(t, role, task{Config: config, Data: filepath.Join(dir, "data"), URL: file})
		if r.Counts["reply"]+r.Counts["reply added"] != replies {
			t.Errorf("%s: %v", role, r.Counts)
		}
		if r.Peak > most {
			t.Errorf("%s takes %s, want at most %s", role, megabytes(r.Peak), megabytes(most))
		}
		t.Logf("%s: %s", role, megabytes(r.Peak))
	}
}

// longLine writes a file with one post of so many replies.
func longLine(name string, replies int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	fmt.Fprintf(b, `{"type":"version","version":1}
{"type":"team","team":{"name":"unit","display_name":"Unit","type":"O"}}
{"type":"channel","channel":{"team":"unit","name":"c","type":"O"}}
{"type":"user","user":{"username":"ada","email":"ada@example.com"}}
{"type":"post","post":{"team":"unit","channel":"c","user":"ada","message":"long","create_at":1700000000000,"replies":[`)
	text := strings.Repeat("x", 430)
	for i := range replies {
		comma := ","
		if i == 0 {
			comma = ""
		}
		fmt.Fprintf(b, `%s{"user":"ada","message":"%d %s","create_at":%d}`, comma, i, text, 1_700_000_000_000+i)
	}
	fmt.Fprintln(b, "]}}")
	return errors.Join(b.Flush(), f.Close())
}
