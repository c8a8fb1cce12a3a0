package engine

import (
	"maps"
	"sync"
	"time"

	"muster/internal/connector"
	"muster/internal/plan"
)

// A Progress is how far a run has got. Total is 0, and Left too, while that is not known.
type Progress struct {
	Phase string
	Done  int
	Total int
	Left  time.Duration // at the rates of the target
}

// progress remembers how far the runs of this process have got.
type progress struct {
	mu   sync.Mutex // guards runs
	runs map[string]Progress
}

func (p *progress) set(id, phase string, done int) { p.put(id, Progress{Phase: phase, Done: done}) }

func (p *progress) put(id string, x Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == nil {
		p.runs = map[string]Progress{}
	}
	p.runs[id] = x
}

func (p *progress) drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.runs, id)
}

// Progress returns how far a run has got, while it runs in this process.
func (e *Engine) Progress(id string) (Progress, bool) {
	e.progress.mu.Lock()
	defer e.progress.mu.Unlock()
	p, ok := e.progress.runs[id]
	return p, ok
}

// Estimate returns how long the lines that counts counts by verb take at a target, at the rates of its service; 0 = not known, or at once. Where a call is
// known to take each, it is no shorter than that many calls take beside each other.
func (e *Engine) Estimate(name string, counts map[string]int, each time.Duration) time.Duration {
	t, err := e.target(name)
	if err != nil {
		return 0
	}
	ops, calls := map[connector.Verb]int{}, 0
	for verb, n := range counts {
		if op := opOf(plan.Verb(verb)); op != "" {
			ops[op] += n
			calls += n
		}
	}
	rounds := (calls + t.Concurrency - 1) / t.Concurrency
	return max(t.estimate(ops), time.Duration(rounds)*each)
}

func (t *target) estimate(ops map[connector.Verb]int) time.Duration {
	if e, ok := t.Connector.(connector.Estimator); ok {
		return e.Estimate(ops)
	}
	return 0
}

// opOf returns the verb of the op that a line becomes, or "".
func opOf(v plan.Verb) connector.Verb {
	switch v {
	case plan.Create:
		return connector.Create
	case plan.Update, plan.Refer:
		return connector.Update
	case plan.Enable:
		return connector.Enable
	case plan.DisableUser:
		return connector.Disable
	case plan.DeleteRemote:
		return connector.Delete
	case plan.AddMembers, plan.RemoveMembers:
		return connector.Member
	}
	return ""
}

// expect adds lines to what the wave is going to carry out.
func (w *wave) expect(lines map[connector.Verb]int) {
	w.mu.Lock()
	for verb, n := range lines {
		w.ahead[verb] += n
		w.total += n
	}
	w.mu.Unlock()
	w.far(nil)
}

// far tells how far the wave has got, now that jobs are settled.
func (w *wave) far(settled []*job) {
	w.mu.Lock()
	for _, j := range settled {
		if j.outcome.Intent != "" {
			w.finished++
			w.ahead[j.op.Verb] = max(0, w.ahead[j.op.Verb]-1)
		}
	}
	p, ahead := Progress{Phase: "serving", Done: w.finished, Total: max(w.total, w.finished)}, maps.Clone(w.ahead)
	w.mu.Unlock()
	if p.Total > 0 {
		p.Left = w.t.estimate(ahead)
		w.t.e.progress.put(w.run.ID, p)
	}
}

// ops counts what lines become, by verb.
func ops(into map[connector.Verb]int, lines []plan.Line) {
	for _, l := range lines {
		if op := opOf(l.Verb); op != "" {
			into[op]++
		}
	}
}
