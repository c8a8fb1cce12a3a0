package scimapi

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/scim"
)

// A Profile says how a client behaves: the schemas that it is shown and checked by, and the departures from the standard that it is allowed.
type Profile struct {
	Name  string
	Title string
	Agent string // in the User-Agent of such clients, lower case, "" = any
	Allow []scim.Tolerance
	User  *scim.Type
	Group *scim.Type
}

// AppURN is the extension of the closed profile, if the configuration has no other.
const AppURN = "urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User"

// everybody is allowed what costs nobody anything: it cannot be mistaken for something else.
var everybody = []scim.Tolerance{
	scim.OpCase, scim.NullRefs, scim.MemberDisplay, scim.TightNot, scim.PluralConfig, scim.PlainJSON, scim.EmptyAnswer, scim.KeepForm, scim.EchoedID,
}

var lenient = []scim.Tolerance{
	scim.TextBooleans, scim.RemoveByValue, scim.FlatKeys, scim.UnknownSchemas, scim.Upsert, scim.NoPatchSchema, scim.BareManager, scim.OneOrMany,
	scim.NoOperations, scim.LooseSlashes, scim.LowerPaths, scim.ClearByEmpty,
}

// Profiles returns the profiles, the standard one first.
func Profiles() []Profile {
	return []Profile{
		{Name: "standard", Title: "RFC 7643 and RFC 7644 to the letter"},
		{Name: "entra", Title: "Microsoft Entra ID, with and without aadOptscim062020", Agent: "msscim", Allow: append(slices.Clone(lenient), scim.DropUnknown, scim.DropPassword)},
		{
			Name: "okta", Title: "Okta: the application wizard and the applications of its catalogue", Agent: "okta",
			Allow: []scim.Tolerance{
				scim.TextBooleans, scim.FlatKeys, scim.UnknownSchemas, scim.NoPatchSchema, scim.BareManager, scim.OneOrMany, scim.LooseSlashes, scim.DropUnknown,
				scim.DropPassword, scim.ClearByEmpty, scim.Revive,
			},
		},
		{
			Name: "onelogin", Title: "OneLogin", Agent: "onelogin",
			Allow: []scim.Tolerance{
				scim.TextBooleans, scim.RemoveByValue, scim.UnknownSchemas, scim.NoPatchSchema, scim.BareManager, scim.OneOrMany, scim.LooseSlashes, scim.LowerPaths,
				scim.DropUnknown, scim.DropPassword, scim.ClearByEmpty,
			},
		},
		{Name: "closed", Title: "A closed set of attributes: what is mapped beside it is an error", Allow: append(slices.Clone(lenient), scim.Revive, scim.UpdateExisting)},
	}
}

// Options change a profile.
type Options struct {
	Tolerate, Refuse []string
	Accept           []string // of the core schema, for the closed profile
	Extensions       []*scim.Schema
}

// NewProfile returns the profile of a name with its schemas.
func NewProfile(name string, o Options) (Profile, error) {
	i := slices.IndexFunc(Profiles(), func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, fmt.Errorf("there is no profile %q", name)
	}
	p := Profiles()[i]
	p.Allow = append(slices.Clone(everybody), p.Allow...)
	for _, t := range o.Tolerate {
		if !known(t) {
			return p, fmt.Errorf("tolerate: there is no tolerance %q", t)
		}
		p.Allow = append(p.Allow, scim.Tolerance(t))
	}
	for _, t := range o.Refuse {
		if !known(t) {
			return p, fmt.Errorf("refuse: there is no tolerance %q", t)
		}
		p.Allow = slices.DeleteFunc(p.Allow, func(have scim.Tolerance) bool { return have == scim.Tolerance(t) })
	}
	return p, p.schemas(o)
}

func known(name string) bool {
	return slices.ContainsFunc(Tolerances(), func(d ToleranceDoc) bool { return string(d.Name) == name })
}

// schemas gives p its resource types.
func (p *Profile) schemas(o Options) error {
	var err error
	if p.Group, err = scim.NewType("Group", "/Groups", scim.StandardGroup()); err != nil {
		return err
	}
	core, extensions := scim.StandardUser(), append([]*scim.Schema{scim.EnterpriseUser()}, o.Extensions...)
	if p.Name == "closed" {
		if core, err = closedCore(o.Accept); err != nil {
			return err
		}
		if extensions = o.Extensions; len(extensions) == 0 {
			extensions = []*scim.Schema{AppExtension()}
		}
	}
	if p.User, err = scim.NewType("User", "/Users", core, extensions...); err != nil {
		return err
	}
	p.User.Closed = p.Name == "closed"
	return nil
}

// closedCore is the core schema with what an application of its own takes: the name, the work email, and a few more.
func closedCore(accept []string) (*scim.Schema, error) {
	all := scim.StandardUser()
	keep := append([]string{"userName", "active", "name", "emails", "groups"}, accept...)
	out := &scim.Schema{URN: all.URN, Name: all.Name, Description: all.Description}
	for _, name := range accept {
		if !slices.ContainsFunc(all.Attributes, func(a scim.Attribute) bool { return a.Name == name }) {
			return nil, fmt.Errorf("accept: the core schema of users has no attribute %q", name)
		}
	}
	for _, a := range all.Attributes {
		if !slices.Contains(keep, a.Name) {
			continue
		}
		switch {
		case slices.Contains(accept, a.Name):
		case a.Name == "name":
			a.Sub = slices.DeleteFunc(slices.Clone(a.Sub), func(s scim.Attribute) bool { return s.Name != "givenName" && s.Name != "familyName" })
		case a.Name == "emails":
			a.Required = true
		}
		out.Attributes = append(out.Attributes, a)
	}
	return out, nil
}

// AppExtension returns the extension of the closed profile.
func AppExtension() *scim.Schema {
	return &scim.Schema{URN: AppURN, Name: "ApplicationUser", Description: "What the application keeps of a user", Attributes: []scim.Attribute{
		{Name: "passwordNeverExpires", Type: scim.Boolean, Description: "Whether the person is exempt from the expiry of passwords"},
		{Name: "sendInvitationMail", Type: scim.Boolean, Description: "Whether an invitation is sent when the person is created"},
		{Name: "linkedResource", Type: scim.Complex, Description: "The resource that the person is", Sub: []scim.Attribute{
			{Name: "id", CaseExact: true, Description: "Id of the resource; it is kept, and nothing is created for it"},
		}},
	}}
}

// suggest returns the profile that the User-Agent of a client speaks for, or "".
func suggest(agent string) string {
	agent = strings.ToLower(agent)
	for _, p := range Profiles() {
		if p.Agent != "" && strings.Contains(agent, p.Agent) {
			return p.Name
		}
	}
	return ""
}
