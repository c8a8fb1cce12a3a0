package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// Codes of waiting.
const (
	codeUnknown   = "unknown"   // no answer: it may have had an effect
	codeThrottled = "throttled" // the target asks to wait
	codeExists    = "exists"    // the name is taken there
	codeInvalid   = "invalid"   // the target rejects a value
	codeMissing   = "gone"      // the account is not there any more
	codeUnclosed  = "unclosed"  // disabled or deleted, but the target does not confirm it
	codeOffered   = "unsupported"
	codeLookup    = "look_up"
	codeMembers   = "members"        // of a group: who is in it has to be read again
	codeMember    = "member_invalid" // of a group: the target rejects members
	codeOld       = "old_group"      // of a group: the one that it replaced is still there
)

// ready makes line l the next call of j: the intent and the op. It reports false if there is nothing to call.
func (j *job) ready(ctx context.Context, w *wave, l plan.Line) (bool, error) {
	if l.Verb == plan.AddMembers || l.Verb == plan.RemoveMembers {
		return j.readyMembers(ctx, w, l)
	}
	id := string(directory.NewID())
	before := j.have
	j.intent = link.Intent{
		ID: id, Target: w.t.Name, Object: j.object.ID, Kind: l.Kind, Remote: before.Remote, Run: w.run.ID, Line: l.Key, Cause: l.Cause, Class: l.Class,
		Count: l.Count, Before: before.Applied, Active: before.Active, Add: l.Add, Remove: l.Remove, At: w.t.e.cfg.Now(),
	}
	j.op = connector.Op{Key: id, Kind: l.Kind, ID: before.Remote, Match: j.want.Match, Active: !j.off}
	j.refs = nil
	switch l.Verb {
	case plan.Refer:
		j.op.Verb, j.op.Want = connector.Update, j.want.Attrs
	case plan.Create:
		j.op.Verb, j.op.Active, j.op.ID = connector.Create, l.Active, ""
		j.op.Want = applied(j.want.Once, j.want.Attrs)
		j.op.Repeat = j.repeats()
		j.intent.Absent = j.absent
	case plan.Update, plan.Enable:
		j.op.Verb, j.op.Want, j.op.Active = connector.Verb(l.Verb), j.want.Attrs, j.op.Active || l.Verb == plan.Enable
		for _, f := range l.Fields {
			j.op.Changed = append(j.op.Changed, f.Path)
		}
	case plan.DisableUser:
		j.op.Verb, j.op.Active, j.op.Want = connector.Disable, false, before.Applied
	case plan.DeleteRemote:
		j.op.Verb = connector.Delete
	default:
		return false, nil
	}
	if err := j.refer(ctx, w, l); err != nil {
		return false, err
	}
	if l.Verb == plan.Refer && len(j.op.Changed) == 0 {
		j.intent, j.op = link.Intent{}, connector.Op{}
		return false, nil // meanwhile they have another account, or none
	}
	j.intent.Verb, j.intent.Want = j.op.Verb, j.op.Want
	return true, nil
}

// call makes one remote call and says what it means.
func (w *wave) call(ctx context.Context, stop context.CancelCauseFunc, j *job) {
	began := w.t.e.cfg.Now()
	if j.op.Verb == connector.Member {
		done, err := w.callMembers(ctx, j)
		w.membersDone(ctx, stop, j, done, err)
	} else {
		remote, err := w.t.Connector.Apply(ctx, j.op)
		switch {
		case err != nil:
			w.failed(ctx, stop, j, err)
		case closes(j.op.Verb):
			w.close(ctx, j)
		default:
			w.done(j, remote)
			j.outcome.Edges = append(j.outcome.Edges, w.leaveOld(ctx, j)...)
		}
	}
	now := w.t.e.cfg.Now()
	j.outcome.Intent, j.outcome.At, j.outcome.Took = j.intent.ID, now, now.Sub(began)
	w.t.log.Debug("op", "verb", j.op.Verb, "object", j.object.ID, "remote", j.op.ID, "result", j.outcome.Result, "answer", j.outcome.Answer)
}

// done settles a call that took effect.
func (w *wave) done(j *job, remote connector.Remote) {
	l := j.have
	l.Target, l.Object, l.Kind, l.State, l.Run, l.Cause = w.t.Name, j.object.ID, j.op.Kind, link.Linked, w.run.ID, directory.NoCause
	l.Confirmed = w.t.e.cfg.Now()
	switch j.op.Verb {
	case connector.Create:
		l.Remote, l.Origin, l.Since, l.Applied, l.Active = remote.ID, link.Created, w.now, applied(nil, j.want.Attrs, j.refs), j.op.Active
		j.fresh = true
	case connector.Enable:
		l.Active, l.Since, l.Applied = true, w.now, applied(j.have.Applied, j.want.Attrs, j.refs)
		j.fresh = true
	default:
		l.Applied = applied(j.have.Applied, j.want.Attrs, j.refs)
	}
	w.count(string(j.op.Verb)+"d", 1)
	j.outcome = link.Outcome{Result: link.Done, Link: &l, Clear: !unmet(w.waits(j.object.ID))}
}

// unmet reports whether a group waits to have its members read.
func unmet(x *link.Waiting) bool { return x != nil && x.Code == codeMembers }

// membersDone settles a membership call of which done took effect. A group of which members were rejected waits for a person, and its other members go on.
func (w *wave) membersDone(ctx context.Context, stop context.CancelCauseFunc, j *job, done []pair, err error) {
	if err != nil {
		w.failed(ctx, stop, j, err)
		if j.outcome.Result == link.Unknown || errors.Is(err, connector.ErrNotFound) {
			return
		}
	} else {
		x := w.waits(j.object.ID)
		ours := x == nil || x.Wait == link.Retrying || x.Code == codeMember
		j.outcome = link.Outcome{Result: link.Done, Clear: ours && j.parked == nil}
	}
	if errors.Is(err, connector.ErrInvalid) {
		j.parked = j.outcome.Wait
	}
	j.outcome.Edges = edgesOf(done)
	for _, p := range done {
		if p.edge.Applied {
			w.count("members_added", 1)
		} else {
			w.count("members_removed", 1)
		}
	}
}

func closes(v connector.Verb) bool { return v == connector.Disable || v == connector.Delete }

// closing is the link of j while its removal was ordered and is not confirmed.
func (w *wave) closing(j *job) link.Link {
	l := j.have
	if l.State != link.Closing {
		l.State, l.Since = link.Closing, w.now
	}
	l.Cause, l.Run = j.want.Cause, w.run.ID
	return l
}

// close reads back what a disable or delete has left. Only what the target then says closes a leaver.
func (w *wave) close(ctx context.Context, j *job) {
	l := w.closing(j)
	j.outcome = link.Outcome{Result: link.Done, Link: &l, Clear: true}
	proof, gone, err := w.closed(ctx, j)
	if j.outcome.Answer = proof; proof == "" {
		reason := "the target accepted it, and still shows the account as active"
		if err != nil {
			reason = "the target accepted it, and could not be asked whether it is closed: " + err.Error()
		}
		x := w.retry(j.unit, codeUnclosed, reason, 0)
		x.Line = j.intent.Line
		j.outcome.Wait, j.outcome.Clear, j.outcome.Answer = &x, false, cut(reason)
		w.count("unclosed", 1)
		return
	}
	l.State, l.Active, l.Since, l.Confirmed = link.Closed, false, w.now, w.t.e.cfg.Now()
	if gone || j.op.Verb == connector.Delete {
		l.Applied = nil // there is nothing to enable: who comes back is looked up, and created if need be
		j.outcome.Edges = w.forgotten(ctx, l)
	}
	w.count(string(j.op.Verb)+"d", 1)
}

// closed asks the target whether the account is disabled or gone, and returns what it answered as the proof; "" means that it is neither. Some answer of disabled
// accounts as if they were gone.
func (w *wave) closed(ctx context.Context, j *job) (proof string, gone bool, err error) {
	remote, proof, err := w.t.readBack(ctx, j.op.Kind, j.op.ID)
	if remote != nil && (remote.Active || j.op.Verb != connector.Disable) {
		return "", false, nil
	}
	return proof, remote == nil, err
}

// refuses reports whether an error is about the target as a whole.
func refuses(err error) bool {
	return errors.Is(err, connector.ErrAuth) || errors.Is(err, connector.ErrForeign)
}

// failed settles a call that had no effect, or whose effect is not known.
func (w *wave) failed(ctx context.Context, stop context.CancelCauseFunc, j *job, err error) {
	j.outcome = link.Outcome{Result: link.Failed, Answer: cut(err.Error())}
	switch {
	case refuses(err):
		stop(&refusal{err})
		return
	case ctx.Err() != nil:
		j.outcome.Result = link.Unknown
	case errors.Is(err, connector.ErrNotFound):
		w.vanished(ctx, stop, j)
		return
	}
	line := plan.Line{Key: j.intent.Line}
	x := w.waitFor(j.unit, line, err)
	if unclassified(err) {
		j.outcome.Result = link.Unknown
		if closes(j.op.Verb) {
			l := w.closing(j)
			j.outcome.Link = &l
		}
	}
	if j.op.Verb == connector.Member {
		x.Code = ofMembers(x.Code)
	}
	j.outcome.Wait = &x
	w.count(string(x.Wait), 1)
}

// ofMembers returns the code of waiting of a group whose memberships failed with code.
func ofMembers(code string) string {
	switch code {
	case codeUnknown:
		return codeMembers
	case codeInvalid:
		return codeMember
	}
	return code
}

// unclassified reports whether err is none of the vocabulary: the call may have had an effect.
func unclassified(err error) bool {
	if _, ok := errors.AsType[*connector.RetryAfter](err); ok {
		return false
	}
	for _, known := range []error{
		connector.ErrExists, connector.ErrNotFound, connector.ErrInvalid, connector.ErrAuth, connector.ErrUnsupported, connector.ErrForeign,
	} {
		if errors.Is(err, known) {
			return false
		}
	}
	return true
}

// waitFor says how u waits after err.
func (w *wave) waitFor(u *unit, l plan.Line, err error) link.Waiting {
	var wait *connector.RetryAfter
	switch {
	case errors.As(err, &wait):
		x := w.retry(u, codeThrottled, "the target asks to wait", wait.Wait)
		x.Attempts = max(0, x.Attempts-1)
		if u.repeats() || unmet(u.wait) {
			x.Code, x.Line = u.wait.Code, u.wait.Line
		}
		return x
	case errors.Is(err, connector.ErrExists):
		if u.wait != nil && u.wait.Code == codeExists && u.wait.Attempts >= 2 {
			return w.held(u, l, "conflict", "the name is taken at the target by an account that cannot be found: "+cut(err.Error()))
		}
		return w.retry(u, codeExists, "the name is taken at the target: "+cut(err.Error()), 0)
	case errors.Is(err, connector.ErrInvalid):
		return w.held(u, l, codeInvalid, "the target rejects a value: "+cut(err.Error())+". Correct it at the source, or the mapping")
	case errors.Is(err, connector.ErrUnsupported):
		return w.held(u, l, codeOffered, "the target does not offer this: "+cut(err.Error()))
	}
	x := w.retry(u, codeUnknown, cut(err.Error()), 0)
	x.Line = l.Key
	return x
}

func (w *wave) held(u *unit, l plan.Line, code, reason string) link.Waiting {
	return link.Waiting{Target: w.t.Name, Object: u.object.ID, Wait: link.Held, Code: code, Reason: reason, Line: l.Key, Attempts: attempts(u), Since: since(u, w.now)}
}

// retry has u tried again after a while: after wait, or with backoff.
func (w *wave) retry(u *unit, code, reason string, wait time.Duration) link.Waiting {
	n := attempts(u)
	if wait <= 0 {
		wait = backoff(n)
	}
	return link.Waiting{
		Target: w.t.Name, Object: u.object.ID, Wait: link.Retrying, Code: code, Reason: reason, Attempts: n, Since: since(u, w.now), Next: w.t.e.cfg.Now().Add(wait),
	}
}

func attempts(u *unit) int {
	if u.wait == nil {
		return 1
	}
	return u.wait.Attempts + 1
}

func since(u *unit, now time.Time) time.Time {
	if u.wait == nil {
		return now
	}
	return u.wait.Since
}

// backoff is how long the n-th failure waits: from 2 s doubling to 15 min, then 6 h, 12 h, and a day for ever, each with up to a quarter less.
func backoff(n int) time.Duration {
	wait := 2 * time.Second << min(n-1, 9)
	switch {
	case n > 14:
		wait = 24 * time.Hour
	case n > 13:
		wait = 12 * time.Hour
	case n > 12:
		wait = 6 * time.Hour
	default:
		wait = min(wait, 15*time.Minute)
	}
	return wait - rand.N(wait/4)
}

// vanished settles a call about an id that the target does not know: believed only while the target answers otherwise. What should be closed is closed
// then; what should be there is planned anew.
func (w *wave) vanished(ctx context.Context, stop context.CancelCauseFunc, j *job) {
	if _, err := w.t.Connector.Check(ctx); err != nil {
		if refuses(err) {
			stop(&refusal{err})
			return
		}
		x := w.retry(j.unit, codeUnknown, cut(err.Error()), 0)
		j.outcome.Wait = &x
		return
	}
	l := j.have
	l.Active, l.Applied, l.Since, l.Run, l.Confirmed = false, nil, w.now, w.run.ID, w.t.e.cfg.Now()
	j.outcome.Link, j.outcome.Edges = &l, w.forgotten(ctx, l)
	if closes(j.op.Verb) {
		l.State, l.Cause = link.Closed, j.want.Cause
		j.outcome.Result, j.outcome.Clear = link.Done, true
		w.count("already_gone", 1)
		return
	}
	l.State = link.Lost
	x := w.retry(j.unit, codeMissing, "the account is gone at the target; it is planned anew", 0)
	if w.hides(j.have) {
		x.Reason, x.Next = "the target hides disabled accounts; it is looked up and created if need be", w.t.e.cfg.Now()
	} else {
		w.count("lost", 1)
	}
	j.outcome.Wait = &x
}

// forgotten returns the memberships that went with an account or group that is gone.
func (w *wave) forgotten(ctx context.Context, l link.Link) []link.Edge {
	var edges []link.Edge
	err := w.t.view(context.WithoutCancel(ctx), func(v directory.Reader) (err error) {
		edges, err = appliedEdges(ctx, link.Of(v), l)
		return err
	})
	if err != nil {
		w.t.log.Error("memberships of what is gone are not known", "object", l.Object, "error", err)
	}
	return edges
}

// appliedEdges returns the memberships that a link takes with it, as they are once it is gone.
func appliedEdges(ctx context.Context, r link.Reader, l link.Link) (out []link.Edge, err error) {
	var edges []link.Edge
	if l.Kind == connector.Group {
		edges, err = r.Edges(ctx, l.Target, l.Object)
	} else {
		edges, err = r.EdgesOf(ctx, l.Target, []directory.ID{l.Object})
	}
	for _, e := range edges {
		if e.Applied {
			e.Applied = false
			out = append(out, e)
		}
	}
	return out, err
}

// cut shortens what a target says.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) > 500 {
		return strings.ToValidUTF8(s[:500], "") + " …"
	}
	return s
}

// recover settles what a crash left open: each write may have had an effect, so its object is looked up before anything is repeated.
func (t *target) recover(ctx context.Context, open []link.Intent) error {
	if len(open) == 0 {
		return nil
	}
	now := t.e.cfg.Now()
	outcomes := make([]link.Outcome, len(open))
	for i, in := range open {
		outcomes[i] = link.Outcome{
			Intent: in.ID, Result: link.Unknown, Answer: "Muster ended before the answer", At: now,
			Wait: &link.Waiting{
				Target: t.Name, Object: in.Object, Wait: link.Retrying, Code: codeUnknown, Reason: "Muster ended before the answer", Line: in.Line, Attempts: 1, Since: now, Next: now,
			},
		}
		if in.Verb == connector.Member {
			outcomes[i].Wait.Code = codeMembers
		}
		if in.Object == "" { // of an account that is nobody's: its order is still open
			outcomes[i].Wait = nil
		}
	}
	t.log.Info("writes without an answer are looked up", "count", len(open))
	if err := t.update(ctx, func(tx directory.Tx) error { return link.In(tx).Settle(ctx, outcomes...) }); err != nil {
		return fmt.Errorf("settle what was open: %w", err)
	}
	return nil
}
