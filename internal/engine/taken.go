package engine

import (
	"context"
	"errors"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// record stores outcomes of jobs in one transaction. A create that came back with an account that is somebody else's is no success: the account stays
// theirs, and a person is asked about it. The store refuses a second link whatever else writes it; then it is looked again.
func (w *wave) record(ctx context.Context, jobs []*job) (taken map[*job]*doubt, err error) {
	for range 2 {
		err = w.t.update(ctx, func(tx directory.Tx) (err error) {
			if taken, err = w.taken(ctx, link.In(tx), jobs); err != nil {
				return err
			}
			var outcomes []link.Outcome
			var scopes []link.Interval
			for _, j := range jobs {
				if j.outcome.Intent == "" {
					continue
				}
				o := j.outcome
				if taken[j] != nil {
					o.Result, o.Answer, o.Link, o.Edges, o.Wait, o.Clear = link.Failed, "answered with an account that is not theirs: "+string(j.outcome.Link.Remote), nil, nil, nil, true
				} else {
					scopes = append(scopes, j.scopes(w)...)
				}
				outcomes = append(outcomes, o)
			}
			if err := link.In(tx).Settle(ctx, outcomes...); err != nil {
				return err
			}
			if err := w.repaired(ctx, link.In(tx), jobs, taken); err != nil {
				return err
			}
			return link.In(tx).PutInterval(ctx, scopes...)
		})
		if !errors.Is(err, directory.ErrConflict) {
			break
		}
	}
	return taken, err
}

// taken finds the jobs whose create came back with an account of somebody else: of a person who has it, or of another job in the same batch.
func (w *wave) taken(ctx context.Context, r link.Reader, jobs []*job) (map[*job]*doubt, error) {
	made := map[connector.Kind][]connector.RemoteID{}
	for _, j := range jobs {
		if j.creates() {
			made[j.op.Kind] = append(made[j.op.Kind], j.outcome.Link.Remote)
		}
	}
	holder := map[account]link.Link{}
	for kind, ids := range made {
		links, err := r.ByRemote(ctx, w.t.Name, kind, ids)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			if held(l) || l.State == link.Closed && (l.Active || len(l.Applied) > 0) {
				holder[account{kind, l.Remote}] = l
			}
		}
	}
	out := map[*job]*doubt{}
	for _, j := range jobs {
		if !j.creates() {
			continue
		}
		a := account{j.op.Kind, j.outcome.Link.Remote}
		if l, ok := holder[a]; ok && l.Object != j.object.ID {
			out[j] = ownedBy(l)
			continue
		}
		holder[a] = *j.outcome.Link
	}
	return out, nil
}

// creates reports whether j has just been given an account.
func (j *job) creates() bool {
	return j.outcome.Intent != "" && j.outcome.Link != nil && j.op.Verb == connector.Create
}

// deny puts a job back whose account is somebody else's: nothing more is called, and a person is asked.
func (w *wave) deny(ctx context.Context, j *job, d *doubt) error {
	seen := connector.Remote{ID: j.outcome.Link.Remote, Kind: j.op.Kind, Attrs: j.outcome.Link.Applied, Active: j.outcome.Link.Active}
	j.seen, j.absent = &seen, false
	w.setWait(j.unit, nil)
	j.outcome, j.fresh = link.Outcome{}, false
	return w.question(ctx, j, j.have, d)
}
