package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server/adminapi"
)

// A guild is a firm of two with people of its own beside them, who were loaded with posts, and one who was
// made by hand. All but the last have accounts at the wiki.
func guild(t *testing.T) *house {
	t.Helper()
	_, h := firm(t, 2)
	h.edit("      from: {group: \"cn=wiki,ou=Groups,dc=corp,dc=example\", nested: true}\n", "")
	h.env = append(h.env, "MUSTER_CONFIG="+h.path("muster.yaml"))
	h.ok("sync", "-c", "muster.yaml")
	var b strings.Builder
	b.WriteString(`{"type":"version","version":1}
{"type":"team","team":{"name":"guild","display_name":"Guild","type":"O"}}
{"type":"channel","channel":{"team":"guild","name":"work","type":"O"}}
`)
	for _, name := range []string{"jonna", "kaspar", "linus"} {
		fmt.Fprintf(&b, `{"type":"user","user":{"username":%q,"email":"%s.mail@example.com","first_name":"F%s","last_name":"Of%s","teams":[{"name":"guild","channels":[{"name":"work"}]}]}}`+"\n", name, name, name, name)
	}
	b.WriteString(`{"type":"bot","bot":{"username":"helper","owner":"jonna","display_name":"Helper"}}
{"type":"post","post":{"team":"guild","channel":"work","user":"jonna","message":"Shall we meet?","create_at":1700000000000,"replies":[{"user":"kaspar","message":"yes, at noon","create_at":1700000001000,"reactions":[{"user":"jonna","emoji_name":"tada","create_at":1700000002000}]}]}}
{"type":"post","post":{"team":"guild","channel":"work","user":"kaspar","message":"The minutes are ready","create_at":1700000003000}}
{"type":"direct_post","direct_post":{"channel_members":["jonna","linus"],"user":"jonna","message":"between the two of us","create_at":1700000004000}}
`)
	h.write("guild.jsonl", b.String())
	h.ok("load", "run", "guild.jsonl")
	h.ok("user", "create", "hand", "--email", "hand@example.com", "--given-name", "Made", "--family-name", "By Hand")
	h.ok("sync")
	h.approve()
	return h
}

// M10, M11, M13: people of Muster's own are deactivated and activated, many at once, and their accounts follow; what ended does not come back. For people of a
// source the answer says where.
func TestManageUsers(t *testing.T) {
	t.Parallel()
	h := guild(t)
	h.write("leavers.txt", "# two leave\njonna\nhand # made here\np0001\n")
	before := h.ok("history").out
	h.want(1, "user", "deactivate", "--file", "leavers.txt", "--dry-run").says("jonna: would be deactivated", "hand: would be deactivated", "p0001: p0001 comes from corp", "muster disable p0001")
	h.ok("user", "activate", "jonna", "--dry-run")
	h.ok("user", "edit", "jonna", "--nickname", "J", "--dry-run")
	h.want(1, "user", "edit", "jonna", "--username", "Hand", "--dry-run").says(`the username "Hand" belongs to another person`, "Take another username")
	h.want(1, "user", "edit", "hand", "--username", "kaspar", "--dry-run").says(`the username "kaspar" belongs to another person`)
	h.ok("user", "delete", "jonna", "--dry-run", "--wait", "0")
	if after := h.ok("history").out; after != before || after == "" {
		t.Errorf("dry runs entered the history:\n%s\nbefore:\n%s", after, before)
	}
	token := strings.TrimSpace(h.ok("token", "create", "script", "--person", "jonna").out)
	as := append([]string{"MUSTER_TOKEN=" + token}, h.env...)
	h.ok("role", "give", "auditor", "jonna")
	plain := h.env
	h.env = as
	h.ok("user", "list")
	h.env = plain

	h.want(1, "user", "deactivate", "--file", "leavers.txt", "--reason", "the project is over").says("jonna: deactivated", "hand: deactivated")
	h.ok("user", "deactivate", "jonna").says("unchanged, already deactivated")
	h.ok("sync")
	if h.open("jonna") {
		t.Error("jonna is deactivated, and has an open account")
	}
	show := decode[adminapi.Object](h, 0, "user", "show", "jonna")
	if show.State != "disabled" || show.Present != adminapi.Offline || show.Stop == nil || show.Owned != nil {
		t.Errorf("jonna is %+v", show)
	}
	if p := decode[adminapi.Object](h, 0, "user", "show", "p0001"); p.Owned == nil || p.Owned.Source != "corp" {
		t.Errorf("p0001 comes from %+v", p.Owned)
	}
	h.env = as
	h.want(77, "user", "list")
	h.env = plain
	h.ok("channel", "posts", "guild:work").says("jonna (deactivated) in guild:work", "Shall we meet?", "1 reply", "kaspar in guild:work") // M12
	posts := decode[struct{ Items []adminapi.Post }](h, 0, "user", "posts", "jonna").Items
	if len(posts) != 2 || posts[0].Message != "between the two of us" || posts[0].Channel != "" || !posts[1].Author.Inactive {
		t.Errorf("jonna posted %+v", posts)
	}
	h.ok("channel", "replies", string(posts[1].ID)).says("yes, at noon", ":tada: jonna")
	h.ok("user", "activate", "jonna", "hand").says("jonna: activated", "hand: activated")
	h.env = as
	h.want(77, "user", "list")
	h.env = plain
	h.ok("sync")
	if !h.open("jonna") {
		t.Error("jonna is active, and has no open account")
	}
	h.ok("user", "edit", "jonna", "--email", "jonna.new@example.com", "--family-name", "Renamed").says("jonna: changed")
	h.ok("user", "edit", "hand", "--name", "Still By Hand").says("hand: changed")
	h.want(1, "user", "edit", "jonna", "--username", "kaspar").says("belongs to another person")
	h.want(1, "user", "edit", "hand", "--username", "kaspar").says("conflict")
	h.ok("user", "search", "jonna.new").says("jonna.new@example.com")
	h.ok("user", "show", "jonna").says("Renamed")
	h.ok("user", "reset-password", "hand").says("/console/welcome?code=")
	h.want(1, "user", "deactivate", "owner").says("protected")
	h.ok("history").says("user.deactivate", "enable", "user.edit", "password.reset")
}

// M12, X6: somebody is deleted for good: their account is closed first, however long that takes, and then no file of the installation holds a value of theirs. What
// others wrote stays.
func TestDeleteForGood(t *testing.T) {
	t.Parallel()
	h := guild(t)
	server := h.serve()
	h.want(1, "user", "delete", "p0001", "--confirm").says("owned_by_source", "muster disable p0001")
	h.want(1, "user", "delete", "owner", "--confirm").says("nobody deletes themselves")
	h.want(64, "user", "delete", "jonna").says("only with --confirm")
	h.ok("user", "delete", "jonna", "linus", "--dry-run", "--wait", "0").says("jonna: would be deleted for good; waits")
	h.ok("role", "give", "operator", "jonna")
	h.ok("role", "take", "operator", "jonna")
	h.ok("pause", "wiki", "--reason", "jonna asked for it")
	id := decode[adminapi.Object](h, 0, "user", "show", "jonna").ID
	h.want(1, "user", "delete", "jonna", "--confirm", "--wait", "2s").says("waiting", "wiki has not confirmed")
	if !h.open("jonna") {
		t.Error("the account was closed through a pause")
	}
	server.kill()
	h.serve()
	h.ok("user", "deletions").says("jonna: waiting")
	h.ok("resume", "wiki", "--reason", "done")
	h.await("the deletion", func() bool {
		d := decode[struct{ Items []adminapi.Deletion }](h, 0, "user", "deletions").Items
		return len(d) == 1 && d[0].State == "done" && d[0].Person == id && d[0].Removed["posts"] > 0
	})
	if h.open("jonna") {
		t.Error("jonna was forgotten with an open account")
	}
	h.want(1, "user", "show", "jonna").says("not_found")
	h.ok("channel", "posts", "guild:work").says("yes, at noon", "The minutes are ready").hides("jonna", "Shall we meet?")
	h.ok("history").says("user.deleted", string(id)).hides("jonna")
	for _, f := range h.files() {
		if text := strings.ToLower(f.text); strings.Contains(text, "jonna") || strings.Contains(text, "shall we meet") || strings.Contains(text, "between the two of us") {
			t.Errorf("%s still holds something of hers", f.name)
		}
	}
}

// A kept is a file of the data folder.
type kept struct{ name, text string }

// files are all files of the data folder.
func (h *house) files() (out []kept) {
	h.t.Helper()
	err := filepath.WalkDir(h.path("muster-data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // gone meanwhile
			return nil
		}
		out = append(out, kept{path, string(text)})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}
