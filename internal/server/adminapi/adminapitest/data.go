package adminapitest

import (
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// The people, by id.
const (
	olivia = directory.ID("0olivia0000000000000000000")
	ben    = directory.ID("1ben0000000000000000000000")
	mia    = directory.ID("2mia0000000000000000000000")
	staff  = directory.ID("3staff00000000000000000000")
)

// FirstPlan and Hold are the ids of the plans that wait.
const (
	FirstPlan = "plan-chat"
	Hold      = "hold-wiki"
)

func ago(d time.Duration) time.Time { return Now.Add(-d) }

// every returns the next three times of what is done every so often.
func every(d time.Duration) []time.Time {
	return []time.Time{Now.Add(d), Now.Add(2 * d), Now.Add(3 * d)}
}

func names() map[directory.ID]string {
	return map[directory.ID]string{olivia: "olivia.berg", ben: "ben.ito", mia: "mia\x1b[31m.lang"}
}

func people() []adminapi.Object {
	account := func(id directory.ID, name string, remote connector.RemoteID, state string, active bool) adminapi.Link {
		return adminapi.Link{
			Target: "wiki", Object: id, Name: name, Kind: connector.User, Remote: remote, State: state, Origin: "adopted", Active: active,
			Applied: attr.Set{"userName": {name}}, Since: ago(48 * time.Hour), Confirmed: ago(time.Hour),
		}
	}
	person := func(id directory.ID, name, display string, links ...adminapi.Link) adminapi.Object {
		return adminapi.Object{
			ID: id, Kind: directory.Person, Name: name, State: directory.Active, Since: ago(90 * 24 * time.Hour),
			Attrs: attr.Set{"username": {name}, "name": {display}, "email": {name + "@example.com"}},
			Records: []adminapi.Record{{
				Source: "corp", Key: "guid-" + name, Base: "people", Name: "CN=" + display + ",OU=People,DC=corp,DC=example", Status: directory.Present,
				Attrs: attr.Set{"samaccountname": {name}, "mail": {name + "@example.com"}},
			}},
			Groups: []string{"Staff"}, Links: links,
		}
	}
	there := account(staff, "Staff", "g-1", "linked", true)
	there.Kind, there.Applied = connector.Group, attr.Set{"displayName": {"Staff"}}
	gone := person(mia, "mia\x1b[31m.lang", "Mia Lang", account(mia, "mia\x1b[31m.lang", "u-3", "closing", true))
	gone.State, gone.Cause, gone.Since = directory.Gone, directory.Missing, ago(time.Hour)
	return []adminapi.Object{
		person(olivia, "olivia.berg", "Olivia Berg", account(olivia, "olivia.berg", "u-1", "linked", true)),
		person(ben, "ben.ito", "Ben Ito"), gone,
		{ID: staff, Kind: directory.Group, Name: "Staff", State: directory.Active, Members: 2, Attrs: attr.Set{"name": {"Staff"}}, Links: []adminapi.Link{there}},
	}
}

func plans() []run.Plan {
	return []run.Plan{
		{
			ID: FirstPlan, Target: "chat", Kind: run.First, Status: run.Waiting, Created: ago(time.Hour), People: 5, Takes: 130,
			Counts:   map[string]int{"create": 1, "update": 1, "disable": 1, "link": 1, "skip": 1, "add members": 1, "remove members": 1},
			Verdicts: []plan.Verdict{{Class: link.Creates, Count: 1, Limit: 200}, {Class: link.Unmember, Count: 60, Limit: 50, Tripped: true, Why: "60 membership removals, 0 in the last 24 hours; the limit is 50"}},
		},
		{
			ID: Hold, Target: "wiki", Kind: run.Hold, Class: "missing", Status: run.Waiting, Created: ago(2 * time.Hour), People: 12,
			Why: "12 disables because they are missing at their source, 0 in the last 24 hours; the limit is 5", Counts: map[string]int{"disable": 12},
			Verdicts: []plan.Verdict{{Class: link.Missing, Count: 12, Limit: 5, Tripped: true, Why: "12 disables because they are missing at their source, 0 in the last 24 hours; the limit is 5"}},
		},
	}
}

func preview(target string) run.Plan {
	p := run.Plan{ID: "preview-" + target, Target: target, Kind: run.Preview, Status: run.Waiting, Created: Now}
	if target != "old" {
		p.People, p.Counts = 1, map[string]int{"disable": 1}
	}
	return p
}

// lines returns lines of every kind for a first plan, and disables for the others.
func lines(p run.Plan) []run.Line {
	var out []run.Line
	add := func(l plan.Line) {
		l.Target, l.Key = p.Target, "key-"+string(rune('a'+len(out)))
		out = append(out, run.Line{Plan: p.ID, Seq: len(out), Status: p.Status, Line: l})
	}
	user := func(id directory.ID, verb plan.Verb, why string) plan.Line {
		return plan.Line{Object: id, Kind: connector.User, Name: names()[id], Verb: verb, Why: why}
	}
	gone := func() plan.Line {
		l := user(mia, plan.DisableUser, "not in corp any more")
		l.Class, l.Cause, l.Count = link.Missing, directory.Missing, 1
		return l
	}
	if p.Kind != run.First {
		for range p.People {
			add(gone())
		}
		return out
	}
	l := user(ben, plan.Create, "member of CN=Chat")
	l.Class, l.Count = link.Creates, 1
	l.Fields = []attr.Change{{Path: "userName", New: attr.Values{"ben.ito"}}, {Path: `emails[type eq "work"].value`, New: attr.Values{"ben.ito@example.com"}}}
	add(l)
	l = user(olivia, plan.Link, "userName is the same")
	l.Remote = "c-1"
	add(l)
	l = user(olivia, plan.Update, "member of CN=Chat")
	l.Fields = []attr.Change{{Path: "title", Old: attr.Values{"Engineer"}, New: attr.Values{"Lead\nEngineer"}}, {Path: "nickName", Old: attr.Values{"Liv"}}}
	add(l)
	add(gone())
	l = user(ben, plan.Skip, "a person must say whether the deactivated account c-9 is theirs")
	l.Of, l.Code = plan.Link, "ask"
	add(l)
	add(plan.Line{Object: staff, Kind: connector.Group, Name: "Staff", Verb: plan.AddMembers, Add: []directory.ID{olivia, ben}, Size: 3, Left: 5})
	add(plan.Line{Object: staff, Kind: connector.Group, Name: "Staff", Verb: plan.RemoveMembers, Remove: []directory.ID{mia}, Size: 100, Left: 40, Class: link.Unmember, Count: 60})
	return out
}

// runView returns the last run of a source or target, under way or ended.
func runView(id string, ended bool) (adminapi.RunView, bool) {
	v := adminapi.RunView{Run: run.Run{ID: id, Started: ago(time.Minute), Outcome: run.Running}, Phase: "reading people", Done: 150, Total: 300, Left: 75}
	switch id {
	case "run-corp":
		v.Kind, v.Name, v.Counts = run.Read, "corp", map[string]int{"read": 300, "changed": 4}
	case "run-hr":
		v.Kind, v.Name = run.Read, "hr"
	case "run-wiki", "run-chat", "run-old":
		v.Kind, v.Name, v.Counts = run.Reconcile, id[len("run-"):], map[string]int{"update": 2}
		v.Phase = "serving"
	case "run-load":
		v.Kind, v.Name, v.Counts = run.Load, "old.zip", map[string]int{"team added": 2}
		v.Phase = "teams"
	default:
		return v, false
	}
	if !ended {
		v.Counts = nil
		return v, true
	}
	v.Ended, v.Phase, v.Done, v.Total, v.Outcome = ago(30*time.Second), "", 0, 0, run.Done
	switch v.Name {
	case "corp":
		v.Kept = []string{"changed"}
	case "hr":
		v.Outcome, v.Problem = run.Incomplete, hrProblem()
	case "wiki":
		v.Outcome = run.Held
	case "old":
		v.Outcome, v.Problem = run.Stopped, oldProblem()
	}
	return v, true
}

func hrProblem() *run.Problem {
	return &run.Problem{
		Code: "size_limit", What: "The server ldaps://hr.example ended the read of OU=Staff after 500 entries.", Why: "Its size limit is smaller than the base.",
		Now: "Nobody was removed anywhere.", Fix: "Raise the size limit of the bind account, or set page_size below it.",
	}
}

func oldProblem() *run.Problem {
	return &run.Problem{
		Code: adminapi.Stopped, What: "The target “old” refuses the credentials (401).", Why: "The token has probably expired.",
		Now: "Nothing is sent to it; nothing is forgotten.", Fix: "Put a new token into OLD_TOKEN and run: muster target test old",
	}
}

func (s *Service) status() adminapi.Status {
	last := func(name string) *run.Run {
		v, _ := runView("run-"+name, true)
		return &v.Run
	}
	target := func(name, mode, state string) adminapi.TargetStatus {
		t := adminapi.TargetStatus{Name: name, Type: "scim", Mode: mode, State: state, Paused: s.paused[name]}
		if t.Paused != nil {
			t.State = "paused"
		}
		return t
	}
	wiki, chat, old := target("wiki", "live", "held"), target("chat", "observe", "draft"), target("old", "live", "stopped")
	wiki.Users, wiki.Groups, wiki.Held, wiki.Leavers, wiki.Holds, wiki.Last = 280, 12, 12, 1, []string{Hold}, last("wiki")
	chat.Draft = FirstPlan
	old.Stopped, old.Troubled = oldProblem(), ago(30*time.Hour)
	corp := adminapi.SourceStatus{Name: "corp", Type: "ldap", Complete: ago(5 * time.Minute), People: 300, Groups: 40, Last: last("corp")}
	hr := adminapi.SourceStatus{Name: "hr", Type: "ldap", Complete: ago(26 * time.Hour), People: 512, Waiting: 1, Oldest: ago(3 * time.Hour), Last: last("hr"), Problem: hrProblem(), Troubled: ago(26 * time.Hour), Reading: true}
	corp.Upcoming, hr.Upcoming, wiki.Upcoming = every(5*time.Minute), every(time.Hour), every(24*time.Hour)
	corp.Next, hr.Next = corp.Upcoming[0], hr.Upcoming[0]
	return adminapi.Status{
		Summary: "1 hold, 1 new target and 1 stopped target need you.", Since: ago(72 * time.Hour),
		People: map[string]int{"active": 300, "disabled": 12}, Groups: map[string]int{"active": 40},
		Sources: []adminapi.SourceStatus{corp, hr},
		Targets: []adminapi.TargetStatus{wiki, chat, old},
		Unsure: []adminapi.Unsure{
			{Source: "hr", Why: "hr was not read whole: who left there since is not known", Fix: "muster source test hr"},
			{Target: "chat", Why: "chat does not serve everybody yet: its plan says who left and has an account there", Fix: "muster plan show chat"},
		},
		Attention: []adminapi.Attention{{What: "wiki: 12 disables because they are missing at their source, 0 in the last 24 hours; the limit is 5", Fix: "muster hold show " + Hold, Since: ago(2 * time.Hour)}},
	}
}

func sourceCheck(name string) adminapi.SourceCheck {
	c := adminapi.SourceCheck{Name: name, Report: source.Report{
		Server: "ldaps://dc1.corp.example", Kind: "Active Directory", TLS: "1.3", Bound: "muster@corp.example", People: 300, Groups: 40, Disabled: 12,
		Guessed:  map[string]string{"id_attribute": "objectGUID, because the server is Active Directory"},
		Samples:  []source.Sample{{Name: "CN=Olivia Berg,OU=People,DC=corp,DC=example", Key: "guid-olivia", Username: "olivia.berg", Email: "olivia.berg@example.com"}},
		Warnings: []source.Warning{{What: "Deleted objects cannot be read.", Fix: `dsacls "CN=Deleted Objects,DC=corp,DC=example" /g muster:LCRP`}},
	}}
	if name == "hr" {
		c.Report, c.Problem = source.Report{Server: "ldaps://hr.example", Kind: "OpenLDAP"}, hrProblem()
	}
	return c
}

func targetCheck(name string) adminapi.TargetCheck {
	c := adminapi.TargetCheck{Name: name, Type: "scim", Features: connector.Features{
		FindBy: []attr.Path{"userName"}, Groups: true, MembersReadable: true, Disable: true, CreateDisabled: true,
		Notes: map[string]string{"rename_group": "the service refuses it", "delete_user": "not offered"},
	}}
	c.Facts = []connector.Fact{
		{Name: "create_disabled", Says: "true", Source: "as in plain SCIM 2.0", Finding: connector.Verified, Found: "an account was created disabled"},
		{Name: "delete", Says: "hard", Source: "A", Finding: connector.Documented},
		{Name: "disabled_gone", Says: "true", Source: "A, older text", Finding: connector.Contradicted, Found: "a disabled account is shown"},
		{Name: "member_batch", Says: "100", Source: "unverified; no number is published", Finding: connector.Unverified},
	}
	if name == "old" {
		c.Facts = nil
		c.Features, c.Problem = connector.Features{}, oldProblem()
	}
	return c
}

func waiting() []adminapi.Waiting {
	return []adminapi.Waiting{
		{Target: "wiki", Object: ben, Name: "ben.ito", Wait: "held", Code: "missing_value", Reason: "title has no value, and wiki needs one.", Since: ago(3 * time.Hour)},
		{Target: "old", Object: olivia, Name: "olivia.berg", Wait: "retrying", Code: "network", Reason: "No answer within 30s.", Attempts: 4, Since: ago(time.Hour), Next: Now.Add(time.Minute)},
	}
}

func explanation(o adminapi.Object, target string) adminapi.Explanation {
	if target == "" {
		target = "wiki"
	}
	at := adminapi.At{
		Target: target, Scope: plan.In, Reason: "member of CN=Wiki,OU=Groups,DC=corp,DC=example through Staff", Mode: "live",
		Says: o.Name + " belongs at " + target + ": is a member of CN=Wiki,OU=Groups,DC=corp,DC=example; it waits in a hold for a decision.",
		Rules: []adminapi.Rule{
			{Rule: "group", Text: "CN=Wiki,OU=Groups,DC=corp,DC=example", Result: plan.In, Why: "is a member of CN=Wiki,OU=Groups,DC=corp,DC=example", At: "muster.yaml:20"},
			{Rule: "if", Text: "source.corp.employeeType != 'guest'", Result: plan.In, Why: "the condition is true", Inputs: []mapping.Reading{{Name: "source.corp.employeetype", Values: attr.Values{"staff"}}}},
		},
		Path:    []string{"CN=Staff,OU=Groups,DC=corp,DC=example", "CN=Wiki,OU=Groups,DC=corp,DC=example"},
		Tried:   []adminapi.Tried{{By: "userName", Value: o.Name, Found: []adminapi.Candidate{{Remote: "u-1", Active: true, Owner: o.ID, Name: o.Name}}}},
		Differs: []adminapi.Differs{{Path: "title", Want: attr.Values{"-"}, There: attr.Values{"Engineer"}}, {Path: "userName", Want: attr.Values{o.Name}, There: attr.Values{o.Name}, Same: true}},
		Holds:   []adminapi.HeldIn{{Plan: Hold, Status: run.Waiting, Verb: plan.Update, Class: "names", Key: "key-1"}},
		Steps: []adminapi.Step{
			{Name: "read", Verdict: "pass", Text: "corp states the entry in its last complete read."},
			{Name: "scope", Verdict: "pass", Text: "In scope: member of CN=Wiki,OU=Groups,DC=corp,DC=example through Staff."},
			{Name: "match", Verdict: "pass", Text: "Linked to account u-1 since 2026-02-28."},
			{Name: "map", Verdict: "pass", Text: "2 values computed.", Notes: []string{"title used its default"}},
			{Name: "diff", Verdict: "pass", Text: "1 value differs."},
			{Name: "send", Verdict: "wait", Text: "Waits in a hold for a decision."},
		},
		Values: []adminapi.Value{
			{Path: "userName", Rule: "person.username", At: "muster.yaml:30", Value: attr.Values{o.Name}, Inputs: []mapping.Reading{{Name: "person.username", Values: attr.Values{o.Name}}}},
			{Path: "title", Rule: "source.corp.title", At: "muster.yaml:32", Value: attr.Values{"-"}, Defaulted: true},
		},
		Lines:   []plan.Line{{Object: o.ID, Kind: connector.User, Name: o.Name, Verb: plan.Update, Fields: []attr.Change{{Path: "title", Old: attr.Values{"Engineer"}, New: attr.Values{"-"}}}}},
		Last:    &adminapi.Call{At: ago(48 * time.Hour), Verb: connector.Update, Result: "done", Answer: "200 OK", Took: "120ms", Run: "run-wiki"},
		Version: &adminapi.RulesVersion{Digest: "5f3a90c1e2d4b687", Since: ago(240 * time.Hour), Cause: "plan first-wiki, approved by olivia"},
	}
	if len(o.Links) > 0 {
		at.Link = &o.Links[0]
	} else {
		at.Differs = nil // there is nothing to compare with
	}
	origins := []adminapi.Origin{
		{Path: "email", Source: "corp", Key: "guid-" + o.Name, Value: attr.Values{o.Name + "@example.com"}, Won: true},
		{Path: "email", Source: "hr", Key: "4711", Value: attr.Values{"o.berg@example.com"}},
	}
	return adminapi.Explanation{Object: o, Origins: origins, Targets: []adminapi.At{at}}
}
