package scim

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/attr"
)

//go:embed profiles/*.yaml
var profiles embed.FS

// A profile is the dialect of a vendor, as data: what differs from plain SCIM 2.0. The comments in profiles/plain.yaml say what each flag means.
type profile struct {
	Name     string    `yaml:"name"`
	Type     string    `yaml:"type"`
	Title    string    `yaml:"title"`
	Docs     []string  `yaml:"docs"`
	ByHand   string    `yaml:"by_hand"`
	URL      string    `yaml:"url"`
	Settings []setting `yaml:"settings"`

	UserMatch       []attr.Path `yaml:"user_match"`
	GroupMatch      []attr.Path `yaml:"group_match"`
	FilterIgnored   bool        `yaml:"filter_ignored"`
	UserUpdate      string      `yaml:"user_update"`
	GroupUpdate     string      `yaml:"group_update"`
	ListUpdate      string      `yaml:"list_update"`
	MemberBatch     int         `yaml:"member_batch"`
	Members         string      `yaml:"members"`
	VerifyRemovals  bool        `yaml:"verify_removals"`
	PageSize        int         `yaml:"page_size"`
	PageMethod      string      `yaml:"page_method"`
	ExcludeMembers  bool        `yaml:"exclude_members"`
	Deactivate      string      `yaml:"deactivate"`
	DisabledGone    bool        `yaml:"disabled_gone"`
	CreateDisabled  bool        `yaml:"create_disabled"`
	Delete          string      `yaml:"delete"`
	GroupRename     bool        `yaml:"group_rename"`
	ClearMode       string      `yaml:"clear_mode"`
	ManagerAttr     string      `yaml:"manager_attr"`
	Typeless        []string    `yaml:"typeless"`
	SerialPerObject bool        `yaml:"serial_per_object"`

	ExternalIDWritable bool                     `yaml:"external_id_writable"`
	Required           []attr.Path              `yaml:"required"`
	UnknownAttributes  string                   `yaml:"unknown_attributes"`
	UserAttributes     map[attr.Path]*attribute `yaml:"user_attributes"`
	GroupAttributes    map[attr.Path]*attribute `yaml:"group_attributes"`

	Errors map[string]string `yaml:"errors"`
	Rates  []rate            `yaml:"rates"`
	Notes  map[string]string `yaml:"notes"`
}

// A setting is a connector.Setting as a profile writes it.
type setting struct {
	Name     string   `yaml:"name"`
	Help     string   `yaml:"help"`
	Required bool     `yaml:"required"`
	Secret   bool     `yaml:"secret"`
	Default  string   `yaml:"default"`
	Example  string   `yaml:"example"`
	Values   []string `yaml:"values"` // the only ones; none = any
}

// loadProfile returns the dialect name: plain, overlaid with its own file.
func loadProfile(name string) (profile, error) {
	var p profile
	for _, layer := range slices.Compact([]string{"plain", name}) {
		text, err := profiles.ReadFile("profiles/" + layer + ".yaml")
		if err != nil {
			return p, fmt.Errorf("dialect %s: %w", layer, err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&p); err != nil {
			return p, fmt.Errorf("dialect %s: %w", layer, err)
		}
	}
	if err := p.prepare(); err != nil {
		return p, fmt.Errorf("dialect %s: %w", name, err)
	}
	return p, p.check()
}

// prepare compiles what the profile writes as text.
func (p *profile) prepare() error {
	for _, set := range []map[attr.Path]*attribute{p.UserAttributes, p.GroupAttributes} {
		for path, a := range set {
			if a == nil {
				a = &attribute{}
				set[path] = a
			}
			if err := a.compile(); err != nil {
				return fmt.Errorf("attribute %s: %w", path, err)
			}
		}
	}
	for code, class := range p.Errors {
		if _, ok := errorClasses[class]; !ok {
			return fmt.Errorf("error %s is %q; it must be one of %q", code, class, slices.Sorted(maps.Keys(errorClasses)))
		}
	}
	for _, r := range p.Rates {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// dialects returns the names of all dialects, plain first.
func dialects() ([]string, error) {
	files, err := profiles.ReadDir("profiles")
	if err != nil {
		return nil, err
	}
	out := []string{"plain"}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), ".yaml"); name != "plain" {
			out = append(out, name)
		}
	}
	return out, nil
}

// check reports the first flag whose value is not one of those allowed.
func (p profile) check() error {
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{
		{"user_update", p.UserUpdate, []string{"patch", "put"}},
		{"group_update", p.GroupUpdate, []string{"patch", "replace", "put"}},
		{"list_update", p.ListUpdate, []string{"element", "whole"}},
		{"members", p.Members, []string{"group", "users", "none"}},
		{"page_method", p.PageMethod, []string{"index", "cursor"}},
		{"deactivate", p.Deactivate, []string{"patch", "put", "delete", "none"}},
		{"delete", p.Delete, []string{"hard", "none"}},
		{"clear_mode", p.ClearMode, []string{"remove", "null", "empty"}},
		{"unknown_attributes", p.UnknownAttributes, []string{"send", "drop", "error"}},
	} {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("%s is %q; it must be one of %q", f.name, f.value, f.allowed)
		}
	}
	if p.PageSize < 1 || p.PageSize > 10000 {
		return fmt.Errorf("page_size is %d; it must be from 1 to 10000", p.PageSize)
	}
	if p.MemberBatch < 1 {
		return fmt.Errorf("member_batch is %d; it must be 1 or more", p.MemberBatch)
	}
	return nil
}
