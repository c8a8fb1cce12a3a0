package demo

import (
	"slices"
	"strings"

	"muster/internal/scim"
)

// strangers are accounts of the wiki that nobody in the directory has.
var strangers = []string{"wiki-robot", "page.archiver", "old-consultant@example.net", "Vorstand", "test_1"}

// users returns the accounts that the wiki holds before Muster comes.
func (c *company) users() []scim.Resource {
	var out []scim.Resource
	for _, p := range c.people {
		if p.account != noAccount {
			out = append(out, p.user())
		}
	}
	for i, name := range strangers {
		out = append(out, scim.Resource{"userName": name, "displayName": strings.ToUpper(name), "active": i != 4, "nickName": "since 2011"})
	}
	return out
}

// user returns the account of a person, with what has gone wrong with it over the years.
func (p *person) user() scim.Resource {
	login, family, display, mail := p.login, p.family, p.display, p.mail
	switch p.account {
	case wrongName:
		family = short(family, 1) + "."
		display = p.login
	case wrongEmail:
		mail = p.login + "@old-mail.example.net"
	case shouting:
		login = strings.ToUpper(login)
	}
	return scim.Resource{
		"userName": login, "displayName": display, "userType": "Employee", "title": "wrote it themselves",
		"name":   map[string]any{"givenName": p.given, "familyName": family},
		"emails": []any{map[string]any{"type": "work", "value": mail, "primary": true}, map[string]any{"type": "home", "value": p.login + "@home.example.net"}},
		"active": p.account != closedAccount && p.account != reusedAccount,
	}
}

// userGroups returns the groups that the wiki holds before Muster comes. Some have the wrong members; two are nobody's business.
func (c *company) userGroups() []scim.Resource {
	open := func(match func(*person) bool) []string {
		var out []string
		for _, p := range c.people {
			if p.account != noAccount && p.account != closedAccount && p.account != reusedAccount && match(p) {
				out = append(out, p.user().Text("userName"))
			}
		}
		return out
	}
	engineering := open(func(p *person) bool {
		return p.team == "Platform" || p.team == "Data" || p.team == "Finance" && p.number%5 == 0
	})
	design := open(func(p *person) bool { return p.team == "Design" })
	support := open(func(p *person) bool { return p.team == "Support" && p.account != oldAccount })
	return []scim.Resource{
		wikiGroup(wikiEngineering, engineering),                                           // lacks the other teams, and has people of Finance
		wikiGroup(strings.ToUpper(wikiDesign), design),                                    // is written otherwise
		wikiGroup(wikiSupport, append(slices.Clip(support), strangers[0])),                // has an account that nobody knows
		wikiGroup(wikiEmpty, open(func(p *person) bool { return p.team == "Legal" })),     // should be empty
		wikiGroup("Book club", append(design[:min(3, len(design))], strangers[1])),        // the directory has no such group
		wikiGroup("old-wiki-admins", open(func(p *person) bool { return p.number == 0 })), // neither
	}
}

func wikiGroup(name string, members []string) scim.Resource {
	list := []any{}
	for _, m := range members {
		list = append(list, map[string]any{"value": m})
	}
	return scim.Resource{"displayName": name, "members": list}
}
