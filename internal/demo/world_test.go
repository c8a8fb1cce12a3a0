package demo

import (
	"context"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"muster/internal/scim/scimtest"
)

func writeFile(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// running starts a world with its plan carried out.
func running(t *testing.T) *world {
	t.Helper()
	w, err := startWorld(t.Context(), t.TempDir(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s := w.play(t.Context(), "plan and approve", func(event) {}, func(ctx context.Context, s *stage) error {
		if err := planning(ctx, s); err != nil {
			return err
		}
		return approval(ctx, s)
	})
	if !s.OK {
		t.Fatalf("plan and approve: %+v", s.Checks)
	}
	return w
}

// TestAuditSeesEverything: whatever single thing is wrong at the wiki, the audit says so, and says which part it is.
func TestAuditSeesEverything(t *testing.T) {
	t.Parallel()
	w := running(t)
	good, s := w.wiki.Snapshot(), w.staff()
	person := w.ledger.wanted(s)[slices.IndexFunc(w.ledger.wanted(s), func(w wanted) bool { return w.active && w.account != "" && w.mail != "" })]
	leaver := w.ledger.wanted(s)[slices.IndexFunc(w.ledger.wanted(s), func(w wanted) bool { return !w.active && w.account != "" })]
	user := func(change func(*scimtest.User)) func(*scimtest.Snapshot) {
		return func(now *scimtest.Snapshot) {
			i := slices.IndexFunc(now.Users, func(u scimtest.User) bool { return u.ID == person.account })
			change(&now.Users[i])
		}
	}
	group := func(name string, change func(*scimtest.Group)) func(*scimtest.Snapshot) {
		return func(now *scimtest.Snapshot) {
			i := slices.IndexFunc(now.Groups, func(g scimtest.Group) bool { return g.DisplayName == name })
			change(&now.Groups[i])
		}
	}
	set := func(name string, v any) func(*scimtest.Snapshot) {
		return user(func(u *scimtest.User) { u.Resource[name] = v })
	}
	for name, c := range map[string]struct {
		part  string
		wrong func(*scimtest.Snapshot)
	}{
		"an account is closed":          {"accounts", user(func(u *scimtest.User) { u.Active = false })},
		"an account is gone":            {"accounts", func(now *scimtest.Snapshot) { drop(now, person.account) }},
		"another username":              {"accounts", set("userName", "somebody.else")},
		"another name":                  {"accounts", set("name", map[string]any{"givenName": "X", "familyName": "Y"})},
		"another display name":          {"accounts", set("displayName", "X")},
		"another type":                  {"accounts", set("userType", "Robot")},
		"a title that is theirs":        {"accounts", set("title", "overwritten")},
		"an attribute nobody asked for": {"accounts", set("nickName", "X")},
		"no address":                    {"accounts", set("emails", nil)},
		"another address":               {"accounts", set("emails", []any{map[string]any{"type": "work", "value": "x@example.com"}})},
		"a leaver is open":              {"accounts", func(now *scimtest.Snapshot) { at(now, leaver.account).Active = true }},
		"a second account": {"others untouched", func(now *scimtest.Snapshot) {
			now.Users = append(now.Users, scimtest.User{ID: "2", UserName: "second"})
		}},
		"a stranger is closed": {"others untouched", func(now *scimtest.Snapshot) { stranger(now).Resource["active"] = false }},
		"a stranger is gone":   {"others untouched", func(now *scimtest.Snapshot) { drop(now, stranger(now).ID) }},
		"a group is gone": {"groups", func(now *scimtest.Snapshot) {
			now.Groups = slices.DeleteFunc(now.Groups, func(g scimtest.Group) bool { return g.DisplayName == wikiSales })
		}},
		"a group is another one":    {"groups", group(wikiSales, func(g *scimtest.Group) { g.ID = "2" })},
		"a group is called wrongly": {"groups", group(wikiDesign, func(g *scimtest.Group) { g.DisplayName = "WIKI-design" })},
		"a member too few":          {"groups", group(wikiEveryone, func(g *scimtest.Group) { g.Members = g.Members[1:] })},
		"a member too many":         {"groups", group(wikiEmpty, func(g *scimtest.Group) { g.Members = []string{person.account} })},
		"a stranger as member":      {"groups", group(wikiSupport, func(g *scimtest.Group) { g.Members = append(g.Members, "2") })},
		"their group":               {"others untouched", group("Book club", func(g *scimtest.Group) { g.Members = nil })},
	} {
		now, l := copyOf(good), *w.ledger
		l.accounts, l.groups, l.own = maps.Clone(l.accounts), maps.Clone(l.groups), maps.Clone(l.own)
		c.wrong(&now)
		if found := failing(l.audit(s, now)); !slices.Contains(found, c.part) {
			t.Errorf("%s: only %q are found wrong", name, found)
		}
	}
	if found := failing(w.ledger.audit(s, copyOf(good))); len(found) > 0 {
		t.Errorf("nothing is wrong, and %q are found", found)
	}
}

func failing(found []finding) []string {
	var out []string
	for _, f := range found {
		if len(f.wrong) > 0 {
			out = append(out, f.name)
		}
	}
	return out
}

func copyOf(s scimtest.Snapshot) scimtest.Snapshot {
	s.Users, s.Groups = slices.Clone(s.Users), slices.Clone(s.Groups)
	for i := range s.Users {
		s.Users[i].Resource = s.Users[i].Resource.Clone()
	}
	for i := range s.Groups {
		s.Groups[i].Members = slices.Clone(s.Groups[i].Members)
		s.Groups[i].Resource = s.Groups[i].Resource.Clone()
	}
	return s
}

func at(s *scimtest.Snapshot, id string) *scimtest.User {
	return &s.Users[slices.IndexFunc(s.Users, func(u scimtest.User) bool { return u.ID == id })]
}

func stranger(s *scimtest.Snapshot) *scimtest.User {
	return &s.Users[slices.IndexFunc(s.Users, func(u scimtest.User) bool { return u.UserName == strangers[0] })]
}

func drop(s *scimtest.Snapshot, id string) {
	s.Users = slices.DeleteFunc(s.Users, func(u scimtest.User) bool { return u.ID == id })
}
