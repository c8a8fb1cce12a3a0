package console_test

import (
	"context"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/scimapi"
)

// nothing is a service of a Muster for which nothing was configured yet. Of what is asked for by name there is one, with nothing in it.
type nothing struct{ adminapi.Service }

func (nothing) Status(context.Context) (adminapi.Status, error) {
	return adminapi.Status{Summary: "There are no targets yet.", Since: adminapitest.Now}, nil
}

func (nothing) Leavers(context.Context, adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	return nil, nil
}

func (nothing) RunRows(context.Context, adminapi.RunRowQuery) (adminapi.RunRowPage, error) {
	return adminapi.RunRowPage{}, nil
}

func (nothing) Limits(context.Context, string) ([]adminapi.Limit, error) { return nil, nil }

func (nothing) Plans(context.Context, adminapi.PlanQuery) ([]run.Plan, error) { return nil, nil }

func (nothing) Runs(context.Context, adminapi.RunQuery) ([]run.Run, error) { return nil, nil }

func (nothing) Events(context.Context, run.EventQuery) ([]run.Event, error) { return nil, nil }

func (nothing) AllTargets(context.Context, string) ([]adminapi.TargetSeries, error) { return nil, nil }

func (nothing) TargetSeries(_ context.Context, name, span string) (adminapi.TargetSeries, error) {
	return adminapi.TargetSeries{Name: name, Span: adminapi.Span{Range: span, From: adminapitest.Now.Add(-time.Hour), To: adminapitest.Now, Step: 60}}, nil
}

func (nothing) SourceSeries(_ context.Context, name, span string) (adminapi.SourceSeries, error) {
	return adminapi.SourceSeries{
		Name: name, Span: adminapi.Span{Range: span, From: adminapitest.Now.Add(-time.Hour), To: adminapitest.Now, Step: 60}, Every: 300,
		Bases: []adminapi.BaseSeries{{Base: "people", Kind: "people"}},
	}, nil
}

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

func (n nothing) Beginning(ctx context.Context) (adminapi.Beginning, error) {
	b, err := n.Service.Beginning(ctx)
	b.Problem = nil
	return b, err
}

func (nothing) Places(context.Context, adminapi.PlaceQuery) ([]adminapi.Place, error) {
	return nil, nil
}
func (nothing) LoadHistory(context.Context) ([]adminapi.LoadView, error) { return nil, nil }

func (nothing) LoadView(_ context.Context, id string) (adminapi.LoadView, error) {
	v := adminapi.LoadView{Load: adminapi.Load{ID: id, Name: "empty.jsonl", By: "owner", Started: adminapitest.Now, Hold: true, Report: &adminapi.Report{Lines: 1}}, State: "checked"}
	v.Last.Run = run.Run{ID: "run-load", Kind: run.Load, Name: "empty.jsonl", Started: adminapitest.Now, Ended: adminapitest.Now, Outcome: run.Done}
	return v, nil
}

func (nothing) Findings(context.Context, string, adminapi.FindingQuery) ([]adminapi.Finding, error) {
	return nil, nil
}

func (nothing) Object(_ context.Context, kind, who string) (adminapi.Object, error) {
	o := adminapi.Object{ID: directory.ID(who), Kind: directory.Person, Name: "nadia.new", State: directory.Active, Since: adminapitest.Now, Attrs: attr.Set{directory.Username: {"nadia.new"}}}
	if kind == string(directory.Group) {
		o.Kind, o.Name, o.Attrs = directory.Group, "Newcomers", attr.Set{directory.Name: {"Newcomers"}}
	}
	return o, nil
}

func (n nothing) Why(ctx context.Context, who, _ string) (adminapi.Explanation, error) {
	o, err := n.Object(ctx, "", who)
	return adminapi.Explanation{Object: o}, err
}

func (nothing) Members(context.Context, string, adminapi.MemberQuery) (adminapi.MemberPage, error) {
	return adminapi.MemberPage{}, nil
}

func (nothing) Nesting(context.Context, string, string) (adminapi.Nesting, error) {
	return adminapi.Nesting{}, nil
}

func (nothing) Plan(_ context.Context, ref string) (run.Plan, error) {
	kind := run.First
	if ref != adminapitest.FirstPlan {
		kind = run.Hold
	}
	return run.Plan{ID: ref, Target: "wiki", Kind: kind, Status: run.Waiting, Created: adminapitest.Now}, nil
}

func (nothing) Lines(context.Context, string, adminapi.LineQuery) (adminapi.LinePage, error) {
	return adminapi.LinePage{}, nil
}

func (nothing) Tally(_ context.Context, ref string, _ adminapi.Selection, _ []string) (adminapi.Tallied, error) {
	return adminapi.Tallied{Plan: ref}, nil
}

func (nothing) Run(_ context.Context, id string, _ time.Duration) (adminapi.RunView, error) {
	return adminapi.RunView{Run: run.Run{ID: id, Kind: run.Reconcile, Name: "wiki", Started: adminapitest.Now, Ended: adminapitest.Now, Outcome: run.Done}}, nil
}

func (nothing) Links(context.Context, string, adminapi.LinkQuery) ([]adminapi.Link, error) {
	return nil, nil
}

func (nothing) Drift(context.Context, string, int) ([]adminapi.Drift, error) { return nil, nil }

func (nothing) Report(_ context.Context, target string, _ adminapi.ReportQuery) (adminapi.GoliveReport, error) {
	out := adminapi.GoliveReport{Target: target, Mode: "observe", Plan: adminapitest.FirstPlan, Made: adminapitest.Now, Kind: "user"}
	for _, list := range []string{run.ListLink, run.ListCreate, run.ListAsk, run.ListClose, run.ListUnknown} {
		out.Lists = append(out.Lists, adminapi.GoliveListSize{List: list, What: listText[list]})
	}
	return out, nil
}

func (nothing) ReportList(_ context.Context, _, list string, _ adminapi.ReportQuery) (adminapi.ReportPage, error) {
	return adminapi.ReportPage{List: list}, nil
}

func (nothing) Clients(context.Context) ([]scimapi.Stats, error)       { return nil, nil }
func (nothing) Deletions(context.Context) ([]adminapi.Deletion, error) { return nil, nil }
func (nothing) DefaultChannels(context.Context) ([]string, error)      { return nil, nil }
func (nothing) Leaving(context.Context, string) (adminapi.Leaving, error) {
	return adminapi.Leaving{}, nil
}

func (nothing) PlaceMembers(context.Context, string, adminapi.PlaceMemberQuery) ([]adminapi.PlaceMember, error) {
	return nil, nil
}

func (nothing) Place(_ context.Context, ref string) (adminapi.Place, error) {
	p := adminapi.Place{ID: directory.NewID(), Ref: ref, Kind: "team", Title: "Newly made"}
	if strings.Contains(ref, ":") {
		p.Kind = "public"
	}
	return p, nil
}

func (nothing) Posts(context.Context, string, adminapi.PostQuery) ([]adminapi.Post, error) {
	return nil, nil
}

func (nothing) PostsOf(context.Context, string, adminapi.PostQuery) ([]adminapi.Post, error) {
	return nil, nil
}

func (nothing) Sample(context.Context) (adminapi.Sample, error) {
	return adminapi.Sample{State: "off"}, nil
}

// fresh is a service of a Muster that was configured a moment ago: nothing was read, nothing was sent, and no client has called.
type fresh struct{ nothing }

func (fresh) Status(context.Context) (adminapi.Status, error) {
	return adminapi.Status{
		Summary: "Nothing was read yet.", Since: adminapitest.Now, Sources: []adminapi.SourceStatus{{Name: "corp", Type: "ldap"}, {Name: "entra", Type: "scim"}},
		Targets: []adminapi.TargetStatus{{Name: "wiki", Type: "scim", Mode: "live", State: "draft"}},
	}, nil
}

func (f fresh) Configuration(ctx context.Context) (adminapi.Configuration, error) {
	return f.Service.Configuration(ctx)
}

func (fresh) Clients(context.Context) ([]scimapi.Stats, error) {
	return []scimapi.Stats{{Client: "entra", Profile: "entra"}}, nil
}

func (fresh) Exchanges(context.Context, string, bool) ([]scimapi.Exchange, error) { return nil, nil }

func (nothing) Records(context.Context, adminapi.RecordQuery) (adminapi.RecordPage, error) {
	return adminapi.RecordPage{}, nil
}
