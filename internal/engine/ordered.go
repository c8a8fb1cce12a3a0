package engine

import (
	"context"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// standing returns the orders to close any of objects or accounts at a target that nobody has lifted.
func standing(ctx context.Context, l link.Reader, target string, objects []directory.ID, accounts []connector.RemoteID) ([]link.Order, error) {
	out, err := l.Orders(ctx, target, objects)
	if err != nil {
		return nil, err
	}
	bare, err := l.OrdersOn(ctx, target, accounts)
	for _, o := range bare {
		if o.State != link.Reopen {
			out = append(out, o)
		}
	}
	return out, err
}

// ordered notes of units who is closed by an order, whatever their sources and the rules say.
func (w *wave) ordered(ctx context.Context, l link.Reader, units []*unit) error {
	objects, accounts := make([]directory.ID, len(units)), make([]connector.RemoteID, 0, len(units))
	of := map[directory.ID]*unit{}
	on := map[connector.RemoteID]*unit{}
	for i, u := range units {
		objects[i] = u.object.ID
		of[u.object.ID] = u
		id := u.have.Remote
		if id == "" && u.seen != nil {
			id = u.seen.ID
		}
		if id != "" {
			accounts = append(accounts, id)
			on[id] = u
		}
	}
	orders, err := standing(ctx, l, w.t.Name, objects, accounts)
	for _, o := range orders {
		u := of[o.Object]
		if u == nil {
			u = on[o.Account]
		}
		if u != nil {
			u.order, u.want.Active, u.want.Cause = &o, false, directory.Operator
		}
	}
	return err
}

// bow takes out the lines that an order forbids. While it is not obeyed, nothing at all is done here: whoever carries it out is at it.
func (u *unit) bow() {
	if u.order == nil {
		return
	}
	for _, l := range u.lines {
		if u.order.State == link.Ordered || l.Verb == plan.Create || l.Verb == plan.Update || l.Verb == plan.Enable {
			u.lines = nil
			return
		}
	}
}

// forestalled returns the jobs about people who were ordered closed since they were planned: whatever they would have done is not done any more.
func (w *wave) forestalled(ctx context.Context, l link.Reader, jobs []*job) (map[*job]bool, error) {
	of := map[directory.ID][]*job{}
	on := map[connector.RemoteID][]*job{}
	var objects []directory.ID
	var accounts []connector.RemoteID
	for _, j := range jobs {
		if j.object.Kind != directory.Person {
			continue
		}
		objects, of[j.object.ID] = append(objects, j.object.ID), append(of[j.object.ID], j)
		if id := j.have.Remote; id != "" {
			accounts, on[id] = append(accounts, id), append(on[id], j)
		}
	}
	orders, err := standing(ctx, l, w.t.Name, objects, accounts)
	out := map[*job]bool{}
	for _, o := range orders {
		for _, j := range append(of[o.Object], on[o.Account]...) {
			if o.State == link.Ordered || !j.begun || !closes(j.op.Verb) {
				out[j] = true
			}
		}
	}
	return out, err
}

// drop forgets what j would have done.
func (j *job) drop(before link.Link) {
	j.have, j.begun, j.lines, j.adopts, j.moot, j.intent = before, false, nil, nil, nil, link.Intent{}
}

// reach takes hold of the person whom j is about. It reports false if the call must not be made: an order was quicker, or the wave ends.
func (w *wave) reach(ctx context.Context, j *job) bool {
	if j.object.Kind != directory.Person {
		return true
	}
	release, overtaken, err := w.t.seize(ctx, j.turn, j.object.ID, j.have)
	if err != nil {
		j.notSent(w)
		return false
	}
	if overtaken && !closes(j.op.Verb) {
		release()
		j.notSent(w)
		j.outcome.Answer = "not sent: the account was ordered closed meanwhile"
		return false
	}
	j.release = release
	return true
}

func letGo(jobs []*job) {
	for _, j := range jobs {
		j.letGo()
	}
}

// letGo gives back what reach took.
func (j *job) letGo() {
	if j.release != nil {
		j.release()
		j.release = nil
	}
}
