package plan

import (
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// CodeGone is the code of a line about somebody who is disabled or gone here and whom the target does not receive, though an account there that was
// never linked matches them and is active: it is shown before going live, and left alone.
const CodeGone = "gone"

// Gone returns that line for a match that is seen.
func Gone(want Desired, state directory.State, seen connector.Remote) Line {
	t := table{want: want, seen: &seen}
	why := "is disabled here"
	if state == directory.Gone {
		why = "is gone here"
	}
	l := t.skip(t.line(DisableUser, ""), CodeGone, why+", and the account is active there; it was never linked, and is left alone. Disable it by hand, or pair them to have Muster do it")
	l.Key = l.digest()
	return l
}

// CodePilot is the code of lines about whom a pilot does not reach: they are shown, and done once the target goes live.
const CodePilot = "pilot"

// Outside returns lines as a plan for a pilot shows them of everybody else: nothing of them is done, or asked.
func Outside(lines []Line) []Line {
	out := make([]Line, len(lines))
	for i, l := range lines {
		if l.acts() {
			l.Verb, l.Of = Skip, l.Verb
		}
		l.Code, l.Class, l.Count, l.Doubt, l.Answers = CodePilot, link.NoClass, 0, nil, nil
		l.Why = "not in the pilot; once live: " + l.Why
		l.Key = l.digest()
		out[i] = l
	}
	return out
}
