package console

import (
	"context"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// userRoutes manage people who are Muster's own: whom no source speaks for. Whoever comes from a source is managed there, and may be disabled now.
func (c *console) userRoutes() {
	c.get("users", access.View, c.usersPage)
	c.post("users", access.Provision, c.makeUser, c.usersPage)
	c.get("people/{id}/manage", access.View, c.managePage)
	c.post("people/{id}/edit", access.Provision, c.editUser, c.managePage)
	c.post("people/{id}/deactivate", access.Provision, c.deactivateUser, c.managePage)
	c.post("people/{id}/activate", access.Provision, c.activateUser, c.managePage)
	c.post("people/{id}/invite", access.Provision, c.inviteUser, c.managePage)
	c.post("people/{id}/password", access.Provision, nil, c.resetPassword)
}

func managePath(id directory.ID) string { return Root + "people/" + string(id) + "/manage" }

func (c *console) usersPage(v *visit) (view, error) {
	page, err := c.Service.Browse(v.ctx(), adminapi.BrowseQuery{Kind: string(directory.Person), Text: v.query("q"), Own: true, After: v.query("after"), Limit: rowsShown})
	return view{title: "Users", entry: "people", body: usersBody(v, page)}, err
}

func (c *console) makeUser(v *visit) (string, error) {
	field := func(name string) string { return strings.TrimSpace(v.PostFormValue(name)) }
	o, err := c.Service.MakePerson(v.ctx(), adminapi.NewPerson{Username: field("username"), Name: field("name"), Email: field("email")}, v.caller)
	return managePath(o.ID) + "?did=user", err
}

// A manageView is a person with what was just made for them.
type manageView struct {
	adminapi.Object
	given *adminapi.PasswordGiven
	link  string // by which they choose a password, shown once
}

func (c *console) managePage(v *visit) (view, error) { return c.manage(v, nil) }

func (c *console) manage(v *visit, given *adminapi.PasswordGiven) (view, error) {
	o, err := c.Service.Object(v.ctx(), string(directory.Person), v.PathValue("id"))
	m := manageView{Object: o, given: given}
	if given != nil && given.Code != nil {
		m.link = origin(v.Request) + given.Code.Path
	}
	return view{title: "Manage " + o.Name, entry: "people", body: manageBody(v, m), wait: true}, err
}

// editable are what is known of a person, and the names of their fields.
var editable = []struct {
	path        attr.Path
	name, label string
}{
	{directory.Username, "username", "Username"},
	{directory.Email, "email", "Email"},
	{directory.Name, "name", "Name shown to others"},
	{"givenName", "given_name", "First name"},
	{"familyName", "family_name", "Last name"},
	{"nickname", "nickname", "Nickname"},
	{"title", "title", "Position"},
}

// editUser sends what differs from what is known: whoever else changed something meanwhile keeps it.
func (c *console) editUser(v *visit) (string, error) {
	var e adminapi.PersonEdit
	fields := map[string]**string{
		"username": &e.Username, "email": &e.Email, "name": &e.Name, "given_name": &e.GivenName, "family_name": &e.FamilyName, "nickname": &e.Nickname, "title": &e.Title,
	}
	for name, to := range fields {
		text := strings.TrimSpace(v.PostFormValue(name))
		if text != v.PostFormValue("was_"+name) {
			*to = &text
		}
	}
	_, err := c.Service.EditPerson(v.ctx(), v.PathValue("id"), e, v.caller)
	return managePath(directory.ID(v.PathValue("id"))) + "?did=saved", err
}

func (c *console) deactivateUser(v *visit) (string, error) {
	return c.change(v, c.Service.Deactivate, "deactivated")
}

func (c *console) activateUser(v *visit) (string, error) {
	return c.change(v, c.Service.Activate, "activated")
}

func (c *console) change(v *visit, do func(context.Context, string, adminapi.UserChange, access.Caller) (adminapi.UserDone, error), did string) (string, error) {
	reason, err := v.reason()
	if err == nil {
		_, err = do(v.ctx(), v.PathValue("id"), adminapi.UserChange{Reason: reason}, v.caller)
	}
	return managePath(directory.ID(v.PathValue("id"))) + "?did=" + did, err
}

func (c *console) inviteUser(v *visit) (string, error) {
	_, err := c.Service.Invite(v.ctx(), v.PathValue("id"), false, v.caller)
	return managePath(directory.ID(v.PathValue("id"))) + "?did=invited", err
}

// resetPassword ends a password. What takes its place is shown this once.
func (c *console) resetPassword(v *visit) (view, error) {
	req := adminapi.PasswordReset{Password: v.PostFormValue("password")}
	given, err := adminapi.PasswordGiven{}, error(nil)
	if v.PostFormValue("how") == "set" && req.Password == "" {
		err = &run.Problem{Code: adminapi.BadRequest, What: "The password is empty.", Now: "Nothing was changed.", Fix: "Type one, or make a link by which they choose one."}
	} else {
		given, err = c.Service.ResetPassword(v.ctx(), v.PathValue("id"), req, v.caller)
	}
	c.pulse.forget()
	if err != nil {
		v.problem = c.problem(v, err)
		return c.manage(v, nil)
	}
	return c.manage(v, &given)
}

// A rolesView is the roles with what they may do, and who has them.
type rolesView struct {
	grants []adminapi.RoleGrant
}

// roleRoutes show and change who may do what.
func (c *console) roleRoutes() {
	c.get("roles", access.View, c.rolesPage)
	c.post("roles/give", access.Roles, c.giveRole, c.rolesPage)
	c.post("roles/take", access.Roles, c.takeRole, c.rolesPage)
	c.post("groups", access.Provision, c.makeGroup, c.groupsPage)
	c.post("groups/{id}/members", access.Provision, c.editGroup, c.groupPage)
}

func (c *console) rolesPage(v *visit) (view, error) {
	all, err := c.Keeper.Grants(v.ctx(), v.caller)
	if err != nil {
		return view{}, err
	}
	r := rolesView{}
	for _, g := range all {
		x := adminapi.RoleGrant{ID: g.Person, Name: string(g.Person), Role: g.Role, By: g.By, At: g.At}
		if o, err := c.Service.Object(v.ctx(), "", string(g.Person)); err == nil {
			x.Kind, x.Name = o.Kind, o.Name
		}
		r.grants = append(r.grants, x)
	}
	return view{title: "Roles", entry: "settings", body: rolesBody(v, r)}, nil
}

func (c *console) giveRole(v *visit) (string, error) {
	o, err := c.Service.Object(v.ctx(), v.PostFormValue("kind"), strings.TrimSpace(v.PostFormValue("who")))
	if err == nil {
		err = c.Service.MayHaveRole(v.ctx(), o.ID)
	}
	if err == nil {
		err = c.Keeper.Give(v.ctx(), v.caller, o.ID, access.Role(v.PostFormValue("role")))
	}
	return Root + "roles?did=given", err
}

func (c *console) takeRole(v *visit) (string, error) {
	err := c.Keeper.Take(v.ctx(), v.caller, directory.ID(v.PostFormValue("id")), access.Role(v.PostFormValue("role")))
	return Root + "roles?did=took", err
}

func (c *console) makeGroup(v *visit) (string, error) {
	o, err := c.Service.MakeGroup(v.ctx(), adminapi.NewGroup{Name: strings.TrimSpace(v.PostFormValue("name"))}, v.caller)
	return objectHref(o) + "?did=group", err
}

func (c *console) editGroup(v *visit) (string, error) {
	edit := adminapi.MemberEdit{Add: listed(v.PostFormValue("add")), Remove: listed(v.PostFormValue("remove"))}
	if len(edit.Add)+len(edit.Remove) == 0 {
		return "", &run.Problem{Code: adminapi.BadRequest, What: "Nobody was named.", Now: "Nothing was changed.", Fix: "Name somebody by username, email or id."}
	}
	err := notAll(c.Service.EditMembers(v.ctx(), v.PathValue("id"), edit, v.caller))
	return Root + "groups/" + v.PathValue("id") + "?did=members", err
}

// mayGive are the roles that somebody may give.
func mayGive(caller access.Caller) []access.Role {
	return slices.DeleteFunc(access.AllRoles(), func(r access.Role) bool {
		return slices.ContainsFunc(access.RightsOf(r), func(right access.Right) bool { return !caller.May(right) })
	})
}

func kindName(k directory.Kind) string {
	if k == directory.Group {
		return "group"
	}
	return "person"
}
