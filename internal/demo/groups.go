package demo

import "slices"

// The groups that the wiki receives: their names begin with wiki-.
const (
	wikiAdmins      = "wiki-admins"
	wikiEngineering = "wiki-engineering"
	wikiDesign      = "wiki-design"
	wikiSales       = "wiki-sales"
	wikiSupport     = "wiki-support"
	wikiEveryone    = "wiki-everyone"
	wikiContractors = "wiki-contractors"
	wikiGuilds      = "wiki-guilds"
	wikiZurich      = "wiki-zürich"
	wikiOsaka       = "wiki-大阪"
	wikiEmpty       = "wiki-empty"
)

// guilds contain one another in a circle, as guilds of real companies do after some years.
var guilds = []string{"Guild Accessibility", "Guild Design Systems", "Guild Frontend"}

// gather forms the groups, nested as they come.
func (c *company) gather() {
	for _, t := range teams {
		c.teamGroup(t)
	}
	c.add(contractors) // its members have it as their primary group, and stand in no list
	for _, city := range cities {
		c.add("Site "+city, c.where(func(p *person) bool { return p.city == city })...)
	}
	for i, name := range guilds {
		next := guilds[(i+1)%len(guilds)]
		c.add(name, append(c.where(func(p *person) bool { return (p.team == "Mobile" || p.team == "Design") && p.number%len(guilds) == i }), groupDN(next))...)
	}
	c.scopeGroups()
	c.wikiGroups()
}

// teamGroup forms the group of a team: its own people, and the groups of its parts.
func (c *company) teamGroup(t team) {
	members := c.where(func(p *person) bool { return p.team == t.name })
	for _, part := range t.parts {
		members = append(members, groupDN(part.name))
	}
	c.add(t.name, members...)
	for _, part := range t.parts {
		c.teamGroup(part)
	}
}

// scopeGroups forms the group of everybody, and the one that decides who has the wiki.
func (c *company) scopeGroups() {
	var all, wiki []string
	for _, t := range teams {
		all = append(all, groupDN(t.name))
		if t.wiki {
			wiki = append(wiki, groupDN(t.name))
		}
	}
	c.add("All Staff", append(all, groupDN(contractors))...)
	c.add("Wiki", append(wiki, groupDN(contractors))...)
}

func (c *company) wikiGroups() {
	c.add(wikiAdmins, c.where(func(p *person) bool {
		return p.team == "Platform" && p.number%4 == 0 || p.team == "Operations" && p.number%10 == 0
	})...)
	c.add(wikiEngineering, groupDN("Engineering"))
	c.add(wikiDesign, groupDN("Design"))
	c.add(wikiSales, groupDN("Sales"))
	c.add(wikiSupport, c.where(func(p *person) bool { return p.team == "Support" })...)
	c.add(wikiEveryone, groupDN("All Staff"))
	c.add(wikiContractors, groupDN(contractors))
	c.add(wikiGuilds, groupDN(guilds[0]))
	c.add(wikiZurich, groupDN("Site Zürich"))
	c.add(wikiOsaka, groupDN("Site Ōsaka 大阪"))
	c.add(wikiEmpty)
}

func (c *company) add(name string, members ...string) {
	c.groups = append(c.groups, &group{name, members})
}

// where returns the DNs of the people that match.
func (c *company) where(match func(*person) bool) []string {
	var out []string
	for _, p := range c.people {
		if match(p) {
			out = append(out, p.dn())
		}
	}
	return slices.Clip(out)
}
