package bench

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/app"
	"muster/internal/bulkload"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/workspace/files"
)

// BenchmarkLoad loads installations from a file. The floor is what nobody can do without: the same lines decoded, the same rows inserted into the same tables,
// the same attachments written.
func BenchmarkLoad(b *testing.B) {
	s := full(b)
	sizes := [][2]int{{s.people / 10, s.people / 5}, {2 * s.people, 4 * s.people}} // with one mix of lines: those of people take longer than those of posts
	rates := make([]float64, len(sizes))
	for i, size := range sizes {
		b.Run(fmt.Sprintf("%dpeople", size[0]), func(b *testing.B) {
			for range b.N {
				rates[i] = benchLoad(b, size[0], size[1], b.ReportMetric)
			}
		})
	}
	figures.add("  rate at the larger size, of that at the smaller", fmt.Sprintf("%.2f", rates[1]/rates[0]), "", "", "the same")
}

func benchLoad(tb testing.TB, people, posts int, metric report) float64 {
	dir := tb.TempDir()
	lines := installation(tb, dir, people, posts)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	write("muster.yaml", "listen: off\n")
	t := task{Config: filepath.Join(dir, "muster.yaml"), Data: filepath.Join(dir, "data"), From: filepath.Join(dir, "data", "muster.db"), To: filepath.Join(dir, "floor.db"), URL: filepath.Join(dir, "export.zip")}
	checked := child(tb, "validate", t)
	r := child(tb, "load", t)
	floor := child(tb, "loadfloor", t)
	rate := float64(lines) / r.Seconds
	metric(rate, "lines/s")
	metric(floor.Seconds/r.Seconds, "of-floor")
	metric(float64(lines)/checked.Seconds, "validate-lines/s")
	metric(float64(r.Peak)/1024, "peak-MB")
	figures.add(fmt.Sprintf("load %d people, %d posts with replies, reactions, files", people, posts), perSecond(rate)+" lines", perSecond(float64(lines)/floor.Seconds)+" = decode + insert + files",
		fmt.Sprintf("%.2f", floor.Seconds/r.Seconds), "≥ 0.4, ≥ 1500/s")
	figures.add("  validate it", perSecond(float64(lines)/checked.Seconds)+" lines", "", "", "≥ 200000/s")
	figures.add("  peak memory", megabytes(r.Peak), "", "", "≤ 256 MB")
	return rate
}

// installation writes a file with an installation, and returns how many lines it has.
func installation(tb testing.TB, dir string, people, posts int) int {
	tb.Helper()
	f, err := os.Create(filepath.Join(dir, "export.zip"))
	if err != nil {
		tb.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("import.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	b, lines := bufio.NewWriter(w), 0
	line := func(format string, args ...any) {
		lines++
		fmt.Fprintf(b, format+"\n", args...)
	}
	const teams, channels = 20, 20
	line(`{"type":"version","version":1}`)
	for t := range teams {
		line(`{"type":"team","team":{"name":"unit%d","display_name":"Unit %d","type":"O"}}`, t, t)
		for c := range channels {
			line(`{"type":"channel","channel":{"team":"unit%d","name":"c%d","display_name":"C %d","type":"O"}}`, t, c, c)
		}
	}
	for u := range people {
		var in []string
		for i := range 5 {
			in = append(in, fmt.Sprintf(`{"name":"c%d","roles":"channel_user"}`, (u+i)%channels))
		}
		line(`{"type":"user","user":{"username":"user%d","email":"user%d@example.com","first_name":"Ada","last_name":"Fox %d","roles":"system_user","locale":"en","teams":[{"name":"unit%d","roles":"team_user","channels":[%s]}]}}`,
			u, u, u, u%teams, strings.Join(in, ","))
	}
	for p := range posts {
		more := ""
		if p%5 == 0 {
			more = fmt.Sprintf(`,"replies":[{"user":"user%d","message":"indeed","create_at":%d}]`, p*3%people, 1_700_000_000_009+p*1000)
		}
		if p%50 == 0 {
			more += fmt.Sprintf(`,"attachments":[{"path":"f%d.txt"}]`, p)
		}
		line(`{"type":"post","post":{"team":"unit%d","channel":"c%d","user":"user%d","message":"Message number %d, of ordinary length, about nothing in particular.","create_at":%d,"reactions":[{"user":"user%d","emoji_name":"tada","create_at":%d}]%s}}`,
			p%teams, p/teams%channels, p*7%people, p, 1_700_000_000_000+p*1000, p*11%people, 1_700_000_000_005+p*1000, more)
	}
	err = b.Flush()
	for p := 0; p < posts && err == nil; p += 50 {
		if w, err = z.Create(fmt.Sprintf("data/f%d.txt", p)); err == nil {
			_, err = io.WriteString(w, strings.Repeat(fmt.Sprintf("f%d.txt ", p), 200))
		}
	}
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		tb.Fatal(err)
	}
	return lines
}

func validateFile(ctx context.Context, t task) (r result, err error) {
	a, err := bulkload.Open(t.URL)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	began := time.Now()
	report, err := bulkload.Validate(ctx, a, bulkload.Options{})
	if err == nil && report.Errors > 0 {
		err = fmt.Errorf("%d errors", report.Errors)
	}
	return result{Seconds: time.Since(began).Seconds(), Counts: report.Counts}, err
}

func loadFile(ctx context.Context, t task) (r result, err error) {
	f, err := os.Open(t.URL)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return within(ctx, t, func(m *app.Muster) (run.Run, error) {
		started, err := m.Load(ctx, adminapi.LoadRequest{Name: filepath.Base(t.URL)}, f, access.Caller{Handle: "bench"})
		if err != nil {
			return run.Run{}, err
		}
		v, err := m.Run(ctx, started.Runs[0], time.Hour)
		if err == nil && v.Outcome != run.Done {
			err = fmt.Errorf("the load is %s: %w", v.Outcome, v.Problem)
		}
		return v.Run, err
	})
}

// loadedRows are the tables that a load fills.
var loadedRows = []rows{
	{"object", "rowid", 200},
	{"record", "rowid", 200},
	{"node", "n", 1000},
	{"place", "n", 200},
	{"profile", "person", 200},
	{"place_member", "place", 1400},
	{"post", "n", 240},
	{"post_mark", "post", 200},
	{"post_file", "post", 200},
}

// loadFloor decodes the lines, inserts the rows and writes the attachments.
func loadFloor(ctx context.Context, t task) (r result, err error) {
	z, err := zip.OpenReader(t.URL)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	folder, err := files.Open(t.To + ".files")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	began := time.Now()
	for _, f := range z.File {
		if err := floorOf(f, folder); err != nil {
			return r, err
		}
	}
	took := time.Since(began).Seconds()
	r, err = insertTables(ctx, t, loadedRows)
	r.Seconds += took
	return r, err
}

// floorOf decodes the lines of a file of an archive, or writes what is attached.
func floorOf(f *zip.File, folder *files.Folder) (err error) {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if f.Name != "import.jsonl" {
		_, _, err = folder.Put(in)
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var v map[string]any
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return err
		}
	}
	return lines.Err()
}
