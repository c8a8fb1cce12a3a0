// Package app puts a Muster together: it turns a configuration into a running process.
//
// It is the only package that knows them all, and it holds no rule of its own: what a plan, a limit or a leaver is, the packages it joins decide. The
// command line starts it (package cli defines what it needs), the end-to-end tests drive it, and the demo is made with it. A newcomer reads, in this
// order: docs/reference/vocabulary.md, package plan, package connector with its memory, package engine, and then one real connector.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"muster/internal/cli"
	"muster/internal/config"
	"muster/internal/connector/all"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/console"
)

// App is the application as the command line uses it. The zero App is ready.
type App struct {
	// Play plays the demo; nil = there is none.
	Play func(ctx context.Context, opts cli.DemoOptions) error
	// Scenes are what the demo can play, as buttons in the console; nil = this is no demo.
	Scenes console.Scenes
	// Stage starts the sample company beside this application; nil = there is none.
	Stage Stage
	// Guest says that this application is that of the sample company, beside another one.
	Guest bool
}

var _ cli.App = App{}

// Version tells which program this is.
func (App) Version() adminapi.Version {
	v := adminapi.Version{Version: "0.1.0-dev", Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Commit = s.Value
			}
		}
	}
	return v
}

// Open starts the application in this process, without listeners and without runs of its own accord.
func (a App) Open(ctx context.Context, opts cli.Options) (cli.Session, error) {
	m, err := Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Check reads a configuration and says all that is wrong with it, expressions included. It connects to nothing.
func (a App) Check(_ context.Context, file string) (cli.Checked, error) {
	out := cli.Checked{File: file, Sources: []string{}, Targets: []string{}, Problems: []cli.Finding{}, Warnings: []string{}}
	f, err := config.Load(file, all.Types()...)
	var wrong config.Errors
	switch {
	case errors.As(err, &wrong):
		for _, e := range wrong {
			out.Problems = append(out.Problems, cli.Finding{File: e.File, Line: e.Line, What: e.What, Allowed: e.Allowed, Near: e.Near})
		}
		return out, nil
	case err != nil:
		return out, err
	}
	for _, s := range f.Sources {
		out.Sources = append(out.Sources, s.Name)
		if s.SCIM != nil {
			out.Clients = append(out.Clients, s.Name)
		}
	}
	for _, t := range f.Targets {
		out.Targets = append(out.Targets, t.Name)
	}
	out.Warnings = append(out.Warnings, f.Warnings...)
	if _, err := compile(f); err != nil {
		out.Problems = append(out.Problems, findings(file, err)...)
	}
	return out, nil
}

// Demo plays the demo.
func (a App) Demo(ctx context.Context, opts cli.DemoOptions) error {
	if a.Play == nil {
		return &run.Problem{Code: "unavailable", What: "this program was built without the demo"}
	}
	return a.Play(ctx, opts)
}

// Handler answers the admin API.
func (m *Muster) Handler() http.Handler { return adminapi.New(m, m.Keeper, m.log) }

// errConfig wraps what is wrong with a configuration in words for a person.
func errConfig(file string, err error) error {
	return &run.Problem{
		Code: "configuration", What: fmt.Sprintf("the configuration %s cannot be used", file), Why: err.Error(),
		Now: "Nothing was started and nothing was changed.", Fix: "Mend it and try it out with `muster check -c " + file + "`.",
	}
}
