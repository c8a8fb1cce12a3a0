package app

import (
	"context"
	"strings"

	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// The bases of what clients state.
const (
	clientPeople = "people"
	clientGroups = "groups"
)

// read returns the sources that Muster reads. The others write to it.
func (m *Muster) read() []config.Source {
	var out []config.Source
	for _, s := range m.File.Sources {
		if s.LDAP != nil {
			out = append(out, s)
		}
	}
	return out
}

// areasOf returns the names of the bases of a source, of people and of groups.
func areasOf(c config.Source) (people, groups []string) {
	if c.LDAP == nil {
		return []string{clientPeople}, []string{clientGroups}
	}
	for _, b := range c.LDAP.People {
		people = append(people, b.Name)
	}
	for _, b := range c.LDAP.Groups {
		groups = append(groups, b.Name)
	}
	return people, groups
}

// restate applies changed rules to what clients stated: nobody reads it again.
func (m *Muster) restate(ctx context.Context) error {
	for _, s := range m.File.Sources {
		if s.SCIM == nil {
			continue
		}
		if _, err := m.door.Restate(ctx, s.Name, clientPeople, clientGroups); err != nil {
			return err
		}
	}
	return nil
}

// checkClient reports what is known of a source that writes to Muster: there is nothing to connect to.
func (m *Muster) checkClient(ctx context.Context, c config.Source, out *source.Report) error {
	out.Kind, out.TLS, out.Guessed = "SCIM client", "none", map[string]string{}
	out.Guessed["profile"] = c.SCIM.Profile
	return m.Store.View(ctx, func(v directory.Reader) error {
		if err := countIn(ctx, v, c.Name, clientPeople, &out.People, directory.Present); err != nil {
			return err
		}
		return countIn(ctx, v, c.Name, clientGroups, &out.Groups, directory.Present)
	})
}

func clientSettings(c *config.SCIM) []adminapi.Setting {
	out := []adminapi.Setting{{Name: "profile", Value: c.Profile}, {Name: "on_delete", Value: c.OnDelete}}
	for _, list := range []struct {
		name   string
		values []string
	}{{"tolerate", c.Tolerate}, {"refuse", c.Refuse}, {"accept", c.Accept}} {
		if len(list.values) > 0 {
			out = append(out, adminapi.Setting{Name: list.name, Value: strings.Join(list.values, ", ")})
		}
	}
	for _, e := range c.Extensions {
		out = append(out, adminapi.Setting{Name: "extension", Value: e.URN})
	}
	return out
}
