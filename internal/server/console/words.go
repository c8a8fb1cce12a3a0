package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// What codes that are written down mean in words. A code without words is shown as it is, with blanks.

// runKinds say what a run did.
var runKinds = map[run.Kind]string{run.Read: "read", run.Serve: "changes sent", run.Reconcile: "full comparison", run.Load: "import"}

func runKind(k run.Kind) string { return cmp.Or(runKinds[k], string(k)) }

// counts say what a count of a run counts.
var counts = map[string]string{
	"create": "created", "update": "put right", "link": "to link", "enable": "enabled", "disable": "closed", "delete": "deleted", "skip ask": "wait for your word",
	"listed_users": "accounts compared", "listed_groups": "groups compared", "listed_again": "listed again", "already_gone": "gone already", "unclosed": "not closed yet",
	"drift": "changed by hand", "lost": "answers lost", "members_added": "members added", "members_removed": "members removed", "groups_replaced": "groups replaced",
	"switched_off": "switched off by rule", "group create": "groups created", "group update": "groups renamed", "group link": "groups to link", "group delete": "groups deleted",
	"group add members": "groups got members", "group remove members": "groups lost members", "add members": "groups got members", "remove members": "groups lost members",
}

func countName(name string) string {
	return cmp.Or(counts[name], strings.NewReplacer("_", " ", "skip ", "waiting: ").Replace(name))
}

// acts say what somebody did.
var acts = map[string]string{
	"account.disable": "disabled an account", "account.enable": "enabled an account", "beginning.try": "tried out a first configuration", "beginning.write": "wrote the first configuration", "base.confirm": "confirmed a search base", "change.approve": "approved changed rules",
	"change.reject": "rejected changed rules", "code.create": "made a sign-in link", "defaults.set": "set the default channels", "disable": "disabled", "enable": "enabled",
	"first.approve": "approved a first plan", "first.reject": "rejected a first plan", "group.members": "changed members", "hold.approve": "released a hold", "hold.reject": "rejected a hold",
	"limit.raise": "raised a limit", "link.drop": "dropped a link", "link.set": "linked an account", "load.resume": "loaded a file", "password.reset": "reset a password",
	"password.set": "set a password", "pause": "paused", "person.invite": "invited", "plan.approve": "approved a plan", "plan.schedule": "approved a plan, to begin in a moment", "plan.cancel": "took an approval back", "plan.unstarted": "did not begin what was approved", "plan.reject": "rejected a plan", "resume": "resumed", "retry": "tried again",
	"role.grant": "gave a role", "role.take": "took a role", "sandbox.token": "made a sandbox token", "scope.confirm": "confirmed a scope group", "session.open": "signed in", "sync": "started a sync",
	"target.forget": "forgot a target", "target.mode": "changed the mode", "target.probe": "tried a target out", "token.create": "made a token", "token.revoke": "revoked a token",
	"user.activate": "activated", "user.deactivate": "deactivated", "user.delete": "deleted for good", "user.deleted": "finished deleting", "user.edit": "edited",
}

func actName(act string) string { return cmp.Or(acts[act], strings.ReplaceAll(act, ".", " ")) }

// holdings say what a file to load holds.
var holdings = map[string][2]string{
	"user": {"person", "people"}, "team": {"team", "teams"}, "channel": {"channel", "channels"}, "post": {"post", "posts"}, "reply": {"reply", "replies"}, "reaction": {"reaction", "reactions"},
	"attachment": {"attachment", "attachments"}, "team_membership": {"team membership", "team memberships"}, "channel_membership": {"channel membership", "channel memberships"},
	"direct_channel": {"direct channel", "direct channels"}, "direct_post": {"direct post", "direct posts"}, "role": {"role", "roles"}, "scheme": {"scheme", "schemes"}, "emoji": {"emoji", "emojis"},
	"person": {"person", "people"}, "people": {"person", "people"}, "posts": {"post", "posts"}, "teams": {"team", "teams"}, "channels": {"channel", "channels"},
	"bot": {"bot", "bots"}, "version": {"version", "versions"},
}

func holding(name string, n int) string {
	w, ok := holdings[name]
	first, rest, more := strings.Cut(name, "_")
	if i := strings.LastIndexByte(name, ' '); i > 0 && holdings[strings.ReplaceAll(name[:i], " ", "_")][0] != "" { // "post added"
		return holding(strings.ReplaceAll(name[:i], " ", "_"), n) + name[i:]
	}
	switch {
	case !ok && more && holdings[first][0] != "":
		return holding(first, n) + " " + strings.ReplaceAll(rest, "_", " ")
	case !ok:
		return strings.ReplaceAll(name, "_", " ")
	case n == 1:
		return w[0]
	}
	return w[1]
}

// planCounts says what a plan does in a few words.
func planCounts(p run.Plan) string {
	var out []string
	for i, t := range tallies(p.Counts) {
		if i == 4 {
			out = append(out, "…")
			break
		}
		out = append(out, number(t.n)+" "+actText(strings.TrimPrefix(t.name, "group "), kindOf(t.name), t.n))
	}
	if len(out) == 0 {
		return "nothing to do"
	}
	return strings.Join(out, " · ")
}

// placeRoles says what somebody may do in a team or channel.
func placeRoles(roles string) string {
	switch {
	case strings.Contains(roles, "admin"):
		return "admin"
	case strings.Contains(roles, "guest"):
		return "guest"
	case roles == "":
		return ""
	}
	return "member"
}

// browseHead is the head of the column of where people have accounts, or groups are.
func browseHead(kind directory.Kind) string {
	if kind == directory.Group {
		return "At the targets"
	}
	return "Accounts"
}

// firstRead returns the run that reads a source for the first time, if one does.
func firstRead(s adminapi.Status) *run.Run {
	for _, x := range s.Sources {
		if x.Complete.IsZero() && x.Run != nil {
			return x.Run
		}
	}
	return nil
}

// millis says how long something took that took that many milliseconds.
func millis(n int) string {
	if n < 1000 {
		return number(n) + " ms"
	}
	return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64) + " s"
}

// tookText says how long a call took, of which a duration is known: "1m12.3s".
func tookText(took string) string {
	d, err := time.ParseDuration(took)
	switch {
	case err != nil:
		return took
	case d < time.Minute:
		return millis(int(d.Milliseconds()))
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// aboutPlan says whether somebody decided about a plan: what it is about is its id.
func aboutPlan(e run.Event) bool {
	return strings.HasSuffix(e.Act, ".approve") || strings.HasSuffix(e.Act, ".reject") || strings.HasSuffix(e.Act, ".stale") || slices.Contains([]string{"plan.schedule", "plan.cancel", "plan.unstarted"}, e.Act)
}

// emptyOf says that a list is empty: none if all of it was asked for, else chosen. by are the parameters that choose.
func emptyOf(v *visit, none, chosen string, by ...string) string {
	for _, name := range by {
		if v.query(name) != "" {
			return chosen
		}
	}
	return none
}
