package adminapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
)

type browseQuery struct {
	Text    string `query:"text" doc:"What a word of a value begins with, or exactly an id, key or DN, or an account id at a target."`
	State   string `query:"state" enum:"active,disabled,gone"`
	Target  string `query:"target" doc:"Only who has an account there."`
	Source  string `query:"source" doc:"Only who is stated by this source, or missing there."`
	Missing bool   `query:"missing" doc:"Of those of the source, only who is missing there."`
	Own     bool   `query:"own" doc:"Only whom no source speaks for, but for a load: they are managed in Muster."`
	After   string `query:"after"`
	Limit   int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
}

type memberQuery struct {
	Who   string `path:"who" doc:"Id, name, key or DN."`
	By    string `query:"by" enum:"direct,groups,all" default:"direct" doc:"Direct members, those in a group within it, or both, each once."`
	After string `query:"after"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

type callQuery struct {
	Target string `query:"target"`
	Who    string `query:"who" doc:"Id, username, name, email, key or DN."`
	Run    string `query:"run"`
	Before string `query:"before" doc:"Continue before the write with this id: the next of the page before."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`

	Verb   string    `query:"verb" doc:"Only these: create, update, disable …"`
	Result string    `query:"result" enum:"done,failed,unknown"`
	Class  string    `query:"class" doc:"Only what counts for the limits of this class."`
	Since  time.Time `query:"since" doc:"Only what was begun then or later."`
}

type recordQuery struct {
	Name  string `path:"name"`
	What  string `query:"what" enum:"people,groups,missing,waiting" default:"people" doc:"Missing: of which nothing is concluded yet."`
	After string `query:"after"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
}

type eventQuery struct {
	Object string    `query:"object" doc:"Id or name of what it was done to."`
	By     string    `query:"by" doc:"Who did it: operator:NAME, or a username."`
	Act    string    `query:"act"`
	Since  time.Time `query:"since" doc:"Only what was done then or later."`
	Before int64     `query:"before" doc:"Continue before the event with this number."`
	Limit  int       `query:"limit" default:"50" minimum:"1" maximum:"1000"`
}

func (a *api) browseRoutes() {
	for kind, plural := range map[directory.Kind]string{directory.Person: "people", directory.Group: "groups"} {
		add(a, route{"browse-" + plural, http.MethodGet, "/browse/" + plural, "Look through " + plural + " by name, with their accounts", access.View, 0},
			func(ctx context.Context, in *browseQuery) (BrowsePage, error) {
				page, err := a.svc.Browse(ctx, BrowseQuery{string(kind), in.Text, in.State, in.Target, in.Source, in.Missing, in.Own, in.After, in.Limit})
				if page.Objects == nil {
					page.Objects = []Object{}
				}
				return page, err
			})
	}
	add(a, route{"list-members", http.MethodGet, "/groups/{who}/members", "Members of a group, and what brings them in", access.View, 0},
		func(ctx context.Context, in *memberQuery) (MemberPage, error) {
			page, err := a.svc.Members(ctx, in.Who, MemberQuery{in.By, directory.ID(in.After), in.Limit})
			if page.Members == nil {
				page.Members = []Member{}
			}
			return page, err
		})
	add(a, route{"list-writes", http.MethodGet, "/writes", "What was sent to targets, newest first", access.View, 0},
		func(ctx context.Context, in *callQuery) (List[CallAt], error) {
			calls, err := a.svc.Writes(ctx, CallQuery{in.Target, in.Who, in.Run, in.Verb, in.Result, in.Class, in.Since, in.Before, in.Limit})
			return list(calls, in.Limit, func(x CallAt) string { return x.ID }), err
		})
	add(a, route{"list-events", http.MethodGet, "/events", "Who did what, newest first", access.View, 0},
		func(ctx context.Context, in *eventQuery) (List[run.Event], error) {
			events, err := a.svc.Events(ctx, run.EventQuery{Object: in.Object, By: in.By, Act: in.Act, Since: in.Since, Before: in.Before, Limit: in.Limit})
			return list(events, in.Limit, func(e run.Event) string { return strconv.FormatInt(e.Seq, 10) }), err
		})
	add(a, route{"list-records", http.MethodGet, "/sources/{name}/records", "What a source states, and what it does not state any more", access.View, 0},
		func(ctx context.Context, in *recordQuery) (RecordPage, error) {
			page, err := a.svc.Records(ctx, RecordQuery{in.Name, in.What, in.After, in.Limit})
			if page.Records == nil {
				page.Records = []SourceRecord{}
			}
			return page, err
		})
	add(a, route{"configuration", http.MethodGet, "/configuration", "The configuration as it was read, without secrets", access.View, 0},
		func(ctx context.Context, _ *none) (Configuration, error) { return a.svc.Configuration(ctx) })
}
