package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// needsDraft reports whether a plan has to be kept for a person: nothing is approved, the rules have changed, or the target only observes.
func (t *target) needsDraft() bool {
	return t.mode() == Observe || !t.current()
}

// current reports whether the rules in force are those configured.
func (t *target) current() bool {
	active := t.active.Load()
	return active != nil && active.digest == t.set().digest
}

// redraft makes the plan that waits anew when the people have changed since, but not all the time.
func (t *target) redraft(ctx context.Context, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.needsDraft() {
		return nil // approved meanwhile
	}
	head, err := t.e.cfg.Store.Head(ctx)
	if err != nil || head == t.draftRev && !t.draftAt.IsZero() && now.Sub(t.draftAt) < redraftEvery || now.Sub(t.draftAt) < draftWait {
		return err
	}
	_, err = t.draft(ctx, "")
	return err
}

// draft makes the plan that waits, as run id: of a new target, or of changed rules. The caller holds t.mu.
func (t *target) draft(ctx context.Context, id string) (run.Run, error) {
	kind := run.First
	if t.active.Load() != nil {
		kind = run.Change
	}
	r, _, err := t.compose(ctx, t.set(), kind, id)
	return r, err
}

// Preview compares a target with what it should hold, under its rules as configured, and stores what would be done now as a plan that nobody can approve.
func (e *Engine) Preview(ctx context.Context, name string) (run.Plan, error) {
	t, err := e.target(name)
	if err != nil {
		return run.Plan{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	kind := run.Preview
	switch {
	case t.active.Load() == nil:
		kind = run.First
	case !t.current():
		kind = run.Change
	}
	r, p, err := t.compose(ctx, t.set(), kind, "")
	if err == nil && p.ID == "" && r.Problem != nil {
		err = r.Problem
	}
	return p, err
}

// compose lists the target, plans everybody, and stores the lines if they differ from those of the plan that waits.
func (t *target) compose(ctx context.Context, set *ruleset, kind run.PlanKind, id string) (run.Run, run.Plan, error) {
	head, err := t.e.cfg.Store.Head(ctx)
	if err != nil {
		return run.Run{}, run.Plan{}, err
	}
	var p run.Plan
	w, err := t.begin(ctx, run.Reconcile, set, id)
	if err == nil {
		w.draft = true
		if err = w.list(ctx); err == nil {
			p, err = w.compose(ctx, kind)
		}
	}
	if err == nil {
		t.draftRev = head
	}
	t.draftAt = t.e.cfg.Now()
	r, err := t.end(ctx, w, id, err)
	return r, p, err
}

func (w *wave) compose(ctx context.Context, kind run.PlanKind) (run.Plan, error) {
	w.owned = nil
	d, s, err := w.preview(ctx)
	if err == nil && w.lateSuitors() > 0 { // now that all are known, those planned before them are asked about too
		d, s, err = w.preview(ctx)
	}
	if err != nil {
		return run.Plan{}, err
	}
	w.owned = d.owners
	report := d.report()
	same, err := w.standing(ctx, kind, report.Digest)
	if err != nil || same.ID != "" {
		return same, err
	}
	verdicts, err := w.judge(ctx, append(s.slim, d.slim...))
	if err != nil {
		return run.Plan{}, err
	}
	note, err := json.Marshal(report)
	if err != nil {
		return run.Plan{}, err
	}
	p := run.Plan{
		ID: string(directory.NewID()), Target: w.t.Name, Kind: kind, Status: run.Waiting, Rules: w.rules.digest, Created: w.now,
		Verdicts: verdicts, Note: string(note),
	}
	return p, w.store(ctx, &p)
}

// preview plans everybody without keeping the lines.
func (w *wave) preview(ctx context.Context) (*draft, *survey, error) {
	d := newDraft(w)
	s, err := w.survey(ctx, w.all(ctx), func(units []*unit) error { return d.show(ctx, units, nil) })
	return d, s, err
}

// standing returns the plan of kind that is still what would be planned now, if there is one.
func (w *wave) standing(ctx context.Context, kind run.PlanKind, digest string) (run.Plan, error) {
	var out run.Plan
	return out, w.t.view(ctx, func(v directory.Reader) error {
		plans, err := run.Of(v).Plans(ctx, w.t.Name, kind, "", 5)
		for _, p := range plans {
			var r run.Report
			if p.Status == run.Waiting || p.Status == run.Rejected {
				if json.Unmarshal([]byte(p.Note), &r) == nil && r.Digest == digest && p.Rules == w.rules.digest {
					out = p
					return nil
				}
			}
		}
		return err
	})
}

// store writes the lines of a new plan, and only then shows it in place of the one before.
func (w *wave) store(ctx context.Context, p *run.Plan) error {
	building := *p
	building.Status = run.Superseded
	if err := w.t.update(ctx, func(tx directory.Tx) error { return run.In(tx).PutPlan(ctx, building) }); err != nil {
		return err
	}
	d := newDraft(w)
	_, err := w.survey(ctx, w.all(ctx), func(units []*unit) error {
		return d.show(ctx, units, func(lines []plan.Line) error {
			return w.t.update(ctx, func(tx directory.Tx) error { return run.In(tx).AddLines(ctx, p.ID, lines...) })
		})
	})
	if err != nil {
		return err
	}
	p.Counts, p.People = d.counts, len(d.objects)
	var dead []string
	err = w.t.update(ctx, func(tx directory.Tx) error {
		dead = nil
		if done, err := w.overtaken(ctx, run.In(tx), *p); err != nil || done {
			p.Status = run.Superseded
			return err
		}
		old, err := run.In(tx).Plans(ctx, w.t.Name, "", run.Waiting, allPlans)
		if err != nil {
			return err
		}
		for _, o := range old {
			if o.Kind != run.Hold && (o.Kind == run.Preview || p.Kind != run.Preview) {
				o.Status = run.Superseded
				if err := run.In(tx).PutPlan(ctx, o); err != nil {
					return err
				}
				if o.Decided.IsZero() {
					dead = append(dead, o.ID)
				}
			}
		}
		if err := run.In(tx).PutPlan(ctx, *p); err != nil {
			return err
		}
		return w.spared(ctx, run.In(tx), p)
	})
	return errors.Join(err, w.t.drop(ctx, dead))
}

// spared leaves out of the numbers of a new plan what a person has rejected before.
func (w *wave) spared(ctx context.Context, r run.Tx, p *run.Plan) error {
	any, err := r.Rejects(ctx, w.t.Name)
	if err != nil || !any {
		return err
	}
	if err := recount(ctx, r, *p); err != nil {
		return err
	}
	*p, err = r.Plan(ctx, p.ID)
	return err
}

// drop removes plans that were replaced before anybody decided about them: while a target only observes, there is a new one for every change.
func (t *target) drop(ctx context.Context, plans []string) error {
	for _, id := range plans {
		for more := true; more; {
			err := t.update(ctx, func(tx directory.Tx) (err error) { more, err = run.In(tx).DropPlan(ctx, id); return err })
			if err != nil {
				return fmt.Errorf("drop plan %s: %w", id, err)
			}
		}
	}
	return nil
}

// overtaken reports whether rules were approved while a plan for their approval was made: the plan would only hold back what was approved.
func (w *wave) overtaken(ctx context.Context, r run.Reader, p run.Plan) (bool, error) {
	if p.Kind == run.Preview || w.t.mode() == Observe {
		return false, nil
	}
	s, err := r.Target(ctx, w.t.Name)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return s.Active == p.Rules, err
}

// A draft counts and digests lines as they are planned, and previews memberships of accounts and groups that do not exist yet.
type draft struct {
	w       *wave
	sum     [4]uint64 // order-free digest of the keys
	counts  map[string]int
	objects map[directory.ID]bool
	slim    []plan.Line                         // of memberships
	people  map[directory.ID]connector.RemoteID // who will have an open account: "" = to be created
	closed  map[directory.ID]bool               // who will have a closed one
	owners  map[connector.RemoteID]directory.ID
	doubted map[connector.RemoteID]bool // accounts about which a line asks
	left    map[connector.RemoteID]bool // active accounts of people who are disabled or gone here
}

func newDraft(w *wave) *draft {
	return &draft{
		w: w, counts: map[string]int{}, objects: map[directory.ID]bool{},
		people: map[directory.ID]connector.RemoteID{}, closed: map[directory.ID]bool{}, owners: map[connector.RemoteID]directory.ID{},
		doubted: map[connector.RemoteID]bool{}, left: map[connector.RemoteID]bool{},
	}
}

// show takes units in the order of the survey: all people before the first group.
func (d *draft) show(ctx context.Context, units []*unit, put func([]plan.Line) error) error {
	var all []plan.Line
	for _, u := range ofKind(units, connector.User) {
		if u.left {
			u.lines = []plan.Line{plan.Gone(u.want, u.object.State, *u.seen)}
			d.left[u.seen.ID] = true
			continue
		}
		d.account(u)
	}
	for _, u := range units {
		lines := u.lines
		if u.outside {
			lines = plan.Outside(lines)
		} else if u.object.Kind == directory.Group {
			more, err := d.members(ctx, u)
			if err != nil {
				return err
			}
			for _, l := range more {
				d.slim = append(d.slim, slim(l))
			}
			lines = append(slices.Clone(lines), more...)
		}
		d.add(lines)
		all = append(all, lines...)
	}
	if put == nil || len(all) == 0 {
		return nil
	}
	return put(all)
}

// account notes who will have an open account, and who a closed one: that keeps the memberships it has.
func (d *draft) account(u *unit) {
	remote, open := u.have.Remote, false
	leaves := slices.ContainsFunc(u.lines, func(l plan.Line) bool { return l.Verb == plan.DisableUser || l.Verb == plan.DeleteRemote })
	if u.seen != nil && d.owners[u.seen.ID] == "" && slices.ContainsFunc(u.lines, func(l plan.Line) bool { return l.Code == "ask" }) {
		d.doubted[u.seen.ID] = true
	}
	switch {
	case plan.Linked(u.have):
		open = !leaves && (u.have.State == link.Linked || acts(u.lines))
	case !acts(u.lines):
		return
	case u.seen != nil:
		remote, open = u.seen.ID, !leaves && u.want.Active
	default:
		remote, open = "", !leaves && u.want.Active
	}
	if remote != "" {
		d.owners[remote] = u.object.ID
		delete(d.doubted, remote)
	}
	if open {
		d.people[u.object.ID] = remote
	} else {
		d.closed[u.object.ID] = true
	}
}

func (d *draft) add(lines []plan.Line) {
	for _, l := range lines {
		sum := sha256.Sum256([]byte(l.Key))
		for i := range d.sum {
			d.sum[i] += binary.BigEndian.Uint64(sum[8*i:])
		}
		name := string(l.Verb)
		if l.Verb == plan.Skip {
			name = "skip " + l.Code
		}
		if l.Verb != plan.Skip || l.Code == "ask" { // approving the plan answers its questions
			d.objects[l.Object] = true
		}
		if l.Kind == connector.Group {
			name = "group " + name
		}
		d.counts[name]++
	}
}

func (d *draft) report() run.Report {
	r := run.Report{
		Accounts: d.w.counts["listed_users"], Groups: d.w.counts["listed_groups"], Link: d.counts["link"], Create: d.counts["create"],
		Update: d.counts["update"] + d.counts["enable"], Close: d.counts["disable"] + d.counts["delete"] + d.counts["skip "+plan.CodeGone], Ask: d.counts["skip ask"],
	}
	for name, n := range d.counts {
		if name == "skip missing_value" || name == "skip invalid" || name == "skip unsupported" {
			r.Wait += n
		}
	}
	for id := range d.left {
		if d.owners[id] == "" && !d.doubted[id] {
			r.Unknown--
		}
	}
	r.Unknown = max(0, r.Unknown+r.Accounts-len(d.owners)-len(d.doubted))
	var b []byte
	for _, x := range d.sum {
		b = binary.BigEndian.AppendUint64(b, x)
	}
	r.Digest = hex.EncodeToString(b)
	return r
}

// members previews the memberships of a group: as the directory wants them, among those who will have accounts, against what the target holds.
func (d *draft) members(ctx context.Context, u *unit) ([]plan.Line, error) {
	w := d.w
	if !w.groupsServed() || u.want.Scope != plan.In {
		return nil, nil
	}
	have := u.have
	var applied []link.Edge
	var err error
	switch {
	case plan.Linked(have):
		err = w.t.view(ctx, func(v directory.Reader) (err error) {
			applied, err = link.Of(v).Edges(ctx, w.t.Name, u.object.ID)
			return err
		})
	case u.seen != nil:
		have = link.Link{Target: w.t.Name, Object: u.object.ID, Kind: connector.Group, Remote: u.seen.ID, State: link.Linked, Active: true, Applied: u.seen.Attrs}
		applied, _, err = w.roster(ctx, u.object.ID, u.seen.ID)
	}
	if err != nil {
		return nil, err
	}
	wanted, err := d.wanted(ctx, u.object.ID)
	if err != nil {
		return nil, err
	}
	open, n := d.compare(u.object.ID, applied, wanted)
	err = w.t.view(ctx, func(v directory.Reader) (err error) {
		open, err = w.undrifted(ctx, link.Of(v), u.object.ID, open)
		return err
	})
	if err != nil {
		return nil, err
	}
	return plan.Members(u.want, have, open, n, w.merges(u), w.can), nil
}

// wanted returns the people in a group who will have accounts.
func (d *draft) wanted(ctx context.Context, group directory.ID) (map[directory.ID]bool, error) {
	out := map[directory.ID]bool{}
	return out, d.w.t.view(ctx, func(v directory.Reader) error {
		groups := []directory.ID{group}
		if d.w.nested() {
			var err error
			if groups, err = v.Below(ctx, groups); err != nil {
				return err
			}
		}
		for _, g := range groups {
			for after := directory.ID(""); ; {
				page, err := v.Members(ctx, g, after, 5000)
				if err != nil {
					return err
				}
				for _, id := range page {
					if _, ok := d.people[id]; ok {
						out[id] = true
					}
					after = id
				}
				if len(page) < 5000 {
					break
				}
			}
		}
		return nil
	})
}

// compare returns the edges in which applied and wanted differ, and how many are applied.
func (d *draft) compare(group directory.ID, applied []link.Edge, wanted map[directory.ID]bool) (open []link.Edge, n int) {
	for _, e := range applied {
		if !e.Applied {
			continue
		}
		n++
		if owner := d.owners[e.Foreign]; e.Member == "" && owner != "" {
			e.Member, e.Foreign = owner, ""
		}
		if e.Wanted = e.Member != "" && (wanted[e.Member] || d.closed[e.Member]); e.Wanted {
			delete(wanted, e.Member)
		} else {
			open = append(open, e)
		}
	}
	for id := range wanted {
		open = append(open, link.Edge{Target: d.w.t.Name, Group: group, Member: id, Wanted: true})
	}
	return open, n
}

// errStale says that a plan was made with rules that are no longer configured.
func errStale(p run.Plan) error {
	return &run.Problem{
		Code: "stale", What: fmt.Sprintf("plan %s of %s was made with other rules", p.ID, p.Target), Why: "The configuration has changed since.",
		Now: "Nothing was approved.", Fix: "Look at the new plan: `muster plan show " + p.Target + "`.",
	}
}
