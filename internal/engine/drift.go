package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
)

// Drift is what somebody changed at the target by hand. A complete list finds it: what it shows of an account that Muster made or adopted is neither what the
// target had confirmed nor what is wanted. Where it is repaired, the difference is planned like any other; where it is reported, it is planned as if the
// target still held what it had confirmed. Closing is never left to a report: whoever must be closed, and was opened there by hand, is closed again.

// reports reports whether drift is only told of.
func (w *wave) reports() bool { return w.rules.rules.Drift == mapping.Report }

// compared finds the drift of units that the list showed, and of those that were lost. What was confirmed since the list was begun is not compared: what is
// known of it stands.
func (w *wave) compared(ctx context.Context, l link.Reader, units []*unit) error {
	known := map[directory.ID][]link.Drift{}
	if w.adrift.Load() {
		found, err := l.DriftsOf(ctx, w.t.Name, idsOf(units))
		if err != nil {
			return err
		}
		for _, d := range found {
			known[d.Object] = append(known[d.Object], d)
		}
	}
	for _, u := range units {
		w.leave(u, known[u.object.ID])
		switch {
		case !w.listed:
		case u.have.State == link.Lost && u.want.Scope == plan.In && u.want.Active && u.seen == nil:
			u.drift = append(u.drift, w.missing(u.have))
		case plan.Linked(u.have) && u.seen != nil && u.seen.ID == u.have.Remote:
			w.compare(u)
		case plan.Linked(u.have):
			for _, d := range known[u.object.ID] {
				d.Seen = w.now
				u.drift = append(u.drift, d)
			}
		}
	}
	return nil
}

// leave has a unit planned with the drift that is known of it, where that is only reported.
func (w *wave) leave(u *unit, known []link.Drift) {
	if !w.reports() {
		return
	}
	for _, d := range known {
		u.gone = u.gone || d.Field == link.FieldAccount && u.have.State == link.Lost
		u.off = u.off || d.Field == link.FieldActive && d.Found == "false"
	}
}

// compare finds the drift of one account that was listed, and where it is only reported, has u planned without it.
func (w *wave) compare(u *unit) {
	if u.want.Scope == plan.Unknown || u.have.State == link.Closing {
		return
	}
	wanted := u.want.Scope == plan.In && u.want.Active
	before := *u.seen
	before.Attrs = maps.Clone(u.seen.Attrs)
	if u.have.Kind == connector.User && u.seen.Active != u.have.Active && u.seen.Active != wanted {
		u.drift = append(u.drift, w.drift(u, link.FieldActive, fmt.Sprint(wanted), fmt.Sprint(u.seen.Active)))
		before.Active = u.seen.Active || u.have.Active
	}
	if wanted {
		for _, p := range u.want.Attrs.Paths() {
			was, ok := u.have.Applied[p]
			if found := u.seen.Attrs[p]; ok && !found.Equal(was) && !found.Equal(u.want.Attrs[p]) {
				u.drift = append(u.drift, w.drift(u, string(p), shown(u.want.Attrs[p]), shown(found)))
				before.Attrs[p] = was
			}
		}
		w.compareRefs(u, before.Attrs)
	}
	if w.reports() && len(u.drift) > 0 {
		u.seen = &before
	}
}

func shown(v attr.Values) string { return strings.Join(v, ", ") }

func (w *wave) drift(u *unit, field, wanted, found string) link.Drift {
	return link.Drift{Target: w.t.Name, Object: u.object.ID, Kind: remoteKind(u.object.Kind), Field: field, Wanted: wanted, Found: found, Since: w.now, Seen: w.now}
}

// tell keeps the drift of units.
func (w *wave) tell(ctx context.Context, units []*unit) error {
	if w.draft {
		return nil
	}
	var found []link.Drift
	for _, u := range units {
		if !w.outsidePilot(u) {
			found = append(found, u.drift...)
		}
	}
	if len(found) == 0 {
		return nil
	}
	w.adrift.Store(true)
	w.count("drift", len(found))
	if err := w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutDrift(ctx, found...) }); err != nil {
		return fmt.Errorf("keep drift: %w", err)
	}
	return nil
}

// missing is the drift of an account that is gone.
func (w *wave) missing(l link.Link) link.Drift {
	return link.Drift{Target: w.t.Name, Object: l.Object, Kind: l.Kind, Field: link.FieldAccount, Wanted: "there", Found: "gone", Since: w.now, Seen: w.now}
}

// driftOf returns the drift in edges that the target states, of a group that it was told the members of before.
func (w *wave) driftOf(edges []link.Edge) []link.Drift {
	var out []link.Drift
	for _, e := range edges {
		if e.Wanted == e.Applied || e.Applied && w.rules.rules.Groups.Merge {
			continue
		}
		d := w.memberDrift(e)
		if d.Wanted, d.Found = "out", "in"; e.Wanted {
			d.Wanted, d.Found = "in", "out"
		}
		out = append(out, d)
	}
	if len(out) > 0 {
		w.adrift.Store(true)
		w.count("drift", len(out))
	}
	return out
}

func (w *wave) memberDrift(e link.Edge) link.Drift {
	return link.Drift{Target: w.t.Name, Object: e.Group, Kind: connector.Group, Field: link.FieldMember, Member: e.Member, Foreign: e.Foreign, Since: w.now, Seen: w.now}
}

// mended forgets the drift of memberships that changed, in our memory or at the target.
func (w *wave) mended(ctx context.Context, tx link.Tx, edges []link.Edge) error {
	if !w.adrift.Load() || len(edges) == 0 {
		return nil
	}
	gone := make([]link.Drift, len(edges))
	for i, e := range edges {
		gone[i] = w.memberDrift(e)
	}
	return tx.DropDrift(ctx, gone...)
}

// repaired forgets the drift that calls have undone, and keeps what they have found to be gone.
func (w *wave) repaired(ctx context.Context, tx link.Tx, jobs []*job, taken map[*job]*doubt) error {
	var gone, lost []link.Drift
	for _, j := range jobs {
		if taken[j] != nil || j.outcome.Intent == "" {
			continue
		}
		if l := j.outcome.Link; l != nil && l.State == link.Lost && w.reports() {
			lost = append(lost, w.missing(*l))
		}
		if j.outcome.Result != link.Done {
			continue
		}
		for _, e := range j.outcome.Edges {
			gone = append(gone, w.memberDrift(e))
		}
		gone = append(gone, w.undone(j)...)
	}
	if len(lost) > 0 {
		w.adrift.Store(true)
	}
	if !w.adrift.Load() {
		return nil
	}
	if err := tx.DropDrift(ctx, gone...); err != nil {
		return err
	}
	return tx.PutDrift(ctx, lost...)
}

// undone returns the drift that a call on an account has undone, if there was any.
func (w *wave) undone(j *job) []link.Drift {
	var out []link.Drift
	for _, p := range j.op.Changed {
		out = append(out, w.drift(j.unit, string(p), "", ""))
	}
	switch j.op.Verb {
	case connector.Enable, connector.Disable, connector.Delete:
		out = append(out, w.drift(j.unit, link.FieldActive, "", ""))
	case connector.Create:
		out = append(out, w.drift(j.unit, link.FieldAccount, "", ""))
	}
	return out
}

// undrifted leaves out memberships that somebody changed by hand, where that is only reported.
func (w *wave) undrifted(ctx context.Context, r link.Reader, group directory.ID, open []link.Edge) ([]link.Edge, error) {
	if !w.reports() || !w.adrift.Load() || len(open) == 0 {
		return open, nil
	}
	known, err := r.DriftsIn(ctx, w.t.Name, group)
	type key struct {
		member  directory.ID
		foreign connector.RemoteID
	}
	told := map[key]bool{}
	for _, d := range known {
		told[key{d.Member, d.Foreign}] = true
	}
	return slices.DeleteFunc(open, func(e link.Edge) bool { return told[key{e.Member, e.Foreign}] }), err
}

// sweep forgets the drift that this comparison has not seen again.
func (w *wave) sweep(ctx context.Context) error {
	if !w.adrift.Load() {
		return nil
	}
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).SweepDrift(ctx, w.t.Name, w.now) })
}
