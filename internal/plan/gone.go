package plan

import (
	"muster/internal/connector"
	"muster/internal/directory"
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
