package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// NewCode asks for a code that signs somebody in to the console.
type NewCode struct {
	Person string `json:"person,omitempty" doc:"Whom it signs in; the caller if left out."`
}

// Code signs one person in to the console, once. Path is to be opened in a browser at the address that the server answers at.
type Code struct {
	Person  directory.ID `json:"person"`
	Path    string       `json:"path"`
	Listen  string       `json:"listen,omitempty"` // host:port that the console answers at, "" = none
	Expires time.Time    `json:"expires"`
}

// WelcomePath returns the path that redeems a code.
func WelcomePath(code string) string { return "/console/welcome?code=" + code }

func (a *api) codeRoutes() {
	add(a, route{"create-sign-in-code", http.MethodPost, "/sign-in-codes", "Make a code that signs somebody in to the console once", access.OwnTokens, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewCode }) (Code, error) { return a.newCode(ctx, in.Body) })
}

func (a *api) newCode(ctx context.Context, in NewCode) (Code, error) {
	by := callerOf(ctx)
	out := Code{Person: by.Person}
	if in.Person != "" {
		o, err := a.svc.Object(ctx, string(directory.Person), in.Person)
		if err != nil {
			return out, err
		}
		out.Person = o.ID
	}
	cfg, err := a.svc.Configuration(ctx)
	if err != nil {
		return out, err
	}
	text, expires, err := a.keeper.NewCode(ctx, by, out.Person)
	out.Path, out.Listen, out.Expires = WelcomePath(text.Reveal()), cfg.Listen, expires
	return out, err
}
