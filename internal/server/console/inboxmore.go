package console

import (
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// inboxMost is how many plans, and how many people and groups that are held, the inbox lists.
const inboxMost = 100

// unlisted says what the inbox leaves out: more plans, or more of those that are held, than it lists.
func unlisted(plans, held int, targets []adminapi.TargetStatus) []item {
	var out []item
	if plans > inboxMost {
		out = append(out, item{
			"More", warn, "More plans wait than the " + number(inboxMost) + " newest, which are listed here", "Decide on those first, or look at all of them.",
			time.Time{},
			access.Approve, Root + "history?tab=plans&status=waiting", "See all",
		})
	}
	if held > inboxMost {
		all := 0
		for _, t := range targets {
			all += t.Held
		}
		out = append(out, item{
			"More", warn, "Of " + number(all) + " that are held at the targets, the first " + number(inboxMost) + " are looked at here", "Each target counts and lists its own.",
			time.Time{},
			access.Configure, Root + "targets", "See the targets",
		})
	}
	return out
}
