package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// Sandboxes are about the sandbox: a copy of people and groups on which a set-up at an identity provider is tried out. Nothing done there touches the real
// people or reaches a target.
type Sandboxes interface {
	// MakeSandbox copies people, groups and roles, never a secret. If there is a sandbox it is a conflict.
	MakeSandbox(ctx context.Context, by access.Caller) (Sandbox, error)
	// ResetSandbox copies anew. Tokens of the sandbox go on working.
	ResetSandbox(ctx context.Context, by access.Caller) (Sandbox, error)
	DropSandbox(ctx context.Context, by access.Caller) error
	// Sandbox shows what was done in it since it was made, next to the real people as they are now; at most limit changes of each kind of it.
	Sandbox(ctx context.Context, limit int) (Sandbox, error)
	// SandboxToken makes a token that works in the sandbox and nowhere else.
	SandboxToken(ctx context.Context, req SandboxToken, by access.Caller) (Issued, error)
}

// A Sandbox is a copy of the people, and what became of it.
type Sandbox struct {
	Made    time.Time       `json:"made"`
	By      string          `json:"by"`
	Address string          `json:"address" doc:"Path of its SCIM service, the tenant URL without the host."`
	People  int             `json:"people"`
	Groups  int             `json:"groups"`
	Counts  map[string]int  `json:"counts" doc:"What would have happened: created, changed, deactivated, activated, deleted, joined, left."`
	Changes []SandboxChange `json:"changes" doc:"The first of them."`
}

// A SandboxChange is one thing that would have happened to the real people.
type SandboxChange struct {
	What   string         `json:"what" enum:"created,changed,deactivated,activated,deleted,joined,left"`
	Kind   directory.Kind `json:"kind"`
	ID     directory.ID   `json:"id"`
	Name   string         `json:"name"`
	Group  string         `json:"group,omitempty" doc:"That they would have joined or left."`
	Fields []SandboxField `json:"fields,omitempty"`
}

// A SandboxField is one attribute that would have changed.
type SandboxField struct {
	Path string   `json:"path"`
	Was  []string `json:"was,omitempty"`
	Is   []string `json:"is,omitempty"`
}

// SandboxToken asks for a token for the sandbox.
type SandboxToken struct {
	Name    string `json:"name" minLength:"1" maxLength:"200" doc:"What it is for."`
	Person  string `json:"person,omitempty" doc:"Whom it acts for; the caller if left out."`
	Days    int    `json:"days,omitempty" minimum:"0" maximum:"30" doc:"How long it lives; 30 if left out."`
	Source  string `json:"source" minLength:"1" doc:"The source that it is for."`
	Profile string `json:"profile,omitempty" enum:"standard,entra,okta,onelogin,closed" doc:"How the provider behaves; as configured if left out."`
}

func (a *api) sandboxRoutes() {
	type sandboxQuery struct {
		Limit int `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	}
	add(a, route{"show-sandbox", http.MethodGet, "/sandbox", "What would have happened, had the sandbox been real", access.View, 0},
		func(ctx context.Context, in *sandboxQuery) (Sandbox, error) { return a.svc.Sandbox(ctx, in.Limit) })
	add(a, route{"make-sandbox", http.MethodPost, "/sandbox", "Copy people and groups into a sandbox for an identity provider", access.Configure, http.StatusCreated},
		func(ctx context.Context, _ *none) (Sandbox, error) { return a.svc.MakeSandbox(ctx, callerOf(ctx)) })
	add(a, route{"reset-sandbox", http.MethodPost, "/sandbox/reset", "Copy them into the sandbox anew; its tokens go on working", access.Configure, 0},
		func(ctx context.Context, _ *none) (Sandbox, error) { return a.svc.ResetSandbox(ctx, callerOf(ctx)) })
	add(a, route{"drop-sandbox", http.MethodDelete, "/sandbox", "Remove the sandbox with its tokens", access.Configure, 0},
		func(ctx context.Context, _ *none) (none, error) {
			return none{}, a.svc.DropSandbox(ctx, callerOf(ctx))
		})
	add(a, route{"make-sandbox-token", http.MethodPost, "/sandbox/tokens", "Make a token that works in the sandbox alone", access.Configure, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body SandboxToken }) (Issued, error) {
			req := NewToken{Name: in.Body.Name, Person: in.Body.Person, Source: in.Body.Source, Profile: in.Body.Profile}
			if err := a.usable(ctx, req); err != nil {
				return Issued{}, err
			}
			return a.svc.SandboxToken(ctx, in.Body, callerOf(ctx))
		})
}

// IssuedToken is a token as it is shown once.
func IssuedToken(t access.Token, text string) Issued { return Issued{tokenView(t), text} }
