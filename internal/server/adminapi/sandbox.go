package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/server/scimapi"
)

// Sandboxes are about the sandbox: a copy of people and groups on which a set-up at an identity provider is tried out. Nothing done there touches the real
// people or reaches a target.
type Sandboxes interface {
	// MakeSandbox copies people, groups and roles, never a secret. If there is a sandbox it is a conflict.
	MakeSandbox(ctx context.Context, by access.Caller) (Sandbox, error)
	// ResetSandbox copies anew. Tokens of the sandbox go on working.
	ResetSandbox(ctx context.Context, by access.Caller) (Sandbox, error)
	DropSandbox(ctx context.Context, by access.Caller) error
	// Sandbox shows what was done in it since it was made, next to the real people as they are now: all of it counted, and a page of it.
	Sandbox(ctx context.Context, q SandboxQuery) (Sandbox, error)
	// SandboxExchanges returns what a client sent to the sandbox last, newest first; failed = only what was answered with an error.
	SandboxExchanges(ctx context.Context, client string, failed bool) ([]scimapi.Exchange, error)
	// SandboxToken makes a token that works in the sandbox and nowhere else.
	SandboxToken(ctx context.Context, req SandboxToken, by access.Caller) (Issued, error)
	// RevokeSandboxToken ends one of them at once.
	RevokeSandboxToken(ctx context.Context, id string, by access.Caller) error
}

// SandboxQuery asks for a page of what was done in the sandbox.
type SandboxQuery struct {
	What  string // one of the things counted, "" = all
	After string // Next of the page before, "" = the first
	Limit int    // 0 = nothing but the counts
}

// A Sandbox is a copy of the people, and what became of it.
type Sandbox struct {
	Made    time.Time       `json:"made"`
	By      string          `json:"by"`
	Address string          `json:"address" doc:"Path of its SCIM service, the tenant URL without the host."`
	People  int             `json:"people"`
	Groups  int             `json:"groups"`
	Bytes   int64           `json:"bytes" doc:"How much room its database takes."`
	Tokens  []Token         `json:"tokens" doc:"Those that open it, without their secrets; revoked, too, if their person may not use it any more."`
	Clients []scimapi.Stats `json:"clients" doc:"How the clients are doing in it, since Muster started."`
	Counts  map[string]int  `json:"counts" doc:"What would have happened: created, changed, deactivated, activated, deleted, joined, left."`
	Changes []SandboxChange `json:"changes" doc:"A page of it, in the order in which it was done last."`
	Next    string          `json:"next,omitempty" doc:"Where the next page begins."`
}

// SandboxChanges are what can happen to people and groups in a sandbox, in the order in which they are told.
func SandboxChanges() []string {
	return []string{"created", "changed", "deactivated", "activated", "deleted", "joined", "left"}
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
		What  string `query:"what" enum:"created,changed,deactivated,activated,deleted,joined,left" doc:"Only this; the counts are of everything."`
		After string `query:"after" doc:"As “next” of the page before."`
		Limit int    `query:"limit" default:"100" minimum:"0" maximum:"1000"`
	}
	add(a, route{"show-sandbox", http.MethodGet, "/sandbox", "What would have happened, had the sandbox been real", access.View, 0},
		func(ctx context.Context, in *sandboxQuery) (Sandbox, error) {
			return a.svc.Sandbox(ctx, SandboxQuery{What: in.What, After: in.After, Limit: in.Limit})
		})
	add(a, route{"make-sandbox", http.MethodPost, "/sandbox", "Copy people and groups into a sandbox for an identity provider", access.Configure, http.StatusCreated},
		func(ctx context.Context, _ *none) (Sandbox, error) { return a.svc.MakeSandbox(ctx, callerOf(ctx)) })
	add(a, route{"reset-sandbox", http.MethodPost, "/sandbox/reset", "Copy them into the sandbox anew; its tokens go on working", access.Configure, 0},
		func(ctx context.Context, _ *none) (Sandbox, error) { return a.svc.ResetSandbox(ctx, callerOf(ctx)) })
	add(a, route{"drop-sandbox", http.MethodDelete, "/sandbox", "Remove the sandbox with its tokens", access.Configure, 0},
		func(ctx context.Context, _ *none) (none, error) {
			return none{}, a.svc.DropSandbox(ctx, callerOf(ctx))
		})
	a.sandboxTokenRoutes()
}

func (a *api) sandboxTokenRoutes() {
	type exchangeQuery struct {
		Name   string `path:"name"`
		Failed bool   `query:"failed" doc:"Only what was answered with an error."`
	}
	add(a, route{"list-sandbox-exchanges", http.MethodGet, "/sandbox/clients/{name}/exchanges", "What a client sent to the sandbox last, newest first, secrets struck out", access.View, 0},
		func(ctx context.Context, in *exchangeQuery) (List[scimapi.Exchange], error) {
			found, err := a.svc.SandboxExchanges(ctx, in.Name, in.Failed)
			return list(found, 0, nil), err
		})
	add(a, route{"make-sandbox-token", http.MethodPost, "/sandbox/tokens", "Make a token that works in the sandbox alone", access.Configure, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body SandboxToken }) (Issued, error) {
			req := NewToken{Name: in.Body.Name, Person: in.Body.Person, Source: in.Body.Source, Profile: in.Body.Profile}
			if err := a.usable(ctx, req); err != nil {
				return Issued{}, err
			}
			return a.svc.SandboxToken(ctx, in.Body, callerOf(ctx))
		})
	add(a, route{"revoke-sandbox-token", http.MethodDelete, "/sandbox/tokens/{id}", "End a token of the sandbox at once", access.Configure, 0},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		},
		) (none, error) {
			return none{}, a.svc.RevokeSandboxToken(ctx, in.ID, callerOf(ctx))
		})
}

// IssuedToken is a token as it is shown once.
func IssuedToken(t access.Token, text string) Issued { return Issued{TokenView(t), text} }
