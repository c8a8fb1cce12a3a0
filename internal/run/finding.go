package run

import (
	"context"
	"encoding/json"
	"time"
)

// ReleaseWindow is how long a released hold may take to start. Once started it runs to its end.
const ReleaseWindow = 30 * time.Minute

// Rests returns plan p resting on a problem: a hold of a source, whose Target is the name of the source.
func (p Plan) Rests(on Problem) Plan {
	text, _ := json.Marshal(on) // five texts
	p.Note = string(text)
	return p
}

// Problem returns the problem that a plan rests on, and false for plans that rest on none.
func (p Plan) Problem() (Problem, bool) {
	var on Problem
	err := json.Unmarshal([]byte(p.Note), &on)
	return on, err == nil && on.Code != ""
}

// Recount makes the numbers of a stored plan those of its lines that wait. A plan that waits for nothing any more is stale.
func Recount(ctx context.Context, r Tx, p Plan) error {
	waiting := LineFilter{Status: Waiting}
	tally, err := r.TallyLines(ctx, p.ID, waiting)
	if err != nil {
		return err
	}
	p.Counts = map[string]int{}
	for _, t := range tally {
		name := t.Act
		if t.Kind == "group" {
			name = "group " + name
		}
		p.Counts[name] += t.Lines
	}
	affected, err := r.Affected(ctx, p.ID, waiting)
	if err != nil {
		return err
	}
	p.People = affected.Objects
	if len(tally) == 0 && p.Status == Waiting {
		p.Status = Stale
	}
	return r.PutPlan(ctx, p)
}
