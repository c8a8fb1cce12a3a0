package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server/adminapi"
)

// M4: loading again changes nothing; what is exported loads elsewhere and exports as the same.
func TestLoadTwiceAndElsewhere(t *testing.T) {
	t.Parallel()
	h := loadHouse(t, export(t, 40, 60))
	h.ok("load", "run", "old.zip", "--dry-run")
	h.ok("load", "status").says("No load is under way.")
	h.want(1, "user", "show", "user7")
	h.ok("load", "run", "old.zip").says("1 password set")
	again := h.ok("load", "run", "old.zip")
	again.says("60 post unchanged", "40 profile unchanged", "1 password unchanged")
	if strings.Contains(again.out, " added") || strings.Contains(again.out, " changed") {
		t.Errorf("loading again changed something:\n%s", again.out)
	}
	h.ok("load", "export", "everything.zip")
	h.want(1, "load", "export", "everything.zip").says("load_export")
	text, err := os.ReadFile(h.path("everything.zip"))
	if err != nil {
		t.Fatal(err)
	}
	other := loadHouse(t, text)
	other.ok("load", "validate", "old.zip", "--offline").says("0 errors", "0 warnings")
	other.ok("load", "run", "old.zip")
	other.ok("load", "export", "everything.zip")
	if a, b := contents(t, h.path("everything.zip")), contents(t, other.path("everything.zip")); a != b {
		t.Errorf("the export of a loaded export differs:\n%s\n%s", a, b)
	}
	h.ok("history").says("load.start", "password.set", "export")
	h.nowhere(loadedPassword)
}

// M4: a file with bad lines is refused before anything is written, with all of them; a username that is taken makes its owner wait, and who waits can be let in.
func TestLoadBadFiles(t *testing.T) {
	t.Parallel()
	h := loadHouse(t, []byte("PK\x03\x04 and no more"))
	h.want(1, "load", "run", "old.zip").says("load_file")
	h.write("bad.jsonl", `{"type":"version","version":1}
{"type":"user"}
{"type":"team","team":{"name":"fleet","display_name":"Fleet","type":"X"}}
{"type":"team","team":{"name":"crew","display_name":"Crew","type":"O"}}
`)
	h.want(1, "load", "run", "bad.jsonl").says("load_bad_lines", "line 2", "line 3", "2 of 4 lines are bad")
	h.want(1, "load", "run", "bad.jsonl", "--hold").says("2 of 4 lines are bad")
	held := decode[struct{ Items []adminapi.LoadView }](h, 0, "load", "status").Items[0]
	h.ok("load", "show", held.ID, "--level", "error", "--limit", "1").says("checked, 2 errors", "4 lines, 2 errors in 2 lines", "line 2")
	h.want(1, "load", "resume", held.ID).says("load_bad_lines")
	h.want(1, "load", "resume", held.ID).says("is over")
	h.want(1, "load", "run", "bad.jsonl", "--hold")
	h.ok("load", "resume", "--skip-bad").says("1 team added")
	h.ok("load", "status", "--all").says("loaded", "refused")
	if left := h.path("muster-data/loads/" + held.ID + "/file"); exists(left) {
		t.Error("a file that was refused is kept")
	}
	h.write("muster.yaml", h.read("muster.yaml")+"largest_load: 4kB\n")
	h.write("large.jsonl", strings.Repeat("\n", 4001))
	h.want(1, "load", "run", "large.jsonl", "--on-error", "stop").says("load_too_large")
	h.write("clash.jsonl", `{"type":"user","user":{"username":"owner","email":"somebody@example.com"}}`+"\n")
	h.ok("load", "validate", "clash.jsonl", "--from", "oldchat").says("line 1, user.username: the username is that of owner", "0 errors", "2 warnings")
	h.want(4, "load", "run", "clash.jsonl", "--from", "oldchat").says("load_waiting", "owner waits", "muster hold show load")
	h.ok("load", "status").says("clash.jsonl", "people wait")
	h.want(4, "load", "resume").says("load_waiting")
	id := strings.Fields(strings.SplitAfter(h.ok("load", "status").out, "\n")[1])[0]
	h.ok("load", "drop", id)
	h.want(1, "load", "resume").says("there is no load")
}

// nowhere looks for a text in all files of the data folder.
func (h *house) nowhere(text string) {
	h.t.Helper()
	err := filepath.WalkDir(h.path("muster-data"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		if bytes.Contains(b, []byte(text)) {
			h.t.Errorf("%s has %q", name, text)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// loadHouse is an installation without sources or targets, with a file to load.
func loadHouse(t *testing.T, file []byte) *house {
	t.Helper()
	h := newHouse(t, "", "")
	h.write("old.zip", string(file))
	h.ok("check", "-c", "muster.yaml")
	h.env = append(h.env, "MUSTER_CONFIG="+h.path("muster.yaml"))
	return h
}

// export is an installation with so many people and posts, as a ZIP.
func export(t *testing.T, people, posts int) []byte {
	t.Helper()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	add := func(name, text string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	b.WriteString(`{"type":"version","version":1}` + "\n")
	for i := range 4 {
		fmt.Fprintf(&b, `{"type":"team","team":{"name":"unit%d","display_name":"Unit","type":"O"}}`+"\n", i)
		fmt.Fprintf(&b, `{"type":"channel","channel":{"team":"unit%d","name":"work","type":"P"}}`+"\n", i)
	}
	for i := range people {
		secret := ""
		if i%100 == 0 {
			secret = fmt.Sprintf(`"password":"%s",`, loadedPassword)
		}
		fmt.Fprintf(&b, `{"type":"user","user":{"username":"user%d","email":"user%d@example.com",%s"teams":[{"name":"unit%d","roles":"team_user","channels":[{"name":"work","roles":"channel_user"}]}]}}`+"\n", i, i, secret, i%4)
	}
	for i := range posts {
		attached := ""
		if i%50 == 0 {
			attached = fmt.Sprintf(`,"attachments":[{"path":"f%d.txt"}]`, i)
			add(fmt.Sprintf("data/f%d.txt", i), fmt.Sprintf("content %d", i))
		}
		fmt.Fprintf(&b, `{"type":"post","post":{"team":"unit%d","channel":"work","user":"user%d","message":"message %d","create_at":%d,"replies":[{"user":"user%d","message":"yes","create_at":%d}]%s}}`+"\n",
			i%4, i%people, i, 1_700_000_000_000+i, (i+1)%people, 1_700_000_000_500+i, attached)
	}
	add("import.jsonl", b.String())
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// loadedPassword is what some of an export sign in with.
const loadedPassword = "correct horse battery"

// contents is what an archive holds, in short.
func contents(t *testing.T, name string) string {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		_, err = io.Copy(sum, r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %d %s\n", f.Name, f.UncompressedSize64, hex.EncodeToString(sum.Sum(nil)[:8]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
