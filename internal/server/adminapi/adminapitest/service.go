package adminapitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

var _ adminapi.Service = (*Service)(nil)

// A Service answers with a small company: the source corp, which reads well; the source hr, which cannot be read whole; the target wiki with a hold; the
// target chat with a first plan that waits; the target old, which refuses its credentials. Decisions are kept; Calls tells who did what.
type Service struct {
	mu       sync.Mutex // guards all below
	calls    []string
	recorded []run.Event
	plans    []run.Plan
	runs     map[string]int // times that a run was asked for: it ends at the second
	people   []adminapi.Object
	paused   map[string]*run.Note
	raises   map[string]*run.Raise
	Fail     error // if set, Status returns it
}

// NewService returns the company as it is in the beginning.
func NewService() *Service {
	return &Service{plans: plans(), people: people(), runs: map[string]int{}, paused: map[string]*run.Note{}, raises: map[string]*run.Raise{}}
}

// Calls returns what was done so far, one line each: "owner pause wiki (upgrade)".
func (s *Service) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Service) note(by access.Caller, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, by.Handle+" "+fmt.Sprintf(format, args...))
}

func missing(what, name string) error {
	return &run.Problem{Code: adminapi.NotFound, What: fmt.Sprintf("There is no %s “%s”.", what, name), Fix: "muster status lists what there is."}
}

// Version returns a fixed version.
func (s *Service) Version(context.Context) adminapi.Version {
	return adminapi.Version{Version: "v0.1.0-test", Commit: "0123abc", Go: "go1.26"}
}

// Status returns Fail, or how the company stands.
func (s *Service) Status(context.Context) (adminapi.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status(), s.Fail
}

// CheckSource returns a report, with a problem for hr.
func (s *Service) CheckSource(_ context.Context, name string) (adminapi.SourceCheck, error) {
	switch name {
	case "corp", "hr":
		return sourceCheck(name), nil
	}
	return adminapi.SourceCheck{}, missing("source", name)
}

// CheckTarget returns features, with a problem for old.
func (s *Service) CheckTarget(_ context.Context, name string) (adminapi.TargetCheck, error) {
	if !isTarget(name) {
		return adminapi.TargetCheck{}, missing("target", name)
	}
	return targetCheck(name), nil
}

// ProbeTarget returns features, with what an account has shown.
func (s *Service) ProbeTarget(_ context.Context, name string, req adminapi.TargetProbe, by access.Caller) (adminapi.TargetCheck, error) {
	if !isTarget(name) {
		return adminapi.TargetCheck{}, missing("target", name)
	}
	s.note(by, "probe %s with %s", name, req.Account)
	c := targetCheck(name)
	c.Account = req.Account
	return c, nil
}

// Target returns the status of a target with its last test.
func (s *Service) Target(_ context.Context, name string) (adminapi.TargetView, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.status().Targets {
		if t.Name == name {
			check := targetCheck(name)
			return adminapi.TargetView{Status: t, Check: &check}, nil
		}
	}
	return adminapi.TargetView{}, missing("target", name)
}

func isTarget(name string) bool { return slices.Contains([]string{"wiki", "chat", "old"}, name) }

// Sync names a run for each source and target.
func (s *Service) Sync(_ context.Context, req adminapi.SyncRequest, by access.Caller) (adminapi.Started, error) {
	s.note(by, "sync %q person %q full %v", req.Name, req.Person, req.Full)
	switch {
	case req.Name == "":
		return adminapi.Started{Runs: []string{"run-corp", "run-wiki"}}, nil
	case req.Name == "corp", req.Name == "hr", isTarget(req.Name):
		return adminapi.Started{Runs: []string{"run-" + req.Name}}, nil
	}
	return adminapi.Started{}, missing("source or target", req.Name)
}

// Run returns a run that is half done at first and has ended when asked again.
func (s *Service) Run(_ context.Context, id string, _ time.Duration) (adminapi.RunView, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := runView(id, s.runs[id] > 0)
	s.runs[id]++
	if !ok {
		return v, missing("run", id)
	}
	return v, nil
}

// Runs returns the last run of each source and target.
func (s *Service) Runs(_ context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	var out []run.Run
	for _, n := range []string{"wiki", "old", "hr", "corp"} {
		if q.Name == "" || q.Name == n {
			v, _ := runView("run-"+n, true)
			out = append(out, v.Run)
		}
	}
	return before(out, q.Before, q.Limit, func(r run.Run) string { return r.ID }), nil
}

// Plans returns stored plans that match.
func (s *Service) Plans(_ context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.Target != "" && !isTarget(q.Target) {
		return nil, &run.Problem{Code: adminapi.NotFound, What: "There is no target “" + q.Target + "”."}
	}
	found := slices.DeleteFunc(slices.Clone(s.plans), func(p run.Plan) bool {
		return q.Target != "" && p.Target != q.Target || q.Kind != "" && p.Kind != q.Kind || q.Status != "" && p.Status != q.Status
	})
	return before(found, q.Before, q.Limit, func(p run.Plan) string { return p.ID }), nil
}

// before returns the page of a list that follows the item with an id; "" begins, and a limit of 0 is none.
func before[T any](all []T, id string, limit int, key func(T) string) []T {
	if id != "" {
		i := slices.IndexFunc(all, func(x T) bool { return key(x) == id })
		if i < 0 {
			return nil
		}
		all = all[i+1:]
	}
	if limit > 0 {
		all = all[:min(limit, len(all))]
	}
	return all
}

// Plan returns a plan by id or target.
func (s *Service) Plan(_ context.Context, ref string) (run.Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(ref)
	if i < 0 && isTarget(ref) {
		return run.Plan{}, &run.Problem{Code: adminapi.NotFound, What: "No plan waits for “" + ref + "”.", Fix: "muster plan show " + ref + " --now computes one."}
	}
	if i < 0 {
		return run.Plan{}, missing("plan or target", ref)
	}
	return s.plans[i], nil
}

func (s *Service) find(ref string) int {
	return slices.IndexFunc(s.plans, func(p run.Plan) bool { return p.ID == ref || p.Target == ref && p.Status == run.Waiting })
}

// Lines returns the lines of a plan in pages.
func (s *Service) Lines(ctx context.Context, id string, q adminapi.LineQuery) (adminapi.LinePage, error) {
	p, err := s.Plan(ctx, id)
	if err != nil {
		return adminapi.LinePage{}, err
	}
	page := adminapi.LinePage{Names: names()}
	for _, l := range lines(p) {
		if l.Seq <= q.After || q.Status != "" && string(l.Status) != q.Status {
			continue
		}
		if len(page.Lines) == q.Limit {
			next := page.Lines[len(page.Lines)-1].Seq
			page.Next = &next
			break
		}
		page.Lines = append(page.Lines, l)
	}
	return page, nil
}

// Preview stores a plan of kind preview with one change.
func (s *Service) Preview(_ context.Context, target string) (run.Plan, error) {
	if !isTarget(target) {
		return run.Plan{}, missing("target", target)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := preview(target)
	s.plans = append(s.plans, p)
	return p, nil
}

func (s *Service) decide(by access.Caller, ref string, n, count int, to run.Status) (adminapi.Decision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(ref)
	p := &s.plans[i]
	want := p.People
	if n > 0 {
		want = n
	}
	switch {
	case p.Status != run.Waiting:
		return adminapi.Decision{}, &run.Problem{Code: adminapi.Decided, What: "Plan " + p.ID + " does not wait: it is " + string(p.Status) + "."}
	case to == run.Approved && count != want:
		return adminapi.Decision{}, &run.Problem{
			Code: adminapi.BadCount, What: fmt.Sprintf("The number is %d, but the plan affects %d.", count, want),
			Now: "Nothing was approved.", Fix: "Look at the plan again: muster plan show " + p.ID,
		}
	}
	p.By, p.Decided = by.Handle, Now
	if n == 0 || to == run.Approved { // of a plan of which a part was rejected the rest waits
		p.Status = to
	}
	d := adminapi.Decision{Plan: *p, Lines: want}
	if to == run.Approved {
		d.Runs = []string{"run-corp"}
	}
	return d, nil
}

// Approve approves if the count is right.
func (s *Service) Approve(_ context.Context, ref string, req adminapi.Approval, by access.Caller) (adminapi.Decision, error) {
	s.note(by, "approve %s count %d lines %v all or nothing %v", ref, req.Count, req.Lines, req.AllOrNothing)
	return s.decide(by, ref, len(req.Lines), req.Count, run.Approved)
}

// Reject rejects.
func (s *Service) Reject(_ context.Context, ref string, req adminapi.Rejection, by access.Caller) (adminapi.Decision, error) {
	s.note(by, "reject %s lines %v (%s)", ref, req.Lines, req.Reason)
	return s.decide(by, ref, len(req.Lines), 0, run.Rejected)
}

// Waiting returns who is not in step.
func (s *Service) Waiting(_ context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	return slices.DeleteFunc(waiting(), func(w adminapi.Waiting) bool {
		return w.Object <= q.After || q.Target != "" && w.Target != q.Target || q.Wait != "" && w.Wait != q.Wait
	}), nil
}

// Objects returns the people, in pages, or those whose name begins with the text.
func (s *Service) Objects(_ context.Context, q adminapi.ObjectQuery) ([]adminapi.Object, error) {
	var out []adminapi.Object
	for _, o := range s.people {
		if string(o.Kind) != q.Kind || o.ID <= q.After || !strings.HasPrefix(o.Name, q.Text) || len(out) == q.Limit {
			continue
		}
		o.Records, o.Groups, o.Links = nil, nil, nil
		out = append(out, o)
	}
	return out, nil
}

// Object returns a person or group by id or name.
func (s *Service) Object(_ context.Context, kind, who string) (adminapi.Object, error) {
	if who == "ben" {
		return adminapi.Object{}, &run.Problem{Code: adminapi.Ambiguous, What: "“ben” fits ben.ito and ben.hart.", Fix: "Give the username."}
	}
	for _, o := range s.people {
		if (string(o.ID) == who || o.Name == who || len(o.Records) > 0 && o.Records[0].Name == who) && string(o.Kind) == kind {
			return o, nil
		}
	}
	if who == "temp1" && kind == string(directory.Person) { // whom no source speaks for
		return adminapi.Object{ID: "person-temp1", Kind: directory.Person, Name: who, State: directory.Active}, nil
	}
	return adminapi.Object{}, missing(kind, who)
}

// Why explains a person.
func (s *Service) Why(ctx context.Context, who, target string) (adminapi.Explanation, error) {
	o, err := s.Object(ctx, string(directory.Person), who)
	if err != nil {
		return adminapi.Explanation{}, err
	}
	if target != "" && !isTarget(target) {
		return adminapi.Explanation{}, missing("target", target)
	}
	return explanation(o, target), nil
}

// Pause pauses a target.
func (s *Service) Pause(_ context.Context, target, reason string, by access.Caller) (run.Target, error) {
	return s.setPaused(target, reason, "pause", by, &run.Note{By: by.Handle, Reason: reason, At: Now})
}

// Resume resumes a target.
func (s *Service) Resume(_ context.Context, target, reason string, by access.Caller) (run.Target, error) {
	return s.setPaused(target, reason, "resume", by, nil)
}

func (s *Service) setPaused(target, reason, verb string, by access.Caller, n *run.Note) (run.Target, error) {
	if !isTarget(target) {
		return run.Target{}, missing("target", target)
	}
	s.note(by, "%s %s (%s)", verb, target, reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused[target] = n
	return run.Target{Name: target, Active: "r1", Paused: n}, nil
}

// Links returns the links of the people.
func (s *Service) Links(_ context.Context, target string, q adminapi.LinkQuery) ([]adminapi.Link, error) {
	if !isTarget(target) {
		return nil, missing("target", target)
	}
	var out []adminapi.Link
	for _, o := range s.people {
		for _, l := range o.Links {
			if l.Target == target && l.Object > q.After && (q.State == "" || l.State == q.State) && (!q.Active || l.Active) && (q.Kind == "" || l.Kind == q.Kind) && len(out) < q.Limit {
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// Limits returns the limits of wiki.
func (s *Service) Limits(_ context.Context, target string) ([]adminapi.Limit, error) {
	if target != "" && !isTarget(target) {
		return nil, missing("target", target)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return []adminapi.Limit{
		{Target: "wiki", Class: "stated", Limit: 10, Spent: 3, Raised: s.raises["wiki/stated"]},
		{Target: "wiki", Class: "missing", Limit: 5, Spent: 0, Raised: s.raises["wiki/missing"]},
	}, nil
}

// Raise keeps a window.
func (s *Service) Raise(_ context.Context, target string, req adminapi.Raise, by access.Caller) (run.Raise, error) {
	if !isTarget(target) {
		return run.Raise{}, missing("target", target)
	}
	s.note(by, "raise %s %s to %d until %s (%s)", target, req.Class, req.To, req.Until.UTC().Format(time.RFC3339), req.Reason)
	r := run.Raise{Target: target, Class: req.Class, To: req.To, Until: req.Until, By: by.Handle, Reason: req.Reason}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raises[target+"/"+req.Class] = &r
	return r, nil
}
