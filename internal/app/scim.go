package app

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"muster/internal/config"
	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

// clientsOf turns the sources that write to Muster into clients of the SCIM service.
func clientsOf(f *config.File) ([]scimapi.Client, error) {
	var out []scimapi.Client
	var errs []error
	for _, s := range f.Sources {
		if s.SCIM == nil {
			continue
		}
		p, err := scimapi.NewProfile(s.SCIM.Profile, scimapi.Options{
			Tolerate: s.SCIM.Tolerate, Refuse: s.SCIM.Refuse, Accept: s.SCIM.Accept, Extensions: extensionsOf(s.SCIM.Extensions),
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: sources.%s: %w", s.At, s.Name, err))
			continue
		}
		out = append(out, scimapi.Client{Name: s.Name, Profile: p, Deactivate: s.SCIM.OnDelete == "deactivate", PerMinute: s.SCIM.PerMinute})
	}
	return out, errors.Join(errs...)
}

// extensionsOf makes schemas of the extensions in a configuration: "a.b" is the sub-attribute b of the complex attribute a.
func extensionsOf(list []config.Extension) []*scim.Schema {
	var out []*scim.Schema
	for _, e := range list {
		s := &scim.Schema{URN: e.URN, Name: nameOf(e.URN), Description: "An extension of this service"}
		at := map[string]int{}
		for _, a := range e.Attributes {
			head, sub, nested := strings.Cut(a.Name, ".")
			one := scim.Attribute{Name: a.Name, Type: a.Type, Multi: a.Multi, Required: a.Required}
			if !nested {
				s.Attributes = append(s.Attributes, one)
				continue
			}
			i, known := at[head]
			if !known {
				i = len(s.Attributes)
				at[head] = i
				s.Attributes = append(s.Attributes, scim.Attribute{Name: head, Type: scim.Complex})
			}
			one.Name = sub
			s.Attributes[i].Sub = append(s.Attributes[i].Sub, one)
		}
		out = append(out, s)
	}
	return out
}

// nameOf makes a name of a URN: the part before its version, as in urn:…:meisterplan:2.0:User.
func nameOf(urn string) string {
	parts := strings.Split(urn, ":")
	if len(parts) > 3 {
		return parts[len(parts)-3] + parts[len(parts)-1]
	}
	return urn
}

// withSCIM answers the SCIM service below its prefix and leaves everything else to next. It stands before any ServeMux, which would redirect the addresses
// that careless clients use.
func (m *Muster) withSCIM(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch below := func(prefix string) bool { return r.URL.Path == prefix || strings.HasPrefix(r.URL.Path, prefix+"/") }; {
		case below(scimapi.Prefix):
			m.scim.ServeHTTP(w, r)
		case below(sandboxPrefix):
			m.serveSandbox(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
