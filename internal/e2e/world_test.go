package e2e

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// A world is what a service should hold, as the test works it out by itself: accounts by userName, members by the name of their group.
type world struct {
	Accounts map[string]account
	Groups   map[string][]string
}

// An account is an account as far as the rules of the tests set it.
type account struct {
	Name, Mail, Title string
	Active            bool
}

// hired is the account of somebody on their first day.
func hired(given, family, username string) account {
	return account{Name: given + " " + family, Mail: username + "@example.com", Title: "-", Active: true}
}

// wikiWorld is what the wiki should hold of the company on its first day.
func wikiWorld() world {
	w := world{Accounts: map[string]account{}, Groups: map[string][]string{"wiki-editors": {"anna", "ben", "cleo"}, "wiki-admins": {"dan"}}}
	for _, p := range staff[:13] {
		w.Accounts[p[2]] = hired(p[0], p[1], p[2])
	}
	return w
}

// set changes one account.
func (w world) set(username string, change func(*account)) {
	a := w.Accounts[username]
	change(&a)
	w.Accounts[username] = a
}

// rename gives an account another userName.
func (w world) rename(old, now string) {
	w.Accounts[now] = w.Accounts[old]
	delete(w.Accounts, old)
}

func off(a *account) { a.Active = false }
func on(a *account)  { a.Active = true }

// observed is the world that a service holds.
func observed(s scimtest.Snapshot) world {
	w := world{Accounts: map[string]account{}, Groups: map[string][]string{}}
	names := map[string]string{}
	for _, u := range s.Users {
		names[u.ID] = u.UserName
		w.Accounts[u.UserName] = account{
			Name: nameOf(u).Text("givenName") + " " + familyName(u), Mail: workMail(u), Title: u.Resource.Text("title"), Active: u.Active,
		}
	}
	for _, g := range s.Groups {
		members := []string{}
		for _, id := range g.Members {
			members = append(members, names[id])
		}
		slices.Sort(members)
		w.Groups[g.DisplayName] = members
	}
	return w
}

// nameOf is the complex attribute name.
func nameOf(u scimtest.User) scim.Resource {
	parts, _ := u.Resource.Get("name").(map[string]any)
	return parts
}

func familyName(u scimtest.User) string { return nameOf(u).Text("familyName") }

func workMail(u scimtest.User) string {
	emails, _ := u.Resource.Get("emails").([]any)
	for _, e := range emails {
		if m, ok := e.(map[string]any); ok && m["type"] == "work" {
			s, _ := m["value"].(string)
			return s
		}
	}
	return ""
}

// holds checks that the wiki holds exactly w.
func (h *house) holds(w world) {
	h.t.Helper()
	got := observed(h.wiki.Snapshot())
	want := world{Accounts: w.Accounts, Groups: maps.Clone(w.Groups)}
	for g, members := range want.Groups {
		members = append([]string{}, members...)
		slices.Sort(members)
		want.Groups[g] = members
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("the wiki does not hold what it should (-want +got):\n%s", diff)
	}
	if err := h.wiki.Invariants(); err != nil {
		h.t.Error(err)
	}
}

// ids are the ids of the wiki's accounts and groups by name: who keeps theirs is the same as before.
func (h *house) ids() map[string]string {
	out := map[string]string{}
	s := h.wiki.Snapshot()
	for _, u := range s.Users {
		out[u.UserName] = u.ID
	}
	for _, g := range s.Groups {
		out["group "+g.DisplayName] = g.ID
	}
	return out
}

// quiet checks that doing something writes nothing to the wiki.
func (h *house) quiet(do func()) {
	h.t.Helper()
	before := len(h.wiki.Writes())
	do()
	if more := h.wiki.Writes()[before:]; len(more) > 0 {
		var text strings.Builder
		for _, w := range more {
			text.WriteString(w.Method + " " + string(w.Class) + " " + w.Name + " " + w.Body + "\n")
		}
		h.t.Errorf("%d writes to the wiki, want none:\n%s", len(more), text.String())
	}
}
