package adminapitest

import (
	"context"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// Beginning says that the company has a configuration of its own.
func (s *Service) Beginning(context.Context) (adminapi.Beginning, error) {
	return adminapi.Beginning{
		File: "/etc/muster/muster.yaml", Folder: "/etc/muster/secrets", Profiles: []string{"standard", "entra", "okta"},
		Types: []adminapi.TargetType{
			{Name: "scim", Title: "SCIM 2.0 service", Settings: []adminapi.TypeSetting{
				{Name: "url", Help: "address of the service, up to /v2", Required: true, Example: "https://wiki.example/scim/v2"},
				{Name: "token", Help: "bearer token", Required: true, Secret: true},
				{Name: "rate_percent", Help: "share of the published rate that is used", Default: "70"},
			}},
			{Name: "slack", Title: "Slack", Settings: []adminapi.TypeSetting{{Name: "token", Help: "token of an owner, with the scope admin", Required: true, Secret: true}}},
		},
		Problem: &run.Problem{
			Code: adminapi.Conflict, What: "The configuration is not written here.", Why: "It stands in /etc/muster/muster.yaml, which belongs to whoever wrote it.", Now: "Nothing was written.",
			Fix: "Put the text into that file, try it out with `muster check -c /etc/muster/muster.yaml`, and start Muster again.",
		},
	}, nil
}

// TryBeginning finds a directory, and a service that refuses its token.
func (s *Service) TryBeginning(_ context.Context, req adminapi.NewConfiguration, by access.Caller) (adminapi.Trial, error) {
	s.note(by, "try beginning with %s", req.Source.Name)
	out := adminapi.Trial{
		Text:    "# Where people and groups come from.\nsources:\n  - name: " + req.Source.Name + "\n    type: ldap\n",
		Secrets: []adminapi.SecretPlace{{Of: "password of " + req.Source.Name, File: "/etc/muster/secrets/corp-password", Command: "install -D -m 600 /dev/stdin '/etc/muster/secrets/corp-password'"}},
		Samples: []source.Sample{{Name: "Olivia Brandt", Username: "olivia.brandt", Email: "olivia.brandt@example.com"}, {Name: "Uwe Weg", Username: "uwe.weg", Disabled: true}},
		Places: []source.Place{
			{DN: "DC=corp,DC=example", People: 1204, Groups: 57}, {DN: "OU=Groups,DC=corp,DC=example", Depth: 1, Groups: 57}, {DN: "OU=People,DC=corp,DC=example", Depth: 1, People: 1204},
		},
		Steps: []adminapi.TrialStep{
			{What: "The file is right", State: "pass"},
			{Of: "corp", What: "The server answers", State: "pass", Why: "ldaps://dc1.corp.example, a server of the kind Active Directory, encryption: TLS 1.3"},
			{Of: "corp", What: "The account is let in", State: "pass", Why: "as muster@corp.example"},
			{Of: "corp", What: "Everything is read", State: "pass", Why: "people: 1204, of them disabled: 31; groups: 57"},
			{Of: "corp", What: "the account may not read deleted objects", State: "note", Fix: "give it the right, or leave it: who is deleted is then found by the next full read"},
		},
	}
	if req.Target != nil {
		out.Steps = append(
			out.Steps, adminapi.TrialStep{Of: req.Target.Name, What: "The address answers", State: "pass"},
			adminapi.TrialStep{Of: req.Target.Name, What: "The token is taken", State: "fail", Why: "401: the token is not valid", Fix: "Use a valid token, and check the rights of its owner."},
		)
	}
	if req.Source.People == "" {
		out.Chosen = &adminapi.Chosen{People: "OU=People,DC=corp,DC=example", Groups: "OU=Groups,DC=corp,DC=example", Canary: "CN=muster,OU=Service,DC=corp,DC=example"}
	}
	return out, nil
}

// Begin is refused: there is a configuration.
func (s *Service) Begin(ctx context.Context, _ adminapi.NewConfiguration, by access.Caller) (adminapi.Trial, error) {
	s.note(by, "begin")
	b, err := s.Beginning(ctx)
	if err != nil {
		return adminapi.Trial{}, err
	}
	return adminapi.Trial{}, b.Problem
}
