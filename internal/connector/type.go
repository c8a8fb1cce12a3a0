package connector

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/httpclient"
	"muster/internal/secret"
)

// A Type describes one kind of target: its name in the configuration, its settings, and how a Connector is made.
type Type struct {
	Name     string // as in the configuration: "scim"
	Title    string // as people say it: "SCIM 2.0 service"
	Settings []Setting
	ByHand   string // how an administrator closes an account in the service itself, for the day on which Muster cannot reach it
	// New makes a Connector from settings that Check accepted. It does no I/O.
	New func(Env, Settings) (Connector, error)
	// Valid reports what is wrong with the settings besides what Check sees by itself: values that do not go together. May be nil.
	Valid func(Settings) error
	// Deletes reports whether the service, with these settings, deletes accounts at all, as far as that is known without asking it. May be nil: it is not.
	Deletes func(Settings) bool
	// Keeps says why the service, with these settings, does not keep an attribute of accounts, as far as that is known without asking it. May be nil: it is not.
	Keeps func(Settings, attr.Path) error
	// Pace returns how often a service with these settings may be asked, as far as its vendor tells. May be nil: nothing is known.
	Pace func(Settings) httpclient.Pace
}

// A Setting is one field of a target's configuration. Form, prompts, validation and docs come from it.
type Setting struct {
	Name     string
	Help     string
	Required bool
	Secret   bool
	Default  string
	Example  string
}

// Settings are the values of a target's settings. Every value is treated as a secret: it cannot be printed by accident.
type Settings map[string]secret.String

// Text returns the value of name, or "".
func (s Settings) Text(name string) string { return s[name].Reveal() }

// Check reports unknown and missing settings of t, and fills defaults in.
func (t Type) Check(s Settings) (Settings, error) {
	out := Settings{}
	for name, v := range s {
		if !slices.ContainsFunc(t.Settings, func(f Setting) bool { return f.Name == name }) {
			return nil, fmt.Errorf("%s has no setting %q; it has %s", t.Name, name, strings.Join(t.names(), ", "))
		}
		out[name] = v
	}
	for _, f := range t.Settings {
		if out.Text(f.Name) == "" && f.Default != "" {
			out[f.Name] = secret.New(f.Default)
		}
		if f.Required && out.Text(f.Name) == "" {
			return nil, fmt.Errorf("%s needs the setting %q: %s", t.Name, f.Name, f.Help)
		}
	}
	if t.Valid != nil {
		if err := t.Valid(out); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return out, nil
}

func (t Type) names() []string {
	out := make([]string, len(t.Settings))
	for i, f := range t.Settings {
		out[i] = f.Name
	}
	return out
}
