package plan

import "muster/internal/link"

// A Verdict is the judgement of one class in one wave.
type Verdict struct {
	Class   link.Class `json:"class"`
	Count   int        `json:"count"`   // effects in this wave
	Spent   int        `json:"spent"`   // effects of the last 24 hours
	Limit   int        `json:"limit"`   // Count + Spent may reach, not pass it
	Tripped bool       `json:"tripped"` // the class is held
	Why     string     `json:"why,omitempty"`
}

// A Budget is what limits are judged against.
type Budget struct {
	Have   link.Counts        // what the target holds of ours: percentages refer to it
	Spent  map[link.Class]int // effects of the last 24 hours
	Raised map[link.Class]int // announced windows: the limit is at least this
}
