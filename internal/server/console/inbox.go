package console

import (
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// inboxGlance is how much of the inbox the frame of every page knows of.
const inboxGlance = 100

// An inboxView is a page of the inbox.
type inboxView struct {
	page  []adminapi.InboxItem
	next  string
	kinds []tab // of what waits, and the one that was asked for
}

func (c *console) inboxPage(v *visit) (view, error) {
	x := c.inbox(v.glance)
	x.Tokens = adminapi.TokensFor(v.caller, v.tokens)
	page, err := x.Page(v.ctx(), adminapi.InboxQuery{Kind: v.query("kind"), After: v.query("after"), Limit: rowsShown})
	return view{title: "Inbox", entry: "inbox", body: inboxBody(v, inboxView{page.Items, page.Next, v.inboxKinds()})}, err
}

// inbox gathers what waits for a person, with every token that is about to end.
func (c *console) inbox(g glance) adminapi.Inbox {
	return adminapi.Inbox{Service: c.Service, Status: g.status, Leavers: g.leavers, Tokens: g.tokens, Now: c.Now()}
}

// own leaves out of what everybody is told the tokens that the visitor may not know of.
func (g glance) own(by access.Caller) glance {
	g.inbox = slices.DeleteFunc(slices.Clone(g.inbox), func(i adminapi.InboxItem) bool {
		return i.Kind == adminapi.InboxSecret && !by.May(access.AllTokens) && i.Object != by.Person
	})
	return g
}

// waits says how much waits in the inbox: "3", or "100+".
func (g glance) waits() string {
	if g.more {
		return number(inboxGlance) + "+"
	}
	return number(len(g.inbox))
}

// inboxKinds are the kinds of what waits, as choices. Where there is more than the frame knows of, all of them are.
func (v *visit) inboxKinds() []tab {
	out := []tab{{"", "All"}}
	for _, kind := range adminapi.InboxKinds() {
		if v.more || v.query("kind") == kind || slices.ContainsFunc(v.inbox, func(i adminapi.InboxItem) bool { return i.Kind == kind }) {
			out = append(out, tab{kind, inboxSorts[kind][1]})
		}
	}
	return out
}

// inboxSorts say what something is that waits, one and several.
var inboxSorts = map[string][2]string{
	adminapi.InboxStopped: {"Stopped target", "Stopped targets"}, adminapi.InboxLeaver: {"Open leaver", "Open leavers"}, adminapi.InboxHold: {"Hold", "Holds"}, adminapi.InboxPlan: {"Plan", "Plans"},
	adminapi.InboxScope: {"Scope", "Scopes"}, adminapi.InboxSource: {"Source", "Sources"}, adminapi.InboxConflict: {"Conflict", "Conflicts"}, adminapi.InboxPaused: {"Paused target", "Paused targets"},
	adminapi.InboxMail: {"Mail", "Mails"}, adminapi.InboxHeld: {"Held alone", "Held alone"}, adminapi.InboxSecret: {"Secret", "Secrets"},
}

func inboxTone(kind string) tone {
	if slices.Contains([]string{adminapi.InboxStopped, adminapi.InboxLeaver}, kind) {
		return bad
	}
	return warn
}

// answer returns where something is answered that waits, and what is done there.
func answer(i adminapi.InboxItem) (href, act string) {
	switch i.Kind {
	case adminapi.InboxLeaver:
		if i.Object == "" {
			return Root + "leavers?target=" + i.Target, "Look at it"
		}
		return Root + "people/" + string(i.Object) + "/close", "Disable now"
	case adminapi.InboxHold, adminapi.InboxPlan:
		return Root + "plans/" + i.Plan, "Review"
	case adminapi.InboxSource:
		return Root + "sources/" + i.Source, "Look at it"
	case adminapi.InboxConflict:
		return recordsPath(i.Source, "waiting"), "See why"
	case adminapi.InboxPaused:
		return targetPath(i.Target, ""), "Resume"
	case adminapi.InboxMail:
		return outboxPath, "See it"
	case adminapi.InboxHeld:
		return whyPath(string(i.Object), i.Target), "Why?"
	case adminapi.InboxSecret:
		return Root + "settings#tokens", "See the tokens"
	}
	return targetPath(i.Target, ""), "Look at it"
}

// inboxLede says how much waits.
func inboxLede(v *visit) string {
	switch {
	case v.more:
		return "More than " + number(inboxGlance) + " things wait for a person, the most urgent first. Everything else goes on meanwhile."
	case len(v.inbox) == 0:
		return ""
	}
	return count(len(v.inbox), "thing waits", "things wait") + " for a person, the most urgent first. Everything else goes on meanwhile."
}

// answerer says who can answer something.
func answerer(v *visit, i adminapi.InboxItem) string {
	if v.caller.May(i.Right) {
		return "yours to answer"
	}
	return "for " + strings.TrimSpace(whoMay(i.Right))
}
