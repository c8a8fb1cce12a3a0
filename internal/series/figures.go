package series

import (
	"slices"
	"time"
)

// Figures are how calls went. Each call counts in those of its narrowest class; Used alone counts it in every class that it took from.
type Figures struct {
	Calls       int // that were sent
	Throttled   int // of these: answered that the service is asked too often
	Refused     int // answered that the service will not, as 401, 403 and 409 do
	Failed      int // answered that the service could not: 5xx
	Unreachable int // not answered, or not wholly
	PutOff      int // calls that were not sent, as it would have taken too long until the rate allows them

	Took       time.Duration // of all calls together
	TookMost   time.Duration
	Within     [Bounds]int   // how many took as long as Bound allows
	Waited     time.Duration // for their classes, of all calls together
	WaitedMost time.Duration

	Used   int // calls that counted in this class, also where another is narrower
	Peak   int // the most that Used was in one minute
	Budget int // calls in a minute that the rate of the class allows; 0 = it has none
}

// Errors returns how many calls did not do what they should.
func (f Figures) Errors() int { return f.Throttled + f.Refused + f.Failed + f.Unreachable }

// Add takes in other figures.
func (f *Figures) Add(o Figures) {
	f.Calls, f.Throttled, f.Refused = f.Calls+o.Calls, f.Throttled+o.Throttled, f.Refused+o.Refused
	f.Failed, f.Unreachable, f.PutOff = f.Failed+o.Failed, f.Unreachable+o.Unreachable, f.PutOff+o.PutOff
	f.Took, f.TookMost = f.Took+o.Took, max(f.TookMost, o.TookMost)
	f.Waited, f.WaitedMost = f.Waited+o.Waited, max(f.WaitedMost, o.WaitedMost)
	f.Used, f.Peak, f.Budget = f.Used+o.Used, max(f.Peak, o.Peak), max(f.Budget, o.Budget)
	for i, n := range o.Within {
		f.Within[i] += n
	}
}

// Bounds is how many bounds there are by which calls are told apart by how long they took.
const Bounds = 16

// bounds are the longest that the calls of each part of Within took; those of the last part took longer than the one before.
var bounds = [Bounds - 1]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	150 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// within returns the part of Within in which a call counts that took so long.
func within(took time.Duration) int {
	i, _ := slices.BinarySearch(bounds[:], took)
	return i
}

// Percentile returns the time within which so many percent of the calls were answered, rounded up to the next bound, and never above the longest. It is 0
// without calls.
func (f Figures) Percentile(percent int) time.Duration {
	want, sum := (f.Calls*percent+99)/100, 0
	if f.Calls == 0 {
		return 0
	}
	for i, bound := range bounds {
		if sum += f.Within[i]; sum >= want {
			return min(bound, f.TookMost)
		}
	}
	return f.TookMost
}
