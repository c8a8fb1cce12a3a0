package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/internal/cli"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

// scenes are what can happen, by the names of cli.Scenes.
var scenes = map[string]act{
	"leaver": leaver, "joiner": joiner, "rename": rename, "empty": empty, "bulk-disable": bulkDisable, "rename-ou": renameOU,
}

// sceneNames are the scenes in the order in which they are played unattended.
var sceneNames = cli.Scenes

// leaver: somebody is disabled in the directory.
func leaver(ctx context.Context, s *stage) error {
	if err := s.room(ctx, "stated"); err != nil {
		return err
	}
	p, err := s.someone()
	if err != nil {
		return err
	}
	s.say("%s (%s) has an account at the wiki, in %s.", p.display, p.login, strings.Join(groupsOf(s.wiki.Snapshot(), p.account), ", "))
	began := time.Now()
	if err := s.directory.Modify(p.dn, func(e *ldaptest.Entry) { e.Set("userAccountControl", "514") }); err != nil {
		return err
	}
	s.say("Directory: %s is disabled.", p.login)
	if _, err := s.settled(ctx, began); err != nil {
		return err
	}
	if s.account(p.account).Active {
		s.say("Wiki: the account of %s is still open.", p.login)
	} else {
		s.say("Muster: closed the account %s later.", s.after(began, p.account))
		s.say("Wiki: the account of %s is closed.", p.login)
	}
	s.standing(p.login)
	s.expect("the account is closed", !s.account(p.account).Active, "the account of %s is still open", p.login)
	return s.closed(ctx, p)
}

// closed checks that Muster says that it has seen the account closed, and that nobody stands on its list of open leavers for it.
func (s *stage) closed(ctx context.Context, p wanted) error {
	o, err := s.muster.Object(ctx, "person", p.login)
	if err != nil {
		return err
	}
	var wrong []string
	for _, l := range o.Links {
		if l.Active {
			wrong = append(wrong, fmt.Sprintf("Muster takes the account %s for open (%s)", l.Remote, l.State))
		}
	}
	leavers, err := s.muster.Leavers(ctx, adminapi.LeaverQuery{})
	for _, l := range leavers {
		if l.Object == o.ID {
			wrong = append(wrong, fmt.Sprintf("%s is an open leaver: %s", p.login, l.Why))
		}
	}
	if s.check("Muster has verified it", wrong...); len(wrong) == 0 {
		s.say("Muster: read the account back and found it closed: no open leaver.")
	}
	return err
}

// room refuses to play when a limit of Muster would hold the scene back: people have played it often enough today.
func (s *stage) room(ctx context.Context, class string) error {
	limits, err := s.muster.Limits(ctx, "")
	for _, l := range limits {
		if l.Class == class && l.Spent >= l.Limit {
			return unplayable(fmt.Sprintf("the limit of %d for %q in 24 hours is used up, so Muster would hold this: start the demo anew", l.Limit, class))
		}
	}
	return err
}

// after says how long after began the first write to an account or group came.
func (s *stage) after(began time.Time, id string) string {
	for _, w := range s.writesTo(id) {
		if w.At.After(began) {
			return w.At.Sub(began).Round(10 * time.Millisecond).String()
		}
	}
	return "some time"
}

// joiner: somebody new is hired.
func joiner(ctx context.Context, s *stage) error {
	p := s.newcomer()
	began := time.Now()
	if err := s.directory.Add(p.entry()); err != nil {
		return err
	}
	team := groupDN(p.team)
	if err := s.directory.Modify(team, func(e *ldaptest.Entry) { e.Add("member", p.dn()) }); err != nil {
		return err
	}
	s.say("Directory: %s (%s) is new, in the group %s.", p.display, p.login, p.team)
	if _, err := s.settled(ctx, began); err != nil {
		return err
	}
	now := s.wiki.Snapshot()
	u, ok := now.User(p.login)
	if s.expect("the account is there", ok, "there is no account %s", p.login); !ok {
		return nil
	}
	groups := groupsOf(now, u.ID)
	s.say("Muster: created the account %s later.", s.after(began, u.ID))
	s.say("Wiki: %s has an account, in %s.", p.login, strings.Join(groups, ", "))
	s.standing(p.login)
	s.expect("and in its groups", len(groups) == 2, "%s is in %v", p.login, groups)
	return nil
}

// newcomer makes up somebody whom nobody in the directory is called.
func (s *stage) newcomer() *person {
	s.hired++
	names := namer{dice: s.dice, logins: map[string]bool{}, cns: map[string]bool{}, mails: map[string]bool{}}
	for _, e := range s.staff().byDN {
		names.logins[strings.ToLower(e.Get("sAMAccountName"))] = true
		names.cns[strings.ToLower(e.Get("cn"))] = true
		names.mails[strings.ToLower(strings.TrimSuffix(e.Get("mail"), "@example.com"))] = true
	}
	p := names.next()
	p.city, p.team, p.title, p.number = cities[0], "Platform", "Engineer", 900+s.hired
	return p
}

// rename: somebody marries, and gets another name, username and address.
func rename(ctx context.Context, s *stage) error {
	if err := s.room(ctx, "names"); err != nil {
		return err
	}
	p, err := s.someone()
	if err != nil {
		return err
	}
	new := s.newcomer()
	began := time.Now()
	_, parent, _ := strings.Cut(p.dn, ",OU=")
	dn := "CN=" + escapeRDN(new.cn) + ",OU=" + parent
	if err := s.directory.Rename(p.dn, dn); err != nil {
		return err
	}
	err = s.directory.Modify(dn, func(e *ldaptest.Entry) {
		e.Set("sAMAccountName", new.login)
		e.Set("sn", new.family)
		e.Set("displayName", p.given+" "+new.family)
		e.Set("mail", new.mail)
	})
	if err != nil {
		return err
	}
	s.say("Directory: %s (%s) is now %s %s (%s, %s).", p.display, p.login, p.given, new.family, new.login, new.mail)
	if _, err := s.settled(ctx, began); err != nil {
		return err
	}
	u := s.account(p.account)
	s.say("Muster: changed the account %s later.", s.after(began, p.account))
	s.say("Wiki: the same account %s is now %s, %s.", u.ID, u.UserName, u.Resource.Text("displayName"))
	s.standing(new.login)
	s.expect("it is the same account", u.UserName == new.login, "the account is %q, not %q", u.UserName, new.login)
	_, both := s.wiki.Snapshot().User(p.login)
	s.expect("and the only one", !both, "there is still an account %s", p.login)
	return nil
}

// empty: the directory answers, and holds nothing.
func empty(ctx context.Context, s *stage) error {
	before := s.wiki.Snapshot()
	s.directory.Set(ldaptest.Faults{Empty: true})
	defer s.directory.Set(ldaptest.Faults{})
	began := time.Now()
	s.say("Directory: answers every search with nothing at all, and no error.")
	read, err := s.settled(ctx, began)
	if err != nil {
		return err
	}
	s.expect("the read is not believed", read.Problem != nil, "the read ended as %s", read.Outcome)
	if read.Problem != nil {
		s.say("Muster: the read is %s. %s. %s", read.Outcome, strings.TrimSuffix(sentence(read.Problem.What), "."), read.Problem.Now)
	}
	removed := s.gone(before)
	s.step.Counts["removed"] = removed
	s.say("Wiki: %d accounts closed or removed.", removed)
	s.expect("nobody is removed", removed == 0 && len(s.writes()) == 0, "%d are gone, %d writes", removed, len(s.writes()))
	if err := s.told(ctx); err != nil {
		return err
	}
	s.directory.Set(ldaptest.Faults{})
	s.say("Directory: answers as before.")
	if read, err = s.settled(ctx, time.Now()); err != nil {
		return err
	}
	s.say("Muster: the next read is %s.", read.Outcome)
	s.expect("it heals by itself", read.Problem == nil && len(s.writes()) == 0, "the read ended as %s, %d writes", read.Outcome, len(s.writes()))
	return nil
}

// told checks that the status says that the directory was not read whole.
func (s *stage) told(ctx context.Context) error {
	status, err := s.muster.Status(ctx)
	if err != nil {
		return err
	}
	s.say("Muster: `status` says: %s", status.Summary)
	s.expect("somebody is told", status.Sources[0].Problem != nil && len(status.Attention) > 0, "the status shows no problem: %s", status.Summary)
	return nil
}

// gone counts the accounts that were active before and are not now.
func (s *stage) gone(before scimtest.Snapshot) int {
	now, n := byID(s.wiki.Snapshot().Users), 0
	for _, u := range before.Users {
		if u.Active && !now[u.ID].Active {
			n++
		}
	}
	return n
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
