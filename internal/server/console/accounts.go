package console

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// accountRoutes are the pages of what stands at one target: whose account is whose, what was changed there by hand, and what going live does.
func (c *console) accountRoutes() {
	c.get("targets/{name}/links", access.View, c.linksPage)
	c.get("targets/{name}/drift", access.View, c.driftPage)
	c.get("targets/{name}/report", access.View, c.reportPage)
	c.post("targets/{name}/pair", access.Approve, c.pair, c.linksPage)
	c.post("targets/{name}/unpair", access.Approve, c.unpair, c.linksPage)
	c.post("targets/{name}/account/close", access.Disable, c.closeAccount, c.reportPage)
}

// linkStates are the states by which links are chosen; "" is any.
var linkStates = []string{"", linkActive, string(link.Linked), string(link.Closing), string(link.Closed), string(link.Lost)}

// linkActive chooses links by their account, not by their state.
const linkActive = "active"

// A linksView is a page of the links of a target.
type linksView struct {
	target string
	kind   connector.Kind
	links  []adminapi.Link
	next   directory.ID
}

func (v *visit) kind() connector.Kind {
	if v.query("kind") == string(connector.Group) {
		return connector.Group
	}
	return connector.User
}

func (c *console) linksPage(v *visit) (view, error) {
	x := linksView{target: v.PathValue("name"), kind: v.kind()}
	q := adminapi.LinkQuery{Kind: x.kind, After: directory.ID(v.query("after")), Limit: rowsShown + 1}
	if s := v.query("state"); s == linkActive {
		q.Active = true
	} else if slices.Contains(linkStates, s) {
		q.State = s
	}
	var err error
	if x.links, err = c.Service.Links(v.ctx(), x.target, q); err != nil {
		return view{}, err
	}
	if len(x.links) > rowsShown {
		x.links = x.links[:rowsShown]
		x.next = x.links[rowsShown-1].Object
	}
	return view{title: "Links at " + x.target, entry: "targets", body: linksBody(v, x)}, nil
}

// mostDrift is how much of what was changed by hand is shown.
const mostDrift = 1000

func (c *console) driftPage(v *visit) (view, error) {
	name := v.PathValue("name")
	found, err := c.Service.Drift(v.ctx(), name, mostDrift)
	return view{title: "Changed by hand at " + name, entry: "targets", body: driftBody(v, name, found)}, err
}

// A reportView is what going live would do, with a page of one of its lists.
type reportView struct {
	adminapi.GoliveReport
	list string
	page adminapi.ReportPage
}

func (c *console) reportPage(v *visit) (view, error) {
	name := v.PathValue("name")
	q := adminapi.ReportQuery{Kind: v.kind(), Text: v.query("q"), Limit: rowsShown}
	x := reportView{list: cmp.Or(v.query("list"), run.ListLink)}
	var err error
	if x.GoliveReport, err = c.Service.Report(v.ctx(), name, q); err != nil {
		return view{}, err
	}
	if !slices.ContainsFunc(x.Lists, func(l adminapi.GoliveListSize) bool { return l.List == x.list }) {
		return c.unknownPage(v)
	}
	q.After = v.query("after")
	x.page, err = c.Service.ReportList(v.ctx(), name, x.list, q)
	return view{title: "Going live at " + name, entry: "targets", body: reportBody(v, x)}, err
}

// listPath leads to the rows of one list of a report.
func listPath(target, list string) string { return Root + "targets/" + target + "/report?list=" + list }

func (c *console) pair(v *visit) (string, error) {
	reason, err := v.reason()
	if err != nil {
		return "", err
	}
	who, account := strings.TrimSpace(v.PostFormValue("who")), strings.TrimSpace(v.PostFormValue("account"))
	if who == "" || account == "" {
		return "", &run.Problem{Code: adminapi.BadRequest, What: "Somebody or an account is missing.", Now: "Nothing was changed.", Fix: "Name the person and the account that is theirs."}
	}
	name := v.PathValue("name")
	done, err := c.Service.Pair(v.ctx(), name, adminapi.PairRequest{Who: who, Account: account, Reason: reason}, v.caller)
	return Root + "people/" + string(done.Object) + "/why?target=" + name + "&did=paired", err
}

func (c *console) unpair(v *visit) (string, error) {
	reason, err := v.reason()
	if err == nil {
		_, err = c.Service.Unpair(v.ctx(), v.PathValue("name"), v.PostFormValue("who"), adminapi.UnpairRequest{Reason: reason}, v.caller)
	}
	return Root + "targets/" + v.PathValue("name") + "/links?did=unpaired", err
}

func (c *console) closeAccount(v *visit) (string, error) {
	reason, err := v.reason()
	if err == nil {
		_, err = c.Service.DisableAccount(v.ctx(), v.PathValue("name"), v.PostFormValue("account"), adminapi.Closing{Reason: reason}, v.caller)
	}
	return listPath(v.PathValue("name"), run.ListUnknown) + "&did=closed-account", err
}

// runsIn says how long a plan or the rest of a run takes, "" if that is not known.
func runsIn(seconds int) string {
	if seconds <= 0 {
		return ""
	}
	return short(time.Duration(seconds) * time.Second)
}

// accountName names an account by what it is known by.
func accountName(r adminapi.GoliveRow) string {
	for _, path := range []string{"userName", "displayName"} {
		for have, v := range r.Values {
			if string(have) == path && len(v) > 0 {
				return v[0]
			}
		}
	}
	return string(r.Account)
}

func targetPath(name, page string) string {
	if page == "" {
		return Root + "targets/" + name
	}
	return Root + "targets/" + name + "/" + page
}

// ofKind is the folder of the pages of people or groups.
func ofKind(kind connector.Kind) string {
	if kind == connector.Group {
		return Root + "groups/"
	}
	return Root + "people/"
}

func linkStateText(state string) string {
	switch state {
	case "":
		return "Any state"
	case linkActive:
		return "Account active"
	}
	return title(state)
}

func listTone(list string) tone {
	switch list {
	case run.ListLink, run.ListCreate:
		return good
	case run.ListAsk:
		return warn
	case run.ListClose:
		return bad
	}
	return quiet
}
