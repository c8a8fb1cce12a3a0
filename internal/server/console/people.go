package console

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// after returns where a list continues, or -1.
func after(v *visit) int {
	n, err := strconv.Atoi(v.query("after"))
	if err != nil {
		return -1
	}
	return n
}

func whyPath(id, target string) string {
	return Root + "people/" + id + "/why?" + url.Values{"target": {target}}.Encode()
}

func (c *console) browse(v *visit, kind directory.Kind) (adminapi.BrowsePage, error) {
	return c.Service.Browse(v.ctx(), adminapi.BrowseQuery{
		Kind: string(kind), Text: v.query("q"), State: v.query("state"), Target: v.query("target"), Source: v.query("source"), Missing: v.query("missing") != "", After: v.query("after"), Limit: rowsShown,
	})
}

func (c *console) peoplePage(v *visit) (view, error) {
	page, err := c.browse(v, directory.Person)
	return view{title: "People", entry: "people", body: browseBody(v, directory.Person, page)}, err
}

func (c *console) groupsPage(v *visit) (view, error) {
	page, err := c.browse(v, directory.Group)
	return view{title: "Groups", entry: "people", body: browseBody(v, directory.Group, page)}, err
}

func nothingFound(kind directory.Kind) string {
	if kind == directory.Group {
		return "No group is found"
	}
	return "Nobody is found"
}

// A moment is something that happened to a person.
type moment struct {
	at   time.Time
	tone tone
	what string
	more string
	href string
	lane string // the target, "" = here
}

// A personView is a person with their life.
type personView struct {
	adminapi.Object
	origins []adminapi.Origin
	life    []moment
	waiting map[string]adminapi.Leaver // by target: open there
	at      []adminapi.At              // how they stand at each target
}

func (c *console) personPage(v *visit) (view, error) {
	o, err := c.Service.Object(v.ctx(), string(directory.Person), v.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	p := personView{Object: o, waiting: map[string]adminapi.Leaver{}}
	if o.State != directory.Active || o.Stop != nil {
		for _, l := range v.leavers {
			if l.Object == o.ID {
				p.waiting[l.Target] = l
			}
		}
	}
	why, err := c.Service.Why(v.ctx(), string(o.ID), "")
	if err != nil {
		return view{}, err
	}
	p.origins, p.at = why.Origins, why.Targets
	p.life, err = c.life(v, o)
	return view{title: o.Name, entry: "people", body: personBody(v, p)}, err
}

// life returns what was done to a person here and what was sent to targets for them, newest first.
func (c *console) life(v *visit, o adminapi.Object) ([]moment, error) {
	var out []moment
	events, err := c.Service.Events(v.ctx(), run.EventQuery{Object: string(o.ID), Limit: rowsShown})
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		out = append(out, moment{e.At, quiet, title(actName(e.Act)) + " by " + who(e.By), e.Detail, "", ""})
	}
	writes, err := c.Service.Writes(v.ctx(), adminapi.CallQuery{Who: string(o.ID), Limit: rowsShown})
	if err != nil {
		return nil, err
	}
	for _, w := range writes {
		m := moment{at: w.At, tone: verbTone(string(w.Verb)), lane: w.Target, what: title(string(w.Verb)) + " at " + w.Target, more: cmp.Or(w.Answer, w.Result)}
		if w.Result == "failed" {
			m.tone, m.what = bad, m.what+" failed"
		}
		if w.Run != "" {
			m.href = Root + "runs/" + w.Run
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b moment) int { return b.at.Compare(a.at) })
	return out, nil
}

// provenance tells of one attribute what Muster has, which source that is from, and what others state and lost with.
type provenance struct {
	path attr.Path
	have attr.Values
	won  string
	lost []adminapi.Origin
}

// provenances says of each attribute of a person who said it, and who said otherwise.
func provenances(o adminapi.Object, origins []adminapi.Origin) []provenance {
	var out []provenance
	for _, path := range sorted(o.Attrs) {
		p := provenance{path: path, have: o.Attrs[path]}
		for _, x := range origins {
			switch {
			case x.Path != path:
			case x.Won:
				p.won = x.Source
			case !slices.Equal(x.Value, o.Attrs[path]):
				p.lost = append(p.lost, x)
			}
		}
		out = append(out, p)
	}
	return out
}

func (c *console) closePage(v *visit) (view, error) {
	o, err := c.Service.Object(v.ctx(), string(directory.Person), v.PathValue("id"))
	return view{title: "Disable " + o.Name, entry: "people", body: closeBody(v, o)}, err
}

func (c *console) reopenPage(v *visit) (view, error) {
	o, err := c.Service.Object(v.ctx(), string(directory.Person), v.PathValue("id"))
	return view{title: "Enable " + o.Name, entry: "people", body: reopenBody(v, o)}, err
}

func (c *console) whyPage(v *visit) (view, error) {
	x, err := c.Service.Why(v.ctx(), v.PathValue("id"), "")
	if err != nil {
		return view{}, err
	}
	at := slices.IndexFunc(x.Targets, func(a adminapi.At) bool { return a.Target == v.query("target") })
	return view{title: "Why " + x.Name, entry: "people", body: whyBody(v, x, max(at, 0))}, nil
}

func (c *console) groupPage(v *visit) (view, error) {
	o, err := c.Service.Object(v.ctx(), string(directory.Group), v.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	members, err := c.Service.Members(v.ctx(), string(o.ID), adminapi.MemberQuery{By: cmp.Or(v.query("by"), "all"), After: directory.ID(v.query("after")), Limit: rowsShown * 2})
	if err != nil {
		return view{}, err
	}
	nesting, err := c.Service.Nesting(v.ctx(), string(o.ID), v.query("member"))
	return view{title: o.Name, entry: "people", body: groupBody(v, o, members, nesting)}, err
}
