package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Version implements adminapi.Overview.
func (m *Muster) Version(context.Context) adminapi.Version { return App{}.Version() }

// Status implements adminapi.Overview.
func (m *Muster) Status(ctx context.Context) (adminapi.Status, error) {
	s := adminapi.Status{Since: m.started, Sources: []adminapi.SourceStatus{}, Targets: []adminapi.TargetStatus{}, Attention: []adminapi.Attention{}}
	leavers, err := m.Leavers(ctx, adminapi.LeaverQuery{})
	if err != nil {
		return s, err
	}
	var findings []run.Plan
	err = m.Store.View(ctx, func(v directory.Reader) (err error) {
		if s.People, err = counts(ctx, v, directory.Person); err != nil {
			return err
		}
		if s.Groups, err = counts(ctx, v, directory.Group); err != nil {
			return err
		}
		for _, c := range m.File.Sources {
			x, err := m.sourceStatus(ctx, v, c)
			if err != nil {
				return err
			}
			holds, err := run.Of(v).Plans(ctx, c.Name, run.Hold, run.Waiting, 50)
			if err != nil {
				return err
			}
			for _, p := range holds {
				x.Holds = append(x.Holds, p.ID)
			}
			findings = append(findings, holds...)
			s.Sources = append(s.Sources, x)
		}
		for _, c := range m.File.Targets {
			x, err := m.targetStatus(ctx, v, c, leavers)
			if err != nil {
				return err
			}
			s.Targets = append(s.Targets, x)
		}
		return nil
	})
	for i, t := range s.Targets {
		var werr error
		s.Targets[i].Waits, werr = m.Engine.Waits(ctx, t.Name)
		err = errors.Join(err, werr)
	}
	s.Attention = attention(s, findings, leavers)
	for _, t := range m.File.Targets {
		more, serr := m.scopeAttention(ctx, t.Name)
		s.Attention, err = append(s.Attention, more...), errors.Join(err, serr)
	}
	more, terr := m.tellingAttention(ctx)
	s.Attention, err = append(s.Attention, more...), errors.Join(err, terr)
	s.Summary, s.Unsure = summary(s, leavers), m.unsure(s)
	return s, err
}

func counts(ctx context.Context, v directory.Reader, kind directory.Kind) (map[string]int, error) {
	n, err := v.Count(ctx, kind)
	out := make(map[string]int, len(n))
	for state, c := range n {
		out[string(state)] = c
	}
	return out, err
}

func (m *Muster) sourceStatus(ctx context.Context, v directory.Reader, c config.Source) (adminapi.SourceStatus, error) {
	s := adminapi.SourceStatus{Name: c.Name, Type: c.Type}
	runs, err := run.Of(v).Runs(ctx, c.Name, 5)
	if err != nil {
		return s, err
	}
	if s.Run, s.Last = lastTwo(runs); s.Last != nil {
		s.Problem = s.Last.Problem
	}
	if s.Problem != nil {
		if s.Troubled, err = troubled(ctx, v, c.Name, func(r run.Run) bool { return r.Problem != nil }); err != nil {
			return s, err
		}
	}
	reads := m.Engine.Reads(c.Name)
	if s.Reading, s.Upcoming = reads.Under, reads.Next; len(s.Upcoming) > 0 {
		s.Next = s.Upcoming[0]
	}
	done, missing := run.Of(v).LastDone(ctx, run.Read, c.Name)
	if missing != nil && !errors.Is(missing, directory.ErrNotFound) {
		return s, missing
	}
	s.Complete = done.Started
	for _, c := range m.scim.Stats() {
		if c.Client == s.Name {
			s.Heard = c.Last
		}
	}
	people, groups := areasOf(c)
	for _, b := range people {
		err = errors.Join(err, countIn(ctx, v, c.Name, b, &s.People, directory.Present, directory.Absent), countIn(ctx, v, c.Name, b, &s.Absent, directory.Absent))
	}
	for _, b := range groups {
		err = errors.Join(err, countIn(ctx, v, c.Name, b, &s.Groups, directory.Present, directory.Absent), countIn(ctx, v, c.Name, b, &s.Absent, directory.Absent))
	}
	if err != nil {
		return s, err
	}
	waiting, err := v.Waiting(ctx, c.Name, "", countedWaiting)
	s.Waiting, s.Oldest = len(waiting), oldest(waiting)
	return s, err
}

// lastTwo returns the newest of runs that is under way, and the newest that has ended.
func lastTwo(runs []run.Run) (under, last *run.Run) {
	for i := len(runs) - 1; i >= 0; i-- {
		if runs[i].Outcome == run.Running {
			under = &runs[i]
		} else {
			last = &runs[i]
		}
	}
	return under, last
}

// troubled returns when the first of the last runs of a source or target began that all went wrong in a way; zero if the last one did not.
func troubled(ctx context.Context, v directory.Reader, name string, wrong func(run.Run) bool) (since time.Time, err error) {
	const lookedAt = 100
	runs, err := run.Of(v).Runs(ctx, name, lookedAt)
	for _, r := range runs {
		switch {
		case r.Outcome == run.Running:
		case !wrong(r):
			return since, err
		default:
			since = r.Started
		}
	}
	return since, err
}

// oldest is since when the record waits that has waited longest; zero if that is known of none.
func oldest(waiting []directory.Record) (since time.Time) {
	for _, r := range waiting {
		if !r.Waits.IsZero() && (since.IsZero() || r.Waits.Before(since)) {
			since = r.Waits
		}
	}
	return since
}

func countIn(ctx context.Context, v directory.Reader, source, base string, sum *int, in ...directory.Status) error {
	n, err := v.CountRecords(ctx, source, base, in)
	*sum += n
	return err
}

func (m *Muster) targetStatus(ctx context.Context, v directory.Reader, c config.Target, leavers []adminapi.Leaver) (adminapi.TargetStatus, error) {
	s := adminapi.TargetStatus{Name: c.Name, Type: c.Type, Mode: m.modeOf(c.Name)}
	state, err := run.Of(v).Target(ctx, c.Name)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return s, err
	}
	s.Paused, s.Stopped, s.Listed = state.Paused, state.Stopped, state.Listed
	if s.Stopped == nil {
		s.Stopped = m.Engine.Unruled(c.Name)
	}
	if s.Stopped != nil {
		if s.Troubled, err = troubled(ctx, v, c.Name, func(r run.Run) bool { return r.Outcome == run.Stopped }); err != nil {
			return s, err
		}
	}
	s.Upcoming = m.Engine.Comparisons(c.Name, state).Next
	have, err := link.Of(v).CountLinks(ctx, c.Name)
	if err != nil {
		return s, err
	}
	s.Users, s.Groups = have.Users, have.Groups
	if s.Drift, err = link.Of(v).CountDrift(ctx, c.Name); err != nil {
		return s, err
	}
	if err := waitingStatus(ctx, v, &s); err != nil {
		return s, err
	}
	if state.Active != "" { // nothing goes out before the first plan is approved
		if err := m.pendingStatus(ctx, v, &s); err != nil {
			return s, err
		}
	}
	plans, err := run.Of(v).Plans(ctx, c.Name, "", run.Waiting, 50)
	if err != nil {
		return s, err
	}
	for _, p := range plans {
		switch p.Kind {
		case run.Hold:
			s.Holds = append(s.Holds, p.ID)
		case run.First, run.Change:
			if s.Mode == string(config.Pilot) && p.Rules == state.Active && !p.Decided.IsZero() {
				continue // it was approved; what is left of it is beyond the pilot
			}
			if s.Draft == "" {
				s.Draft, s.Differences = p.ID, p.People
			}
		}
	}
	for _, l := range leavers {
		if l.Target == c.Name {
			s.Leavers++
			if l.Overdue {
				s.Overdue++
			}
		}
	}
	runs, err := run.Of(v).Runs(ctx, c.Name, 5)
	s.Run, s.Last = lastTwo(runs)
	s.State = targetState(s, state)
	return s, err
}

func waitingStatus(ctx context.Context, v directory.Reader, s *adminapi.TargetStatus) error {
	waiting, err := link.Of(v).CountWaiting(ctx, s.Name)
	if err != nil {
		return err
	}
	for wait, n := range waiting {
		if wait == link.Held {
			s.Held += n
		} else {
			s.Retrying += n
		}
	}
	return nil
}

// pendingStatus counts what a target has not been told of yet, up to 1,000 changes.
func (m *Muster) pendingStatus(ctx context.Context, v directory.Reader, s *adminapi.TargetStatus) error {
	cursor, err := link.Of(v).Cursor(ctx, s.Name)
	if err != nil {
		return err
	}
	under, err := link.Of(v).Open(ctx, s.Name) // a call under way, perhaps of somebody who waited to be tried again
	if err != nil {
		return err
	}
	changes, err := m.Store.Changes(ctx, cursor, 1000)
	s.Pending = len(changes) + len(under)
	return err
}

func targetState(s adminapi.TargetStatus, t run.Target) string {
	switch {
	case s.Stopped != nil:
		return "stopped"
	case s.Paused != nil:
		return "paused"
	case t.Active == "" || s.Mode == string(config.Observe):
		return "draft"
	case len(s.Holds) > 0:
		return "held"
	case s.Pending > 0 || s.Retrying > 0:
		return "working"
	}
	return "in step"
}

// attention lists what needs a person, most urgent first.
func attention(s adminapi.Status, findings []run.Plan, leavers []adminapi.Leaver) []adminapi.Attention {
	out := []adminapi.Attention{}
	for _, t := range s.Targets {
		if t.Stopped != nil {
			fix := "muster target test " + t.Name
			if t.Stopped.Code == "target_rules" {
				fix = "muster plan show " + t.Name
			}
			out = append(out, adminapi.Attention{What: t.Stopped.What + ": " + t.Stopped.Why, Fix: fix})
		}
	}
	for _, l := range leavers {
		if l.State == "held" || l.State == "stopped" || l.State == "paused" || l.Overdue {
			out = append(out, adminapi.Attention{What: fmt.Sprintf("%s left and still has an account at %s: %s", l.Name, l.Target, l.Why), Fix: "muster leavers", Since: l.Since})
		}
	}
	for _, t := range s.Targets {
		for _, id := range t.Holds {
			out = append(out, adminapi.Attention{What: "a limit or an open question holds lines at " + t.Name, Fix: "muster hold show " + id})
		}
		if t.Draft != "" && t.Mode != string(config.Observe) {
			out = append(out, adminapi.Attention{What: "a plan for " + t.Name + " waits for approval", Fix: "muster plan show " + t.Name})
		}
	}
	for _, t := range s.Targets {
		if t.Drift > 0 {
			out = append(out, adminapi.Attention{What: fmt.Sprintf("%d things at %s were changed there by hand", t.Drift, t.Name), Fix: "muster drift " + t.Name})
		}
	}
	for _, p := range findings {
		out = append(out, adminapi.Attention{What: fmt.Sprintf("%s: %d wait", p.Why, p.People), Fix: "muster hold show " + p.ID, Since: p.Created})
	}
	for _, c := range s.Sources {
		if c.Problem != nil && !slices.ContainsFunc(findings, func(p run.Plan) bool { return rests(p, c.Problem) }) {
			out = append(out, adminapi.Attention{What: c.Problem.What, Fix: "muster source test " + c.Name, Since: c.Last.Started})
		}
	}
	for _, c := range s.Sources {
		if c.Waiting > 0 {
			out = append(out, adminapi.Attention{What: waits(c), Fix: "muster source records " + c.Name + " --what waiting", Since: c.Oldest})
		}
	}
	if len(out) > 50 {
		out = out[:50]
	}
	return out
}

// waits says how many entries of a source are not let in, or not wholly.
func waits(c adminapi.SourceStatus) string {
	what := fmt.Sprintf("%d entries of %s wait", c.Waiting, c.Name)
	switch {
	case c.Waiting == 1:
		what = "1 entry of " + c.Name + " waits"
	case c.Waiting >= countedWaiting:
		what = fmt.Sprintf("%d or more entries of %s wait", countedWaiting, c.Name)
	}
	return what + ": another person has the name, or a rule cannot be computed for them"
}

// countedWaiting is how many entries that wait are counted.
const countedWaiting = 1000

// rests reports whether a hold of a source is about a problem: then it is told once.
func rests(p run.Plan, on *run.Problem) bool {
	have, ok := p.Problem()
	return ok && have.Code == on.Code
}

// summary says in one sentence how everything stands.
func summary(s adminapi.Status, leavers []adminapi.Leaver) string {
	by := map[string][]string{}
	for _, t := range s.Targets {
		by[t.State] = append(by[t.State], t.Name)
	}
	var parts []string
	for _, state := range []string{"stopped", "paused", "held", "draft", "working"} {
		if names := by[state]; len(names) > 0 {
			parts = append(parts, someOf(names)+map[string]string{
				"stopped": " stopped", "paused": " paused", "held": " waiting for a decision", "draft": " not approved yet", "working": " catching up",
			}[state])
		}
	}
	for _, c := range s.Sources {
		if c.Problem != nil {
			parts = append(parts, c.Name+" not read whole")
		}
	}
	parts = append(parts, summed(s, "%d waiting at %s for a value or a decision", func(t adminapi.TargetStatus) int {
		if t.State != "in step" {
			return 0
		}
		return t.Held
	})...)
	parts = append(parts, summed(s, "%d changed by hand at %s", func(t adminapi.TargetStatus) int { return t.Drift })...)
	n := len(by["in step"])
	out := fmt.Sprintf("%d of %d targets in step", n, len(s.Targets))
	switch {
	case len(s.Targets) == 0:
		out = "There are no targets yet"
	case n == len(s.Targets) && n == 1:
		out = s.Targets[0].Name + " is in step"
	case n == len(s.Targets):
		out = fmt.Sprintf("All %d targets in step", n)
	}
	if len(parts) > 0 {
		out += "; " + strings.Join(parts, "; ")
	}
	switch len(leavers) {
	case 0:
	case 1:
		out += "; 1 open leaver"
	default:
		out += fmt.Sprintf("; %d open leavers", len(leavers))
	}
	return out + "."
}

// summed says a number of each target that has one, or of all of them if they are many.
func summed(s adminapi.Status, format string, number func(adminapi.TargetStatus) int) []string {
	var each, names []string
	all := 0
	for _, t := range s.Targets {
		if n := number(t); n > 0 {
			each, names, all = append(each, fmt.Sprintf(format, n, t.Name)), append(names, t.Name), all+n
		}
	}
	if len(names) > namedAtOnce {
		return []string{fmt.Sprintf(format, all, someOf(names))}
	}
	return each
}

// namedAtOnce is how many targets a sentence names, which is read at a glance.
const namedAtOnce = 4

// someOf names a few targets, or counts many.
func someOf(names []string) string {
	if len(names) > namedAtOnce {
		return fmt.Sprintf("%d targets", len(names))
	}
	return strings.Join(names, ", ")
}

// remembers returns the names of the targets that are configured, and of those that were once.
func (m *Muster) remembers(ctx context.Context, v directory.Reader) ([]string, error) {
	names, err := link.Of(v).Remembered(ctx)
	for _, c := range m.File.Targets {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// missing returns the people of a source who were not in its last complete read, with the time that is left.
func (m *Muster) missing(ctx context.Context, v directory.Reader, c config.Source) ([]adminapi.Leaver, error) {
	var out []adminapi.Leaver
	if c.LDAP == nil {
		return nil, nil // nobody is missing from what is not read
	}
	for _, b := range c.LDAP.People {
		for after := ""; ; {
			page, err := v.ListRecords(ctx, c.Name, b.Name, []directory.Status{directory.Absent}, after, 500)
			if err != nil {
				return nil, err
			}
			for _, rec := range page {
				if after = rec.Key; rec.Object == "" {
					continue // it never became anybody
				}
				name, err := handle(ctx, v, rec.Object)
				if err != nil {
					return nil, err
				}
				out = append(out, adminapi.Leaver{
					Object: rec.Object, Name: cmp.Or(name, rec.Name), State: "missing", Since: rec.Since, Until: rec.Since.Add(ingest.Grace),
					Why: fmt.Sprintf("not in the last complete read of %s; a second read after %s decides", c.Name, rec.Since.Add(ingest.Grace).Format(time.TimeOnly)),
				})
			}
			if len(page) < 500 {
				break
			}
		}
	}
	return out, nil
}

func handle(ctx context.Context, v directory.Reader, id directory.ID) (string, error) {
	o, err := v.Object(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return "", nil
	}
	return o.Handle(), err
}
