// Package cli is the command line: subcommands that call the admin API and show its answers.
//
// It is a client: over the socket in the data folder, over an address, or, with no server running, of the application started in this process. It imports
// no application: an App is passed to Main. Data goes to standard output, talk to standard error; with --json the data are those of package adminapi.
package cli

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"muster/internal/server/adminapi"
)

// An App is the application behind the commands. Errors that a person can do something about are *run.Problem, or have all they need in their text.
type App interface {
	Version() adminapi.Version
	// Serve runs the application and its listeners until ctx ends. It calls ready once, when everything listens.
	Serve(ctx context.Context, opts Options, ready func(Listening)) error
	// Open starts the application in this process under the data folder's lock, without listeners and without runs of its own accord. When it returns,
	// the file adminapi.TokenName in the data folder holds a token for its Handler.
	Open(ctx context.Context, opts Options) (Session, error)
	// Check reads a configuration and says all that is wrong with it. It connects to nothing.
	Check(ctx context.Context, file string) (Checked, error)
	// Demo plays the demo.
	Demo(ctx context.Context, opts DemoOptions) error
}

// Options say where the application works.
type Options struct {
	Data       string // data folder; "" = as the configuration says, or DefaultData
	ConfigFile string // "" = what was applied last
	Fresh      bool   // where nothing was applied yet, begin with nothing configured
	Listen     string // loopback host:port of console and API; "" = as the configuration says
	Log        *slog.Logger
}

// DefaultData is the data folder where nobody said otherwise.
const DefaultData = "muster-data"

// Listening says where a server answers.
type Listening struct {
	Data   string // data folder
	Socket string
	Addr   string // host:port, "" = none
	Fresh  bool   // nothing is configured yet
	// Claim is the path by which the owner signs in to the console for the first time; "" = somebody has a password already, or there is no Addr.
	Claim string
}

// A Session is an application in this process.
type Session interface {
	Handler() http.Handler
	// Close stops the application and gives the lock back.
	Close() error
}

// Checked is what a configuration holds and what is wrong with it.
type Checked struct {
	File     string    `json:"file"`
	Sources  []string  `json:"sources"`
	Clients  []string  `json:"clients,omitempty"` // those of the sources that write to Muster by SCIM
	Targets  []string  `json:"targets"`
	Problems []Finding `json:"problems"`
	Warnings []string  `json:"warnings"`
}

// Finding is one thing that is wrong in a configuration.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	What    string `json:"what"`
	Allowed string `json:"allowed,omitempty"`
	Near    string `json:"near,omitempty"` // the name that was perhaps meant
}

// DemoOptions say what to play.
type DemoOptions struct {
	Data   string // data folder, "" = one of its own that is removed at the end
	Once   bool   // everything unattended, then end
	Scene  string // play this scene in the demo that runs; "" = start one
	JSON   bool
	Stdout io.Writer
	Stderr io.Writer
	Log    *slog.Logger
	// Ask prompts for a line; nil where nobody can type one.
	Ask func(prompt string) (string, error)
}

// Scenes are the scenes of the demo.
var Scenes = []string{"leaver", "joiner", "rename", "empty", "bulk-disable", "rename-ou"}
