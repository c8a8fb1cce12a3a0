package bulkload_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"muster/internal/bulkload"
)

var update = flag.Bool("update", false, "rewrite golden files")

// M4: testdata/*.txtar hold files with their attachments, and the findings that they must give, all in one pass.
func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			var want []byte
			for _, f := range ar.Files {
				if f.Name == "findings" {
					want = f.Data
					continue
				}
				write(t, filepath.Join(folder, f.Name), f.Data)
			}
			found, r := validate(t, filepath.Join(folder, "import.jsonl"), bulkload.Options{})
			got := fmt.Sprintf("%s%d lines, %d errors in %d of them, %d warnings\n", found, r.Lines, r.Errors, r.Bad, r.Warnings)
			if *update {
				ar.Files[len(ar.Files)-1] = txtar.File{Name: "findings", Data: []byte(got)}
				write(t, file, txtar.Format(ar))
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func validate(t *testing.T, file string, o bulkload.Options) (string, bulkload.Report) {
	t.Helper()
	a, err := bulkload.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	var b strings.Builder
	o.Found = func(f bulkload.Finding) {
		fmt.Fprintf(&b, "%s: %s (%s)\n", f.Level, f, f.Code)
		if f.Fix != "" {
			fmt.Fprintf(&b, "\t%s\n", f.Fix)
		}
	}
	r, err := bulkload.Validate(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), r
}

const sound = `{"type":"version","version":1}
{"type":"team","team":{"name":"staff","display_name":"Staff","type":"O"}}
{"type":"channel","channel":{"team":"staff","name":"news","type":"O"}}
{"type":"user","user":{"username":"ada","email":"ada@example.com","teams":[{"name":"staff","channels":[{"name":"news"},{"name":"town-square"}]}]}}
{"type":"post","post":{"team":"staff","channel":"news","user":"ada","message":"hello","create_at":1700000000000,"attachments":[{"path":"a/b.txt"}]}}
`

// M4: an archive is read without being unpacked, whatever it is called; attachments that no line names are counted.
func TestZIP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "export.bin")
	pack(t, file, map[string]string{"readme/old.jsonl": "{}", "import.jsonl": sound, "data/a/b.txt": "hello", "data/unused.txt": "?"})
	found, r := validate(t, file, bulkload.Options{})
	want := bulkload.Report{
		File: file, Content: "import.jsonl", Lines: 5, Unused: 1, Codes: map[string]int{},
		Counts: map[string]int{"version": 1, "team": 1, "channel": 1, "user": 1, "post": 1, "attachment": 1, "team_membership": 1, "channel_membership": 2},
	}
	if diff := cmp.Diff(want, r); diff != "" || found != "" {
		t.Errorf("report (-want +got):\n%s%s", diff, found)
	}
}

func pack(t testing.TB, file string, files map[string]string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for name, text := range files {
		e, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// Lines may stand in any order: what is defined later is known all the same.
func TestOrderDoesNotCount(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSpace(sound)+"\n", "\n")
	var b strings.Builder
	for _, l := range slices.Backward(lines) {
		b.WriteString(l)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "import.jsonl"), []byte(b.String()))
	write(t, filepath.Join(folder, "data/a/b.txt"), []byte("hello"))
	if found, r := validate(t, filepath.Join(folder, "import.jsonl"), bulkload.Options{}); found != "" || r.Lines != 5 {
		t.Errorf("%d lines:\n%s", r.Lines, found)
	}
}

// What the file does not define may exist already.
func TestKnownNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "import.jsonl")
	write(t, file, []byte(strings.ReplaceAll(sound, `,"attachments":[{"path":"a/b.txt"}]`, "")+`{"type":"post","post":{"team":"old","channel":"talk","user":"bo","message":"","create_at":1700000000000}}`))
	var asked []string
	found, _ := validate(t, file, bulkload.Options{Known: func(kind, name string) bool {
		asked = append(asked, kind+" "+name)
		return kind != "user"
	}})
	if diff := cmp.Diff([]string{"team old", "channel old/talk", "user bo"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if want := "error: line 6, post.user: there is no user bo in the file (unknown_user)\n"; found != want {
		t.Errorf("found %q, want %q", found, want)
	}
}

// A line as long as the format allows is read; a longer one is one finding, and those after it are read.
func TestLongLines(t *testing.T) {
	const limit = 16 << 20
	file := filepath.Join(t.TempDir(), "import.jsonl")
	long := func(n int) string {
		head, tail := `{"type":"role","role":{"name":"r","display_name":"R","permissions":["`, `"]}}`
		return head + strings.Repeat("x", n-len(head)-len(tail)) + tail + "\n"
	}
	write(t, file, []byte(`{"type":"version","version":1}`+"\n"+long(limit-1)+long(limit+10)+`{"type":"nonsense"}`+"\n"))
	found, r := validate(t, file, bulkload.Options{})
	if r.Lines != 4 || r.Codes["line_too_long"] != 1 || r.Codes["unknown_type"] != 1 || r.Errors != 2 {
		t.Errorf("%+v\n%s", r, found)
	}
}

func TestNoFileAtAll(t *testing.T) {
	folder := t.TempDir()
	empty, other, broken := filepath.Join(folder, "empty"), filepath.Join(folder, "other.zip"), filepath.Join(folder, "broken.zip")
	write(t, empty, nil)
	pack(t, other, map[string]string{"sub/import.jsonl": "{}"})
	write(t, broken, []byte("PK\x03\x04 and no more"))
	for file, want := range map[string]string{filepath.Join(folder, "nothing"): "no such file", other: "no file that ends in .jsonl", broken: "damaged ZIP"} {
		if a, err := bulkload.Open(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s) = %v, %v; want an error with %q", file, a, err, want)
		}
	}
	if found, r := validate(t, empty, bulkload.Options{}); r.Lines != 0 || r.Codes["no_version"] != 1 {
		t.Errorf("an empty file: %+v\n%s", r, found)
	}
}

func TestValidateEndsWithItsContext(t *testing.T) {
	file := filepath.Join(t.TempDir(), "import.jsonl")
	write(t, file, []byte(strings.Repeat(sound, 5000)))
	a, err := bulkload.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = bulkload.Validate(ctx, a, bulkload.Options{Progress: func(int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
}

func FuzzValidate(f *testing.F) {
	for line := range strings.SplitSeq(sound, "\n") {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"type":"user"}`))
	f.Add([]byte("{\"type\":\"post\",\"post\":{\"replies\":[{\"user\":1}]}}\r\n\n[]"))
	f.Add([]byte(`{"type":"direct_post","direct_post":{"channel_members":["a"],"flagged_by":[""]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "import.jsonl")
		write(t, file, text)
		a, err := bulkload.Open(file)
		if err != nil {
			return
		}
		found := 0
		r, err := bulkload.Validate(t.Context(), a, bulkload.Options{Found: func(x bulkload.Finding) {
			if found++; x.What == "" || x.Code == "" || x.Line < 0 {
				t.Errorf("a finding says nothing: %+v", x)
			}
		}})
		if err != nil || r.Errors+r.Warnings != found || r.Bad > r.Lines {
			t.Errorf("%+v with %d findings, %v", r, found, err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

// M4: an archive that could lead somewhere else, or means two things, is refused as a whole and says why.
func TestZIPRefused(t *testing.T) {
	link := &zip.FileHeader{Name: "data/link"}
	link.SetMode(os.ModeSymlink | 0o777)
	for why, entries := range map[string][]*zip.FileHeader{
		"leads elsewhere":       {{Name: "data/../../etc/passwd"}},
		"name that leads":       {{Name: "/data/a"}},
		"is in it twice":        {{Name: "data/a"}, {Name: "data/a"}},
		"no ordinary file":      {link},
		"is encrypted":          {{Name: "data/a", Flags: 1}},
		"packed by method 99":   {{Name: "data/a", Method: 99}},
		"made to fill a disk":   {{Name: "data/a", UncompressedSize64: 1 << 40}},
		"no file that ends in ": {{Name: "data/import.jsonl"}},
	} {
		file := filepath.Join(t.TempDir(), "export.zip")
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if !strings.HasPrefix(why, "no file") {
			entries = append(entries, &zip.FileHeader{Name: "import.jsonl"})
		}
		for _, h := range entries {
			if _, err := z.CreateRaw(h); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, file, b.Bytes())
		if _, err := bulkload.Open(file); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", why, err)
		}
	}
	file := filepath.Join(t.TempDir(), "export.zip")
	pack(t, file, map[string]string{"import.jsonl": sound})
	a, err := bulkload.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.AtMost(int64(len(sound)) - 1); !errors.Is(err, bulkload.ErrTooLarge) || a.AtMost(int64(len(sound))) != nil {
		t.Errorf("larger than allowed: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// FuzzZIP validates whatever may be an archive.
func FuzzZIP(f *testing.F) {
	file := filepath.Join(f.TempDir(), "export.zip")
	pack(f, file, map[string]string{"import.jsonl": sound, "data/a/b.txt": "hello"})
	text, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "export.zip")
		write(t, file, append([]byte("PK\x03\x04"), bytes.TrimPrefix(text, []byte("PK\x03\x04"))...))
		a, err := bulkload.Open(file)
		if err != nil {
			return
		}
		if r, err := bulkload.Validate(t.Context(), a, bulkload.Options{}); err == nil && r.Bad > r.Lines {
			t.Errorf("%+v", r)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}
