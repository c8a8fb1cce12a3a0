// Package config reads the configuration file and turns it into what the other packages work with: rules, settings and intervals, each with its line.
//
// It checks the file by itself: keys, types, names, paths, durations, and settings where the connectors' types are known. What needs more than the file
// (whether an expression compiles, whether a target can delete) is for packages mapping and engine, which find the line in At. It connects to nothing and
// reads secrets only when Resolve is called.
package config

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"muster/internal/connector"
	"muster/internal/mapping"
)

// Example is a complete configuration file with comments, for documentation.
//
//go:embed example.yaml
var Example string

// A File is a whole configuration.
type File struct {
	Name    string
	Sources []Source
	Targets []Target
	Allow   []netip.Prefix // private addresses that may be connected to
	Listen  string         // loopback host:port of the admin API, "" = none
	Data    string         // data folder, "" = not said
	Largest int64          // bytes of a file to load, 0 = not said
	// DeleteByToken lets programs with tokens delete people for good, besides the console and the command line on the machine.
	DeleteByToken bool
	Database      Value // postgres://… URL; zero = a SQLite file in the data folder
	Mail          *Mail // nil = no mail is sent
	Webhooks      []Webhook
	Warnings      []string // what is allowed but unwise, with file and line
	// PasswordLife is how long a password is good before another must be chosen; 0 = for ever.
	PasswordLife time.Duration
	Protected    []string // user names, emails or DNs of people whom no run closes anywhere
}

// None is the configuration of a Muster for which nothing was configured yet.
func None() *File { return &File{Listen: defaultListen} }

// A Source is a system that people come from.
type Source struct {
	Name  string
	Type  string // "ldap" or "scim"
	At    string // "muster.yaml:2"
	LDAP  *LDAP  // nil = of another type
	SCIM  *SCIM  // nil = of another type
	Rules mapping.SourceRules
	Every time.Duration // between reads of what changed; 0 = it is not read, it tells
}

// LDAP is how a directory server is read.
type LDAP struct {
	Servers        []string // ldap:// and ldaps:// addresses, in order of preference
	StartTLS       bool
	CAFile         string // PEM, "" = the system's
	Bind           string // DN or user principal name
	Password       Value
	Canary         string // DN of an entry that must be readable in every read
	People         []Base
	Groups         []Base
	IDAttribute    string   // "" = by the kind of server
	DisabledFilter string   // "" = by the kind of server
	References     []string // attributes of people that name other people, in lower case
	PageSize       int      // 0 = the source's own
}

// A Base is one search base.
type Base struct {
	Name   string // "people", "people2", "groups" …
	Base   string // DN
	Filter string // "" = by the kind of server
	Scope  string // "sub" or "one"
	At     string
}

// A Mode says how far a target may go.
type Mode string

// The modes of a target.
const (
	Observe Mode = "observe" // reads both sides, writes nothing
	Pilot   Mode = "pilot"   // writes only for the people listed
	Live    Mode = "live"
)

// A Target is one remote service that is kept in step.
type Target struct {
	Name     string
	Type     string // name of a connector.Type
	At       string
	Mode     Mode
	ModeAt   string // where the file says so, "" = it does not: then it can be set otherwise
	Settings map[string]Value
	Rules    mapping.TargetRules
	// TokenOwner is the user name, email or account id of whoever the token in Settings belongs to: nobody closes them. "" = not said.
	TokenOwner string
	// Protected names people whom no run closes at this target, and accounts of it that nobody closes: user names, emails, DNs, account ids.
	Protected []string
}

// Resolve returns the settings with secrets read from where they are kept.
func (t Target) Resolve() (connector.Settings, error) {
	out := connector.Settings{}
	var errs []error
	for name, v := range t.Settings {
		s, err := v.Resolve()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out[name] = s
	}
	return out, errors.Join(errs...)
}

// Source returns the source called name.
func (f *File) Source(name string) (Source, bool) {
	for _, s := range f.Sources {
		if s.Name == name {
			return s, true
		}
	}
	return Source{}, false
}

// Target returns the target called name.
func (f *File) Target(name string) (Target, bool) {
	for _, t := range f.Targets {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// Load reads the file at path. See Parse.
func Load(path string, types ...connector.Type) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data, types...)
}

// Parse reads a configuration from data. All that is wrong is returned together as Errors, in the order of the file. Relative paths in it start at the
// folder of name. With types, a target's type and the names of its settings are checked too.
func Parse(name string, data []byte, types ...connector.Type) (*File, error) {
	d := &document{name: name, dir: filepath.Dir(name), types: types}
	f := d.file(data)
	if len(d.errs) > 0 {
		return nil, d.errs.sorted()
	}
	f.Warnings = d.warnings
	return f, nil
}
