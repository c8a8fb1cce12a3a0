package e2e

import (
	"strings"
	"testing"

	"muster/internal/scim/scimtest"
	"muster/internal/testserver"
)

// P9: a group is renamed at the source, and Atlassian cannot rename it: the administrator is asked, by the command line, and has the old name kept, and then
// the group replaced.
func TestGroupRenamedWhereAtlassianCannot(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h := c.house()
	h.wiki = scimtest.NewServer(t, scimtest.Config{Vendor: scimtest.Atlassian, Token: wikiToken})
	h.write("muster.yaml", c.source()+strings.ReplaceAll(strings.Replace(wikiTarget, "type: scim", "type: atlassian", 1), "URL", h.wiki.URL)+
		"\nnetwork: {allow: [127.0.0.0/8]}\nlisten: off\n")
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
	h.members("wiki-editors", "anna", "ben", "cleo")

	t.Log("keep")
	c.Rename(group("wiki-editors"), "cn=wiki-writers")
	h.want(4, "sync").says("muster hold list wiki")
	h.ok("hold", "show", "wiki").says("wiki-editors", "wiki-writers", "permissions", "--answer replace or --answer keep", "3 members now")
	h.want(1, "hold", "release", "wiki", "--confirm-count", "1").says("--answer replace or --answer keep")
	h.want(1, "hold", "release", "wiki", "--confirm-count", "1", "--answer", "perhaps").says("perhaps")
	h.quiet(func() { h.ok("hold", "release", "wiki", "--confirm-count", "1", "--answer", "keep") })
	h.quiet(func() { h.ok("sync", "--full") })
	h.members("wiki-editors", "anna", "ben", "cleo")

	t.Log("replace")
	c.Rename(group("wiki-writers"), "cn=wiki-authors")
	h.want(4, "sync")
	h.ok("hold", "release", "wiki", "--confirm-count", "1", "--answer", "replace")
	h.members("wiki-authors", "anna", "ben", "cleo")
	if _, there := h.wiki.Snapshot().Group("wiki-editors"); there {
		t.Error("the group that was replaced is still there")
	}
	h.quiet(func() { h.ok("sync", "--full") })
	if err := h.wiki.Invariants(); err != nil {
		t.Error(err)
	}
}

// members checks who is in a group of the wiki.
func (h *house) members(name string, want ...string) {
	h.t.Helper()
	got := observed(h.wiki.Snapshot()).Groups[name]
	if strings.Join(got, " ") != strings.Join(want, " ") {
		h.t.Errorf("members of %s: %v, want %v", name, got, want)
	}
}
