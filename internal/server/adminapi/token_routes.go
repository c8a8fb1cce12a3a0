package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
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
}

// NewToken asks for a token.
type NewToken struct {
	Name   string `json:"name" minLength:"1" maxLength:"200" doc:"What it is for."`
	Person string `json:"person,omitempty" doc:"Whom it acts for; the caller if left out."`
	Days   int    `json:"days,omitempty" minimum:"0" maximum:"400" doc:"How long it lives; 180 if left out."`
}

// Issued is a token with its secret, which is shown this once.
type Issued struct {
	Token
	Text string `json:"token"`
}

func tokenView(t access.Token) Token {
	return Token{t.ID, t.Person, t.Name, t.Created, t.Expires, t.LastUsed, t.Revoked}
}

func (a *api) tokenRoutes() {
	type oneToken struct {
		ID string `path:"id"`
	}
	add(a, route{"list-tokens", http.MethodGet, "/tokens", "Tokens, without their secrets", access.OwnTokens, 0},
		func(ctx context.Context, _ *none) (List[Token], error) {
			tokens, err := a.keeper.Tokens(ctx, callerOf(ctx))
			var out []Token
			for _, t := range tokens {
				out = append(out, tokenView(t))
			}
			return list(out, 0, nil), err
		})
	add(a, route{"create-token", http.MethodPost, "/tokens", "Make a token", access.OwnTokens, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewToken }) (Issued, error) { return a.issue(ctx, in.Body) })
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
	text, t, err := a.keeper.Issue(ctx, by, person, in.Name, time.Duration(in.Days)*24*time.Hour)
	if err != nil {
		return Issued{}, err
	}
	return Issued{tokenView(t), text.Reveal()}, nil
}
