package all_test

import (
	"regexp"
	"strings"
	"testing"

	"muster/internal/connector"
	"muster/internal/connector/all"
)

// Names and settings stand in people's files, form fields and docs.
func TestTypesAreFitToPrint(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	seen := map[string]bool{}
	for _, typ := range all.Types() {
		if !name.MatchString(typ.Name) || seen[typ.Name] {
			t.Errorf("type %q: names are lower case and unique", typ.Name)
		}
		seen[typ.Name] = true
		if typ.Title == "" || typ.New == nil {
			t.Errorf("type %q lacks a title or New", typ.Name)
		}
		for _, s := range typ.Settings {
			if !name.MatchString(s.Name) || s.Help == "" {
				t.Errorf("type %q: setting %q has a bad name or no help", typ.Name, s.Name)
			}
			if s.Secret && s.Default != "" {
				t.Errorf("type %q: the secret %q has a default", typ.Name, s.Name)
			}
		}
		if _, err := typ.Check(connector.Settings{}); err == nil {
			t.Errorf("type %q needs no setting at all; not even an address", typ.Name)
		}
	}
}

func TestFind(t *testing.T) {
	for _, typ := range all.Types() {
		if got, err := all.Find(typ.Name); err != nil || got.Name != typ.Name {
			t.Errorf("Find(%q) = %q, %v", typ.Name, got.Name, err)
		}
	}
	for _, name := range []string{"", "memory", "SCIM"} {
		if _, err := all.Find(name); err == nil || !strings.Contains(err.Error(), "no target type") {
			t.Errorf("Find(%q): error %v, want one that names the types there are", name, err)
		}
	}
}
