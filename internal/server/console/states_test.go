package console_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console/browsertest"
)

// nothing is a service of a Muster for which nothing was configured yet.
type nothing struct{ adminapi.Service }

func (nothing) Status(context.Context) (adminapi.Status, error) {
	return adminapi.Status{Summary: "All 0 targets in step.", Since: adminapitest.Now}, nil
}

func (nothing) Leavers(context.Context, adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	return nil, nil
}

func (nothing) Sample(context.Context) (adminapi.Sample, error) {
	return adminapi.Sample{State: "off"}, nil
}

func (nothing) Limits(context.Context, string) ([]adminapi.Limit, error)      { return nil, nil }
func (nothing) Plans(context.Context, adminapi.PlanQuery) ([]run.Plan, error) { return nil, nil }
func (nothing) Runs(context.Context, adminapi.RunQuery) ([]run.Run, error)    { return nil, nil }
func (nothing) Events(context.Context, run.EventQuery) ([]run.Event, error)   { return nil, nil }
func (nothing) Waiting(context.Context, adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	return nil, nil
}

func (nothing) Browse(context.Context, adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	return adminapi.BrowsePage{}, nil
}

func (nothing) Writes(context.Context, adminapi.CallQuery) ([]adminapi.CallAt, error) {
	return nil, nil
}

func (nothing) Configuration(context.Context) (adminapi.Configuration, error) {
	return adminapi.Configuration{Data: "muster-data", Listen: "127.0.0.1:8480"}, nil
}

// much is a service of a large company with long names.
type much struct{ adminapi.Service }

func long(i int) string {
	return fmt.Sprintf("wolfeschlegelsteinhausenbergerdorff-welche-vor-altern-waren-%03d", i)
}

func (m much) Status(ctx context.Context) (adminapi.Status, error) {
	s, err := m.Service.Status(ctx)
	for i := range 9 {
		t := s.Targets[i%3]
		t.Name, t.Users, t.Leavers = fmt.Sprintf("target-with-a-long-name-%d", i), 100_000+i, 40*i
		s.Targets = append(s.Targets, t)
	}
	s.People["active"], s.Summary = 104_233, "3 of 12 targets in step; "+strings.Repeat("target-with-a-long-name, ", 6)+"waiting for a decision; 120 open leavers."
	return s, err
}

func (much) Leavers(_ context.Context, q adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	var out []adminapi.Leaver
	for i := range 120 {
		out = append(out, adminapi.Leaver{
			Object: directory.NewID(), Name: long(i), Target: "target-with-a-long-name-1", State: []string{"closing", "held", "retrying", "missing"}[i%4],
			Why: "the target has not confirmed it yet, and was asked " + long(i), Since: adminapitest.Now.Add(-time.Duration(i) * time.Hour),
		})
	}
	return q.Page(out), nil
}

func (m much) Browse(_ context.Context, q adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	page := adminapi.BrowsePage{Next: "more"}
	for i := range q.Limit {
		o := adminapi.Object{ID: directory.NewID(), Kind: directory.Kind(q.Kind), Name: long(i), State: directory.Active, Since: adminapitest.Now}
		for j := range 5 {
			o.Links = append(o.Links, adminapi.Link{Target: fmt.Sprintf("target-with-a-long-name-%d", j), State: "linked", Active: j%2 == 0})
		}
		page.Objects = append(page.Objects, o)
	}
	return page, nil
}

func (m much) Lines(_ context.Context, id string, q adminapi.LineQuery) (adminapi.LinePage, error) {
	next := q.After + q.Limit
	page := adminapi.LinePage{Next: &next}
	for i := range q.Limit {
		l := plan.Line{Key: fmt.Sprint(i), Object: directory.NewID(), Name: long(i), Verb: plan.DisableUser, Class: link.Stated, Why: "is disabled at the source: " + long(i)}
		page.Lines = append(page.Lines, run.Line{Plan: id, Seq: q.After + 1 + i, Status: run.Waiting, Line: l})
	}
	return page, nil
}

func (much) Events(context.Context, run.EventQuery) ([]run.Event, error) {
	var out []run.Event
	for i := range 50 {
		out = append(out, run.Event{Seq: int64(100 - i), At: adminapitest.Now, By: "operator:" + long(i), Act: "disable", Object: string(directory.NewID()), Detail: long(i)})
	}
	return out, nil
}

func (m much) Members(ctx context.Context, _ string, q adminapi.MemberQuery) (adminapi.MemberPage, error) {
	page := adminapi.MemberPage{Next: "more"}
	for i := range q.Limit {
		page.Members = append(page.Members, adminapi.Member{
			ID: directory.NewID(), Kind: directory.Person, Name: long(i), State: directory.Active, At: []adminapi.MemberAt{{Target: "target-with-a-long-name-1", Wanted: true, Applied: i%3 == 0}},
		})
	}
	return page, nil
}

func (much) Waiting(_ context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	var out []adminapi.Waiting
	for i := range q.Limit {
		out = append(out, adminapi.Waiting{Target: "wiki", Object: directory.NewID(), Name: long(i), Member: long(i), Wait: "retrying", Code: "unavailable", Reason: "the target answers " + long(i), Since: adminapitest.Now})
	}
	return out, nil
}

func (much) Records(_ context.Context, q adminapi.RecordQuery) (adminapi.RecordPage, error) {
	page := adminapi.RecordPage{Next: "more"}
	for i := range q.Limit {
		r := adminapi.Record{Source: q.Source, Key: long(i), Name: "CN=" + long(i) + ",OU=People,DC=corp,DC=example", Status: directory.Present, Waiting: "needs an email: " + long(i)}
		page.Records = append(page.Records, adminapi.SourceRecord{Record: r, Object: directory.NewID(), Kind: directory.Person, Who: long(i)})
	}
	return page, nil
}

// U1: every page with nothing to show, and with more than fits.
func TestStates(t *testing.T) {
	h := adminapitest.New(t, nil)
	for name, state := range map[string]struct {
		svc   adminapi.Service
		paths string
	}{
		"empty": {nothing{h.Service}, "sandbox|clients|outbox|teams|imports||inbox|leavers|people|groups|sources|targets|history|history?tab=writes|history?tab=acts|history?tab=plans|settings"},
		"many":  {much{h.Service}, "sandbox|outbox|teams|teams/staff|imports/load-2||inbox|leavers|people|groups|groups/3staff00000000000000000000|plans/hold-wiki|targets|targets/wiki/waiting|sources/corp/records|history?tab=acts"},
	} {
		s := open(t, h, state.svc)
		s.as(t, "")
		for path := range strings.SplitSeq(state.paths, "|") {
			check(t, s, scene{name: name + "-" + strings.NewReplacer("/", "-", "?tab=", "-").Replace(path), path: path})
		}
	}
}

// U11: what goes wrong inside is told in four parts, with a request id and without its text.
func TestBroken(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, h.Service)
	s.Allow("500 (Internal Server Error)")
	s.as(t, "")
	h.Fail = errors.New("disk full of secrets")
	for browsertest.Eval[int](s.Tab, `fetch("/console/inbox").then(r => r.status)`) != 500 {
		t.Log("what is shown is a moment old")
	}
	for _, path := range []string{"", "people", "targets/wiki"} {
		check(t, s, scene{name: "broken-" + strings.ReplaceAll(path, "/", "-"), path: path})
		if text := s.Text(); strings.Contains(text, "disk full") || !strings.Contains(text, "Something went wrong in Muster itself") || !strings.Contains(text, "request") {
			t.Errorf("%q says: %s", path, text)
		}
	}
}
