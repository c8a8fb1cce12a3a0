package scimapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"muster/internal/server/scimapi"
)

var update = flag.Bool("update", false, "rewrite golden files")

// I8: what Entra ID, Okta and OneLogin send, and what they must hear. Each file of testdata/dialogues begins with the profile and the User-Agent. The files in
// it are requests, "POST /Users => 201" and the body, each with the answer behind it. {1} is the first id that was given out.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogues/*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatal("no dialogues", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { play(t, file) })
	}
}

func play(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head := strings.SplitN(strings.TrimSpace(string(ar.Comment)), "\n", 3)
	c := newClient(t, head[0])
	c.header.Set("User-Agent", head[1])
	d := &dialogue{c: c}
	out := &txtar.Archive{Comment: ar.Comment}
	for i := 0; i < len(ar.Files); i++ {
		request := ar.Files[i]
		if strings.HasSuffix(request.Name, "answer") {
			continue
		}
		c.advance()
		got := d.exchange(t, string(request.Data), request.Name)
		out.Files = append(out.Files, request, txtar.File{Name: request.Name + " answer", Data: []byte(got)})
		if *update {
			continue
		}
		if i+1 >= len(ar.Files) || ar.Files[i+1].Name != request.Name+" answer" {
			t.Fatalf("%s has no answer", request.Name)
		}
		if diff := cmp.Diff(string(ar.Files[i+1].Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", request.Name, diff)
		}
	}
	used := d.used(c.api.Stats())
	if out.Files = append(out.Files, txtar.File{Name: "tolerances answer", Data: []byte(used)}); *update {
		if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if last := ar.Files[len(ar.Files)-1]; string(last.Data) != used {
		t.Errorf("tolerances: %s, want %s", used, last.Data)
	}
}

// A dialogue gives names to ids.
type dialogue struct {
	c   *client
	ids []string
}

var anID = regexp.MustCompile(`\b0[0-9a-v]{25}\b`)

// exchange plays one request and returns the answer with names for ids.
func (d *dialogue) exchange(t *testing.T, text, name string) string {
	t.Helper()
	line, body, _ := strings.Cut(text, "\n")
	request, want, ok := strings.Cut(line, " => ")
	method, path, ok2 := strings.Cut(request, " ")
	if !ok || !ok2 {
		t.Fatalf("%s: no request: %s", name, line)
	}
	for i, id := range d.ids {
		n := fmt.Sprintf("{%d}", i+1)
		path, body = strings.ReplaceAll(path, n, id), strings.ReplaceAll(body, n, id)
	}
	path = strings.NewReplacer(" ", "%20", `"`, "%22").Replace(path)
	a := d.c.send(method, path, strings.TrimSpace(body))
	if got := fmt.Sprint(a.status); got != strings.TrimSpace(want) {
		t.Fatalf("%s: %s %s, want %s\n%s", name, got, a.text, want, a.text)
	}
	text = strings.ReplaceAll(pretty(a.text), d.c.url, "BASE")
	for _, id := range anID.FindAllString(text, -1) {
		if !slices.Contains(d.ids, id) {
			d.ids = append(d.ids, id)
		}
	}
	for i, id := range d.ids {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("{%d}", i+1))
	}
	return text
}

func pretty(text string) string {
	var b bytes.Buffer
	if text == "" || json.Indent(&b, []byte(text), "", " ") != nil {
		return text
	}
	return strings.TrimSpace(b.String()) + "\n"
}

func (d *dialogue) used(stats []scimapi.Stats) string {
	var out []string
	for name, n := range stats[0].Tolerances {
		out = append(out, fmt.Sprintf("%s %d\n", name, n))
	}
	slices.Sort(out)
	return strings.Join(out, "")
}
