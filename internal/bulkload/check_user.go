package bulkload

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"muster/internal/access"
)

var authServices = []string{"", "email", "gitlab", "saml", "ldap", "google", "office365", "openid"}

func (c *checker) user(u *user) {
	if c.username("username", u.Username) {
		c.facts.define(aUser, c.no, *u.Username)
	}
	c.email(u)
	c.credentials(u)
	c.runes("nickname", u.Nickname, 64)
	c.runes("first_name", u.FirstName, 64)
	c.runes("last_name", u.LastName, 64)
	c.runes("position", u.Position, 128)
	c.bytes("locale", u.Locale, 5)
	c.moment("delete_at", u.DeleteAt, false)
	c.customStatus(u.CustomStatus)
	c.file("profile_image", u.ProfileImage)
	c.roles("roles", u.Roles)
	if hasRole(u.Roles, "system_admin") && !hasRole(u.Roles, "system_user") {
		c.fail("roles", "bad_roles", "Write \"system_admin system_user\".", "system_admin needs system_user beside it")
	}
	c.preferences(u)
	c.guest(u)
	for i, t := range u.Teams {
		c.item("teams", i, func() { c.userTeam(t) })
	}
}

func (c *checker) email(u *user) {
	if !c.need("email", u.Email) {
		return
	}
	c.bytes("email", u.Email, longestAddress)
	address := strings.TrimSpace(*u.Email)
	if !bareAddress(address) {
		c.fail("email", "bad_email", "Write the bare address.", "%q is no email address", short(*u.Email))
		return
	}
	if u.Username != nil {
		c.facts.people = append(c.facts.people, Stated{c.no, strings.ToLower(*u.Username), strings.ToLower(address)})
		c.facts.mails = append(c.facts.mails, mailFact{c.no, hash(aMail, address), hash(aUser, *u.Username)})
	}
}

const longestAddress = 128

// goodAddress reports whether the format can hold an address.
func goodAddress(s string) bool { return len(s) <= longestAddress && bareAddress(s) }

// bareAddress reports whether s is an address and nothing else.
func bareAddress(s string) bool {
	if plainAddress(s) {
		return true
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// plainAddress reports whether s is an address as nearly all are. There are others.
func plainAddress(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && dotted(name, "+_-") && dotted(host, "-")
}

// dotted reports whether s is words of letters, digits and what else is allowed, with dots between them.
func dotted(s, also string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || strings.TrimFunc(word, func(r rune) bool {
			return 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune(also, r)
		}) != "" {
			return false
		}
	}
	return true
}

// credentials checks how somebody is to sign in. A line without any leaves that as it is.
func (c *checker) credentials(u *user) {
	service, data := value(u.AuthService), value(u.AuthData)
	c.oneOf("auth_service", u.AuthService, authServices...)
	c.bytes("auth_data", u.AuthData, 128)
	c.password(u)
	outside := service != "" && service != "email"
	switch {
	case data != "" && u.Password != nil:
		c.fail("password", "two_sign_ins", "Leave one of them out.", "there is a password, and auth_data of another way to sign in")
	case outside && data == "":
		c.fail("auth_data", "missing", "", "auth_service is %s, and auth_data, which says who it is there, is missing", service)
	case data != "" && !outside:
		c.fail("auth_service", "missing", "", "there is auth_data, and auth_service, which says whose, is missing")
	}
}

// password checks the password that a line states. What is wrong with it never quotes it.
func (c *checker) password(u *user) {
	p := u.Password
	if p == nil {
		return
	}
	c.counts["password"]++
	c.facts.secrets = append(c.facts.secrets, secretFact{c.no, hash(aUser, value(u.Username))})
	switch err := access.GoodPassword(*p); {
	case *p == "":
		c.fail("password", "missing", "Leave it out: what is known stays.", "password is empty")
	case len(*p) > longestPassword:
		c.bytes("password", p, longestPassword)
	case err != nil:
		c.warn("password", "weak_password", "Reset it once they are loaded; or send them an invitation.", "%v; the rest is loaded without it", err)
	}
}

// longestPassword is how many bytes of a password servers of the format look at.
const longestPassword = 72

// customStatus checks what somebody says that they are doing.
func (c *checker) customStatus(v jsontext.Value) {
	var status map[string]jsontext.Value
	if len(v) == 0 || v.Kind() == 'n' {
		return
	}
	if v.Kind() != '{' || json.Unmarshal(v, &status, lenient) != nil {
		c.fail("custom_status", "wrong_type", "", "%s stands where an object is expected", kindWord(v.Kind()))
		return
	}
	for _, field := range []string{"emoji", "text", "duration", "expires_at"} {
		if is := status[field]; len(is) > 0 && is.Kind() != '"' && is.Kind() != 'n' {
			c.fail("custom_status."+field, "wrong_type", "", "%s stands where text is expected", kindWord(is.Kind()))
		}
	}
}

func (c *checker) preferences(u *user) {
	c.oneOf("feature_enabled_markdown_preview", u.Markdown, "true", "false")
	c.oneOf("formatting", u.Formatting, "true", "false")
	c.oneOf("show_unread_section", u.ShowUnreadSection, "true", "false")
	c.oneOf("email_interval", u.EmailInterval, "immediately", "fifteen", "hour")
	if u.NotifyProps != nil {
		c.within("notify_props", func() { c.notify(u.NotifyProps) })
	}
}

func (c *checker) notify(n *notifyProps) {
	c.oneOf("desktop", n.Desktop, "all", "mention", "none")
	c.oneOf("mobile", n.Mobile, "all", "mention", "none")
	c.oneOf("desktop_sound", n.DesktopSound, "true", "false")
	c.oneOf("email", n.Email, "true", "false")
	c.oneOf("channel", n.Channel, "true", "false")
	c.oneOf("mobile_push_status", n.MobilePushStatus, "online", "away", "offline")
	c.oneOf("comments", n.Comments, "any", "root", "never")
}

func (c *checker) userTeam(t userTeam) {
	c.counts["team_membership"]++
	team := c.teamOf("name", t.Name)
	c.roles("roles", t.Roles)
	for i, ch := range t.Channels {
		c.item("channels", i, func() {
			c.counts["channel_membership"]++
			c.roles("roles", ch.Roles)
			if c.need("name", ch.Name) && team {
				c.refer(aChannel, "name", *t.Name, *ch.Name)
			}
		})
	}
}

// builtinRoles are the roles that every installation has.
var builtinRoles = []string{
	"system_user", "system_admin", "system_guest", "system_manager", "system_user_manager", "system_read_only_admin", "system_custom_group_admin",
	"system_post_all", "system_post_all_public", "system_user_access_token", "team_user", "team_admin", "team_guest", "team_post_all", "team_post_all_public",
	"channel_user", "channel_admin", "channel_guest", "custom_group_user",
}

// roles checks a list of roles with spaces between them.
func (c *checker) roles(field string, roles *string) {
	c.bytes(field, roles, 256)
	for r := range strings.FieldsSeq(value(roles)) {
		if !slices.Contains(builtinRoles, r) {
			c.refer(aRole, field, r)
		}
	}
}

// guest checks that who is a guest is one everywhere: guests have no place among members.
func (c *checker) guest(u *user) {
	if u.Roles == nil || len(u.Teams) == 0 {
		return
	}
	guest, allTeams, channels, guestIn := hasRole(u.Roles, "system_guest"), true, 0, 0
	for i, t := range u.Teams {
		in := hasRole(t.Roles, "team_guest")
		allTeams = allTeams && in
		if guest && !in {
			c.fail("teams["+itoa(i)+"].roles", "bad_roles", "Give the role team_guest.", "a guest is a guest in all teams, but not in %q", short(value(t.Name)))
		}
		for j, ch := range t.Channels {
			channels++
			switch in := hasRole(ch.Roles, "channel_guest"); {
			case in:
				guestIn++
			case guest:
				c.fail("teams["+itoa(i)+"].channels["+itoa(j)+"].roles", "bad_roles", "Give the role channel_guest.", "a guest is a guest in all channels, but not in %q", short(value(ch.Name)))
			}
		}
	}
	if (allTeams || channels > 0 && channels == guestIn) && !guest {
		c.fail("roles", "bad_roles", "Give the role system_guest.", "who is a guest in all teams, or in all channels, must be system_guest")
	}
}

// hasRole reports whether a role is among those of a list with spaces between them.
func hasRole(roles *string, role string) bool {
	for r := range strings.FieldsSeq(value(roles)) {
		if r == role {
			return true
		}
	}
	return false
}

func (c *checker) bot(b *bot) {
	if c.username("username", b.Username) {
		c.facts.define(aUser, c.no, *b.Username)
		c.facts.defined[len(c.facts.defined)-1].bot = true
	}
	c.userOf("owner", b.Owner)
	c.runes("display_name", b.DisplayName, 64)
	c.runes("description", b.Description, 1024)
	c.moment("delete_at", b.DeleteAt, false)
	c.file("profile_image", b.ProfileImage)
}
