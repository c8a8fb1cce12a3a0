package console

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Scenes are what the demo can play.
type Scenes interface {
	Names() []string
	// Play plays a scene and returns when it has been played, with what it is to say.
	Play(ctx context.Context, name string) (string, error)
}

// notices are what is said after an act, by the name that the address carries: no text of an address is ever shown.
var notices = map[string]string{
	"approved":  "Approved. It is being carried out.",
	"cancelled": "Taken back. Nothing had begun, and the plan waits as before.",
	"rejected":  "Rejected. It stays so until something it rests on changes.",
	"closing":   "Closed here, and ordered at every target. Below is how far each has got.",
	"reopened":  "Reopened: the person is again what the sources say.",
	"paused":    "Paused. Nothing is sent there until it is resumed.",
	"resumed":   "Resumed. What has changed meanwhile is sent now.",
	"started":   "Started. It shows below when it has ended.",
	"left":      "The sample company has ended, and nothing of it is left.",
	"begun":     "Written, and taken up. People are being read; what was found stands below.",
	"played":    "Played. Watch what Muster does about it.",
	"paired":    "Linked. What becomes of the account stands below.",
	"unpaired":  "Forgotten whose account it is. The account is as it was.",

	"closed-account": "Ordered. It counts as closed when the target says so; until then it stands among the open leavers.",

	"taken":           "Taken in. It is being checked; nothing is written before you say so.",
	"loading":         "It is being loaded. How far it is stands below.",
	"dropped":         "Forgotten. What it brought stays.",
	"retried":         "It is tried again now.",
	"dropped-message": "It is not sent any more.",

	"copied":      "Copied. Make a token for the provider next; nothing that is done with it reaches the real people.",
	"copied-anew": "Copied anew. The provider goes on with the same token.",
	"copy-gone":   "The copy is gone, and its tokens open nothing.",

	"revoked":  "Revoked. It stopped working at once.",
	"made":     "Made. Its people come next.",
	"added":    "Added. Who was in already stays so.",
	"removed":  "Taken out. They can be added again.",
	"edited":   "Changed.",
	"linked":   "Linked. The people of the group come in now.",
	"unlinked": "The link is ended.",
	"managed":  "Changed. It holds from now on.",
	"joined":   "Everybody in the team is in its default channels, but for those who left them by choice.",
	"defaults": "Saved. It holds for whoever joins a team from now on.",

	"user":        "Made. Invite them, or set a password, so that they can sign in.",
	"saved":       "Saved.",
	"deleting":    "Deactivated, and being deleted for good. It goes on by itself.",
	"deactivated": "Deactivated. Every session and token has ended.",
	"activated":   "Activated. What had ended stays so.",
	"invited":     "The invitation is on its way.",
	"given":       "Given. It counts from now on.",
	"took":        "Taken. It counts from now on.",
	"group":       "Made. Its members are chosen below.",
	"members":     "Changed.",
}

func (v *visit) reason() (string, error) {
	if text := strings.TrimSpace(v.PostFormValue("reason")); text != "" {
		return text, nil
	}
	return "", &run.Problem{Code: adminapi.BadRequest, What: "A reason is missing.", Why: "It stands in the history, for those who ask later.", Now: "Nothing was changed.", Fix: "Say in a few words why."}
}

// rightTo returns the right that deciding on a plan takes, as in the admin API.
func rightTo(kind run.PlanKind) access.Right {
	if kind == run.Hold {
		return access.Release
	}
	return access.Approve
}

// A choice is about lines of a plan: all, those that the page shows, or those that were ticked.
type choice struct {
	plan  run.Plan
	sel   adminapi.Selection
	lines []string
}

// decided returns what the visitor decides about, if they may.
func (c *console) decided(v *visit) (choice, error) {
	p, err := c.Service.Plan(v.ctx(), v.PathValue("id"))
	d := choice{plan: p}
	if err != nil {
		return d, err
	}
	if p.Kind == run.Preview {
		return d, &run.Problem{Code: adminapi.Decided, What: "This plan is a preview.", Why: "It shows what would be done and is never carried out.", Now: "Nothing was changed."}
	}
	if err := v.caller.Authorize(rightTo(p.Kind)); err != nil {
		return d, err
	}
	if err := v.ParseForm(); err != nil {
		return d, err
	}
	switch v.PostFormValue("what") {
	case "shown":
		d.sel = selection(v)
	case "some":
		if d.lines = v.PostForm["line"]; len(d.lines) == 0 {
			return d, &run.Problem{Code: adminapi.BadRequest, What: "No line was ticked.", Now: "Nothing was changed.", Fix: "Tick the lines that are meant, or choose all."}
		}
	}
	return d, nil
}

func (v *visit) count() (int, error) {
	text := strings.NewReplacer(",", "", " ", "").Replace(v.PostFormValue("count"))
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, &run.Problem{
			Code: adminapi.BadCount, What: "The number is missing.", Why: "Typing how many people and groups are affected is how Muster knows that you have seen it.",
			Now: "Nothing was changed.", Fix: "Type the number that stands beside the field.",
		}
	}
	return n, nil
}

func (c *console) approve(v *visit) (string, error) {
	d, err := c.decided(v)
	if err != nil {
		return "", err
	}
	n, err := v.count()
	if err != nil {
		return "", err
	}
	req := adminapi.Approval{Count: n, Lines: d.lines, Select: d.sel, Answer: v.PostFormValue("answer")}
	many, err := c.closesMany(v, d)
	if err != nil {
		return "", err
	}
	if many {
		req.After = laterBy
	}
	done, err := c.Service.Approve(v.ctx(), d.plan.ID, req, v.caller)
	if done.Start != nil {
		return Root + "plans/" + d.plan.ID, err
	}
	return Root + "plans/" + d.plan.ID + "?did=approved", err
}

// reject rejects, with the number typed as for an approval: what is rejected by mistake has to be found again.
func (c *console) reject(v *visit) (string, error) {
	d, err := c.decided(v)
	if err != nil {
		return "", err
	}
	n, err := v.count()
	if err != nil {
		return "", err
	}
	want := d.plan.People
	if v.PostFormValue("what") != "all" {
		chosen, err := c.Service.Tally(v.ctx(), d.plan.ID, d.sel, d.lines)
		if err != nil {
			return "", err
		}
		want = chosen.People
	}
	if n != want {
		return "", &run.Problem{
			Code: adminapi.BadCount, What: fmt.Sprintf("The number is %d, and %d was typed.", want, n), Now: "Nothing was rejected.", Fix: "Look at the plan again, and type its number.",
		}
	}
	_, err = c.Service.Reject(v.ctx(), d.plan.ID, adminapi.Rejection{Lines: d.lines, Select: d.sel, Reason: strings.TrimSpace(v.PostFormValue("reason"))}, v.caller)
	return Root + "plans/" + d.plan.ID + "?did=rejected", err
}

func (c *console) closePerson(v *visit) (string, error) {
	reason, err := v.reason()
	if err != nil {
		return "", err
	}
	_, err = c.Service.Disable(v.ctx(), v.PathValue("id"), adminapi.Closing{
		Reason: reason, Targets: v.PostForm["target"], ThroughPause: v.PostFormValue("through") == "yes",
	}, v.caller)
	return Root + "people/" + v.PathValue("id") + "?did=closing", err
}

func (c *console) reopenPerson(v *visit) (string, error) {
	reason, err := v.reason()
	if err != nil {
		return "", err
	}
	_, err = c.Service.Enable(v.ctx(), v.PathValue("id"), adminapi.Opening{Reason: reason}, v.caller)
	return Root + "people/" + v.PathValue("id") + "?did=reopened", err
}

// start starts a sync and leads to where it shows.
func (c *console) start(v *visit, req adminapi.SyncRequest, to string) (string, error) {
	_, err := c.Service.Sync(v.ctx(), req, v.caller)
	return to + "?did=started", err
}

func (c *console) sync(v *visit) (string, error) { return c.start(v, adminapi.SyncRequest{}, Root) }

func (c *console) syncPerson(v *visit) (string, error) {
	return c.start(v, adminapi.SyncRequest{Person: v.PathValue("id")}, Root+"people/"+v.PathValue("id"))
}

func (c *console) syncSource(v *visit) (string, error) {
	name := v.PathValue("name")
	return c.start(v, adminapi.SyncRequest{Name: name, Full: true}, Root+"sources/"+name)
}

func (c *console) syncTarget(v *visit) (string, error) {
	name := v.PathValue("name")
	return c.start(v, adminapi.SyncRequest{Name: name, Full: true}, Root+"targets/"+name)
}

func (c *console) pauseTarget(v *visit) (string, error) {
	reason, err := v.reason()
	if err == nil {
		_, err = c.Service.Pause(v.ctx(), v.PathValue("name"), reason, v.caller)
	}
	return Root + "targets/" + v.PathValue("name") + "?did=paused", err
}

func (c *console) resumeTarget(v *visit) (string, error) {
	_, err := c.Service.Resume(v.ctx(), v.PathValue("name"), "resumed in the console", v.caller)
	return Root + "targets/" + v.PathValue("name") + "?did=resumed", err
}

// pauseAll pauses every target that is not paused.
func (c *console) pauseAll(v *visit) (string, error) {
	reason, err := v.reason()
	if err != nil {
		return "", err
	}
	for _, t := range v.status.Targets {
		if t.Paused == nil {
			if _, err := c.Service.Pause(v.ctx(), t.Name, reason, v.caller); err != nil {
				return "", err
			}
		}
	}
	return Root + "?did=paused", nil
}

// resumeAll resumes every target that is paused.
func (c *console) resumeAll(v *visit) (string, error) {
	for _, t := range v.status.Targets {
		if t.Paused != nil {
			if _, err := c.Service.Resume(v.ctx(), t.Name, "resumed in the console", v.caller); err != nil {
				return "", err
			}
		}
	}
	return Root + "?did=resumed", nil
}

func (c *console) playScene(v *visit) (string, error) {
	if !slices.Contains(c.Scenes.Names(), v.PathValue("name")) {
		return "", &run.Problem{Code: adminapi.NotFound, What: "There is no scene " + v.PathValue("name") + "."}
	}
	said, err := c.Scenes.Play(v.ctx(), v.PathValue("name"))
	c.played.Store(&said)
	return Root + "?did=played", err
}
