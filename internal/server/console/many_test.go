package console_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/scimapi"
)

// much is a service of a large company with long names.
type much struct{ adminapi.Service }

func long(i int) string {
	return fmt.Sprintf("wolfeschlegelsteinhausenbergerdorff-welche-vor-altern-waren-%03d", i)
}

func hours(n int) time.Time { return adminapitest.Now.Add(-time.Duration(n) * time.Hour) }

// some makes n of something, but no more than a page shows.
func some[T any](n int, one func(int) T) []T {
	var out []T
	for i := range min(n, 50) {
		out = append(out, one(i))
	}
	return out
}

// throng gives many people roles, and the owner many tokens.
func throng(t *testing.T, h *adminapitest.House) {
	t.Helper()
	owner := access.Caller{Person: h.Person(access.Owner), Handle: "owner", Roles: []access.Role{access.Owner}}
	for i := range 30 {
		id := directory.NewID()
		err := h.Keeper.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
			if err := tx.PutObjects(t.Context(), directory.Object{ID: id, Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {long(i)}}}); err != nil {
				return err
			}
			return access.In(tx).PutGrant(t.Context(), access.Grant{Person: id, Role: access.Operator, By: "owner", At: adminapitest.Now})
		})
		if err == nil {
			_, _, err = h.Keeper.IssueFor(t.Context(), owner, owner.Person, access.Use{Source: "entra"}, long(i), 90*24*time.Hour)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (m much) Status(ctx context.Context) (adminapi.Status, error) {
	s, err := m.Service.Status(ctx)
	for i := range 9 {
		t := s.Targets[i%3]
		t.Name, t.Users, t.Leavers = fmt.Sprintf("target-with-a-long-name-%d", i), 100_000+i, 40*i
		s.Targets = append(s.Targets, t)
		from := s.Sources[i%2]
		from.Name, from.People, from.Groups = fmt.Sprintf("source-with-a-long-name-%d", i), 100_000+i, 20_000
		s.Sources = append(s.Sources, from)
	}
	s.People["active"], s.Summary = 104_233, "3 of 12 targets in step; "+strings.Repeat("target-with-a-long-name, ", 6)+"waiting for a decision; 50 open leavers."
	return s, err
}

// Ten classes of calls with long names, and some search bases.
func (m much) TargetSeries(ctx context.Context, name, span string) (adminapi.TargetSeries, error) {
	s, err := m.Service.TargetSeries(ctx, "wiki", span)
	s.Name, s.Total.Calls = name, 1_204_112
	for i := range 9 {
		c := s.Classes[i%2]
		c.Class = long(i)
		s.Classes = append(s.Classes, c)
	}
	s.Classes[0].Class = long(9)
	return s, err
}

func (m much) SourceSeries(ctx context.Context, name, span string) (adminapi.SourceSeries, error) {
	s, err := m.Service.SourceSeries(ctx, "corp", span)
	s.Name = name
	for i := range 3 {
		b := s.Bases[i%2]
		b.Base = long(i)
		s.Bases = append(s.Bases, b)
	}
	return s, err
}

func (much) RunRows(_ context.Context, q adminapi.RunRowQuery) (adminapi.RunRowPage, error) {
	return adminapi.RunRowPage{Next: q.Limit, Rows: some(q.Limit, func(i int) adminapi.RunRow {
		return adminapi.RunRow{Seq: i + 1, Object: directory.NewID(), Kind: directory.Group, Name: long(i), State: directory.Active, Member: directory.NewID(), MemberKind: directory.Person, MemberName: long(i + 1)}
	})}, nil
}

func (much) Leavers(_ context.Context, q adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	return q.Page(some(120, func(i int) adminapi.Leaver {
		return adminapi.Leaver{
			Object: directory.NewID(), Name: long(i), Target: "target-with-a-long-name-1", State: []string{"closing", "held", "retrying", "missing"}[i%4],
			Why: "the target has not confirmed it yet, and was asked " + long(i), Since: hours(i),
		}
	})), nil
}

func (much) Limits(context.Context, string) ([]adminapi.Limit, error) {
	return some(24, func(i int) adminapi.Limit {
		return adminapi.Limit{Target: fmt.Sprintf("target-with-a-long-name-%d", i/8), Class: []string{"stated", "left", "missing", "memberships", "groups", "names", "creates", "ask"}[i%8], Limit: 10_000, Spent: 417 * i}
	}), nil
}

func (much) Runs(_ context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	return some(q.Limit, func(i int) run.Run {
		return run.Run{
			ID: fmt.Sprintf("run-%d", i), Kind: run.Reconcile, Name: cmp.Or(q.Name, "target-with-a-long-name-1"), Started: hours(i), Ended: hours(i).Add(90 * time.Second),
			Outcome: []run.Outcome{run.Done, run.Done, run.Held, run.Failed}[i%4],
			Counts:  map[string]int{"read": 100_000 - 37*i, "listed_users": 100_000 - 31*i, "updated": i * 7, "retrying": i % 5, "created": i, "disabled": i % 3, "linked": 400, "members_added": 12_345},
		}
	}), nil
}

func (much) Run(_ context.Context, id string, _ time.Duration) (adminapi.RunView, error) {
	v := adminapi.RunView{Run: run.Run{ID: id, Kind: run.Reconcile, Name: "target-with-a-long-name-1", Started: hours(2), Ended: hours(1), Outcome: run.Held, Counts: map[string]int{}}}
	for i := range 14 {
		v.Counts[fmt.Sprintf("a_count_with_a_long_name_%d", i)] = 123_456 * (i + 1)
	}
	v.Notes = some(4, func(i int) string { return "something to know about " + long(i) })
	return v, nil
}

func (much) Writes(_ context.Context, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	return some(q.Limit, func(i int) adminapi.CallAt {
		return adminapi.CallAt{Target: "target-with-a-long-name-1", Object: directory.NewID(), Name: long(i), Call: adminapi.Call{
			At: hours(2).Add(time.Duration(-i) * 7 * time.Second), Verb: []connector.Verb{connector.Update, connector.Disable, connector.Create}[i%3], Result: []string{"done", "failed", "lost"}[i%3],
			Answer: "503 Service Unavailable: " + long(i), Took: "1m12.3s", Run: "run-1", Cause: "missing",
		}}
	}), nil
}

func (much) Plans(_ context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	return some(min(q.Limit, 60), func(i int) run.Plan {
		return run.Plan{
			ID: fmt.Sprintf("plan-%d", i), Target: fmt.Sprintf("target-with-a-long-name-%d", i%9), Kind: []run.PlanKind{run.First, run.Hold, run.Change}[i%3], Status: run.Waiting, Created: hours(i), People: 12_345 + i,
			Why: "12,345 disables because their source says so, 0 in the last 24 hours; the limit is 50; " + long(i), Counts: map[string]int{"disable": 12_345, "group update": 7},
		}
	}), nil
}

func (much) Waiting(_ context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	return some(q.Limit, func(i int) adminapi.Waiting {
		return adminapi.Waiting{Target: "target-with-a-long-name-1", Object: directory.NewID(), Name: long(i), Member: long(i), Wait: []string{"held", "retrying"}[i%2], Code: "missing_value", Reason: "title has no value, and the target needs one: " + long(i), Since: hours(i)}
	}), nil
}

func (much) Records(_ context.Context, q adminapi.RecordQuery) (adminapi.RecordPage, error) {
	return adminapi.RecordPage{Next: "more", Records: some(q.Limit, func(i int) adminapi.SourceRecord {
		r := adminapi.Record{Source: q.Source, Key: long(i), Name: "CN=" + long(i) + ",OU=People,DC=corp,DC=example", Status: directory.Present, Waiting: "needs an email: " + long(i)}
		return adminapi.SourceRecord{Record: r, Object: directory.NewID(), Kind: directory.Person, Who: long(i)}
	})}, nil
}

func links(n int) []adminapi.Link {
	return some(n, func(i int) adminapi.Link {
		return adminapi.Link{
			Target: fmt.Sprintf("target-with-a-long-name-%d", i), Object: directory.NewID(), Name: long(i), Kind: connector.User, Remote: connector.RemoteID("urn:uuid:" + long(i)), Origin: "adopted",
			State: []string{"linked", "closing", "closed", "lost"}[i%4], Active: i%2 == 0, Applied: attr.Set{"userName": {long(i)}, "emails[type eq \"work\"].value": {long(i) + "@example.com"}}, Since: hours(i), Confirmed: hours(i),
		}
	})
}

func (much) Browse(_ context.Context, q adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	return adminapi.BrowsePage{Next: "more", Objects: some(q.Limit, func(i int) adminapi.Object {
		return adminapi.Object{ID: directory.NewID(), Kind: directory.Kind(q.Kind), Name: long(i), State: directory.Active, Since: hours(i), Links: links(5), Awaited: some(4, func(i int) adminapi.Awaited {
			return adminapi.Awaited{Target: fmt.Sprintf("target-with-a-long-name-%d", 5+i), Wait: []string{"coming", "waits", "held", "retrying"}[i], Reason: long(i)}
		})}
	})}, nil
}

func (much) Object(_ context.Context, kind, who string) (adminapi.Object, error) {
	o := adminapi.Object{
		ID: directory.ID(who), Kind: cmp.Or(directory.Kind(kind), directory.Person), Name: long(0), State: directory.Active, Since: hours(40_000), Members: 123_456, Links: links(9),
		Groups: some(40, func(i int) string { return "CN=Group " + long(i) }), Attrs: attr.Set{directory.Name: {strings.Repeat("Hubert Blaine ", 5) + "Wolfeschlegelsteinhausenbergerdorff"}},
	}
	for i := range 12 {
		o.Attrs[attr.Path(fmt.Sprintf("extension.attribute%d", i))] = attr.Values{long(i), long(i + 1)}
	}
	o.Records = some(4, func(i int) adminapi.Record {
		return adminapi.Record{Source: fmt.Sprintf("source-with-a-long-name-%d", i), Key: long(i), Name: "CN=" + long(i) + ",OU=People,DC=corp,DC=example", Status: directory.Present, Attrs: o.Attrs}
	})
	return o, nil
}

func (m much) Why(ctx context.Context, who, _ string) (adminapi.Explanation, error) {
	x, err := m.Service.Why(ctx, olivia, "wiki")
	if err != nil {
		return x, err
	}
	x.Object, err = m.Object(ctx, map[bool]string{true: "group"}[who == staff], who)
	for path := range x.Attrs {
		for i := range 3 {
			x.Origins = append(x.Origins, adminapi.Origin{Path: path, Source: fmt.Sprintf("source-with-a-long-name-%d", i), Value: attr.Values{long(i)}, Won: i == 0})
		}
	}
	at := x.Targets[0]
	for i := range 30 {
		at.Values = append(at.Values, adminapi.Value{Path: attr.Path(fmt.Sprintf("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:attribute%d", i)), Rule: "person.name.lowerAscii() + '.' + source.corp.extensionAttribute", At: "muster.yaml:120", Value: attr.Values{long(i)}})
	}
	for i := range 9 {
		at.Target = fmt.Sprintf("target-with-a-long-name-%d", i)
		x.Targets = append(x.Targets, at)
	}
	x.Targets = x.Targets[1:]
	return x, err
}

func (much) Lines(_ context.Context, id string, q adminapi.LineQuery) (adminapi.LinePage, error) {
	next := q.After + q.Limit
	return adminapi.LinePage{Next: &next, Lines: some(q.Limit, func(i int) run.Line {
		l := plan.Line{Key: fmt.Sprint(i), Object: directory.NewID(), Name: long(i), Verb: plan.DisableUser, Class: link.Stated, Why: "is disabled at the source: " + long(i)}
		if i%3 == 1 {
			l.Verb, l.Why, l.Fields = plan.Update, "differs there", []attr.Change{{Path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Old: attr.Values{long(i)}, New: attr.Values{long(i + 1)}}}
		}
		return run.Line{Plan: id, Seq: q.After + 1 + i, Status: run.Waiting, Line: l}
	})}, nil
}

func (much) Events(_ context.Context, q run.EventQuery) ([]run.Event, error) {
	return some(q.Limit, func(i int) run.Event {
		return run.Event{Seq: int64(1000 - i), At: hours(i), By: "operator:" + long(i), Act: "disable", Object: string(directory.NewID()), Detail: long(i), Via: "token " + long(i)}
	}), nil
}

func (much) Members(_ context.Context, _ string, q adminapi.MemberQuery) (adminapi.MemberPage, error) {
	return adminapi.MemberPage{Next: "more", Members: some(q.Limit, func(i int) adminapi.Member {
		return adminapi.Member{
			ID: directory.NewID(), Kind: directory.Person, Name: long(i), State: directory.Active,
			At: some(3, func(j int) adminapi.MemberAt {
				return adminapi.MemberAt{Target: fmt.Sprintf("target-with-a-long-name-%d", j), Wanted: i%4 != 0, Applied: (i+j)%3 == 0}
			}),
		}
	})}, nil
}

func (much) Links(_ context.Context, _ string, q adminapi.LinkQuery) ([]adminapi.Link, error) {
	return links(q.Limit), nil
}

func (much) Drift(_ context.Context, target string, limit int) ([]adminapi.Drift, error) {
	return some(min(limit, 100), func(i int) adminapi.Drift {
		return adminapi.Drift{Target: target, Object: directory.NewID(), Kind: "user", Name: long(i), Field: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Wanted: long(i), Found: long(i + 1), Since: hours(i), Repairs: i%2 == 0}
	}), nil
}

// listText names the lists of what going live does.
var listText = map[string]string{
	run.ListLink: "accounts of people here, which are linked", run.ListCreate: "people without an account, for whom one is created", run.ListAsk: "where the evidence disagrees: they wait for your word",
	run.ListClose: "open accounts of people who are disabled or gone here, which are closed", run.ListUnknown: "accounts of nobody here, which are never touched",
}

func (much) Report(_ context.Context, target string, _ adminapi.ReportQuery) (adminapi.GoliveReport, error) {
	out := adminapi.GoliveReport{Target: target, Mode: "observe", Plan: adminapitest.FirstPlan, Made: hours(1), Kind: connector.User, Accounts: 100_000}
	for i, list := range []string{run.ListLink, run.ListCreate, run.ListAsk, run.ListClose, run.ListUnknown} {
		out.Lists = append(out.Lists, adminapi.GoliveListSize{List: list, What: listText[list], N: 104_233 >> (2 * i)})
	}
	return out, nil
}

func (much) ReportList(_ context.Context, _, list string, q adminapi.ReportQuery) (adminapi.ReportPage, error) {
	return adminapi.ReportPage{List: list, Next: "more", Rows: some(q.Limit, func(i int) adminapi.GoliveRow {
		return adminapi.GoliveRow{Account: connector.RemoteID(long(i)), Active: i%3 != 0, Values: attr.Set{"userName": {long(i) + "@example.com"}}, Why: "matches nobody by userName, by emails or by externalId"}
	})}, nil
}

func (much) Places(_ context.Context, q adminapi.PlaceQuery) ([]adminapi.Place, error) {
	return some(q.Limit, func(i int) adminapi.Place {
		return adminapi.Place{ID: directory.NewID(), Ref: long(i), Kind: "team", Title: "The team of " + long(i), Purpose: strings.Repeat("what it is for, ", 12), Open: true}
	}), nil
}

func (m much) Place(ctx context.Context, ref string) (adminapi.Place, error) {
	p, err := m.Service.Place(ctx, ref)
	p.Title, p.Purpose, p.Members = "The team of "+long(0), strings.Repeat("what it is for, ", 14), 123_456
	p.Groups = some(40, func(i int) adminapi.PlaceGroup {
		return adminapi.PlaceGroup{ID: directory.NewID(), Name: long(i), Admin: i%4 == 0, By: "operator:" + long(i), Since: hours(i)}
	})
	return p, err
}

func (much) PlaceMembers(_ context.Context, _ string, q adminapi.PlaceMemberQuery) ([]adminapi.PlaceMember, error) {
	return some(q.Limit, func(i int) adminapi.PlaceMember {
		return adminapi.PlaceMember{ID: directory.NewID(), Name: long(i), Roles: "team_user team_admin", Via: "group", State: "in", Since: hours(i)}
	}), nil
}

func (much) Findings(_ context.Context, _ string, q adminapi.FindingQuery) ([]adminapi.Finding, error) {
	return some(q.Limit, func(i int) adminapi.Finding {
		return adminapi.Finding{
			Seq: q.After + i + 1, Line: 100_000 + i, Type: "post", Field: "direct_post.replies[3].attachments[0].path", Level: "error", Code: "unknown_user", What: "nobody is called " + long(i), Fix: "Add a line for them: " + long(i),
		}
	}), nil
}

func (m much) LoadHistory(ctx context.Context) ([]adminapi.LoadView, error) {
	v, err := m.LoadView(ctx, "load-2")
	v.Name = long(1) + ".zip"
	return some(30, func(int) adminapi.LoadView { return v }), err
}

func aMessage(i int) adminapi.Post {
	return adminapi.Post{
		ID: directory.NewID(), Channel: "staff:" + long(i), Author: adminapi.Author{ID: directory.NewID(), Name: long(i)}, Message: strings.Repeat("a long message without an end, ", 8) + strings.Repeat("w", 120), Created: hours(i), Replies: 1234,
		Reactions: some(12, func(j int) adminapi.Reaction { return adminapi.Reaction{Emoji: "white_check_mark", By: some(9, long)} }), Files: some(4, func(j int) adminapi.PostFile { return adminapi.PostFile{Name: long(j) + ".pdf", Size: 123_456_789} }),
	}
}

func (much) Posts(_ context.Context, _ string, q adminapi.PostQuery) ([]adminapi.Post, error) {
	return some(min(q.Limit, 20), aMessage), nil
}

func (much) PostsOf(_ context.Context, _ string, q adminapi.PostQuery) ([]adminapi.Post, error) {
	return some(min(q.Limit, 20), aMessage), nil
}

func (m much) Clients(ctx context.Context) ([]scimapi.Stats, error) {
	one, err := m.Service.Clients(ctx)
	return some(24, func(i int) scimapi.Stats {
		c := one[0]
		if i > 0 {
			c.Client, c.Agent = fmt.Sprintf("client-with-a-long-name-%d", i), long(i)
		}
		c.Requests, c.Errors, c.PerMinute = 1_234_567, 12_345, 1234.5
		return c
	}), err
}

func (much) Exchanges(context.Context, string, bool) ([]scimapi.Exchange, error) {
	return some(50, func(i int) scimapi.Exchange {
		return scimapi.Exchange{
			At: hours(i), Method: "PATCH", Path: "/scim/v2/Users?filter=userName+eq+%22" + long(i) + "%22", Status: []int{200, 400, 409, 500}[i%4], Millis: 1234, Agent: long(i), Error: "there is no attribute " + long(i),
			Fix: "Mend the attribute mapping at the provider.", Request: `{"` + long(i) + `":41}`, Response: `{"detail":"` + long(i) + `"}`, Used: []string{"op_case", "string_booleans"},
		}
	}), nil
}

func (m much) Deletions(ctx context.Context) ([]adminapi.Deletion, error) {
	d, err := m.Deletion(ctx, directory.ID(olivia), 0)
	return some(40, func(i int) adminapi.Deletion {
		x := d
		x.Name, x.State, x.Done, x.Waits = long(i), "waiting", time.Time{}, []string{"wiki has not confirmed that the account is closed: " + long(i)}
		return x
	}), err
}
