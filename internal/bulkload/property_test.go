package bulkload_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/attr"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/workspace"
)

// M4: whatever a file holds and in whatever order, what is exported after loading it gives the same export again.
func TestExportsLoadAsTheyAre(t *testing.T) {
	towns := rapid.Custom(drawTown)
	for seed := range propertyRuns(8, 300) {
		lines := towns.Example(seed)
		rand.New(rand.NewPCG(uint64(seed), 0)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		folder := t.TempDir()
		write(t, filepath.Join(folder, "import.jsonl"), []byte(strings.Join(lines, "\n")))
		for _, name := range []string{"a.txt", "b/c.png"} {
			write(t, filepath.Join(folder, "data", name), []byte("content of "+name))
		}
		first, second := t.TempDir(), t.TempDir()
		was := loaded(t, folder).exportTo(first)
		if diff := cmp.Diff(was, loaded(t, first).exportTo(second)); diff != "" {
			t.Fatalf("seed %d: export of a loaded export (-first +second):\n%s\nfile:\n%s", seed, diff, strings.Join(lines, "\n"))
		}
	}
}

// M4: also people whom no file brought, with names and addresses that the format does not have, are exported so that it loads without an error.
func TestExportsOfOddPeopleLoad(t *testing.T) {
	for seed := range propertyRuns(3, 200) {
		h := newHall(t)
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		pick := func(from ...string) string { return from[r.IntN(len(from))] }
		handles := map[string]bool{}
		err := h.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
			var people []directory.Object
			for i := range 12 {
				o := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Since: h.Now(), Attrs: attr.Set{}}
				if r.IntN(4) == 0 {
					o.State = directory.Gone
				}
				name := pick("olivia@corp.example.com", "olivia-corp.example.com", "Ann", "ann!", "Ärger", "channel", "..", "1st", strings.Repeat("x", 70), "a b", "hal", "")
				if folded := strings.ToLower(name); o.State == directory.Active && name != "" {
					if handles[folded] {
						name += fmt.Sprint("#", i)
					}
					handles[folded] = true
				}
				o.Attrs[directory.Username] = attr.Values{name}
				o.Attrs[directory.Email] = attr.Values{pick("shared@example.com", "SHARED@example.com", "no address", strings.Repeat("y", 130)+"@example.com", fmt.Sprintf("p%d@example.com", i), "p@example.com")}
				o.Attrs["givenName"] = attr.Values{pick("Ann", strings.Repeat("ö", 80), " ")}
				people = append(people, o)
			}
			if err := tx.PutObjects(t.Context(), people...); err != nil {
				return err
			}
			bot := workspace.Bot{ID: directory.NewID(), Username: "hal", Owner: people[0].ID}
			return errors.Join(workspace.In(tx).PutBots(t.Context(), bot),
				workspace.In(tx).PutDefinitions(t.Context(), workspace.Definition{Kind: workspace.Emoji, Name: "bare"}))
		})
		if err != nil {
			t.Fatal(err)
		}
		first, second := t.TempDir(), t.TempDir()
		was := h.exportTo(first)
		if n := strings.Count(was, `{"type":"user"`); n < 12 {
			t.Errorf("seed %d: %d people of 12\n%s", seed, n, was)
		}
		if diff := cmp.Diff(was, loaded(t, first).exportTo(second)); diff != "" {
			t.Fatalf("seed %d: export of a loaded export (-first +second):\n%s", seed, diff)
		}
	}
}

func propertyRuns(usual, long int) int {
	if os.Getenv("MUSTER_TORTURE") != "" {
		return long
	}
	return usual
}

// loaded loads the file of a folder into a new installation.
func loaded(t *testing.T, folder string) *hall {
	t.Helper()
	h, file := newHall(t), filepath.Join(folder, "import.jsonl")
	r, err := h.load(t.Context(), file, bulkload.LoadOptions{Found: func(f bulkload.Finding) {
		if f.Level == bulkload.Error {
			t.Error(f)
		}
	}})
	if err != nil || len(r.Waiting) > 0 {
		text, _ := os.ReadFile(file)
		t.Fatalf("load: %v, waiting %v\n%s", err, r.Waiting, text)
	}
	return h
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
	file := rapid.SampledFrom([]string{"a.txt", "b/c.png"})
	role := object{"name": "ar", "display_name": "R"}
	add("role", object{"name": "r", "display_name": "R", "permissions": []string{"create_post"}, "scheme_managed": flip.Draw(t, "managed")})
	add("scheme", object{"name": "calm", "display_name": "Calm", "scope": "channel", "default_channel_admin_role": role, "default_channel_user_role": role})
	add("emoji", object{"name": "fox", "image": file.Draw(t, "image")})
	add("bot", object{"username": "hal", "owner": "u0", "display_name": text.Draw(t, "bot"), "delete_at": int64(number(2)) * at(), "profile_image": file.Draw(t, "image")})
	add("direct_channel", object{"participants": []object{{"username": "u0", "msg_count": 3, "msg_count_root": 1}, {"username": "u1", "notify_props": object{"desktop": "all"}}}, "header": text.Draw(t, "header"), "favorited_by": []string{"u1"}})
	for i := range 2 {
		add("team", object{"name": fmt.Sprintf("team%d", i), "display_name": "T", "type": "I", "description": text.Draw(t, "description"), "allow_open_invite": flip.Draw(t, "open")})
		add("channel", object{"team": fmt.Sprintf("team%d", i), "name": "c", "type": "P", "header": text.Draw(t, "header"), "purpose": text.Draw(t, "purpose"), "scheme": "calm", "deleted_at": int64(number(2)) * at()})
	}
	for i := range 4 {
		u := object{"username": fmt.Sprintf("u%d", i), "email": fmt.Sprintf("u%d@example.com", i), "first_name": text.Draw(t, "name"), "locale": "en", "notify_props": object{"email": "true"}}
		if flip.Draw(t, "deleted") {
			u["delete_at"] = at()
		}
		if flip.Draw(t, "more") {
			u["profile_image"], u["tutorial_step"], u["email_interval"], u["theme"] = file.Draw(t, "picture"), text.Draw(t, "step"), "hour", text.Draw(t, "theme")
			u["custom_status"] = object{"emoji": "tada", "text": text.Draw(t, "status")}
		}
		var teams []object
		for j := range number(3) {
			teams = append(teams, object{"name": fmt.Sprintf("team%d", j), "theme": text.Draw(t, "theme"), "channels": []object{{"name": "c", "roles": "channel_user r", "favorite": flip.Draw(t, "favorite"), "msg_count": number(9), "msg_count_root": number(9), "last_viewed_at": at(), "notify_props": object{"mark_unread": "mention"}}}})
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
		p["is_pinned"], p["edit_at"], p["attachments"] = flip.Draw(t, "pinned"), at()+20, []object{{"path": file.Draw(t, "file")}}
		p["thread_followers"] = []object{{"user": user(), "last_viewed": at(), "unread_mentions": number(3)}}
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
