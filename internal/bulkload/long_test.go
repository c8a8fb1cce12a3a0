package bulkload_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/bulkload"
)

// longThread is a file with one post of so many replies, each with that much text, and with as many reactions.
func longThread(t *testing.T, replies, text int, more string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"type":"version","version":1}
{"type":"team","team":{"name":"staff","display_name":"Staff","type":"O"}}
{"type":"channel","channel":{"team":"staff","name":"news","type":"O"}}
{"type":"user","user":{"username":"ada","email":"ada@example.com"}}
{"type":"post","post":{"team":"staff","channel":"news","user":"ada","message":"long","replies":[`)
	for i := range replies {
		fmt.Fprintf(&b, `{"user":"ada","message":"%d %s","create_at":%d%s},`, i, strings.Repeat("x", text), 1_700_000_000_000+i, more)
	}
	b.WriteString(`{"user":"ada","message":"last","create_at":1800000000000}],"create_at":1700000000000,"reactions":[`)
	for i := range replies {
		fmt.Fprintf(&b, `{"user":"ada","emoji_name":"e%d","create_at":1800000000000},`, i)
	}
	b.WriteString(`{"user":"ada","emoji_name":"tada","create_at":1800000000000}]}}` + "\n")
	file := filepath.Join(t.TempDir(), "import.jsonl")
	write(t, file, []byte(b.String()))
	return file
}

// M4: of a line of some MiB every reply and reaction is loaded, once.
func TestLoadLongThread(t *testing.T) {
	h, file := newHall(t), longThread(t, 2500, 400, "")
	for _, outcome := range []string{"added", "unchanged"} {
		r, err := h.load(t.Context(), file, bulkload.LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got := maps.Clone(r.Written)
		maps.DeleteFunc(got, func(what string, _ int) bool {
			return !strings.HasPrefix(what, "post") && !strings.HasPrefix(what, "reply")
		})
		if want := map[string]int{"post " + outcome: 1, "reply " + outcome: 2501}; !maps.Equal(got, want) || r.Counts["reply"] != 2501 || r.Counts["reaction"] != 2501 {
			t.Errorf("wrote %v, want %v; counts %v", got, want, r.Counts)
		}
	}
}

// M4: what is wrong with a reply of a long line is told with its place, however the line can be read.
func TestLongThreadFindings(t *testing.T) {
	for more, want := range map[string]string{
		`,"edit_at":-1`:  "post.replies[2499].edit_at",
		`,"edit_at":"1"`: "post.replies[0].edit_at",
		`,"odd":true`:    "post.replies[2499].odd",
	} {
		found, r := validate(t, longThread(t, 2500, 400, more), bulkload.Options{})
		if !strings.Contains(found, "line 5, "+want+": ") {
			t.Errorf("%s: nothing is said of %s; %d errors, %d warnings\n%.300s", more, want, r.Errors, r.Warnings, found)
		}
	}
}
