package adminapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
)

// Token is a token without its secret.
type Token struct {
	ID       string       `json:"id"`
	Person   directory.ID `json:"person"`
	Name     string       `json:"name"`
	Created  time.Time    `json:"created"`
	Expires  time.Time    `json:"expires"`
	LastUsed time.Time    `json:"last_used,omitzero"`
	Revoked  bool         `json:"revoked,omitempty"`
	Source   string       `json:"source,omitempty"`
	Profile  string       `json:"profile,omitempty"`

	PersonName string `json:"person_name,omitempty" doc:"What the person is called, in lists."`
}

// NewToken asks for a token.
type NewToken struct {
	Name   string `json:"name" minLength:"1" maxLength:"200" doc:"What it is for."`
	Person string `json:"person,omitempty" doc:"Whom it acts for; the caller if left out."`
	Days   int    `json:"days,omitempty" minimum:"0" maximum:"400" doc:"How long it lives; 180 if left out."`
	Source string `json:"source,omitempty" doc:"The source that it is for: then it opens the SCIM service of that source and nothing else."`

	Profile string `json:"profile,omitempty" enum:"standard,entra,okta,onelogin,closed" doc:"How the provider behaves; as configured if left out."`
}

// Rotation asks for a token in the place of another.
type Rotation struct {
	Days int `json:"days,omitempty" minimum:"0" maximum:"60" doc:"How long the old one goes on working; 7 if left out."`
}

// Issued is a token with its secret, which is shown this once.
type Issued struct {
	Token
	Text string `json:"token"`
}

// TokenView is a token as it is shown.
func TokenView(t access.Token) Token {
	return Token{
		ID: t.ID, Person: t.Person, Name: t.Name, Created: t.Created, Expires: t.Expires, LastUsed: t.LastUsed, Revoked: t.Revoked, Source: t.Use.Source, Profile: t.Use.Profile,
	}
}

func (a *api) tokenRoutes() {
	type oneToken struct {
		ID string `path:"id"`
	}
	add(a, route{"list-tokens", http.MethodGet, "/tokens", "Tokens, without their secrets", access.OwnTokens, 0},
		func(ctx context.Context, _ *none) (List[Token], error) {
			tokens, err := a.keeper.Tokens(ctx, callerOf(ctx))
			var out []Token
			names := map[directory.ID]string{}
			for _, t := range tokens {
				name, known := names[t.Person]
				if !known {
					if o, err := a.svc.Object(ctx, string(directory.Person), string(t.Person)); err == nil {
						name = o.Name
					}
					names[t.Person] = name
				}
				x := TokenView(t)
				x.PersonName = name
				out = append(out, x)
			}
			return list(out, 0, nil), err
		})
	add(a, route{"create-token", http.MethodPost, "/tokens", "Make a token", access.OwnTokens, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewToken }) (Issued, error) { return a.issue(ctx, in.Body) })
	type rotating struct {
		ID   string `path:"id"`
		Body Rotation
	}
	add(a, route{"rotate-token", http.MethodPost, "/tokens/{id}/rotate", "Make a token in the place of another; both work for a while", access.OwnTokens, http.StatusCreated},
		func(ctx context.Context, in *rotating) (Issued, error) {
			text, t, err := a.keeper.Rotate(ctx, callerOf(ctx), in.ID, time.Duration(in.Body.Days)*24*time.Hour)
			if err != nil {
				return Issued{}, err
			}
			return Issued{TokenView(t), text.Reveal()}, nil
		})
	add(a, route{"revoke-token", http.MethodDelete, "/tokens/{id}", "End a token at once", access.OwnTokens, 0},
		func(ctx context.Context, in *oneToken) (none, error) {
			err := a.keeper.Revoke(ctx, callerOf(ctx), in.ID)
			return none{}, err
		})
}

func (a *api) issue(ctx context.Context, in NewToken) (Issued, error) {
	by := callerOf(ctx)
	person := by.Person
	if in.Person != "" {
		o, err := a.svc.Object(ctx, string(directory.Person), in.Person)
		if err != nil {
			return Issued{}, err
		}
		person = o.ID
	}
	if err := a.usable(ctx, in); err != nil {
		return Issued{}, err
	}
	text, t, err := a.keeper.IssueFor(ctx, by, person, access.Use{Source: in.Source, Profile: in.Profile}, in.Name, time.Duration(in.Days)*24*time.Hour)
	if err != nil {
		return Issued{}, err
	}
	return Issued{TokenView(t), text.Reveal()}, nil
}

// usable refuses a token for a source that nobody could use.
func (a *api) usable(ctx context.Context, in NewToken) error {
	if in.Source == "" && in.Profile == "" {
		return nil
	}
	known, err := a.svc.Clients(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range known {
		if c.Client == in.Source {
			return nil
		}
		names = append(names, c.Client)
	}
	fix := "Add one to the configuration: sources: [{name: entra, type: scim, profile: entra}]"
	if len(names) > 0 {
		fix = "There are: " + strings.Join(names, ", ") + "."
	}
	return &run.Problem{Code: NotFound, What: fmt.Sprintf("there is no source %q of type scim", in.Source), Now: "No token was made.", Fix: fix}
}
