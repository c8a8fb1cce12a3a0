package connectortest

// A Report says how far a connector came, level by level.
type Report []LevelReport

// A LevelReport says how far a connector came in one level.
type LevelReport struct {
	Level  string    `json:"level"`  // "L5 groups"
	Checks int       `json:"checks"` // how many there are
	Passed int       `json:"passed"`
	Not    []Skipped `json:"not,omitempty"` // those that the service does not offer
}

// A Skipped is a check that was not played, with the reason that the connector or its sandbox declares.
type Skipped struct {
	Check  string `json:"check"`
	Reason string `json:"reason"`
}

func (l *LevelReport) add(check, skipped string, passed bool) {
	switch {
	case skipped != "":
		l.Not = append(l.Not, Skipped{check, skipped})
	case passed:
		l.Passed++
	}
}

// Whole reports whether every check was played or declared: nothing failed, and nothing was left out of the run.
func (r Report) Whole() bool {
	for _, l := range r {
		if l.Passed+len(l.Not) != l.Checks {
			return false
		}
	}
	return len(r) > 0
}
