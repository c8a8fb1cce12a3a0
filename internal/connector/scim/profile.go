package scim

import (
	"bytes"
	"embed"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"muster/internal/attr"
)

//go:embed profiles/*.yaml
var profiles embed.FS

// A profile is the dialect of a vendor, as data: what differs from plain SCIM 2.0. The comments in profiles/plain.yaml say what each flag means.
type profile struct {
	Name               string      `yaml:"name"`
	Title              string      `yaml:"title"`
	UserMatch          []attr.Path `yaml:"user_match"`
	UserUpdate         string      `yaml:"user_update"`
	GroupUpdate        string      `yaml:"group_update"`
	MemberBatch        int         `yaml:"member_batch"`
	MembersReadable    bool        `yaml:"members_readable"`
	VerifyRemovals     bool        `yaml:"verify_removals"`
	PageSize           int         `yaml:"page_size"`
	PageMethod         string      `yaml:"page_method"`
	Deactivate         string      `yaml:"deactivate"`
	Delete             string      `yaml:"delete"`
	GroupRename        bool        `yaml:"group_rename"`
	ClearMode          string      `yaml:"clear_mode"`
	ManagerAttr        string      `yaml:"manager_attr"`
	ExternalIDWritable bool        `yaml:"external_id_writable"`
	Required           []attr.Path `yaml:"required"`
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
	return p, p.check()
}

// check reports the first flag whose value is not one of those allowed.
func (p profile) check() error {
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{
		{"user_update", p.UserUpdate, []string{"patch", "put"}},
		{"group_update", p.GroupUpdate, []string{"patch", "replace", "put"}},
		{"page_method", p.PageMethod, []string{"index"}},
		{"deactivate", p.Deactivate, []string{"patch", "put", "delete", "none"}},
		{"delete", p.Delete, []string{"hard", "none"}},
		{"clear_mode", p.ClearMode, []string{"remove", "null", "empty"}},
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
