package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/source"
)

// Beginnings lead from a Muster with nothing configured to one that keeps somebody in step: they try out what the first configuration would connect to, and
// write it. Later on the file is its administrators'.
type Beginnings interface {
	// Beginning says where the first configuration would stand, and what can be connected.
	Beginning(ctx context.Context) (Beginning, error)
	// TryBeginning composes a configuration and tries out what it connects to. Secrets are used for that and kept nowhere. Nothing is written. What does not
	// work is no error: the steps say so.
	TryBeginning(ctx context.Context, req NewConfiguration, by access.Caller) (Trial, error)
	// Begin tries it out with the secrets that were put in their places, writes it, and has the server take it up. Where a step fails, nothing is written.
	Begin(ctx context.Context, req NewConfiguration, by access.Caller) (Trial, error)
}

// A Beginning is what is known before the first configuration.
type Beginning struct {
	File     string       `json:"file" doc:"Where the first configuration is written."`
	Folder   string       `json:"folder" doc:"Where its secrets are looked for."`
	Profiles []string     `json:"profiles" doc:"How identity providers that write by SCIM may behave."`
	Types    []TargetType `json:"types" doc:"Kinds of targets."`
	Problem  *run.Problem `json:"problem,omitempty" doc:"Why nothing can be written here. What is composed can still be tried out."`
}

// A TargetType is a kind of target with its settings.
type TargetType struct {
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	Settings []TypeSetting `json:"settings"`
}

// A TypeSetting is one setting of a kind of target.
type TypeSetting struct {
	Name     string `json:"name"`
	Help     string `json:"help"`
	Required bool   `json:"required,omitempty"`
	Secret   bool   `json:"secret,omitempty"`
	Default  string `json:"default,omitempty"`
	Example  string `json:"example,omitempty"`
}

// A NewConfiguration is a source and perhaps a target.
type NewConfiguration struct {
	Source NewSource  `json:"source"`
	Target *NewTarget `json:"target,omitempty"`
	Env    bool       `json:"env,omitempty" doc:"Secrets are kept in environment variables; in files otherwise."`
}

// A NewSource is a directory that is read, or an identity provider that writes.
type NewSource struct {
	Name     string   `json:"name" doc:"A name of your choice: corp."`
	Type     string   `json:"type" enum:"ldap,scim"`
	Servers  []string `json:"servers,omitempty" doc:"ldaps://dc1.corp.example; several are tried in this order."`
	StartTLS bool     `json:"starttls,omitempty" doc:"With ldap:// only."`
	CAFile   string   `json:"ca_file,omitempty" doc:"PEM file of the authority, if it is not the system's."`
	Bind     string   `json:"bind,omitempty" doc:"The account that reads: a DN or a user principal name."`
	Password string   `json:"password,omitempty" doc:"Its password, for trying it out. It is kept nowhere."`
	People   string   `json:"people,omitempty" doc:"The DN under which people are. Left out where it is tried out, it is chosen from what the directory shows, and so are groups and canary."`
	Groups   string   `json:"groups,omitempty" doc:"The DN under which groups are."`
	Canary   string   `json:"canary,omitempty" doc:"The DN of an entry that every read must find."`
	Profile  string   `json:"profile,omitempty" doc:"How an identity provider behaves."`
}

// A NewTarget is a service that is kept in step.
type NewTarget struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Settings map[string]string `json:"settings,omitempty" doc:"Secrets are used for trying it out, and kept nowhere."`
	Group    string            `json:"group,omitempty" doc:"The DN of a group: only its members are served. Everybody otherwise."`
}

// A Trial is what came of trying a new configuration out.
type Trial struct {
	Steps   []TrialStep     `json:"steps"`
	Text    string          `json:"text,omitempty" doc:"The configuration, without any secret."`
	Secrets []SecretPlace   `json:"secrets" doc:"Where its secrets belong."`
	Samples []source.Sample `json:"samples,omitempty" doc:"A few people that were found."`
	Places  []source.Place  `json:"places,omitempty" doc:"Where people and groups are in the directory, each place after the one that it is in."`
	Chosen  *Chosen         `json:"chosen,omitempty" doc:"What was chosen where nothing was said."`
	Written string          `json:"written,omitempty" doc:"The file that was written, if it was."`
}

// Chosen is what a trial took where people were not said to be anywhere.
type Chosen struct {
	People string `json:"people"`
	Groups string `json:"groups,omitempty"`
	Canary string `json:"canary,omitempty"`
}

// A TrialStep is one thing that was tried out.
type TrialStep struct {
	Of    string `json:"of" doc:"The source or target; empty for the file."`
	What  string `json:"what"`
	State string `json:"state" enum:"pass,fail,note,skip"`
	Why   string `json:"why,omitempty"`
	Fix   string `json:"fix,omitempty"`
}

// A SecretPlace is where a secret of a new configuration belongs.
type SecretPlace struct {
	Of      string `json:"of" doc:"Whose secret it is: password of corp."`
	Env     string `json:"env,omitempty"`
	File    string `json:"file,omitempty"`
	There   bool   `json:"there" doc:"Something is there."`
	Command string `json:"command,omitempty" doc:"Puts it there, on the machine of Muster: it is typed behind the command."`
}

// Failed reports whether a step failed.
func (t Trial) Failed() bool {
	for _, s := range t.Steps {
		if s.State == "fail" {
			return true
		}
	}
	return false
}

func (a *api) beginRoutes() {
	type begin struct{ Body NewConfiguration }
	add(a, route{"beginning", http.MethodGet, "/beginning", "Where a first configuration would stand, and what can be connected", access.View, 0},
		func(ctx context.Context, _ *none) (Beginning, error) { return a.svc.Beginning(ctx) })
	add(a, route{"try-beginning", http.MethodPost, "/beginning/check", "Try out what a first configuration would connect to", access.Begin, 0},
		func(ctx context.Context, in *begin) (Trial, error) {
			return a.svc.TryBeginning(ctx, in.Body, callerOf(ctx))
		})
	add(a, route{"begin", http.MethodPost, "/beginning", "Write the first configuration, and take it up", access.Begin, http.StatusAccepted},
		func(ctx context.Context, in *begin) (Trial, error) { return a.svc.Begin(ctx, in.Body, callerOf(ctx)) })
}
