package console

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// placeRoutes are teams and channels. A ref names a team, or with a colon a channel: "staff:news".
func (c *console) placeRoutes() {
	c.get("teams", access.View, c.teamsPage)
	c.get("teams/{ref}", access.View, c.placePage)
	c.post("teams", access.Provision, c.makePlace, c.teamsPage)
	c.post("teams/{ref}/channels", access.Provision, c.makePlace, c.placePage)
	c.post("teams/{ref}/edit", access.Provision, c.editPlace, c.placePage)
	c.post("teams/{ref}/archive", access.Provision, c.archivePlace, c.placePage)
	c.post("teams/{ref}/add", access.Provision, c.addToPlace, c.placePage)
	c.post("teams/{ref}/remove", access.Provision, c.removeFromPlace, c.placePage)
	c.post("teams/{ref}/link", access.Provision, c.linkGroup, c.placePage)
	c.post("teams/{ref}/unlink", access.Provision, c.unlinkGroup, c.placePage)
	c.post("teams/{ref}/manage", access.Provision, c.managePlace, c.placePage)
	c.post("teams/{ref}/defaults", access.Provision, c.joinDefaults, c.placePage)
	c.post("default-channels", access.Configure, c.setDefaults, c.teamsPage)
}

func placePath(ref string) string { return Root + "teams/" + url.PathEscape(ref) }

// A teamsView is a page of the teams, with the channels that whoever joins one joins.
type teamsView struct {
	teams    []adminapi.Place
	next     string
	defaults []string
}

func (c *console) teamsPage(v *visit) (view, error) {
	t := teamsView{}
	var err error
	if t.teams, t.next, err = c.places(v, ""); err != nil {
		return view{}, err
	}
	t.defaults, err = c.Service.DefaultChannels(v.ctx())
	return view{title: "Teams & channels", entry: "people", body: teamsBody(v, t)}, err
}

// places returns a page of teams, or of channels of a team, and where the next begins.
func (c *console) places(v *visit, team string) ([]adminapi.Place, string, error) {
	found, err := c.Service.Places(v.ctx(), adminapi.PlaceQuery{Team: team, Text: v.query("q"), After: v.query("after"), Limit: rowsShown})
	if len(found) < rowsShown {
		return found, "", err
	}
	return found, found[len(found)-1].Ref, err
}

// A placeView is a team or channel, with one sort of what belongs to it.
type placeView struct {
	adminapi.Place
	tab      string
	next     string
	members  []adminapi.PlaceMember
	channels []adminapi.Place
	posts    postsView
	leaving  adminapi.Leaving // if membership were to follow the linked groups
}

func (p placeView) isTeam() bool { return p.Kind == "team" }

// team is the ref of the team that a channel belongs to.
func (p placeView) team() string { team, _, _ := strings.Cut(p.Ref, ":"); return team }

// everybodys says that everybody in the team is in it: it stays public and in use.
func (p placeView) everybodys() bool { return !p.isTeam() && strings.HasSuffix(p.Ref, ":town-square") }

// tabs are the sorts, the first one is shown when none is chosen.
func (p placeView) tabs() []string {
	if p.isTeam() {
		return []string{"members", "channels", "groups"}
	}
	return []string{"members", "posts", "groups"}
}

func (c *console) placePage(v *visit) (view, error) {
	place, err := c.Service.Place(v.ctx(), v.PathValue("ref"))
	if err != nil {
		return view{}, err
	}
	p := placeView{Place: place}
	if p.tab = cmp.Or(v.query("tab"), p.tabs()[0]); !slices.Contains(p.tabs(), p.tab) {
		return c.unknownPage(v)
	}
	switch p.tab {
	case "channels":
		p.channels, p.next, err = c.places(v, p.Ref)
	case "members":
		p.members, err = c.Service.PlaceMembers(v.ctx(), p.Ref, adminapi.PlaceMemberQuery{Text: v.query("q"), After: directory.ID(v.query("after")), Limit: rowsShown})
		if len(p.members) == rowsShown {
			p.next = string(p.members[rowsShown-1].ID)
		}
	case "posts":
		if v.caller.May(access.Content) {
			p.posts, err = c.posts(v, p.Ref)
		}
	case "groups":
		if len(p.Groups) > 0 && !p.Managed {
			p.leaving, err = c.Service.Leaving(v.ctx(), p.Ref)
		}
	}
	return view{title: cmp.Or(p.Title, p.Ref), entry: "people", body: placeBody(v, p)}, err
}

// viaText says what put somebody into a place.
func viaText(via string) string {
	return map[string]string{"hand": "by hand", "load": "by a load", "default": "as a default channel", "group": "by a linked group"}[via]
}

// stateText says how somebody is in a place, with its tone.
func stateText(m adminapi.PlaceMember) (string, tone) {
	switch {
	case m.State == "left":
		return "left by choice", quiet
	case m.State == "removed":
		return "removed", quiet
	case m.Inactive:
		return "in, deactivated", warn
	}
	return "in", good
}

func placeKind(kind string) string {
	return map[string]string{"team": "Team", "public": "Public channel", "private": "Private channel"}[kind]
}

// listed takes names apart that stand on lines or with commas between.
func listed(text string) []string {
	var out []string
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ';' }) {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func (c *console) makePlace(v *visit) (string, error) {
	req := adminapi.NewPlace{
		Ref: strings.TrimSpace(v.PostFormValue("ref")), Title: strings.TrimSpace(v.PostFormValue("title")), Purpose: strings.TrimSpace(v.PostFormValue("purpose")),
		Open: v.PostFormValue("open") == "yes", Private: v.PostFormValue("private") == "yes",
	}
	if team := v.PathValue("ref"); team != "" {
		req.Ref = team + ":" + req.Ref
	}
	p, err := c.Service.NewPlace(v.ctx(), req, v.caller)
	return placePath(p.Ref) + "?did=made", err
}

// editPlace states all that the form shows of a place.
func (c *console) editPlace(v *visit) (string, error) {
	ref := v.PathValue("ref")
	place, err := c.Service.Place(v.ctx(), ref)
	if err != nil {
		return "", err
	}
	e := adminapi.PlaceEdit{Title: new(v.PostFormValue("title")), Purpose: new(v.PostFormValue("purpose"))}
	if joins := new(v.PostFormValue("joins") == "yes"); place.Kind == "team" {
		e.Open = joins
	} else {
		e.Header, e.Private = new(v.PostFormValue("header")), new(!*joins)
	}
	_, err = c.Service.EditPlace(v.ctx(), ref, e, v.caller)
	return placePath(ref) + "?did=edited", err
}

func (c *console) archivePlace(v *visit) (string, error) {
	ref := v.PathValue("ref")
	_, err := c.Service.EditPlace(v.ctx(), ref, adminapi.PlaceEdit{Archived: new(v.PostFormValue("archived") == "yes")}, v.caller)
	return placePath(ref) + "?did=edited", err
}

// membership returns the people that a form names or ticks.
func membership(v *visit) (adminapi.Membership, error) {
	people := append(listed(v.PostFormValue("people")), v.PostForm["line"]...)
	if len(people) == 0 {
		return adminapi.Membership{}, &run.Problem{Code: adminapi.BadRequest, What: "Nobody was named.", Now: "Nothing was changed.", Fix: "Name somebody by username, email or id, or tick rows."}
	}
	return adminapi.Membership{People: people}, nil
}

// notAll is the problem of those for whom something could not be done, with what was done for the others.
func notAll(m adminapi.Moved, err error) error {
	var failed []string
	var first *run.Problem
	for _, x := range m.Each {
		if x.Problem != nil {
			failed, first = append(failed, x.Who), cmp.Or(first, x.Problem)
		}
	}
	if err != nil || first == nil {
		return err
	}
	p := *first
	if len(failed) > 1 {
		p.What = fmt.Sprintf("%s, and so for %d more: %s", p.What, len(failed)-1, strings.Join(failed[1:], ", "))
	}
	p.Now = "For " + count(m.Changed, "person", "people") + " of the others it was done."
	return &p
}

func (c *console) addToPlace(v *visit) (string, error) {
	m, err := membership(v)
	if err == nil {
		err = notAll(c.Service.AddToPlace(v.ctx(), v.PathValue("ref"), m, v.caller))
	}
	return placePath(v.PathValue("ref")) + "?did=added", err
}

func (c *console) removeFromPlace(v *visit) (string, error) {
	m, err := membership(v)
	m.Left = v.PostFormValue("left") == "yes"
	if err == nil {
		err = notAll(c.Service.RemoveFromPlace(v.ctx(), v.PathValue("ref"), m, v.caller))
	}
	return placePath(v.PathValue("ref")) + "?did=removed", err
}

func (c *console) linkGroup(v *visit) (string, error) {
	ref := v.PathValue("ref")
	_, err := c.Service.LinkGroup(v.ctx(), ref, strings.TrimSpace(v.PostFormValue("group")), v.PostFormValue("admin") == "yes", v.caller)
	return placePath(ref) + "?tab=groups&did=linked", err
}

func (c *console) unlinkGroup(v *visit) (string, error) {
	ref := v.PathValue("ref")
	_, err := c.Service.UnlinkGroup(v.ctx(), ref, v.PostFormValue("group"), v.caller)
	return placePath(ref) + "?tab=groups&did=unlinked", err
}

// managePlace has membership follow the linked groups, or not any more. The number of people who would be out is typed, and checked where it is done.
func (c *console) managePlace(v *visit) (string, error) {
	ref, m := v.PathValue("ref"), adminapi.Managed{Managed: v.PostFormValue("managed") == "yes"}
	if m.Managed {
		n, err := strconv.Atoi(strings.ReplaceAll(v.PostFormValue("count"), ",", ""))
		if err != nil {
			return "", &run.Problem{
				Code: adminapi.BadCount, What: "The number is missing.", Why: "Typing how many people would be out is how Muster knows that you have seen it.", Now: "Nothing was changed.",
				Fix: "Type the number that stands beside the field.",
			}
		}
		m.Count = n
	}
	_, err := c.Service.SetManaged(v.ctx(), ref, m, v.caller)
	return placePath(ref) + "?tab=groups&did=managed", err
}

func (c *console) joinDefaults(v *visit) (string, error) {
	_, err := c.Service.AddToDefaults(v.ctx(), v.PathValue("ref"), v.caller)
	return placePath(v.PathValue("ref")) + "?tab=channels&did=joined", err
}

func (c *console) setDefaults(v *visit) (string, error) {
	_, err := c.Service.SetDefaultChannels(v.ctx(), listed(v.PostFormValue("channels")), v.caller)
	return Root + "teams?did=defaults", err
}

// joinText says how people come into a place.
func joinText(p adminapi.Place) string {
	switch {
	case p.Managed:
		return "follows its groups"
	case p.Kind == "team" && p.Open, p.Kind == "public":
		return "anybody may join"
	}
	return "people are added"
}

func placeTab(tab string) string {
	return map[string]string{"members": "Members", "channels": "Channels", "groups": "Linked groups", "posts": "Posts"}[tab]
}
