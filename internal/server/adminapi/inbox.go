package adminapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/notify"
	"muster/internal/run"
)

// The kinds of what waits in the inbox, the most urgent first.
const (
	InboxStopped  = "stopped"  // a target that refuses or is not what it was
	InboxLeaver   = "leaver"   // an open leaver who does not close by itself, or is late
	InboxHold     = "hold"     // lines that a limit holds, or that ask
	InboxPlan     = "plan"     // a first plan, or changed rules
	InboxScope    = "scope"    // a group that bounds a target was not found, or is another one
	InboxSource   = "source"   // a source that was not read whole
	InboxConflict = "conflict" // entries that could not be let in, or not wholly
	InboxPaused   = "paused"   // a target that somebody paused
	InboxMail     = "mail"     // mails that were refused
	InboxHeld     = "held"     // one person or group, outside of holds
	InboxSecret   = "secret"   // a token that is about to end
)

// InboxKinds returns the kinds, the most urgent first.
func InboxKinds() []string {
	return []string{InboxStopped, InboxLeaver, InboxHold, InboxPlan, InboxScope, InboxSource, InboxConflict, InboxPaused, InboxMail, InboxHeld, InboxSecret}
}

// InboxQuery selects what waits for a person; empty fields match everything.
type InboxQuery struct {
	Kind  string
	After string // Next of the page before
	Limit int    // 0 = 100
}

// InboxPage is a page of what waits for a person, the most urgent first. Next is the After of the next page; it is "" at the end.
type InboxPage struct {
	Items []InboxItem `json:"items"`
	Next  string      `json:"next,omitempty"`
}

// InboxItem is something that waits for a person.
type InboxItem struct {
	Kind  string        `json:"kind"`
	What  string        `json:"what"`
	Why   string        `json:"why,omitempty"`
	Since time.Time     `json:"since,omitzero" doc:"Left out where it is not known."`
	Age   string        `json:"age,omitempty" doc:"How long since then: 3h12m0s."`
	Right access.Right  `json:"right" doc:"Whoever has this right can answer."`
	Roles []access.Role `json:"roles" doc:"The roles that have it."`
	Fix   string        `json:"fix" doc:"The command that answers it."`

	Target string       `json:"target,omitempty"`
	Source string       `json:"source,omitempty"`
	Object directory.ID `json:"object,omitempty" doc:"The person or group; of a token, whose it is."`
	Plan   string       `json:"plan,omitempty"`
	Token  string       `json:"token,omitempty"`

	place string // in the order of its kind
}

// An Inbox gathers what waits for a person from what a Service says: for the API and the console alike.
type Inbox struct {
	Service interface {
		Plans(ctx context.Context, q PlanQuery) ([]run.Plan, error)
		Messages(ctx context.Context, q MessageQuery) ([]Message, error)
		Waiting(ctx context.Context, q WaitQuery) ([]Waiting, error)
	}
	Status  Status         // how everything stands
	Leavers []Leaver       // the open ones
	Tokens  []access.Token // of which whoever asks may know
	Now     time.Time
}

// TokenSoon is how long before its end a token stands in the inbox.
const TokenSoon = 14 * 24 * time.Hour

// inboxMost is how long a page is unless another length is asked for.
const inboxMost = 100

// A section is what waits of one kind: a page of it behind a place. What has one place is not parted, whatever the limit.
type section struct {
	kind string
	page func(ctx context.Context, after string, limit int) ([]InboxItem, error)
}

// Page returns a page of what waits.
func (x Inbox) Page(ctx context.Context, q InboxQuery) (InboxPage, error) {
	limit := cmp.Or(q.Limit, inboxMost)
	from, after, placed := strings.Cut(q.After, ":")
	sections := x.sections()
	if placed {
		i := slices.IndexFunc(sections, func(s section) bool { return s.kind == from })
		if i < 0 {
			return InboxPage{}, &run.Problem{Code: BadRequest, What: "the place to continue from is none", Fix: "Begin with the first page."}
		}
		sections = sections[i:]
	}
	out := InboxPage{Items: []InboxItem{}}
	for _, s := range sections {
		if q.Kind == "" || s.kind == q.Kind {
			more, err := s.page(ctx, after, limit+1-len(out.Items))
			if err != nil {
				return InboxPage{}, err
			}
			out.Items = append(out.Items, finished(s.kind, more, x.Now)...)
		}
		if after = ""; len(out.Items) > limit {
			return cutInbox(out.Items, limit), nil
		}
	}
	return out, nil
}

// cutInbox cuts a page where another place begins, as near to limit as that is.
func cutInbox(items []InboxItem, limit int) InboxPage {
	at := func(i int) string { return items[i].Kind + ":" + items[i].place }
	cut := limit
	for cut > 0 && at(cut-1) == at(cut) {
		cut--
	}
	for cut == 0 || cut < len(items) && at(cut-1) == at(cut) {
		cut++
	}
	return InboxPage{Items: items[:cut], Next: at(cut - 1)}
}

// finished fills in what follows from the rest.
func finished(kind string, items []InboxItem, now time.Time) []InboxItem {
	for i := range items {
		x := &items[i]
		x.Kind, x.Roles = kind, rolesWith(x.Right)
		if !x.Since.IsZero() {
			x.Age = max(now.Sub(x.Since), 0).Round(time.Second).String()
		}
	}
	return items
}

// rolesWith returns the roles that have a right, from most to least.
func rolesWith(right access.Right) []access.Role {
	return slices.DeleteFunc(access.AllRoles(), func(r access.Role) bool { return !slices.Contains(access.RightsOf(r), right) })
}

func (x Inbox) sections() []section {
	known := func(items func() []InboxItem) func(context.Context, string, int) ([]InboxItem, error) {
		return func(_ context.Context, after string, limit int) ([]InboxItem, error) {
			return behind(items(), after, limit), nil
		}
	}
	return []section{
		{InboxStopped, known(x.stopped)},
		{InboxLeaver, known(x.leavers)},
		{InboxHold, x.plans(run.Hold)},
		{InboxPlan, x.newRules},
		{InboxScope, known(x.scopes)},
		{InboxSource, known(x.unread)},
		{InboxConflict, known(x.conflicts)},
		{InboxPaused, known(x.paused)},
		{InboxMail, x.mails},
		{InboxHeld, x.held},
		{InboxSecret, known(x.secrets)},
	}
}

// behind returns those of items that stand behind a place, in the order of their places.
func behind(items []InboxItem, after string, limit int) []InboxItem {
	slices.SortStableFunc(items, func(a, b InboxItem) int { return cmp.Compare(a.place, b.place) })
	items = slices.DeleteFunc(items, func(i InboxItem) bool { return i.place <= after })
	return items[:min(len(items), limit)]
}

func (x Inbox) stopped() []InboxItem {
	var out []InboxItem
	for _, t := range x.Status.Targets {
		if t.Stopped != nil {
			fix := "muster target test " + t.Name
			if t.Stopped.Code == "target_rules" {
				fix = "muster plan show " + t.Name
			}
			out = append(out, InboxItem{What: t.Name + " is stopped", Why: t.Stopped.Why, Since: t.Troubled, Right: access.Configure, Fix: fix, Target: t.Name, place: t.Name})
		}
	}
	return out
}

// leavers are those whom nobody else will close, and those who should be closed by now.
func (x Inbox) leavers() []InboxItem {
	var out []InboxItem
	for _, l := range x.Leavers {
		if !l.Overdue && !slices.Contains([]string{"held", "stopped", "paused", "lost"}, l.State) {
			continue
		}
		item := InboxItem{What: l.Name + " still has an account at " + l.Target, Why: l.Why, Since: l.Since, Right: access.Disable, Fix: "muster leavers --state " + l.State, Target: l.Target, Object: l.Object, place: l.Place()}
		if l.Target == "" {
			item.What = l.Name + " is missing, and nothing is concluded yet"
		}
		if l.Plan != "" {
			item.Fix, item.Plan = "muster plan show "+l.Plan, l.Plan
		}
		out = append(out, item)
	}
	return out
}

// scopes are questions about the groups that bound targets.
func (x Inbox) scopes() []InboxItem {
	var out []InboxItem
	for _, a := range x.Status.Attention {
		if a.Kind == InboxScope {
			out = append(out, InboxItem{What: a.What, Since: a.Since, Right: access.Configure, Fix: a.Fix, Target: a.Target, place: a.Target + "\x00" + a.What})
		}
	}
	return out
}

func (x Inbox) unread() []InboxItem {
	var out []InboxItem
	for _, s := range x.Status.Sources {
		if s.Problem != nil {
			out = append(out, InboxItem{What: s.Problem.What, Why: s.Problem.Why, Since: s.Troubled, Right: access.Configure, Fix: "muster source test " + s.Name, Source: s.Name, place: s.Name})
		}
	}
	return out
}

func (x Inbox) conflicts() []InboxItem {
	var out []InboxItem
	for _, s := range x.Status.Sources {
		if s.Waiting > 0 {
			out = append(out, InboxItem{
				What: many(s.Waiting, "entry of "+s.Name+" waits", "entries of "+s.Name+" wait"), Why: "Another person has the name, or a rule cannot be computed.",
				Since: s.Oldest, Right: access.Configure, Fix: "muster source records " + s.Name + " --what waiting", Source: s.Name, place: s.Name,
			})
		}
	}
	return out
}

func (x Inbox) paused() []InboxItem {
	var out []InboxItem
	for _, t := range x.Status.Targets {
		if t.Paused != nil {
			out = append(out, InboxItem{What: t.Name + " is paused", Why: t.Paused.Reason, Since: t.Paused.At, Right: access.Pause, Fix: "muster resume " + t.Name, Target: t.Name, place: t.Name})
		}
	}
	return out
}

// secrets are the tokens that are about to end, or ended a short while ago.
func (x Inbox) secrets() []InboxItem {
	var out []InboxItem
	for _, t := range x.Tokens {
		left := t.Expires.Sub(x.Now)
		if t.Revoked || left >= TokenSoon || left <= -TokenSoon {
			continue
		}
		what := "Token " + cmp.Or(t.Name, t.ID) + " ends in " + inWords(left)
		if left <= 0 {
			what = "Token " + cmp.Or(t.Name, t.ID) + " ended " + inWords(-left) + " ago"
		}
		out = append(out, InboxItem{
			What: what, Why: "Whatever uses it is refused from then on. Make another and put it there.", Since: t.Created, Right: access.OwnTokens, Fix: "muster token list",
			Object: t.Person, Token: t.ID, place: fmt.Sprintf("%016x-%s", max(t.Expires.UnixMilli(), 0), t.ID),
		})
	}
	return out
}

// mailsNamed is how many mails that were refused stand in the inbox by themselves; the others are counted.
const mailsNamed = 5

// mails are the mails that were refused. Of very many, the newest are named.
func (x Inbox) mails(ctx context.Context, after string, limit int) ([]InboxItem, error) {
	refused, err := x.Service.Messages(ctx, MessageQuery{Channel: notify.Mail, State: string(notify.Refused), Limit: inboxMost})
	var out []InboxItem
	for i, m := range refused {
		item := InboxItem{Since: m.Ended, Right: access.Configure, Fix: "muster mail list --state refused", place: fmt.Sprintf("%03d", i)}
		if m.Created.After(m.Ended) {
			item.Since = m.Created
		}
		if i < mailsNamed {
			item.What, item.Why, item.Object = capital(m.Kind)+" to "+cmp.Or(m.To, "nobody: there is no address")+" was not sent", m.Answer, m.Person
			out = append(out, item)
			continue
		}
		item.What, item.Why = many(len(refused)-i, "more mail was refused", "more mails were refused"), "They stay here until they are sent or left out, for 30 days."
		if len(refused) == inboxMost {
			item.What = "At least " + item.What
		}
		out = append(out, item)
		break
	}
	return behind(out, after, limit), err
}
