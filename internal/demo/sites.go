package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"muster/internal/attr"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
)

// A site is a service with the manners of a vendor that stands beside the wiki. It is for the people of one group, and takes no groups.
type site struct {
	*scimtest.Server

	name, title string
	vendor      scimtest.Vendor
	scope       string // DN of the group
	first       scimtest.Snapshot
	plan        run.Plan // the first one
	approved    bool     // and it is approved
}

// Scope is the DN of the group whose people a site is for; Name is that of the target, and of the type.
func (x *site) Scope() string { return x.scope }
func (x *site) Name() string  { return x.name }

// newSites are the sites, not started yet.
func newSites() []*site {
	return []*site{
		{name: "slack", title: "Slack", vendor: scimtest.Slack, scope: groupDN("All Staff")},
		{name: "atlassian", title: "Atlassian", vendor: scimtest.Atlassian, scope: groupDN("Engineering")},
		{name: "meisterplan", title: "Meisterplan", vendor: scimtest.Meisterplan, scope: groupDN("Sales")},
	}
}

// startSites starts the sites, and fills them with accounts of the company: some with wrong names, some of people long gone.
func (w *world) startSites(c *company, token string) error {
	staff := w.staff()
	for _, x := range newSites() {
		var err error
		// The sandbox forgives faster than the vendor does, so that nobody waits for minutes.
		if x.Server, err = scimtest.Start(scimtest.Config{Vendor: x.vendor, Token: token, Speed: siteSpeed, LogMax: 100_000}); err != nil {
			return fmt.Errorf("start the sandbox of %s: %w", x.title, err)
		}
		w.sites = append(w.sites, x)
		if _, err := x.Seed(x.users(c, staff), nil); err != nil {
			return fmt.Errorf("fill the sandbox of %s: %w", x.title, err)
		}
		x.first = x.Snapshot()
	}
	return nil
}

// siteSpeed is how much faster than the vendors' clocks those of the sites go: a first plan takes seconds, and one sees it take them.
const siteSpeed = 10

// users returns the accounts that a site holds before Muster comes.
func (x *site) users(c *company, s staff) []scim.Resource {
	in, out := map[string]bool{}, []scim.Resource{}
	within := s.within(x.scope)
	for _, p := range s.people {
		in[p.login] = within[p.id]
	}
	for _, p := range c.people {
		if !in[p.login] || p.mail == "" || !slices.Contains([]account{rightAccount, wrongName, wrongEmail, oldAccount}, p.account) {
			continue
		}
		family, mail := p.family, p.mail
		switch p.account {
		case wrongName:
			family = short(family, 1) + "."
		case wrongEmail:
			mail = strings.ReplaceAll(p.login, "'", "") + "@old-mail.example.net"
		}
		out = append(out, siteUser(p.login, p.given, family, mail))
	}
	return append(out, siteUser("robot", "Ro", "Bot", "robot@example.net"), siteUser("old.consultant", "Old", "Consultant", "consultant@example.net"))
}

func siteUser(login, given, family, mail string) scim.Resource {
	return scim.Resource{
		"userName": login, "active": true, "name": map[string]any{"givenName": given, "familyName": family},
		"emails": []any{map[string]any{"type": "work", "value": mail, "primary": true}},
	}
}

// userName is how a login is written there: Slack puts _ for what it does not take.
func (x *site) userName(login string) string {
	if x.vendor != scimtest.Slack {
		return login
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, login)
}

// audit compares a site with what it must hold: everybody in its group who is enabled has an active account with the values of the directory, nobody else has,
// and the accounts of strangers are as they were. Whoever has no address is refused by all of them, and waits.
func (x *site) audit(s staff, now scimtest.Snapshot) []string {
	wrong := []string{}
	mine := map[string]bool{}
	in := s.within(x.scope)
	for _, p := range s.people {
		name := x.userName(p.login)
		if !in[p.id] || !p.enabled || p.mail == "" {
			continue
		}
		mine[strings.ToLower(name)] = true
		switch u, ok := now.User(name); {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s has no account at %s", p.login, x.title))
		case !u.Active:
			wrong = append(wrong, fmt.Sprintf("the account of %s at %s is closed", p.login, x.title))
		case first(u, "name.familyName") != p.family || first(u, "name.givenName") != p.given || first(u, "emails.value") != p.mail:
			wrong = append(wrong, fmt.Sprintf("%s is %v at %s", p.login, flat(u.Resource), x.title))
		}
	}
	for _, u := range now.Users {
		old, there := x.first.User(u.UserName)
		stranger := there && isStranger(old)
		switch {
		case stranger && fmt.Sprint(flat(old.Resource)) != fmt.Sprint(flat(u.Resource)):
			wrong = append(wrong, fmt.Sprintf("the stranger %s has been changed at %s", u.UserName, x.title))
		case u.Active && !stranger && !mine[strings.ToLower(u.UserName)] && !s.waits(x, u.UserName):
			wrong = append(wrong, fmt.Sprintf("the account %s at %s is open", u.UserName, x.title))
		}
	}
	return append(wrong, x.lost(now)...)
}

// lost names the strangers who are not there any more.
func (x *site) lost(now scimtest.Snapshot) []string {
	var wrong []string
	for _, old := range x.first.Users {
		if _, ok := now.User(old.UserName); !ok && isStranger(old) {
			wrong = append(wrong, fmt.Sprintf("the stranger %s is gone from %s", old.UserName, x.title))
		}
	}
	return wrong
}

// isStranger reports whether an account of the first day belongs to nobody in the directory.
func isStranger(u scimtest.User) bool {
	return strings.HasSuffix(first(u, "emails.value"), "@example.net")
}

// waits reports whether a user name is that of somebody who works here and has no address.
func (s staff) waits(x *site, userName string) bool {
	return slices.ContainsFunc(s.people, func(p worker) bool {
		return p.enabled && p.mail == "" && strings.EqualFold(x.userName(p.login), userName)
	})
}

func first(u scimtest.User, path attr.Path) string {
	v := scim.Values(u.Resource, path)
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// auditSites compares all sites whose plan is approved; the others must be as they were.
func (w *world) auditSites() []string {
	wrong := []string{}
	s := w.staff()
	for _, x := range w.sites {
		switch {
		case x.approved:
			wrong = append(wrong, x.audit(s, x.Snapshot())...)
			if err := x.Invariants(); err != nil {
				wrong = append(wrong, err.Error())
			}
		case len(x.Writes()) > 0:
			wrong = append(wrong, fmt.Sprintf("%d writes to %s before its plan is approved", len(x.Writes()), x.title))
		}
	}
	return wrong
}

// planSites takes the first plans of the sites, and what they found.
func (w *world) planSites(ctx context.Context) error {
	for _, x := range w.sites {
		var err error
		if x.plan, err = w.muster.Plan(ctx, x.name); err != nil {
			return err
		}
	}
	return nil
}

// summary says in a line what the first plan of a site found.
func (x *site) summary() string {
	c := x.plan.Counts
	return fmt.Sprintf("%-12s %3d people who left will be closed, %3d accounts linked, %3d put right, %3d created", x.title+":", c["disable"], c["link"], c["update"], c["create"])
}

// leavers counts the accounts of people who have left that are open at a site on the first day.
func (x *site) leavers(s staff) int {
	in, n := s.within(x.scope), 0
	for _, p := range s.people {
		u, ok := x.first.User(x.userName(p.login))
		if ok && u.Active && (!p.enabled || !in[p.id]) {
			n++
		}
	}
	return n
}

// approveSites approves the first plans of the sites, and waits until they are carried out.
func (w *world) approveSites(ctx context.Context) error {
	for _, x := range w.sites {
		x.approved = true
		d, err := w.muster.Approve(ctx, x.plan.ID, adminapi.Approval{Count: x.plan.People})
		if err != nil {
			return err
		}
		if err := w.finish(ctx, d.Runs); err != nil {
			return err
		}
	}
	return nil
}

// standing says how somebody stands at the sites that have an account of theirs.
func (s *stage) standing(login string) {
	for _, x := range s.sites {
		if u, ok := x.Snapshot().User(x.userName(login)); ok {
			s.say("%s: the account of %s is %s.", x.title, login, map[bool]string{true: "open", false: "closed"}[u.Active])
		}
	}
}
