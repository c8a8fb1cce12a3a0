package bulkload

import (
	"errors"
	"strings"

	"muster/internal/workspace"
)

func (c *checker) version(v *int) {
	c.facts.versions = append(c.facts.versions, c.no)
	if *v != 1 {
		c.fail("", "unknown_version", "Export with a version that writes format 1.", "the file is in format %d; only 1 is known", *v)
	}
}

func (c *checker) role(r *role) {
	if c.need("name", r.Name) {
		c.bytes("name", r.Name, 64)
		if strings.Trim(*r.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			c.fail("name", "bad_name", "Use a-z, 0-9 and '_'.", "%q is no name of a role", short(*r.Name))
		}
		c.facts.define(aRole, c.no, *r.Name)
	}
	if c.need("display_name", r.DisplayName) {
		c.bytes("display_name", r.DisplayName, 128)
	}
	c.bytes("description", r.Description, 1024)
	for i, id := range value(r.Permissions) {
		if !permissions()[id] {
			c.warn("permissions["+itoa(i)+"]", "unknown_permission", "Check the spelling. A server of the format may refuse the role; here it is kept as it is.", "no permission is known as %q", short(id))
		}
	}
}

func (c *checker) scheme(s *scheme) {
	if c.need("name", s.Name) {
		if !schemeForm.MatchString(*s.Name) {
			c.fail("name", "bad_name", "Use 2 to 64 of a-z, 0-9 and '_'.", "%q is no name of a scheme", short(*s.Name))
		}
		c.facts.define(aScheme, c.no, *s.Name)
	}
	if c.need("display_name", s.DisplayName) {
		c.bytes("display_name", s.DisplayName, 128)
	}
	c.bytes("description", s.Description, 1024)
	if c.need("scope", s.Scope) {
		c.oneOf("scope", s.Scope, "team", "channel")
	}
	c.schemeRoles(s)
}

// schemeRoles checks that a scheme has the roles that its scope needs, and no others.
func (c *checker) schemeRoles(s *scheme) {
	team := value(s.Scope) == "team"
	for _, r := range []struct {
		field        string
		role         *role
		needed, fits bool
	}{
		{"default_team_admin_role", s.DefaultTeamAdminRole, team, team},
		{"default_team_user_role", s.DefaultTeamUserRole, team, team},
		{"default_team_guest_role", s.DefaultTeamGuestRole, false, team},
		{"default_channel_admin_role", s.DefaultChannelAdminRole, true, true},
		{"default_channel_user_role", s.DefaultChannelUserRole, true, true},
		{"default_channel_guest_role", s.DefaultChannelGuestRole, false, true},
	} {
		switch {
		case r.role == nil && r.needed:
			c.fail(r.field, "missing", "", "%s is missing", r.field)
		case r.role != nil && !r.fits:
			c.fail(r.field, "not_allowed", "", "a scheme for channels has no %s", r.field)
		case r.role != nil:
			c.within(r.field, func() { c.role(r.role) })
		}
	}
}

func (c *checker) emoji(e *emoji) {
	if c.need("name", e.Name) {
		switch {
		case !emojiName(*e.Name):
			c.fail("name", "bad_name", emojiFix, "%q is no name of an emoji", short(*e.Name))
		case isBuiltinEmoji(*e.Name):
			c.warn("name", "builtin_name", "Rename it. A server of the format may refuse it; here it is kept as it is.", "%s is the name of an emoji that everybody has", *e.Name)
		}
	}
	if c.need("image", e.Image) {
		c.file("image", e.Image)
	}
}

func (c *checker) team(t *team) {
	if c.need("name", t.Name) {
		c.teamName("name", *t.Name)
		c.facts.define(aTeam, c.no, *t.Name)
	}
	if c.need("display_name", t.DisplayName) {
		c.runes("display_name", t.DisplayName, 64)
	}
	if c.need("type", t.Type) {
		c.oneOf("type", t.Type, "O", "I")
	}
	c.bytes("description", t.Description, 255)
	if value(t.Scheme) != "" {
		c.refer(aScheme, "scheme", *t.Scheme)
	}
}

func (c *checker) teamName(field, name string) {
	switch err := workspace.TeamName(strings.ToLower(name)); {
	case errors.Is(err, workspace.ErrReserved):
		c.fail(field, "reserved", "", "%v", err)
	case err != nil:
		c.fail(field, "bad_name", "Use 2 to 64 of a-z, 0-9 and '-', with a letter or digit at both ends.", "%q is no name of a team", short(name))
	}
}

func (c *checker) channel(ch *channel) {
	team := c.teamOf("team", ch.Team)
	if c.need("name", ch.Name) {
		if workspace.ChannelName(strings.ToLower(*ch.Name)) != nil {
			c.fail("name", "bad_name", "Use up to 64 of a-z, 0-9, '-' and '_', with a letter or digit at both ends.", "%q is no name of a channel", short(*ch.Name))
		}
		if team {
			c.facts.define(aChannel, c.no, *ch.Team, *ch.Name)
		}
	}
	if c.need("type", ch.Type) {
		c.oneOf("type", ch.Type, "O", "P")
	}
	if strings.EqualFold(value(ch.Name), workspace.FirstChannel) {
		c.firstChannel(ch)
	}
	c.runes("display_name", ch.DisplayName, 64)
	c.runes("header", ch.Header, 1024)
	c.runes("purpose", ch.Purpose, 250)
	c.moment("deleted_at", ch.DeletedAt, false)
	if value(ch.Scheme) != "" {
		c.refer(aScheme, "scheme", *ch.Scheme)
	}
}

// firstChannel checks the channel that everybody of a team is in.
func (c *checker) firstChannel(ch *channel) {
	if value(ch.Type) == "P" {
		c.fail("type", "not_allowed", "Write O.", "%s is open to everybody of the team, and cannot be private", workspace.FirstChannel)
	}
	if value(ch.DeletedAt) != 0 {
		c.fail("deleted_at", "not_allowed", "Leave it out.", "%s cannot be archived: everybody of the team is in it", workspace.FirstChannel)
	}
}

// teamOf checks a reference to a team.
func (c *checker) teamOf(field string, name *string) bool {
	if !c.need(field, name) {
		return false
	}
	c.refer(aTeam, field, *name)
	return true
}

// userOf checks a reference to somebody.
func (c *checker) userOf(field string, name *string) {
	if c.need(field, name) {
		c.refer(aUser, field, *name)
	}
}
