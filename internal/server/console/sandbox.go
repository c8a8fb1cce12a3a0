package console

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// sandboxRoutes are the copy of the people on which an identity provider is tried out.
func (c *console) sandboxRoutes() {
	c.get("sandbox", access.View, c.sandboxPage)
	c.post("sandbox", access.Configure, c.makeSandbox, c.sandboxPage)
	c.post("sandbox/reset", access.Configure, c.resetSandbox, c.sandboxPage)
	c.post("sandbox/drop", access.Configure, c.dropSandbox, c.sandboxPage)
	c.post("sandbox/tokens", access.Configure, nil, c.issueSandboxToken)
	c.post("sandbox/tokens/{id}/revoke", access.Configure, c.revokeSandboxToken, c.sandboxPage)
}

const sandboxPath = Root + "sandbox"

// A sandboxView is the copy, if there is one, with what was done in it.
type sandboxView struct {
	*adminapi.Sandbox // nil = there is none
	clients           []scimapi.Stats
	owners            map[directory.ID]string // whom tokens act for
	log               string                  // the client whose exchanges are shown
	exchanges         []scimapi.Exchange
	url               string
	local             bool
	issued            *adminapi.Issued
}

func (c *console) sandboxPage(v *visit) (view, error) { return c.sandbox(v, nil) }

func (c *console) sandbox(v *visit, issued *adminapi.Issued) (view, error) {
	x := sandboxView{issued: issued, log: v.query("client"), owners: map[directory.ID]string{}}
	base := origin(v.Request)
	x.local = isLocal(base)
	var err error
	if x.clients, err = c.Service.Clients(v.ctx()); err != nil {
		return view{}, err
	}
	b, err := c.Service.Sandbox(v.ctx(), adminapi.SandboxQuery{What: v.query("what"), After: v.query("after"), Limit: rowsShown})
	if p, ok := errors.AsType[*run.Problem](err); ok && p.Code == adminapi.NotFound {
		return view{title: "Try on a copy", entry: "sources", body: sandboxBody(v, x)}, nil
	}
	if err != nil {
		return view{}, err
	}
	x.Sandbox, x.url = &b, base+b.Address
	for _, t := range b.Tokens {
		x.owners[t.Person] = string(t.Person)
		if o, err := c.Service.Object(v.ctx(), string(directory.Person), string(t.Person)); err == nil {
			x.owners[t.Person] = o.Name
		}
	}
	if x.log == "" {
		x.log = busiest(b.Clients)
	}
	if x.log != "" {
		x.exchanges, err = c.Service.SandboxExchanges(v.ctx(), x.log, v.query("failed") != "")
	}
	return view{title: "Try on a copy", entry: "sources", body: sandboxBody(v, x), wait: issued != nil}, err
}

// busiest returns the client that was there last, "" = none was.
func busiest(all []scimapi.Stats) string {
	out, last := "", time.Time{}
	for _, x := range all {
		if x.Last.After(last) {
			out, last = x.Client, x.Last
		}
	}
	return out
}

func (c *console) makeSandbox(v *visit) (string, error) {
	_, err := c.Service.MakeSandbox(v.ctx(), v.caller)
	return sandboxPath + "?did=copied", err
}

func (c *console) resetSandbox(v *visit) (string, error) {
	_, err := c.Service.ResetSandbox(v.ctx(), v.caller)
	return sandboxPath + "?did=copied-anew", err
}

func (c *console) dropSandbox(v *visit) (string, error) {
	return sandboxPath + "?did=copy-gone", c.Service.DropSandbox(v.ctx(), v.caller)
}

func (c *console) revokeSandboxToken(v *visit) (string, error) {
	return sandboxPath + "?did=revoked#tokens", c.Service.RevokeSandboxToken(v.ctx(), v.PathValue("id"), v.caller)
}

// issueSandboxToken makes a token for the copy and shows it, this once.
func (c *console) issueSandboxToken(v *visit) (view, error) {
	days, _ := strconv.Atoi(v.PostFormValue("days"))
	req := adminapi.SandboxToken{
		Name: strings.TrimSpace(v.PostFormValue("name")), Person: strings.TrimSpace(v.PostFormValue("person")), Days: days, Source: v.PostFormValue("source"),
	}
	req.Name = cmp.Or(req.Name, "trial of "+req.Source)
	err := c.isClient(v, req.Source)
	if err == nil {
		var issued adminapi.Issued
		if issued, err = c.Service.SandboxToken(v.ctx(), req, v.caller); err == nil {
			return c.sandbox(v, &issued)
		}
	}
	v.problem = c.problem(v, err)
	return c.sandbox(v, nil)
}

// isClient refuses a token that nobody could use.
func (c *console) isClient(v *visit, name string) error {
	all, err := c.Service.Clients(v.ctx())
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Client == name {
			return nil
		}
	}
	return &run.Problem{Code: adminapi.NotFound, What: "There is no SCIM client " + strconv.Quote(name) + ".", Now: "No token was made.", Fix: "Choose one of those that are configured."}
}

// sandboxTokenState says how a token of the copy is, with its tone.
func sandboxTokenState(now time.Time, t adminapi.Token) (string, tone) {
	return tokenState(now, access.Token{Revoked: t.Revoked, Expires: t.Expires, Created: t.Created})
}

// changeTone gives what would have happened the colour that it has everywhere.
func changeTone(what string) tone {
	switch what {
	case "created", "activated", "joined":
		return good
	case "deactivated", "deleted", "left":
		return bad
	}
	return busy
}

func sandboxFields(x adminapi.SandboxChange) []attr.Change {
	var out []attr.Change
	for _, f := range x.Fields {
		out = append(out, attr.Change{Path: attr.Path(f.Path), Old: f.Was, New: f.Is})
	}
	return out
}
