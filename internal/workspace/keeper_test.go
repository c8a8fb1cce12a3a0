package workspace_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/store"
	"muster/internal/store/storetest"
	"muster/internal/workspace"
)

// A club is a workspace with a few people.
type club struct {
	workspace.Keeper
	t      *testing.T
	ids    map[string]directory.ID // of people, groups, teams and "team:channel"
	people []string
}

func newClub(t *testing.T, people ...string) *club {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t, t.TempDir()), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &club{Keeper: workspace.Keeper{Store: s, Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }}, t: t, ids: map[string]directory.ID{}, people: people}
	for _, name := range people {
		c.object(directory.Person, name, directory.Active)
	}
	return c
}

func (c *club) object(kind directory.Kind, name string, state directory.State) {
	c.t.Helper()
	if c.ids[name] == "" {
		c.ids[name] = directory.NewID()
	}
	c.update(func(tx directory.Tx) error {
		return tx.PutObjects(c.t.Context(), directory.Object{ID: c.ids[name], Kind: kind, State: state, Attrs: attr.Set{directory.Username: {name}, directory.Name: {name}}})
	})
}

func (c *club) update(fn func(directory.Tx) error) {
	c.t.Helper()
	if err := c.Store.Update(c.t.Context(), "test", fn); err != nil {
		c.t.Fatal(err)
	}
}

func (c *club) view(fn func(directory.Reader) error) {
	c.t.Helper()
	if err := c.Store.View(c.t.Context(), fn); err != nil {
		c.t.Fatal(err)
	}
}

func (c *club) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// group makes a group, or changes who is in it: "+ada", "-ben".
func (c *club) group(name string, changes ...string) {
	c.t.Helper()
	if c.ids[name] == "" {
		c.object(directory.Group, name, directory.Active)
	}
	var add, remove []directory.ID
	for _, x := range changes {
		if x[0] == '+' {
			add = append(add, c.ids[x[1:]])
		} else {
			remove = append(remove, c.ids[x[1:]])
		}
	}
	c.update(func(tx directory.Tx) error { return tx.PutEdges(c.t.Context(), c.ids[name], add, remove) })
	c.must(c.CatchUp(c.t.Context()))
}

func (c *club) team(name string, channels ...string) {
	c.t.Helper()
	team, err := c.NewTeam(c.t.Context(), "test", workspace.Place{Name: name})
	c.must(err)
	c.ids[name] = team.ID
	for _, ch := range channels {
		_, err := c.NewChannel(c.t.Context(), "test", workspace.Place{Kind: workspace.Private, Team: team.ID, Name: ch})
		c.must(err)
	}
	c.view(func(r directory.Reader) error {
		places, err := workspace.Of(r).ListPlaces(c.t.Context(), workspace.PlaceQuery{Kinds: []workspace.Kind{workspace.Public, workspace.Private}, Team: team.ID})
		for _, p := range places {
			c.ids[name+":"+p.Name] = p.ID
		}
		return err
	})
}

func (c *club) add(place string, people ...string) {
	c.t.Helper()
	_, err := c.Add(c.t.Context(), "test", c.ids[place], c.list(people)...)
	c.must(err)
}

func (c *club) remove(place string, choice bool, people ...string) {
	c.t.Helper()
	_, err := c.Remove(c.t.Context(), "test", c.ids[place], choice, c.list(people)...)
	c.must(err)
}

func (c *club) link(group, place string, admin bool) {
	c.t.Helper()
	c.must(c.Link(c.t.Context(), "test", workspace.GroupLink{Group: c.ids[group], Place: c.ids[place], Admin: admin}))
}

func (c *club) list(names []string) (out []directory.ID) {
	for _, n := range names {
		out = append(out, c.ids[n])
	}
	return out
}

// in checks who is in a place; a star behind a name is an admin.
func (c *club) in(place string, want ...string) {
	c.t.Helper()
	var got []string
	c.view(func(r directory.Reader) error {
		members, err := workspace.Of(r).Members(c.t.Context(), c.ids[place], "", 0)
		for _, m := range members {
			for _, name := range c.people {
				if c.ids[name] != m.Person || m.State != workspace.Present {
					continue
				}
				if strings.Contains(m.Roles, "admin") {
					name += "*"
				}
				got = append(got, name)
			}
		}
		return err
	})
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("in %s (-want +got):\n%s", place, diff)
	}
}

// M3: whoever joins a team joins its default channels; a new list of them counts for who joins later, unless everybody is to be added.
func TestDefaultChannels(t *testing.T) {
	c := newClub(t, "ada", "ben", "cyd")
	c.team("staff", "news")
	c.add("staff", "ada")
	c.in("staff:town-square", "ada")
	c.in("staff:off-topic", "ada")
	list, err := c.SetDefaults(t.Context(), "test", []string{"News"})
	c.must(err)
	if diff := cmp.Diff([]string{"town-square", "news"}, list); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	c.add("staff", "ben")
	c.in("staff:news", "ben")
	c.in("staff:off-topic", "ada")
	n, err := c.AddToDefaults(t.Context(), "test", c.ids["staff"])
	c.must(err)
	if n != 1 {
		t.Errorf("%d were added, want 1", n)
	}
	c.in("staff:news", "ada", "ben")
	c.remove("staff:news", true, "ada")
	_, err = c.AddToDefaults(t.Context(), "test", c.ids["staff"])
	c.must(err)
	c.in("staff:news", "ben") // who has left by choice is left alone
	if _, err := c.SetDefaults(t.Context(), "test", []string{"no name!"}); !errors.Is(err, workspace.ErrName) {
		t.Errorf("a list with a bad name: %v", err)
	}
	c.add("staff:news", "cyd")
	c.in("staff", "ada", "ben", "cyd") // a channel is joined by way of its team
	c.in("staff:town-square", "ada", "ben", "cyd")
	if _, err := c.Remove(t.Context(), "test", c.ids["staff:town-square"], true, c.ids["cyd"]); !errors.Is(err, workspace.ErrFixed) {
		t.Errorf("leaving the channel of everybody: %v", err)
	}
	c.remove("staff", false, "cyd")
	c.in("staff", "ada", "ben")
	c.in("staff:news", "ben")
	c.in("staff:town-square", "ada", "ben")
}

// M6: the people of a linked group are let in, those of groups within it too; who leaves the group stays where membership does not follow it.
func TestLinkedGroupLetsIn(t *testing.T) {
	c := newClub(t, "ada", "ben", "cyd", "dan", "eve", "fay")
	c.team("staff", "news")
	c.group("inner", "+ben")
	c.group("outer", "+ada", "+inner")
	c.link("outer", "staff:news", false)
	c.in("staff:news", "ada", "ben")
	c.in("staff", "ada", "ben")
	c.in("staff:off-topic", "ada", "ben")
	c.group("inner", "+cyd")
	c.group("more", "+dan")
	c.group("outer", "+more")
	c.in("staff:news", "ada", "ben", "cyd", "dan")
	c.group("core", "+eve")
	c.group("inner", "+core") // two levels down
	c.in("staff:news", "ada", "ben", "cyd", "dan", "eve")
	c.group("core", "+fay")
	c.in("staff:news", "ada", "ben", "cyd", "dan", "eve", "fay")
	c.group("outer", "-ada")
	c.in("staff:news", "ada", "ben", "cyd", "dan", "eve", "fay")
	c.remove("staff:news", true, "ben")
	c.group("inner", "-ben")
	c.group("inner", "+ben")
	c.in("staff:news", "ada", "cyd", "dan", "eve", "fay") // who left by choice is not fetched back
}

// M6: where membership follows groups, who is in none of them is out, who comes back is in, and nobody is added by hand.
func TestManagedByGroups(t *testing.T) {
	c := newClub(t, "ada", "ben", "cyd", "dan")
	c.team("staff", "news")
	c.add("staff", "ada", "ben", "cyd")
	c.add("staff:news", "cyd")
	if err := c.SetManaged(t.Context(), "test", c.ids["staff:news"], true); !errors.Is(err, workspace.ErrUnlinked) {
		t.Errorf("managed by no group: %v", err)
	}
	c.group("writers", "+ada", "+ben")
	c.group("heads", "+ben")
	c.link("writers", "staff:news", false)
	c.link("heads", "staff:news", true)
	c.in("staff:news", "ada", "ben*", "cyd")
	leaving, n, err := c.Leaving(t.Context(), c.ids["staff:news"], 10)
	c.must(err)
	if n != 1 || !slices.Equal(leaving, c.list([]string{"cyd"})) {
		t.Errorf("leaving %v, %d", leaving, n)
	}
	c.must(c.SetManaged(t.Context(), "test", c.ids["staff:news"], true))
	c.in("staff:news", "ada", "ben*")
	if _, err := c.Add(t.Context(), "test", c.ids["staff:news"], c.ids["cyd"]); !errors.Is(err, workspace.ErrManaged) {
		t.Errorf("adding by hand: %v", err)
	}
	c.group("writers", "-ada", "+cyd")
	c.in("staff:news", "ben*", "cyd")
	c.group("writers", "+ada")
	c.in("staff:news", "ada", "ben*", "cyd")
	c.group("core", "+dan")
	c.group("inner", "+core")
	c.group("writers", "+inner")
	c.in("staff:news", "ada", "ben*", "cyd", "dan")
	c.group("inner", "-core") // with everybody two levels down
	c.in("staff:news", "ada", "ben*", "cyd")
	c.group("heads", "-ben")
	c.in("staff:news", "ada", "ben", "cyd")
	c.object(directory.Person, "ada", directory.Disabled)
	c.group("writers", "-ada")
	c.in("staff:news", "ada", "ben", "cyd") // who is deactivated stays where they were
	c.object(directory.Person, "ada", directory.Active)
	c.must(c.CatchUp(t.Context()))
	c.must(c.Settle(t.Context(), c.ids["staff:news"]))
	c.in("staff:news", "ben", "cyd")
}

// M6: a group that is gone takes its people with it while others are linked; when none is there any more, nobody leaves.
func TestLinkedGroupsThatAreGone(t *testing.T) {
	c := newClub(t, "ada", "ben")
	c.team("staff")
	c.group("a", "+ada")
	c.group("b", "+ben")
	c.link("a", "staff", false)
	c.link("b", "staff", false)
	c.must(c.SetManaged(t.Context(), "test", c.ids["staff"], true))
	c.object(directory.Group, "a", directory.Gone)
	c.must(c.CatchUp(t.Context()))
	c.in("staff", "ben")
	c.object(directory.Group, "b", directory.Gone)
	c.must(c.CatchUp(t.Context()))
	c.in("staff", "ben")
}

// M6: what a change costs does not depend on how many are in the group: one is added to 2,000, and only they are written.
func TestOneOfMany(t *testing.T) {
	c := newClub(t, "ada")
	c.team("staff")
	var many []directory.Object
	var ids []directory.ID
	for i := range 2000 {
		o := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {fmt.Sprintf("u%d", i)}}}
		many, ids = append(many, o), append(ids, o.ID)
	}
	c.update(func(tx directory.Tx) error { return tx.PutObjects(t.Context(), many...) })
	c.group("all")
	c.update(func(tx directory.Tx) error { return tx.PutEdges(t.Context(), c.ids["all"], ids, nil) })
	c.link("all", "staff", false)
	c.must(c.CatchUp(t.Context()))
	c.Now = func() time.Time { return time.UnixMilli(1_800_000_000_000) }
	c.group("all", "+ada")
	c.view(func(r directory.Reader) error {
		members, err := workspace.Of(r).Members(t.Context(), c.ids["staff"], "", 0)
		fresh := 0
		for _, m := range members {
			if m.Since.Equal(c.Now().UTC()) {
				fresh++
			}
		}
		if len(members) != 2001 || fresh != 1 {
			t.Errorf("%d members, %d of them written now", len(members), fresh)
		}
		return err
	})
}

// M6: who left by choice is not fetched back by any rule, whatever becomes of the group; by hand they come back, also where membership follows groups.
func TestLeftByChoice(t *testing.T) {
	c := newClub(t, "ada", "ben", "cyd")
	c.team("staff", "news")
	c.group("writers", "+ada", "+ben")
	c.link("writers", "staff", false)
	c.link("writers", "staff:news", false)
	c.remove("staff", true, "ada")
	c.must(c.Settle(t.Context(), c.ids["staff:news"]))
	c.in("staff", "ben") // nor by way of a channel
	c.in("staff:news", "ben")
	c.must(c.SetManaged(t.Context(), "test", c.ids["staff"], true))
	c.group("writers", "-ada")
	c.must(c.Settle(t.Context(), c.ids["staff"]))
	c.remove("staff", true, "ben")
	c.group("writers", "+ada")
	c.in("staff")
	if _, err := c.Remove(t.Context(), "test", c.ids["staff"], false, c.ids["ada"]); !errors.Is(err, workspace.ErrManaged) {
		t.Errorf("removing by hand: %v", err)
	}
	if _, err := c.Add(t.Context(), "test", c.ids["staff"], c.ids["ada"], c.ids["cyd"]); !errors.Is(err, workspace.ErrManaged) {
		t.Errorf("adding somebody of no group by hand: %v", err)
	}
	changed, err := c.Add(t.Context(), "test", c.ids["staff"], c.ids["ada"])
	c.must(err)
	if !slices.Equal(changed, c.list([]string{"ada"})) {
		t.Errorf("%v came back, want ada", changed)
	}
	c.in("staff", "ada")
	c.group("writers", "-ada")
	c.in("staff")
}

// M6: a team or channel is changed after it was made, within what each can be; what is archived takes nobody in by a rule until it is restored.
func TestEdit(t *testing.T) {
	c := newClub(t, "ada", "ben")
	c.team("staff", "news")
	yes, no := new(true), new(false)
	edit := func(place string, e workspace.PlaceEdit) workspace.Place {
		t.Helper()
		p, err := c.Edit(t.Context(), "test", c.ids[place], e)
		c.must(err)
		return p
	}
	if p := edit("staff", workspace.PlaceEdit{Title: new(" The staff "), Purpose: new("all"), Open: yes}); p.Title != "The staff" || p.Purpose != "all" || !p.Open || !p.Joinable {
		t.Errorf("team: %+v", p)
	}
	if p := edit("staff", workspace.PlaceEdit{Open: no}); p.Open || p.Joinable || p.Title != "The staff" {
		t.Errorf("team: %+v", p)
	}
	if p := edit("staff:news", workspace.PlaceEdit{Private: no, Header: new("today"), Purpose: new("")}); p.Kind != workspace.Public || p.Header != "today" {
		t.Errorf("channel: %+v", p)
	}
	edit("staff:town-square", workspace.PlaceEdit{Title: new("Market"), Private: no, Archived: no})
	for name, x := range map[string]struct {
		place string
		edit  workspace.PlaceEdit
	}{
		"everybody's channel private":  {"staff:town-square", workspace.PlaceEdit{Private: yes}},
		"everybody's channel archived": {"staff:town-square", workspace.PlaceEdit{Archived: yes}},
		"a private team":               {"staff", workspace.PlaceEdit{Private: yes}},
		"a team with a header":         {"staff", workspace.PlaceEdit{Header: new("x")}},
		"an open channel":              {"staff:news", workspace.PlaceEdit{Open: yes}},
		"no title":                     {"staff", workspace.PlaceEdit{Title: new(" ")}},
		"a long title":                 {"staff", workspace.PlaceEdit{Title: new(strings.Repeat("ä", 65))}},
		"a long purpose":               {"staff:news", workspace.PlaceEdit{Purpose: new(strings.Repeat("ä", 251))}},
	} {
		if _, err := c.Edit(t.Context(), "test", c.ids[x.place], x.edit); !errors.Is(err, workspace.ErrEdit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.group("writers", "+ada")
	c.link("writers", "staff:news", false)
	if p := edit("staff:news", workspace.PlaceEdit{Archived: yes}); p.Archived.IsZero() {
		t.Errorf("channel: %+v", p)
	}
	c.group("writers", "+ben")
	c.in("staff:news", "ada")
	edit("staff:news", workspace.PlaceEdit{Archived: no})
	c.in("staff:news", "ada", "ben")
}

// M6: an archived team holds its channels too: nobody comes into them by a rule or goes out, whatever becomes of the groups meanwhile. Restored, all of it counts.
func TestArchivedTeamHoldsItsChannels(t *testing.T) {
	c := newClub(t, "ada", "ben", "cyd", "dan")
	c.team("staff", "news", "minutes")
	c.group("writers", "+ada", "+ben")
	c.link("writers", "staff:news", false)
	c.must(c.SetManaged(t.Context(), "test", c.ids["staff:news"], true))
	archive := func(archived bool) {
		t.Helper()
		_, err := c.Edit(t.Context(), "test", c.ids["staff"], workspace.PlaceEdit{Archived: &archived})
		c.must(err)
	}
	archive(true)
	c.group("writers", "+cyd", "-ben")
	c.group("all", "+dan")
	c.link("all", "staff", false)
	_, err := c.SetDefaults(t.Context(), "test", []string{"off-topic", "minutes"})
	c.must(err)
	if n, err := c.AddToDefaults(t.Context(), "test", c.ids["staff"]); n != 0 || err != nil {
		t.Errorf("%d joined a channel of an archived team: %v", n, err)
	}
	c.in("staff:news", "ada", "ben")
	c.in("staff", "ada", "ben")
	archive(false)
	c.in("staff:news", "ada", "cyd")
	c.in("staff", "ada", "ben", "cyd", "dan")
	c.in("staff:off-topic", "ada", "ben", "cyd", "dan")
}

func TestNames(t *testing.T) {
	c := newClub(t)
	for _, name := range []string{"", "a", "-a", "a-", "a b", "admins", "loginroom", strings.Repeat("a", 65)} {
		if _, err := c.NewTeam(t.Context(), "test", workspace.Place{Name: name}); !errors.Is(err, workspace.ErrName) {
			t.Errorf("team %q: %v", name, err)
		}
	}
	c.team("staff")
	if _, err := c.NewTeam(t.Context(), "test", workspace.Place{Name: "STAFF"}); !errors.Is(err, directory.ErrConflict) {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := c.NewChannel(t.Context(), "test", workspace.Place{Kind: workspace.Public, Team: directory.NewID(), Name: "c"}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a channel of no team: %v", err)
	}
}

// M13: whatever deactivates a person, their bots are disabled with them, and stay so when they come back.
func TestBotsFollowTheirOwner(t *testing.T) {
	t.Parallel()
	c := newClub(t, "anna", "ben")
	c.update(func(tx directory.Tx) error {
		return workspace.In(tx).PutBots(t.Context(), workspace.Bot{ID: directory.NewID(), Username: "helper", Owner: c.ids["anna"]}, workspace.Bot{ID: directory.NewID(), Username: "other", Owner: c.ids["ben"]})
	})
	disabled := func(want ...string) {
		t.Helper()
		c.must(c.CatchUp(t.Context()))
		var got []string
		c.view(func(r directory.Reader) error {
			bots, err := workspace.Of(r).Bots(t.Context(), nil)
			for _, b := range bots {
				if !b.Disabled.IsZero() {
					got = append(got, b.Username)
				}
			}
			return err
		})
		if !slices.Equal(got, want) {
			t.Errorf("disabled bots: %v, want %v", got, want)
		}
	}
	disabled()
	c.object(directory.Person, "anna", directory.Disabled)
	disabled("helper")
	c.object(directory.Person, "anna", directory.Active)
	disabled("helper")
}
