package adminapitest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Browse returns people or groups whose name begins with the text, by name.
func (s *Service) Browse(_ context.Context, q adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	if q.Target != "" && !isTarget(q.Target) {
		return adminapi.BrowsePage{}, missing("target", q.Target)
	}
	var page adminapi.BrowsePage
	for _, o := range slices.SortedFunc(slices.Values(s.people), func(a, b adminapi.Object) int { return cmp.Compare(a.Name, b.Name) }) {
		there := slices.ContainsFunc(o.Links, func(l adminapi.Link) bool { return l.Target == q.Target })
		account := slices.ContainsFunc(o.Links, func(l adminapi.Link) bool { return string(l.Remote) == q.Text })
		stated := slices.ContainsFunc(o.Records, func(r adminapi.Record) bool {
			return r.Source == q.Source && (r.Status == directory.Absent || !q.Missing)
		})
		if q.Source != "" && !stated {
			continue
		}
		if string(o.Kind) != q.Kind || o.Name <= q.After || !strings.HasPrefix(o.Name, q.Text) && !account || q.State != "" && string(o.State) != q.State || q.Target != "" && !there {
			continue
		}
		if len(page.Objects) == q.Limit {
			page.Next = page.Objects[len(page.Objects)-1].Name
			break
		}
		o.Records, o.Groups, o.Awaited = nil, nil, awaited(o)
		page.Objects = append(page.Objects, o)
	}
	return page, nil
}

// awaited is what of waiting is about somebody without an account there, and about ben a plan of chat.
func awaited(o adminapi.Object) []adminapi.Awaited {
	var out []adminapi.Awaited
	for _, w := range waiting() {
		there := slices.ContainsFunc(o.Links, func(l adminapi.Link) bool { return l.Target == w.Target })
		if w.Object == o.ID && !there {
			out = append(out, adminapi.Awaited{Target: w.Target, Wait: w.Wait, Reason: w.Reason})
		}
	}
	if o.ID == ben {
		out = append(out, adminapi.Awaited{Target: "chat", Wait: "waits", Reason: "member of CN=Chat"})
	}
	return out
}

// Members returns the three members of Staff: ben.ito is in it directly, mia by a group within it, and olivia both ways.
func (s *Service) Members(ctx context.Context, group string, q adminapi.MemberQuery) (adminapi.MemberPage, error) {
	if _, err := s.Object(ctx, string(directory.Group), group); err != nil {
		return adminapi.MemberPage{}, err
	}
	direct, nested := []string{"Staff"}, []string{"Staff", "Engineering", "Platform"}
	all := []adminapi.Member{
		{ID: ben, Kind: directory.Person, Name: "ben.ito", State: directory.Active, Path: direct, At: []adminapi.MemberAt{{Target: "wiki", Wanted: true}}},
		{ID: mia, Kind: directory.Person, Name: names()[mia], State: directory.Gone, Path: nested, At: []adminapi.MemberAt{{Target: "wiki", Applied: true}}},
		{ID: olivia, Kind: directory.Person, Name: "olivia.berg", State: directory.Active, Path: direct, At: []adminapi.MemberAt{{Target: "wiki", Wanted: true, Applied: true}}},
	}
	switch q.By {
	case "all":
		return adminapi.MemberPage{Members: all}, nil
	case "groups":
		all[2].Path = nested
		return adminapi.MemberPage{Members: all[1:]}, nil
	}
	return adminapi.MemberPage{Members: []adminapi.Member{all[0], all[2]}}, nil
}

// Writes returns two writes to wiki, one of which failed.
func (s *Service) Writes(_ context.Context, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	if q.Target != "" && q.Target != "wiki" {
		return nil, nil
	}
	all := []adminapi.CallAt{
		{
			ID: "write-2", Target: "wiki", Object: olivia, Name: "olivia.berg", Was: attr.Set{"title": {"Engineer"}}, Want: attr.Set{"title": {"Lead"}},
			Call: adminapi.Call{At: ago(time.Hour), Verb: connector.Update, Result: "done", Answer: "200 OK", Took: "120ms", Run: "run-wiki"},
		},
		{
			ID: "write-1", Target: "wiki", Object: mia, Name: names()[mia], Class: "missing", Counts: 1,
			Call: adminapi.Call{At: ago(2 * time.Hour), Verb: connector.Disable, Result: "failed", Answer: "503 Service Unavailable", Took: "30s", Run: "run-wiki", Cause: "missing"},
		},
	}
	all = slices.DeleteFunc(all, func(x adminapi.CallAt) bool {
		return q.Verb != "" && string(x.Verb) != q.Verb || q.Result != "" && x.Result != q.Result || q.Class != "" && x.Class != q.Class || q.Run != "" && x.Run != q.Run
	})
	return before(all, q.Before, max(q.Limit, 1), func(c adminapi.CallAt) string { return c.ID }), nil
}

// Records returns what corp states of the people, and of hr that ben is missing.
func (s *Service) Records(_ context.Context, q adminapi.RecordQuery) (adminapi.RecordPage, error) {
	if q.Source != "corp" && q.Source != "hr" {
		return adminapi.RecordPage{}, missing("source", q.Source)
	}
	var page adminapi.RecordPage
	for _, o := range s.people {
		for _, r := range o.Records {
			r.Attrs = nil
			if q.Source == "hr" && q.What == "missing" && o.ID == ben {
				r.Source, r.Status, r.Since = "hr", directory.Absent, ago(time.Hour)
				page.Records = append(page.Records, adminapi.SourceRecord{Record: r, Object: o.ID, Kind: o.Kind, Who: o.Name})
			} else if q.Source == "hr" && q.What == "waiting" && o.ID == ben {
				r.Source, r.Name, r.Since, r.Waits, r.Waiting = "hr", "uid=ben,OU=Staff,DC=hr,DC=example", ago(time.Hour), ago(3*time.Hour), "the username ben.ito is that of another person"
				page.Records = append(page.Records, adminapi.SourceRecord{Record: r})
			} else if q.Source == r.Source && q.What == "people" {
				page.Records = append(page.Records, adminapi.SourceRecord{Record: r, Object: o.ID, Kind: o.Kind, Who: o.Name})
			}
		}
	}
	return page, nil
}

// Events returns who did what.
func (s *Service) Events(_ context.Context, q run.EventQuery) ([]run.Event, error) {
	all := []run.Event{
		{Seq: 3, At: ago(time.Hour), By: "operator:owner", Act: "pause", Object: "wiki", Detail: "upgrade of the wiki", Via: "token ci (aaaaaaaa)"},
		{Seq: 2, At: ago(2 * time.Hour), By: "operator:admin", Act: "first.approve", Object: FirstPlan, Detail: "target wiki, 280 people"},
		{Seq: 1, At: ago(26 * time.Hour), By: "muster", Act: "token.create", Object: "aaaaaaaa"},
	}
	all = slices.DeleteFunc(all, func(e run.Event) bool {
		return q.Object != "" && e.Object != q.Object || q.By != "" && e.By != q.By || q.Act != "" && e.Act != q.Act || q.Before > 0 && e.Seq >= q.Before || e.At.Before(q.Since)
	})
	return all[:min(len(all), max(q.Limit, 1))], nil
}

// Configuration returns one source and one target.
func (s *Service) Configuration(context.Context) (adminapi.Configuration, error) {
	person := attr.Path("userName")
	return adminapi.Configuration{
		File: "/etc/muster/muster.yaml", Data: "/var/lib/muster", Listen: "127.0.0.1:8480", Largest: 20e9, Warnings: []string{"muster.yaml:14: delete is chosen for groups"},
		Sources: []adminapi.SourceConfig{{
			Name: "corp", Type: "ldap", At: "muster.yaml:2", Every: 5 * time.Minute,
			Settings: []adminapi.Setting{{Name: "servers", Value: "ldaps://dc1.corp.example"}, {Name: "password", Value: "file /run/secrets/ldap"}, {Name: "people", Value: "OU=People,DC=corp,DC=example"}},
			Rules:    mapping.SourceRules{Name: "corp", People: mapping.Rules{"username": {Expr: "record.sAMAccountName", At: "muster.yaml:9"}}},
		}},
		Targets: []adminapi.TargetConfig{{
			Name: "wiki", Type: "scim", At: "muster.yaml:12", Mode: "live", Settings: []adminapi.Setting{{Name: "token", Value: "file /run/secrets/wiki"}, {Name: "url", Value: "https://wiki.example/scim/v2"}},
			Rules: mapping.TargetRules{
				Name: "wiki",
				People: mapping.ObjectRules{
					From: mapping.From{Group: "CN=Wiki,OU=Groups,DC=corp,DC=example", Nested: true, At: "muster.yaml:17"}, Match: []attr.Path{person}, Create: true, Update: true, WhenRemoved: plan.Disable,
					Attributes: mapping.Rules{person: {Expr: "person.username", At: "muster.yaml:21"}, "title": {Expr: "source.corp.title", Default: attr.Values{"-"}, Once: true, At: "muster.yaml:22"}},
				},
				Groups: &mapping.ObjectRules{From: mapping.From{Filter: "(cn=wiki-*)"}, Create: true, Update: true, WhenRemoved: plan.Delete, Attributes: mapping.Rules{"displayName": {Expr: "group.name", At: "muster.yaml:27"}}},
			},
		}},
	}, nil
}
