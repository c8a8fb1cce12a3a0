package adminapi

import (
	"cmp"
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/run"
)

// A Guide tells how one kind of identity provider is set up.
type Guide struct {
	Key    string   `json:"key" enum:"entra,okta,onelogin,any"`
	Name   string   `json:"name"`
	Suffix string   `json:"suffix,omitempty" doc:"Of the tenant URL."`
	Steps  []string `json:"steps"`
	Pilot  string   `json:"pilot" doc:"How to begin with one pilot group."`
	Page   string   `json:"page" doc:"Of the documentation, below docs/how-to."`
}

// Guides returns the guides; the last is for any provider.
func Guides() []Guide {
	return []Guide{
		{"entra", "Entra ID", "?aadOptscim062020", []string{
			"Enterprise applications › New application › Create your own application, not in the gallery.",
			"Provisioning, mode Automatic: paste the tenant URL and the secret token, then Test Connection. It asks for a user who does not exist, and is answered with an empty list.",
			"Mappings: keep userPrincipalName → userName as the matching attribute, Switch([IsSoftDeleted], …) → active, mail → the work email, objectId → externalId.",
		}, "Scope: only assigned users and groups. Assign one pilot group, try one person with Provision on demand, and start provisioning.", "provision-from-entra-id"},
		{"okta", "Okta", "", []string{
			"Applications › Create App Integration, then General › App Settings › Provisioning: SCIM.",
			"Provisioning › Integration: paste the base URL, unique identifier userName, actions Push New Users, Push Profile Updates and Push Groups, authentication HTTP Header with the token. Test Connector Configuration.",
			"Provisioning › To App: Create Users, Update User Attributes, Deactivate Users. Leave Sync Password off.",
		}, "Assignments: one pilot group. Push Groups: by name.", "provision-from-okta"},
		{"onelogin", "OneLogin", "", []string{
			"Applications › Add App: SCIM Provisioner with SAML (SCIM v2 Core).",
			"Configuration: paste the SCIM base URL and the bearer token, custom headers Content-Type: application/scim+json. API Connection › Enable.",
			"Provisioning: Enable provisioning, and for the first days require approval for create, update and delete. Parameters: SCIM Username is the username, and must be unique.",
		}, "Users: assign a role with a few pilot people.", "provision-from-onelogin"},
		{"any", "Any other", "", []string{
			"Paste the base URL where the provider asks for a SCIM 2.0 address, and the token as bearer token.",
			"The unique identifier is userName; the work email is needed too.",
		}, "Assign one small group first, and look at what the client sent here before there are more.", "provision-from-any-scim-client"},
	}
}

// GuideFor returns the guide that was chosen, or that fits a profile.
func GuideFor(chosen, profile string) Guide {
	all := Guides()
	for _, g := range all {
		if g.Key == cmp.Or(chosen, profile) {
			return g
		}
	}
	return all[len(all)-1]
}

// A Setup is what an identity provider is to be told.
type Setup struct {
	Client     string `json:"client"`
	Profile    string `json:"profile"`
	Path       string `json:"path" doc:"The tenant URL behind the address by which the provider reaches Muster: https://muster.example.com and this."`
	Identifier string `json:"identifier" doc:"The attribute by which people are found."`
	Auth       string `json:"auth"`
	Guide      Guide  `json:"guide"`
}

func (a *api) setupRoutes(prefix string) {
	type setting struct {
		Name     string `path:"name"`
		Provider string `query:"provider" enum:"entra,okta,onelogin,any" doc:"The kind of provider; by the profile of the client if left out."`
		Sandbox  bool   `query:"sandbox" doc:"To try it on the copy."`
	}
	add(a, route{"show-setup", http.MethodGet, "/clients/{name}/setup", "The values to copy to an identity provider, and the steps there", access.View, 0},
		func(ctx context.Context, in *setting) (Setup, error) {
			all, err := a.svc.Clients(ctx)
			if err != nil {
				return Setup{}, err
			}
			for _, x := range all {
				if x.Client != in.Name {
					continue
				}
				s := Setup{Client: x.Client, Profile: x.Profile, Path: prefix, Identifier: "userName", Auth: "bearer token", Guide: GuideFor(in.Provider, x.Profile)}
				if in.Sandbox {
					b, err := a.svc.Sandbox(ctx, SandboxQuery{})
					if err != nil {
						return Setup{}, err
					}
					s.Path = b.Address
				}
				s.Path += s.Guide.Suffix
				return s, nil
			}
			return Setup{}, &run.Problem{Code: NotFound, What: "there is no SCIM client " + in.Name, Fix: "See those that there are: `muster client list`."}
		})
}
