package scim

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/scim"
)

// An attribute is what a service keeps of one. The zero attribute is kept as it is sent.
type attribute struct {
	Max   int    `yaml:"max"`   // characters; 0 = any number
	Chars string `yaml:"chars"` // regular expression of the characters that are kept; "" = all
	With  string `yaml:"with"`  // what stands for each of the others
	Bool  bool   `yaml:"bool"`  // true or false, sent as such
	Note  string `yaml:"note"`

	chars *regexp.Regexp
}

func (a *attribute) compile() (err error) {
	if a.Chars != "" {
		a.chars, err = regexp.Compile(`^(?:` + a.Chars + `)$`)
	}
	return err
}

// value returns s as the service keeps it, or why it cannot.
func (a *attribute) value(s string) (string, error) {
	if a.chars != nil {
		var b strings.Builder
		for _, r := range s {
			if a.chars.MatchString(string(r)) {
				b.WriteRune(r)
			} else {
				b.WriteString(a.With)
			}
		}
		s = b.String()
	}
	if a.Bool {
		if s = strings.ToLower(s); s != "true" && s != "false" {
			return "", fmt.Errorf("%q is neither true nor false", s)
		}
	}
	if n := utf8.RuneCountInString(s); a.Max > 0 && n > a.Max {
		return "", fmt.Errorf("it has %d characters, and the service takes %d at most", n, a.Max)
	}
	return s, nil
}

// attribute returns what is known of the attribute at p, and false if the service has none of that name.
func (c *Connector) attribute(kind connector.Kind, p attr.Parts) (*attribute, bool) {
	set := c.profile.UserAttributes
	if kind == connector.Group {
		set = c.profile.GroupAttributes
	}
	p.Where, p.Value = "", ""
	if a, ok := set[p.Path()]; ok {
		return a, true
	}
	p.Sub = ""
	a, ok := set[p.Path()]
	return a, ok || len(set) == 0
}

// keeps says why accounts of a service with the settings s cannot hold the id of another account in the attribute path.
func (p profile) keeps(s connector.Settings, path attr.Path) error {
	p, err := p.with(s)
	if err != nil {
		return nil // Valid says so
	}
	canonical, _, err := (&Connector{profile: p}).normal(connector.User, path, attr.Values{"1"})
	if err == nil && canonical == "" {
		err = fmt.Errorf("%s does not keep it", p.Title)
	}
	return err
}

// typeless reports whether the service forgets the types of the elements of the list that p is in.
func (c *Connector) typeless(p attr.Parts) bool {
	return p.URN == "" && slices.Contains(c.profile.Typeless, p.Name)
}

// work names the type that stands for the primary element where a service keeps no types.
const work = "work"

// typed returns a copy of r in which the primary element of each list without types has the type work, so that mappings need not know.
func (c *Connector) typed(r scim.Resource) scim.Resource {
	for _, name := range c.profile.Typeless {
		list, _ := r.Get(name).([]any)
		for i, e := range list {
			o, ok := e.(map[string]any)
			if !ok || scim.Resource(o).Text("type") != "" || scim.Resource(o).Text("primary") != "true" && len(list) > 1 {
				continue
			}
			o = scim.Resource(o).Clone()
			o["type"], o["primary"] = work, true
			list = slices.Clone(list)
			list[i] = o
			r = maps.Clone(r)
			r[name] = list
			break
		}
	}
	return r
}

// retype turns the text at p into a JSON boolean where the service wants one and the core schemas do not say so.
func retype(r scim.Resource, p attr.Parts) {
	holder := map[string]any(r)
	if p.URN != "" {
		holder, _ = r.Get(p.URN).(map[string]any)
	}
	if p.Sub != "" {
		holder, _ = holder[p.Name].(map[string]any)
		p.Name = p.Sub
	}
	if text, ok := holder[p.Name].(string); ok {
		holder[p.Name] = text == "true"
	}
}
