package console

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// clientRoutes are the identity providers that write to Muster by SCIM, and their tokens.
func (c *console) clientRoutes() {
	c.get("clients", access.View, c.clientsPage)
	c.get("clients/{name}", access.View, c.clientPage)
	c.get("clients/{name}/setup", access.View, c.setupPage)
	c.post("clients/{name}/tokens", access.OwnTokens, nil, c.issueToken)
	c.post("clients/{name}/tokens/{id}/rotate", access.OwnTokens, nil, c.rotateToken)
	c.post("clients/{name}/tokens/{id}/revoke", access.OwnTokens, c.revokeToken, c.clientPage)
}

func clientPath(name string) string { return Root + "clients/" + name }

func (c *console) clientsPage(v *visit) (view, error) {
	all, err := c.Service.Clients(v.ctx())
	return view{title: "SCIM clients", entry: "sources", body: clientsBody(v, all)}, err
}

// A clientView is a client with what it sent last and the tokens it may use.
type clientView struct {
	scimapi.Stats
	exchanges []scimapi.Exchange
	settings  []adminapi.Setting
	tokens    []clientToken
	issued    *issuedToken
}

// A clientToken is a token with whom it acts for.
type clientToken struct {
	access.Token
	owner string
}

// An issuedToken is shown once.
type issuedToken struct {
	text string
	access.Token
}

func (c *console) clientPage(v *visit) (view, error) { return c.client(v, nil) }

func (c *console) client(v *visit, issued *issuedToken) (view, error) {
	x, err := c.clientView(v)
	if err != nil {
		return view{}, err
	}
	x.issued = issued
	x.exchanges, err = c.Service.Exchanges(v.ctx(), x.Client, v.query("failed") != "")
	return view{title: x.Client, entry: "sources", body: clientBody(v, x), wait: issued != nil}, err
}

// clientView returns a client with its settings and tokens.
func (c *console) clientView(v *visit) (clientView, error) {
	x, name := clientView{}, v.PathValue("name")
	all, err := c.Service.Clients(v.ctx())
	if err != nil {
		return x, err
	}
	i := slices.IndexFunc(all, func(s scimapi.Stats) bool { return s.Client == name })
	if i < 0 {
		return x, &run.Problem{Code: adminapi.NotFound, What: "There is no SCIM client " + name + ".", Why: "It is not in the configuration.", Fix: "The page of all SCIM clients lists what there is."}
	}
	x.Stats = all[i]
	cfg, err := c.Service.Configuration(v.ctx())
	if err != nil {
		return x, err
	}
	for _, s := range cfg.Sources {
		if s.Name == name {
			x.settings = s.Settings
		}
	}
	x.tokens, err = c.clientTokens(v, name)
	return x, err
}

// clientTokens returns the tokens of a client that the visitor may see, the newest first.
func (c *console) clientTokens(v *visit, name string) ([]clientToken, error) {
	all, err := c.Keeper.Tokens(v.ctx(), v.caller)
	if err != nil {
		return nil, err
	}
	var out []clientToken
	for _, t := range slices.Backward(all) {
		if t.Use.Source != name {
			continue
		}
		x := clientToken{t, string(t.Person)}
		if o, err := c.Service.Object(v.ctx(), string(directory.Person), string(t.Person)); err == nil {
			x.owner = o.Name
		}
		out = append(out, x)
	}
	return out, nil
}

// issueToken makes a token and shows it, this once.
func (c *console) issueToken(v *visit) (view, error) {
	issued, err := c.issue(v)
	if err != nil {
		v.problem = c.problem(v, err)
		return c.client(v, nil)
	}
	return c.client(v, issued)
}

func (c *console) issue(v *visit) (*issuedToken, error) {
	x, err := c.clientView(v)
	if err != nil {
		return nil, err
	}
	o, err := c.Service.Object(v.ctx(), string(directory.Person), strings.TrimSpace(v.PostFormValue("person")))
	if err != nil {
		return nil, err
	}
	name := cmp.Or(strings.TrimSpace(v.PostFormValue("name")), x.Client)
	text, t, err := c.Keeper.IssueFor(v.ctx(), v.caller, o.ID, access.Use{Source: x.Client}, name, daysOf(v))
	return &issuedToken{text.Reveal(), t}, err
}

// daysOf returns how long a token is to live; 0 = as usual.
func daysOf(v *visit) time.Duration {
	n, _ := strconv.Atoi(v.PostFormValue("days"))
	return time.Duration(n) * 24 * time.Hour
}

// rotateToken makes a token that takes the place of another; both work for a week.
func (c *console) rotateToken(v *visit) (view, error) {
	text, t, err := c.Keeper.Rotate(v.ctx(), v.caller, v.PathValue("id"), 0)
	if err != nil {
		v.problem = c.problem(v, err)
		return c.client(v, nil)
	}
	return c.client(v, &issuedToken{text.Reveal(), t})
}

func (c *console) revokeToken(v *visit) (string, error) {
	err := c.Keeper.Revoke(v.ctx(), v.caller, v.PathValue("id"))
	return clientPath(v.PathValue("name")) + "?did=revoked", err
}

// A setupView is what a provider is to be told.
type setupView struct {
	clientView
	guide adminapi.Guide
	url   string
	local bool // the address is one of this machine: providers do not reach it
	copy  bool // it is the copy that is set up, not the real people
}

func (c *console) setupPage(v *visit) (view, error) {
	x, err := c.clientView(v)
	if err != nil {
		return view{}, err
	}
	s := setupView{clientView: x, guide: adminapi.GuideFor(v.query("provider"), x.Profile)}
	base, path := origin(v.Request), scimapi.Prefix
	if s.copy = v.query("copy") != ""; s.copy {
		b, err := c.Service.Sandbox(v.ctx(), adminapi.SandboxQuery{})
		if err != nil {
			return view{}, err
		}
		path = b.Address
	}
	s.url, s.local = base+path+s.guide.Suffix, isLocal(base)
	return view{title: "Set up " + x.Client, entry: "sources", body: setupBody(v, s)}, nil
}

// origin returns the address by which the visitor reached this server, as the proxy before it says.
func origin(r *http.Request) string {
	proto := cmp.Or(r.Header.Get("X-Forwarded-Proto"), "http")
	if r.TLS != nil {
		proto = "https"
	}
	return proto + "://" + cmp.Or(r.Header.Get("X-Forwarded-Host"), r.Host)
}

func isLocal(origin string) bool {
	_, host, _ := strings.Cut(origin, "://")
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// toleranceText says what a tolerance allows.
func toleranceText(name string) string {
	for _, t := range scimapi.Tolerances() {
		if string(t.Name) == name {
			return strings.ReplaceAll(t.What, "`", "")
		}
	}
	return ""
}

func statusTone(status int) tone {
	switch {
	case status >= 500:
		return bad
	case status >= 400:
		return warn
	}
	return good
}

// tokenState says how a token is, with its tone.
func tokenState(now time.Time, t access.Token) (string, tone) {
	switch {
	case t.Revoked:
		return "revoked", quiet
	case !t.Expires.After(now):
		return "expired", quiet
	case t.Expires.Sub(now) < 14*24*time.Hour:
		return "expires soon", warn
	}
	return "active", good
}

// working counts tokens that can be used.
func working(now time.Time, tokens []clientToken) (n int) {
	for _, t := range tokens {
		if !t.Revoked && t.Expires.After(now) {
			n++
		}
	}
	return n
}
