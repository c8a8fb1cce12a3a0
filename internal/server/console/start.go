package console

import (
	"math"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// laterBy is how many seconds an approval that closes many people can be taken back before it begins.
const laterBy = 10

// closesMany reports whether what is decided about closes more than one person.
func (c *console) closesMany(v *visit, d choice) (bool, error) {
	if v.PostFormValue("what") == "all" {
		return d.plan.Counts["disable"]+d.plan.Counts["delete"] > 1, nil
	}
	x, err := c.Service.Tally(v.ctx(), d.plan.ID, d.sel, d.lines)
	n := 0
	for _, t := range x.By {
		if t.Act == "disable" || t.Act == "delete" {
			n += t.Lines
		}
	}
	return n > 1, err
}

func (c *console) cancelStart(v *visit) (string, error) {
	p, err := c.Service.Plan(v.ctx(), v.PathValue("id"))
	if err != nil {
		return "", err
	}
	if err := v.caller.Authorize(rightTo(p.Kind)); err != nil {
		return "", err
	}
	_, err = c.Service.CancelStart(v.ctx(), p.ID, v.caller)
	return Root + "plans/" + p.ID + "?did=cancelled", err
}

// secondsTo is how long it is until t, in whole seconds.
func secondsTo(now, t time.Time) int { return max(0, int(math.Ceil(t.Sub(now).Seconds()))) }

// beginning reports whether an approval is about to begin: nobody decides anew meanwhile.
func beginning(s adminapi.Start) bool { return s.State == "waiting" || s.State == "begun" }

// unstarted says why an approval of a plan that waits has not begun, "" = there was none.
func unstarted(p run.Plan, s adminapi.Start) string {
	switch {
	case p.Status != run.Waiting:
		return ""
	case s.State == "lost":
		return "The approval by " + who(s.By) + " did not begin: Muster ended before it could. Nothing was done; approve it again if it still holds."
	case s.State == "failed":
		return "The approval by " + who(s.By) + " did not begin: " + sentence(s.Why, p.Target) + " Nothing was done."
	}
	return ""
}
