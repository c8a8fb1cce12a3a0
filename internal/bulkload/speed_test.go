package bulkload_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/bulkload"
)

// BenchmarkValidate is how fast a file is validated; package bench measures the same beside a floor.
func BenchmarkValidate(b *testing.B) {
	for _, size := range []struct {
		name          string
		people, posts int
	}{{"people", 40_000, 0}, {"posts", 400, 80_000}} {
		b.Run(size.name, func(b *testing.B) {
			file, lines := crowded(b, size.people, size.posts)
			b.ReportAllocs()
			for b.Loop() {
				a, err := bulkload.Open(file)
				if err != nil {
					b.Fatal(err)
				}
				if r, err := bulkload.Validate(b.Context(), a, bulkload.Options{}); err != nil || r.Errors > 0 {
					b.Fatal(r.Errors, err)
				}
				if err := a.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// crowded writes a file with so many people and posts, and returns how many lines it has.
func crowded(tb testing.TB, people, posts int) (string, int) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "import.jsonl")
	f, err := os.Create(file)
	if err != nil {
		tb.Fatal(err)
	}
	w, lines := bufio.NewWriter(f), 0
	line := func(format string, args ...any) {
		lines++
		fmt.Fprintf(w, format+"\n", args...)
	}
	line(`{"type":"version","version":1}`)
	line(`{"type":"team","team":{"name":"staff","display_name":"Staff","type":"O"}}`)
	var in []string
	for c := range 5 {
		line(`{"type":"channel","channel":{"team":"staff","name":"c%d","type":"O"}}`, c)
		in = append(in, fmt.Sprintf(`{"name":"c%d","roles":"channel_user"}`, c))
	}
	for u := range people {
		line(`{"type":"user","user":{"username":"user%d","email":"user%d@example.com","first_name":"Ada","last_name":"Fox %d","roles":"system_user","locale":"en","teams":[{"name":"staff","roles":"team_user","channels":[%s]}]}}`,
			u, u, u, strings.Join(in, ","))
	}
	for p := range posts {
		line(`{"type":"post","post":{"team":"staff","channel":"c%d","user":"user%d","message":"Message number %d, of ordinary length, about nothing in particular.","create_at":%d,"reactions":[{"user":"user%d","emoji_name":"tada","create_at":%d}]}}`,
			p%5, p*7%people, p, 1_700_000_000_000+p*1000, p*11%people, 1_700_000_000_005+p*1000)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return file, lines
}
