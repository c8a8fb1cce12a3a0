package bulkload_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/bulkload"
)

// M4: whatever a file holds and in whatever order, what is exported after loading it gives the same export again.
func TestExportsLoadAsTheyAre(t *testing.T) {
	towns := rapid.Custom(drawTown)
	count := 8
	if os.Getenv("MUSTER_TORTURE") != "" {
		count = 300
	}
	for seed := range count {
		lines := towns.Example(seed)
		rand.New(rand.NewPCG(uint64(seed), 0)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		first := loaded(t, strings.Join(lines, "\n"))
		if diff := cmp.Diff(first, loaded(t, first)); diff != "" {
			t.Fatalf("seed %d: export of a loaded export (-first +second):\n%s\nfile:\n%s", seed, diff, strings.Join(lines, "\n"))
		}
	}
}

// loaded loads lines into a new installation and returns its export.
func loaded(t *testing.T, text string) string {
	t.Helper()
	h, file := newHall(t), filepath.Join(t.TempDir(), "import.jsonl")
	write(t, file, []byte(text))
	if r, err := h.load(t.Context(), file, bulkload.LoadOptions{Found: func(f bulkload.Finding) {
		if f.Level == bulkload.Error {
			t.Errorf("%s\n%s", f, text)
		}
	}}); err != nil || len(r.Waiting) > 0 {
		t.Fatalf("load: %v, waiting %v\n%s", err, r.Waiting, text)
	}
	return h.export()
}

type object = map[string]any

// drawTown draws the lines of an installation.
func drawTown(t *rapid.T) []string {
	var out []string
	add := func(kind string, v any) {
		b, err := json.Marshal(object{"type": kind, kind: v})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	text := rapid.SampledFrom([]string{"", "a", "Grüße 🦊", "<b>\u2028&\"\\", "line\nbreak", "\x00"})
	flip := rapid.Bool()
	number := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }
	user := func() string { return fmt.Sprintf("u%d", number(4)) }
	at := func() int64 { return 1_700_000_000_000 + int64(number(3)) }
	for i := range 2 {
		add("team", object{"name": fmt.Sprintf("team%d", i), "display_name": "T", "type": "I", "description": text.Draw(t, "description"), "allow_open_invite": flip.Draw(t, "open")})
		add("channel", object{"team": fmt.Sprintf("team%d", i), "name": "c", "type": "P", "header": text.Draw(t, "header")})
	}
	for i := range 4 {
		u := object{"username": fmt.Sprintf("u%d", i), "email": fmt.Sprintf("u%d@example.com", i), "first_name": text.Draw(t, "name"), "locale": "en", "notify_props": object{"email": "true"}}
		if flip.Draw(t, "deleted") {
			u["delete_at"] = at()
		}
		var teams []object
		for j := range number(3) {
			teams = append(teams, object{"name": fmt.Sprintf("team%d", j), "theme": text.Draw(t, "theme"), "channels": []object{{"name": "c", "roles": "channel_user", "favorite": flip.Draw(t, "favorite")}}})
		}
		u["teams"] = teams
		add("user", u)
	}
	said := func() object {
		return object{"user": user(), "message": text.Draw(t, "message"), "create_at": at(), "flagged_by": []string{}, "props": object{"k": text.Draw(t, "prop")}}
	}
	for range number(5) {
		p := said()
		p["team"], p["channel"] = fmt.Sprintf("team%d", number(2)), rapid.SampledFrom([]string{"c", "town-square"}).Draw(t, "channel")
		p["reactions"] = []object{{"user": user(), "emoji_name": "tada", "create_at": at() + 10}}
		var replies []object
		for range number(3) {
			replies = append(replies, said())
		}
		p["replies"] = replies
		add("post", p)
	}
	for range number(3) {
		p := said()
		p["channel_members"] = []string{user(), user(), user()}[:2+number(2)]
		delete(p, "flagged_by")
		add("direct_post", p)
	}
	return out
}
