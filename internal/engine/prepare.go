package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// A unit is one object on its way through a wave: what is wanted, what we remember, what was seen, and the lines that follow.
type unit struct {
	object  directory.Object
	records []directory.Record
	in      mapping.Input
	want    plan.Desired
	traces  []mapping.Trace
	have    link.Link
	seen    *connector.Remote
	wait    *link.Waiting
	lines   []plan.Line
	absent  bool // a look-up or a complete list found no account

	answered  bool // a person has said that the account is theirs
	protected bool // want.Ask is about somebody whom no run may close
	pilot     bool // the pilot's group has them, or had
	outside   bool // only in drafts: the pilot does not reach them
	left      bool // seen is an account of somebody who is disabled or gone, which was never linked; only in drafts
	fault     error

	old      *link.Link    // of a group that is replaced: the link to the one with the old name
	keeps    bool          // of a group: the name at the target stays
	outdated []link.Rename // answers about names that are not wanted any more
	said     *run.Line     // an approved question, with its answer

	drift []link.Drift // what somebody changed there by hand
	gone  bool         // somebody deleted it there, and that is only reported
	off   bool         // somebody disabled it there, and that is only reported
	order *link.Order  // to close them, whatever else is so; nil: there is none
	turn  int64        // of the target's orders, when all this was read
}

// remoteKind returns the kind of remote object that stands for an object.
func remoteKind(k directory.Kind) connector.Kind {
	if k == directory.Group {
		return connector.Group
	}
	return connector.User
}

// prepare reads everything about ids, at most a few hundred, and plans them. Objects that no longer exist are left out.
func (w *wave) prepare(ctx context.Context, ids []directory.ID) ([]*unit, error) {
	var units []*unit
	turn := w.t.turns.Load()
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		if units, err = w.gather(ctx, v, ids); err != nil {
			return err
		}
		for _, kind := range []connector.Kind{connector.User, connector.Group} {
			part := ofKind(units, kind)
			if err := w.desire(ctx, v, kind, part); err != nil {
				return err
			}
			if kind == connector.Group {
				w.answersFor(part)
			}
			if err := w.observe(ctx, link.Of(v), kind, part); err != nil {
				return err
			}
			if err := w.resolveRefs(ctx, v, part); err != nil {
				return err
			}
			keepNames(part)
			if kind == connector.User {
				if err := w.ordered(ctx, link.Of(v), part); err != nil {
					return err
				}
			}
			if err := w.compared(ctx, link.Of(v), part); err != nil {
				return err
			}
		}
		return w.sizes(ctx, link.Of(v), ofKind(units, connector.Group))
	})
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	for _, u := range units {
		u.turn = turn
		w.plan(u)
	}
	return units, nil
}

func ofKind(units []*unit, kind connector.Kind) []*unit {
	return slices.DeleteFunc(slices.Clone(units), func(u *unit) bool { return remoteKind(u.object.Kind) != kind })
}

func idsOf(units []*unit) []directory.ID {
	out := make([]directory.ID, len(units))
	for i, u := range units {
		out[i] = u.object.ID
	}
	return out
}

// gather reads objects, their records and their links.
func (w *wave) gather(ctx context.Context, v directory.Reader, ids []directory.ID) ([]*unit, error) {
	objects, err := v.Objects(ctx, ids)
	if err != nil {
		return nil, err
	}
	objects = w.leaversFirst(objects)
	by := make(map[directory.ID]*unit, len(objects))
	units := make([]*unit, 0, len(objects))
	for _, o := range objects {
		u := &unit{object: o, wait: w.waits(o.ID)}
		by[o.ID] = u
		units = append(units, u)
	}
	slices.SortFunc(units, func(a, b *unit) int { return strings.Compare(string(a.object.ID), string(b.object.ID)) })
	records, err := v.RecordsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		if u := by[rec.Object]; u != nil {
			u.records = append(u.records, rec)
		}
	}
	links, err := link.Of(v).Links(ctx, w.t.Name, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if u := by[l.Object]; u != nil {
			u.have = l
		}
	}
	return units, nil
}

// desire computes what the target should hold for units of one kind.
func (w *wave) desire(ctx context.Context, v directory.Reader, kind connector.Kind, units []*unit) error {
	rules, scope, need := w.rules.People(), w.people, w.can.Required
	if kind == connector.Group {
		rules, scope, need = w.rules.Groups(), w.groups, nil
	}
	in, err := scope.within(ctx, v, idsOf(units))
	if err != nil {
		return err
	}
	pilots, err := w.pilot.within(ctx, v, idsOf(units))
	if err != nil {
		return err
	}
	memberOf, above, err := w.memberOf(ctx, v, units)
	if err != nil {
		return err
	}
	refers, err := w.refersOf(ctx, v, kind, units)
	if err != nil {
		return err
	}
	for _, u := range units {
		u.in = mapping.Input{Object: u.object, Records: u.records, Refers: refers[u.object.ID], MemberOf: memberOf[u.object.ID], Above: above[u.object.ID], InGroup: scope.verdict(in[u.object.ID])}
		if rules == nil {
			u.want = plan.Desired{Target: w.t.Name, Object: u.object.ID, Kind: kind, Name: u.object.Handle(), Scope: plan.Unknown}
			continue
		}
		u.want, u.traces, u.fault = rules.Desired(u.in, need)
		if u.object.Stop != nil {
			u.want.Cause = directory.Operator // whatever else would take them out: a person of ours decided it
		}
		w.parted(u)
		w.normalize(u)
		w.protect(u)
		if kind == connector.User {
			if err := w.pilotOf(ctx, v, u, pilots[u.object.ID]); err != nil {
				return err
			}
		}
		renamedOut(u)
	}
	return nil
}

// memberOf returns the names of the groups that units are in, directly and at any depth, if the rules ask.
func (w *wave) memberOf(ctx context.Context, v directory.Reader, units []*unit) (direct, above map[directory.ID][]string, err error) {
	if len(units) == 0 || !w.rules.UsesMemberOf() && !w.rules.UsesAbove() {
		return nil, nil, nil
	}
	edges, err := v.GroupsOf(ctx, idsOf(units))
	if err != nil {
		return nil, nil, err
	}
	direct, above = map[directory.ID][]string{}, map[directory.ID][]string{}
	for _, e := range edges {
		around := []directory.ID{e.Group}
		if w.rules.UsesAbove() {
			if around, err = v.Above(ctx, around); err != nil {
				return nil, nil, err
			}
		}
		if err := w.name(ctx, v, around); err != nil {
			return nil, nil, err
		}
		direct[e.Member] = append(direct[e.Member], w.names[e.Group])
		for _, g := range around {
			above[e.Member] = append(above[e.Member], w.names[g])
		}
	}
	return direct, above, nil
}

// name learns the names of groups as their source has them.
func (w *wave) name(ctx context.Context, v directory.Reader, groups []directory.ID) error {
	ask := slices.DeleteFunc(slices.Clone(groups), func(id directory.ID) bool { _, ok := w.names[id]; return ok })
	if len(ask) == 0 {
		return nil
	}
	records, err := v.RecordsOf(ctx, ask)
	for _, rec := range records {
		w.names[rec.Object] = rec.Name
	}
	return err
}

// normalize brings values into the form in which the target keeps them; what it cannot hold makes the object wait.
func (w *wave) normalize(u *unit) {
	u.want.Refs = w.normalRefs(u.want.Refs)
	n, ok := w.t.Connector.(connector.Normalizer)
	if !ok {
		return
	}
	for _, set := range []*attr.Set{&u.want.Attrs, &u.want.Once} {
		if len(*set) == 0 {
			continue
		}
		got, problems := n.Normalize(u.want.Kind, *set)
		*set = got
		u.want.Invalid = append(u.want.Invalid, problems...)
	}
}

// protect keeps runs from closing those who must not be closed.
func (w *wave) protect(u *unit) {
	leaves := u.want.Scope == plan.Out || !u.want.Active
	if !leaves || w.t.e.cfg.Protect == nil || u.want.Cause == directory.Operator {
		return
	}
	if why := w.t.e.cfg.Protect(w.t.Name, u.object, u.records, u.have); why != "" {
		(&doubt{why, []string{"protected"}}).put(u)
		u.protected = true
	}
}

// renamedOut asks before a group is taken away that left a filter only because its name changed.
func renamedOut(u *unit) {
	if u.object.Kind != directory.Group || u.want.Scope != plan.Out || !u.want.Active || !plan.Linked(u.have) {
		return
	}
	for _, by := range u.want.Match {
		was, is := u.have.Applied.First(by), u.want.Attrs.First(by)
		if was != "" && is != "" && !strings.EqualFold(was, is) {
			(&doubt{fmt.Sprintf("it left the scope by being renamed from %q to %q: should it be taken away at the target?", was, is), []string{"renamed", was, is}}).put(u)
			return
		}
	}
}

// observe finds the account of each unit as the target listed it, or a candidate by the match attributes.
func (w *wave) observe(ctx context.Context, l link.Reader, kind connector.Kind, units []*unit) error {
	var loose []*unit
	linked := map[connector.RemoteID]*unit{}
	for _, u := range units {
		if plan.Linked(u.have) {
			linked[u.have.Remote] = u
		} else if u.want.Scope == plan.In || u.repeats() {
			loose = append(loose, u)
		}
	}
	if w.listed {
		if err := w.observeLinked(ctx, l, kind, linked); err != nil {
			return err
		}
	}
	if err := w.observeLeft(ctx, l, kind, units); err != nil {
		return err
	}
	return w.candidates(ctx, l, kind, loose)
}

func (w *wave) observeLinked(ctx context.Context, l link.Reader, kind connector.Kind, linked map[connector.RemoteID]*unit) error {
	ids := make([]connector.RemoteID, 0, len(linked))
	for id := range linked {
		ids = append(ids, id)
	}
	seen, err := l.GetObserved(ctx, w.t.Name, kind, ids)
	for _, o := range seen {
		if u := linked[o.ID]; w.listedAt.After(u.have.Confirmed) {
			u.seen = &o.Remote
		}
	}
	return err
}

// candidates looks loose units up among what the target listed, match attribute by match attribute.
func (w *wave) candidates(ctx context.Context, l link.Reader, kind connector.Kind, loose []*unit) error {
	if !w.listed {
		return nil
	}
	for _, u := range loose {
		u.absent = true
	}
	rules := w.rules.People()
	if kind == connector.Group {
		rules = w.rules.Groups()
	}
	if rules == nil {
		return nil
	}
	for _, by := range rules.Rules().Match {
		of := map[string][]*unit{}
		var values []string
		for _, u := range loose {
			if v := u.want.Attrs.First(by); v != "" {
				of[strings.ToLower(v)] = append(of[strings.ToLower(v)], u)
				values = append(values, v)
			}
		}
		found, err := l.FindObserved(ctx, w.t.Name, kind, by, values)
		if err != nil {
			return err
		}
		if err := w.claim(ctx, l, kind, by, of, found); err != nil {
			return err
		}
	}
	return nil
}

// claim gives each found account to the unit that matches it, unless it is or was somebody else's, or several match.
func (w *wave) claim(ctx context.Context, l link.Reader, kind connector.Kind, by attr.Path, of map[string][]*unit, found []link.Observed) error {
	ids := make([]connector.RemoteID, len(found))
	for i, o := range found {
		ids[i] = o.ID
	}
	owned, err := l.ByRemote(ctx, w.t.Name, kind, ids)
	if err != nil {
		return err
	}
	past, err := l.Claims(ctx, w.t.Name, kind, ids)
	if err != nil {
		return err
	}
	for _, o := range found {
		units := of[strings.ToLower(o.Attrs.First(by))]
		for _, u := range units { // all are known before the first is judged
			w.court(u, o.ID)
		}
		for _, u := range units {
			w.offer(u, o.Remote, owned, past)
		}
	}
	return nil
}

// offer makes an account the candidate of u, with a question where the match alone must not decide. owners and past are of any accounts.
func (w *wave) offer(u *unit, found connector.Remote, owners []link.Link, past []link.Claim) {
	others := w.court(u, found.ID)
	switch had := hadBy(u.object.ID, found.ID, owners, past); {
	case u.seen != nil && u.seen.ID != found.ID:
		ambiguous(u.seen.ID, found.ID).put(u)
	case had != nil:
		had.put(u)
	case len(others) > 0:
		contested(found.ID, others).put(u)
	}
	if u.seen == nil {
		u.seen, u.absent = &found, false
	}
}

// hadBy says to whom else an account is linked, or was once; nil means nobody.
func hadBy(object directory.ID, id connector.RemoteID, owners []link.Link, past []link.Claim) *doubt {
	for _, l := range owners {
		if l.Remote == id && l.Object != object {
			return ownedBy(l)
		}
	}
	for _, c := range past {
		switch {
		case c.Remote == id && c.Object != object && c.Tie == link.Was:
			return onceOwned(id, c.Object)
		case c.Remote == id && c.Object == object && c.Tie == link.Cut:
			return &doubt{fmt.Sprintf("%s took them apart from the account %s: %s", c.By, id, c.Reason), []string{"cut", string(id)}}
		}
	}
	return nil
}

// sizes tells groups how many members they have at the target: deleting a large one asks.
func (w *wave) sizes(ctx context.Context, l link.Reader, groups []*unit) error {
	for _, u := range groups {
		if !plan.Linked(u.have) || u.want.Scope == plan.In && u.want.Active && (w.can.RenameGroup || nameOf(u.want) == nameOf(plan.Desired{Match: names(u.want), Attrs: u.have.Applied})) {
			continue
		}
		n, err := l.CountApplied(ctx, w.t.Name, u.object.ID)
		if err != nil {
			return err
		}
		u.want.Size = n
	}
	return nil
}

// plan fills in the lines of u.
func (w *wave) plan(u *unit) {
	switch {
	case w.outsidePilot(u) && !w.draft:
		u.lines = nil
	default:
		u.lines = w.object(u)
		if (u.repeats() || plan.Linked(u.have) && u.unsure()) && !w.draft && w.rules.broken == nil && !acts(u.lines) {
			u.lines = []plan.Line{w.ghost(u)}
		}
	}
	u.released()
	u.bow()
	u.outside = w.draft && w.outsidePilot(u)
	for i, l := range u.lines {
		if l.Verb == plan.Skip && l.Code == "missing_value" && u.fault != nil {
			u.lines[i].Why += ": " + u.fault.Error()
		}
	}
}

// object says what is to be done about u. Of an account whose removal was ordered and not confirmed, it is believed that it is as it must not be, and of
// a closed one that is wanted that it is closed, whatever was seen: the next call settles it either way, at the target and in our memory.
func (w *wave) object(u *unit) []plan.Line {
	seen, wanted := u.seen, u.want.Scope == plan.In && u.want.Active
	if plan.Linked(u.have) && (u.have.State == link.Closing || u.have.State == link.Closed && wanted) {
		doubt := connector.Remote{ID: u.have.Remote, Kind: u.have.Kind, Attrs: u.have.Applied}
		if seen != nil {
			doubt = *seen
		}
		doubt.Active = u.want.Scope == plan.Out || !u.want.Active
		seen = &doubt
	}
	if u.gone && seen == nil {
		return nil
	}
	return plan.Object(u.want, u.have, seen, w.can)
}

// ghost is the line of an object about which an earlier call had no answer, and for which nothing is left to do as far as we know: it is looked up.
func (w *wave) ghost(u *unit) plan.Line {
	return plan.Line{Target: w.t.Name, Object: u.object.ID, Kind: u.want.Kind, Name: u.want.Name, Verb: plan.Link, Why: "an earlier call had no answer"}
}

func isGhost(lines []plan.Line) bool {
	return len(lines) == 1 && lines[0].Verb == plan.Link && lines[0].Remote == ""
}

// piloted reports whether only the people named in the rules are served: as configured, or because no more than that was approved.
func (w *wave) piloted() bool { return w.t.mode() == Pilot || pilots(w.rules.rules) }

// outsidePilot reports whether a pilot does not reach u.
func (w *wave) outsidePilot(u *unit) bool {
	return w.piloted() && (u.object.Kind == directory.Group || !u.pilot && !w.rules.InPilot(u.object))
}
