package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// A draft is a plan on its way into the store. Its lines are counted and digested as they are planned, and compared with those of the plan that waits: while
// they are the same, nothing is written. From the first that differs on, they are those of a plan of their own (draftstore.go).
//
// What it remembers grows with what is found, not with the number of people: accounts that are to be taken over, questions, accounts of people who are gone
// here. Only where the target receives groups, it also remembers who will have an account, to preview memberships of those who have none yet.
type draft struct {
	w        *wave
	kind     run.PlanKind
	base     run.Plan // the plan that waits; the zero Plan if none does
	basis    lineReader
	plan     run.Plan // "" as id: all lines so far are those of base
	lines    int      // so far
	page     []plan.Line
	sum      [4]uint64 // order-free digest of the keys
	counts   map[string]int
	affected int                                 // objects
	linked   int                                 // people who have an account that we know of
	slim     []plan.Line                         // of memberships
	has      map[directory.ID]bool               // who will have an account: true = an open one; nil: no groups are served
	adopted  map[connector.RemoteID]directory.ID // accounts that will be somebody's, and are not yet
	doubted  map[connector.RemoteID]bool         // accounts about which a line asks
	left     map[directory.ID]connector.RemoteID // active accounts of people who are disabled or gone here
	keys     map[string]bool                     // if not nil, all that is kept: of lines about memberships
}

// blank is a draft that nothing was planned in.
func (w *wave) blank() *draft {
	d := &draft{
		w: w, counts: map[string]int{}, adopted: map[connector.RemoteID]directory.ID{}, doubted: map[connector.RemoteID]bool{},
		left: map[directory.ID]connector.RemoteID{},
	}
	if w.owned = nil; w.groupsServed() {
		d.has = map[directory.ID]bool{}
	}
	return d
}

func (w *wave) newDraft(ctx context.Context, kind run.PlanKind) (*draft, error) {
	d := w.blank()
	d.kind = kind
	plans, err := w.recent(ctx, kind)
	if err != nil || len(plans) == 0 {
		return d, err
	}
	d.base, d.basis = plans[0], lineReader{t: w.t, plan: plans[0].ID, after: -1}
	return d, w.presume(ctx, d.base.ID)
}

// show takes units in the order of the survey: all people before the first group.
func (d *draft) show(ctx context.Context, units []*unit) error {
	for _, u := range ofKind(units, connector.User) {
		if u.left {
			d.left[u.object.ID] = u.seen.ID
		} else {
			d.account(u)
		}
	}
	for _, u := range units {
		lines := u.lines
		switch {
		case u.left:
			continue // shown at the end: the account may be another's by then
		case u.outside:
			lines = plan.Outside(lines)
		case u.object.Kind == directory.Group:
			more, err := d.members(ctx, u)
			if err != nil {
				return err
			}
			for _, l := range more {
				d.slim = append(d.slim, slim(l))
			}
			lines = append(slices.Clone(lines), more...)
		}
		if err := d.add(ctx, lines); err != nil {
			return err
		}
	}
	return nil
}

// gone shows the active accounts of people who are disabled or gone here, save those that will be somebody else's.
func (d *draft) gone(ctx context.Context) error {
	d.w.owned = d.adopted
	ids := make([]directory.ID, 0, len(d.left))
	for id := range d.left {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	clear(d.left)
	for part := range slices.Chunk(ids, planChunk) {
		units, err := d.w.prepare(ctx, part)
		if err != nil {
			return err
		}
		for _, u := range units {
			if !u.left {
				continue
			}
			d.left[u.object.ID] = u.seen.ID
			if err := d.add(ctx, []plan.Line{plan.Gone(u.want, u.object.State, *u.seen)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// account notes who will have an open account, and who a closed one: that keeps the memberships it has.
func (d *draft) account(u *unit) {
	leaves := slices.ContainsFunc(u.lines, func(l plan.Line) bool { return l.Verb == plan.DisableUser || l.Verb == plan.DeleteRemote })
	if u.seen != nil && slices.ContainsFunc(u.lines, func(l plan.Line) bool { return l.Code == "ask" }) {
		d.doubted[u.seen.ID] = true
	}
	open := false
	switch {
	case plan.Linked(u.have):
		d.linked++
		open = !leaves && (u.have.State == link.Linked || acts(u.lines))
	case !acts(u.lines):
		return
	default:
		if open = !leaves && u.want.Active; u.seen != nil {
			d.adopted[u.seen.ID] = u.object.ID
		}
	}
	if d.has != nil {
		d.has[u.object.ID] = open
	}
}

// add takes the lines of one object.
func (d *draft) add(ctx context.Context, lines []plan.Line) error {
	affected := false
	for _, l := range lines {
		sum := sha256.Sum256([]byte(l.Key))
		for i := range d.sum {
			d.sum[i] += binary.BigEndian.Uint64(sum[8*i:])
		}
		name := string(l.Verb)
		if l.Verb == plan.Skip {
			name = "skip " + l.Code
		}
		affected = affected || l.Verb != plan.Skip || l.Code == "ask" // approving the plan answers its questions
		if l.Kind == connector.Group {
			name = "group " + name
		}
		d.counts[name]++
	}
	if affected {
		d.affected++
	}
	return d.put(ctx, lines)
}

func (d *draft) report(ctx context.Context) (run.Report, error) {
	r := run.Report{
		Accounts: d.w.counts["listed_users"], Groups: d.w.counts["listed_groups"], Link: d.counts["link"], Create: d.counts["create"],
		Update: d.counts["update"] + d.counts["enable"], Close: d.counts["disable"] + d.counts["delete"] + d.counts["skip "+plan.CodeGone], Ask: d.counts["skip ask"],
	}
	for name, n := range d.counts {
		if name == "skip missing_value" || name == "skip invalid" || name == "skip unsupported" {
			r.Wait += n
		}
	}
	doubted, err := d.unowned(ctx)
	if err != nil {
		return r, err
	}
	r.Unknown = r.Accounts - d.linked - len(d.adopted) - len(doubted)
	for _, id := range d.left {
		if !doubted[id] {
			r.Unknown--
		}
	}
	r.Unknown = max(0, r.Unknown)
	var b []byte
	for _, x := range d.sum {
		b = binary.BigEndian.AppendUint64(b, x)
	}
	r.Digest = hex.EncodeToString(b)
	return r, nil
}

// unowned returns those accounts about which a line asks that nobody has, or will have.
func (d *draft) unowned(ctx context.Context) (map[connector.RemoteID]bool, error) {
	out := map[connector.RemoteID]bool{}
	var ids []connector.RemoteID
	for id := range d.doubted {
		if d.adopted[id] == "" {
			out[id] = true
			ids = append(ids, id)
		}
	}
	return out, d.w.t.view(ctx, func(v directory.Reader) error {
		for part := range slices.Chunk(ids, 500) {
			links, err := link.Of(v).ByRemote(ctx, d.w.t.Name, connector.User, part)
			if err != nil {
				return err
			}
			for _, l := range links {
				if plan.Linked(l) {
					delete(out, l.Remote)
				}
			}
		}
		return nil
	})
}
