package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// A wave is the batch on which limits are judged, and the run that records it.
type wave struct {
	t      *target
	rules  *ruleset
	can    connector.Features
	now    time.Time
	run    run.Run
	asked  bool  // somebody waits for this run
	single bool  // it is about one person
	draft  bool  // only planned, never carried out
	listed bool  // the target was listed just now: what is not there does not exist
	turn   int64 // of the target's orders, when the wave was begun

	listedAt time.Time // when that was begun

	barrier  barrier               // when the wave was begun
	upto     directory.Rev         // how far it knows the feed
	unproven map[directory.ID]bool // what reads under way have changed: its removals wait, and the feed brings it again when they have ended

	people, groups scopeGroup
	pilot          scopeGroup
	waiting        map[directory.ID]*link.Waiting
	names          map[directory.ID]string        // of groups, for memberOf
	serves         map[directory.ID]bool          // groups that the target has and should have; see linkedGroups
	adrift         atomic.Bool                    // there is drift to keep or to forget
	stored         atomic.Bool                    // there are stored plans to compare with
	free           map[directory.ID]bool          // groups whose memberships an approved plan covers
	renames        map[directory.ID][]link.Rename // answers about names, by group; guarded by mu
	parked         map[directory.ID][]run.Line    // lines of holds that are not carried out yet
	decides        map[string]bool                // plans whose lines count: holds, and those of these rules
	approvals      map[string]time.Time           // plans approved before the wave, and when
	pledges        []string                       // first plans and plans of changed rules that are not done: what they say of somebody counts, nothing else
	wholes         []string                       // approved plans that are carried out wholly or not at all, and were not judged yet
	rejects        bool                           // something was rejected once

	owned map[connector.RemoteID]directory.ID // of a plan that is being made: who is to have which account

	referees referees // whom references lead to who have no account

	mu      sync.Mutex // guards waiting and all below
	counts  map[string]int
	touched map[directory.ID]bool // people and groups linked in this wave: their memberships follow
	late    map[directory.ID]bool // groups with memberships to write
	beyond  map[directory.ID]bool // objects that a pilot does not reach; likewise
	looked  map[directory.ID]bool // objects that were planned to be carried out; kept only while something is approved
	sent    map[string]bool       // keys of approved lines that were carried out
	suitors suitors

	ahead    map[connector.Verb]int // ops that are planned and not settled
	total    int                    // ops that were planned
	finished int                    // ops that are settled

	newPilots []string   // anchors of people who were found in the pilot's group
	asks      []question // to be put to a person when the objects at hand are done
}

// begin readies a wave under rules, as run id ("" = a new one).
func (t *target) begin(ctx context.Context, kind run.Kind, rules *ruleset, id string) (*wave, error) {
	can, err := t.features(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err // Muster ends; the target is not to blame
	case err != nil:
		return nil, &refusal{err}
	}
	return t.open(ctx, kind, rules, id, can)
}

// open is begin for a target of which it is known, or assumed, what it supports.
func (t *target) open(ctx context.Context, kind run.Kind, rules *ruleset, id string, can connector.Features) (*wave, error) {
	w := &wave{
		t: t, rules: rules, can: can, now: t.e.cfg.Now(), turn: t.turns.Load(), waiting: map[directory.ID]*link.Waiting{}, names: map[directory.ID]string{}, serves: map[directory.ID]bool{},
		free: map[directory.ID]bool{}, counts: map[string]int{}, ahead: map[connector.Verb]int{}, touched: map[directory.ID]bool{}, late: map[directory.ID]bool{},
		looked: map[directory.ID]bool{}, beyond: map[directory.ID]bool{}, unproven: map[directory.ID]bool{}, sent: map[string]bool{}, parked: map[directory.ID][]run.Line{}, decides: map[string]bool{}, approvals: map[string]time.Time{},
	}
	w.asked = id != ""
	w.run = run.Run{ID: cmp.Or(id, string(directory.NewID())), Kind: kind, Name: t.Name, Started: w.now, Outcome: run.Running}
	var err error
	if w.people, err = t.resolve(ctx, "people", rules.rules.People.From); err != nil {
		return nil, err
	}
	if p := rules.rules.PilotGroup; p != nil {
		if w.pilot, err = t.resolve(ctx, "pilot", *p); err != nil {
			return nil, err
		}
	}
	if g := rules.rules.Groups; g != nil {
		if w.groups, err = t.resolve(ctx, "groups", g.From); err != nil {
			return nil, err
		}
	}
	return w, t.view(ctx, func(v directory.Reader) error { return w.load(ctx, v) })
}

// load reads what waits at the target, and whether stored plans decide about lines.
func (w *wave) load(ctx context.Context, v directory.Reader) error {
	for after := directory.ID(""); ; {
		page, err := link.Of(v).Waiting(ctx, w.t.Name, "", "", after, 1000)
		if err != nil {
			return err
		}
		for _, x := range page {
			w.waiting[x.Object] = &x
			after = x.Object
		}
		if len(page) < 1000 {
			break
		}
	}
	if err := w.loadRenames(ctx, link.Of(v)); err != nil {
		return err
	}
	n, err := link.Of(v).CountDrift(ctx, w.t.Name)
	if err != nil {
		return err
	}
	w.adrift.Store(n > 0)
	if w.rejects, err = run.Of(v).Rejects(ctx, w.t.Name); err != nil {
		return err
	}
	if w.rejects {
		w.stored.Store(true)
	}
	for _, status := range []run.Status{run.Waiting, run.Approved, run.Rejected} {
		if err := w.loadPlans(ctx, run.Of(v), status); err != nil {
			return err
		}
	}
	return nil
}

// allPlans is more than ever are open at a time.
const allPlans = 1000

// loadPlans reads the plans with a status, and of holds the lines.
func (w *wave) loadPlans(ctx context.Context, r run.Reader, status run.Status) error {
	plans, err := r.Plans(ctx, w.t.Name, "", status, allPlans)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if p.Kind == run.Preview {
			continue
		}
		if p.Kind != run.Hold && (p.Rules != w.rules.digest || status == run.Waiting && p.Decided.IsZero()) {
			continue // of other rules, or shown while they were not in force
		}
		w.decides[p.ID] = true
		w.stored.Store(true)
		if status == run.Approved {
			w.approvals[p.ID] = p.Decided
			if p.Whole == run.WholeAsked {
				w.wholes = append(w.wholes, p.ID)
			}
		}
		if p.Kind != run.Hold && status != run.Rejected {
			w.pledges = append(w.pledges, p.ID)
		}
		if p.Kind != run.Hold {
			continue
		}
		for after := -1; ; {
			lines, err := r.Lines(ctx, p.ID, "", after, 1000)
			if err != nil {
				return err
			}
			for _, l := range lines {
				after = l.Seq
				if l.Status == run.Waiting || l.Status == run.Approved || l.Status == run.Rejected {
					w.parked[l.Object] = append(w.parked[l.Object], l)
				}
			}
			if len(lines) < 1000 {
				break
			}
		}
	}
	return nil
}

// waits returns what an object waits for, or nil.
func (w *wave) waits(id directory.ID) *link.Waiting {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting[id]
}

// setWait changes what u waits for; nil means nothing.
func (w *wave) setWait(u *unit, x *link.Waiting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u.wait = x; x == nil {
		delete(w.waiting, u.object.ID)
		return
	}
	w.waiting[u.object.ID] = x
}

// A refusal is an error of the target as a whole: it is stopped.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

func (w *wave) count(name string, n int) {
	if n == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[name] += n
}

// chunks yields ids in pieces of n.
func chunks(ids iter.Seq2[directory.ID, error], n int) iter.Seq2[[]directory.ID, error] {
	return func(yield func([]directory.ID, error) bool) {
		part := make([]directory.ID, 0, n)
		for id, err := range ids {
			if err != nil {
				yield(nil, err)
				return
			}
			if part = append(part, id); len(part) == n {
				if !yield(part, nil) {
					return
				}
				part = make([]directory.ID, 0, n)
			}
		}
		if len(part) > 0 {
			yield(part, nil)
		}
	}
}

// list yields ids that are in hand.
func list(ids []directory.ID) iter.Seq2[directory.ID, error] {
	return func(yield func(directory.ID, error) bool) {
		for _, id := range ids {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// everything yields every object of a kind.
func (t *target) everything(ctx context.Context, kind directory.Kind) iter.Seq2[directory.ID, error] {
	return func(yield func(directory.ID, error) bool) {
		for after := directory.ID(""); ; {
			var page []directory.ID
			err := t.view(ctx, func(v directory.Reader) (err error) {
				page, err = v.ListIDs(ctx, kind, after, 1000)
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page {
				if !yield(id, nil) {
					return
				}
				after = id
			}
			if len(page) < 1000 {
				return
			}
		}
	}
}

// A survey is what a wave would do: enough to judge it before its first op, and to come back to each object.
type survey struct {
	slim     []plan.Line                 // classes and counts only
	load     plan.Load                   // of a draft, in place of all the others
	first    []directory.ID              // disables
	then     []directory.ID              // links, updates, creates
	last     []directory.ID              // deletes
	out      []directory.ID              // groups that are linked and out of scope
	removals map[directory.ID]link.Class // what was judged
	ops      map[connector.Verb]int      // how much there is to do
	verdicts []plan.Verdict
	referred map[directory.ID]bool // people without an account whom others refer to
}

const planChunk = 250

// survey plans ids, without carrying anything out. each, if not nil, is shown every unit that has lines.
func (w *wave) survey(ctx context.Context, ids iter.Seq2[directory.ID, error], each func(context.Context, []*unit) error) (*survey, error) {
	s, planned := &survey{removals: map[directory.ID]link.Class{}, ops: map[connector.Verb]int{}, referred: map[directory.ID]bool{}}, 0
	for part, err := range chunks(ids, planChunk) {
		if err != nil {
			return nil, err
		}
		units, err := w.prepare(ctx, part)
		if err != nil {
			return nil, err
		}
		if err := w.forgetNames(ctx, units); err != nil {
			return nil, err
		}
		if err := w.tell(ctx, units); err != nil {
			return nil, err
		}
		if err := w.note(ctx, units); err != nil {
			return nil, err
		}
		if err := w.shrink(ctx, units, func(l plan.Line) bool { return !ofMember(l) }); err != nil {
			return nil, err
		}
		if err := w.screen(ctx, units); err != nil {
			return nil, err
		}
		if err := w.obey(ctx, units); err != nil {
			return nil, err
		}
		planned += len(part)
		w.t.e.progress.set(w.run.ID, "planning", planned)
		for _, u := range units {
			switch {
			case u.outside:
			case w.draft:
				s.load.Add(u.lines...)
			default:
				s.add(u)
			}
		}
		if err := w.rememberPilots(ctx); err != nil {
			return nil, err
		}
		if w.stored.Load() && !w.draft {
			for _, id := range part {
				w.looked[id] = true
			}
			for _, u := range units {
				if w.outsidePilot(u) {
					w.looked[u.object.ID] = false
					w.beyond[u.object.ID] = true
				}
			}
		}
		if each != nil {
			if err := each(ctx, units); err != nil {
				return nil, err
			}
		}
	}
	if w.draft {
		return s, nil
	}
	return s, w.ask(ctx)
}

// add notes what a unit would do.
func (s *survey) add(u *unit) {
	if u.leaves() {
		s.out = append(s.out, u.object.ID)
	}
	if !acts(u.lines) {
		return
	}
	if c := removal(u.lines); c != link.NoClass {
		s.removals[u.object.ID] = c
	}
	ops(s.ops, u.lines)
	for _, r := range u.want.Refs {
		if r.Pending {
			s.referred[r.To] = true
		}
	}
	rank := 1
	for _, l := range u.lines {
		if l.Class != link.NoClass {
			s.slim = append(s.slim, slim(l))
		}
		switch l.Verb {
		case plan.DisableUser:
			rank = 0
		case plan.DeleteRemote:
			rank = 2
		}
	}
	switch rank {
	case 0:
		s.first = append(s.first, u.object.ID)
	case 1:
		s.then = append(s.then, u.object.ID)
	default:
		s.last = append(s.last, u.object.ID)
	}
}

// leaves reports whether u is a linked group that the target should not have, and does not lose by a delete.
func (u *unit) leaves() bool {
	return u.object.Kind == directory.Group && plan.Linked(u.have) && u.want.Policy.Remove == plan.Empty && (u.want.Scope == plan.Out || !u.want.Active)
}

// slim keeps of a line what a limit looks at.
func slim(l plan.Line) plan.Line {
	return plan.Line{Object: l.Object, Kind: l.Kind, Verb: l.Verb, Class: l.Class, Count: l.Count, Size: l.Size, Left: l.Left, Cause: l.Cause}
}

func acts(lines []plan.Line) bool {
	for _, l := range lines {
		if l.Verb != plan.Skip {
			return true
		}
	}
	return false
}

// judge compares a survey with the limits of the target and what the last 24 hours have used up.
func (w *wave) judge(ctx context.Context, lines []plan.Line) ([]plan.Verdict, error) {
	var load plan.Load
	load.Add(lines...)
	return w.judged(ctx, &load)
}

func (w *wave) judged(ctx context.Context, load *plan.Load) ([]plan.Verdict, error) {
	if load.Empty() {
		return nil, nil // nothing that a limit counts: what the target holds need not be counted
	}
	b := plan.Budget{Raised: map[link.Class]int{}}
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		if b.Have, err = link.Of(v).CountLinks(ctx, w.t.Name); err != nil {
			return err
		}
		if b.Spent, err = link.Of(v).Effects(ctx, w.t.Name, w.now.Add(-24*time.Hour)); err != nil {
			return err
		}
		raises, err := run.Of(v).Raises(ctx, w.t.Name, w.now)
		for _, r := range raises {
			c := link.Class(r.Class)
			b.Raised[c] = max(b.Raised[c], r.To)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("judge the limits: %w", err)
	}
	return load.Judge(b), nil
}

// applied is what a link remembers after values were written.
func applied(have attr.Set, sets ...attr.Set) attr.Set {
	out := have.Clone()
	if out == nil {
		out = attr.Set{}
	}
	for _, s := range sets {
		maps.Copy(out, s)
	}
	return out
}
