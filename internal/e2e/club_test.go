package e2e

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// M3, M6: groups of a real directory are linked to teams and channels, and membership follows them, also within a group and back.
func TestTeamsFollowGroups(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h := c.house()
	h.ok("sync", "-c", "muster.yaml")
	h.env = append(h.env, "MUSTER_CONFIG="+h.path("muster.yaml"))
	h.ok("team", "create", "office", "--title", "The office", "--open").says("anybody may join")
	h.ok("team", "create", "office:editors", "--private")
	h.want(1, "team", "create", "office").says("is there already")
	h.want(1, "team", "create", "no name").says("not a name of a team")
	h.ok("team", "edit", "office", "--open=false", "--title", "Our office").says("Our office").hides("anybody may join")
	h.want(1, "channel", "edit", "office:town-square", "--private").says("stays public")
	h.want(1, "channel", "archive", "office:off-topic", "office:town-square").says("office:off-topic: archived", "never archived")
	h.ok("channel", "restore", "office:off-topic").says("restored")
	h.ok("team", "link", "office", "wiki").says("13 members") // those of staff, which is in wiki, and mia
	h.ok("team", "link", "office:editors", "wiki-editors", "--admin").says("4 members")
	h.in("office:off-topic", 14, "mia", "paul") // paul edits, and is in the office by that
	h.want(64, "team", "manage", "office").says("would be out of office: paul")
	h.ok("team", "manage", "office:editors", "--confirm-count", "0").says("follows its groups")
	h.want(1, "team", "add", "office:editors", "nils").says("follows its groups")

	c.RemoveMembers(group("wiki-editors"), dn("ben"))
	c.AddMembers(group("wiki-editors"), dn("nils"))
	h.ok("sync", "corp")
	h.in("office:editors", 4, "anna", "cleo", "nils", "paul")
	h.in("office", 15, "ben", "nils") // a team that is not managed keeps its people

	h.ok("team", "remove", "office", "anna")
	h.ok("team", "defaults", "off-topic", "editors")
	h.want(1, "team", "add", "office", "olga", "nobody", "nils", "--dry-run").says("olga: would be added to office", "nobody: nobody is found", "nils: unchanged")
	h.want(1, "team", "add", "office", "olga", "nobody", "nils").says("olga: added to office", "nobody: nobody is found", "nils: unchanged")
	h.ok("team", "remove", "office", "olga", "--left").says("olga: taken out of office")
	h.ok("team", "members", "office", "--past", "--search", "olga").says("olga", "left")
	h.ok("team", "add", "office", "olga")
	h.in("office:town-square", 15, "olga")
	h.ok("team", "members", "office", "--past", "--search", "ann").says("anna", "removed")
	h.ok("team", "list", "office", "--search", "ditor").says("office:editors")

	server := h.serve()
	c.AddMembers(group("wiki-editors"), dn("ben"))
	h.ok("sync", "corp")
	h.in("office:editors", 4, "ben") // anna was taken out of the office, and is not fetched back by a channel of it
	server.stop()
	h.ok("history").says("place.link", "place.manage", "place.add", "place.leave", "place.edit")
}

// in checks how many are in a team or channel, and that some are.
func (h *house) in(ref string, count int, some ...string) {
	h.t.Helper()
	var names []string
	for _, m := range decode[struct{ Items []adminapi.PlaceMember }](h, 0, "team", "members", ref).Items {
		names = append(names, m.Name)
	}
	if len(names) != count {
		h.t.Errorf("%s has %d members, want %d: %s", ref, len(names), count, strings.Join(names, ", "))
	}
	for _, name := range some {
		if !slices.Contains(names, name) {
			h.t.Errorf("%s is not in %s: %s", name, ref, strings.Join(names, ", "))
		}
	}
}
