package scim

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muster/internal/connector"
	"muster/internal/httpclient"
)

// Types returns one type for each dialect, the plain one first. A dialect is a file in profiles; adding one needs no Go.
func Types() []connector.Type { return slices.Clone(types()) }

var types = sync.OnceValue(func() []connector.Type {
	names, err := dialects()
	if err != nil {
		panic(err) // the files are part of the program
	}
	out := make([]connector.Type, len(names))
	for i, name := range names {
		p, err := loadProfile(name)
		if err != nil {
			panic(err) // as above; a test loads each
		}
		out[i] = typeOf(p)
	}
	return out
})

func typeOf(p profile) connector.Type {
	t := connector.Type{
		Name: p.Type, Title: p.Title, ByHand: p.ByHand,
		New: func(env connector.Env, s connector.Settings) (connector.Connector, error) {
			return open(p, env, s)
		},
		Valid: func(s connector.Settings) error {
			if _, err := p.with(s); err != nil {
				return err
			}
			_, err := p.base(s)
			return err
		},
		Keeps:   p.keeps,
		Deletes: func(s connector.Settings) bool { return cmp.Or(s.Text("delete"), p.Delete) != "none" },
		Pace:    func(s connector.Settings) httpclient.Pace { return p.pace(s) },
	}
	for _, s := range p.Settings {
		t.Settings = append(t.Settings, connector.Setting{
			Name: s.Name, Help: s.Help, Required: s.Required, Secret: s.Secret, Default: s.Default, Example: s.Example,
		})
	}
	return t
}

// with returns the profile as the settings of a target change it.
func (p profile) with(s connector.Settings) (profile, error) {
	for _, f := range p.Settings {
		if v := s.Text(f.Name); v != "" && len(f.Values) > 0 && !slices.Contains(f.Values, v) {
			return p, fmt.Errorf("%s is %q; it must be one of %q", f.Name, v, f.Values)
		}
	}
	p.UserUpdate = cmp.Or(s.Text("user_update"), p.UserUpdate)
	p.GroupUpdate = cmp.Or(s.Text("group_update"), p.GroupUpdate)
	p.Delete = cmp.Or(s.Text("delete"), p.Delete)
	for _, n := range []struct {
		name string
		to   *int
	}{{"page_size", &p.PageSize}, {"member_batch", &p.MemberBatch}} {
		var err error
		if *n.to, err = number(s, n.name, *n.to); err != nil {
			return p, err
		}
	}
	if share, err := number(s, ratePercent, 100); err != nil || share < 1 || share > maxPercent {
		return p, fmt.Errorf("%s must be a whole number from 1 to %d", ratePercent, maxPercent)
	}
	if p.UserUpdate == "put" && p.Deactivate == "patch" {
		p.Deactivate = "put"
	}
	return p, p.check()
}

func number(s connector.Settings, name string, missing int) (int, error) {
	if s.Text(name) == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(s.Text(name))
	if err != nil {
		return 0, fmt.Errorf("%s must be a whole number", name)
	}
	return n, nil
}

// base returns the address of the service: the setting url, or the vendor's address with the settings that it names in braces.
func (p profile) base(s connector.Settings) (string, error) {
	address := strings.TrimSpace(s.Text("url"))
	if address == "" {
		address = p.URL
		for _, f := range p.Settings {
			part, v := "{"+f.Name+"}", s.Text(f.Name)
			if !strings.Contains(address, part) {
				continue
			}
			if v == "" {
				return "", fmt.Errorf("the setting %q is missing: %s", f.Name, f.Help)
			}
			address = strings.ReplaceAll(address, part, url.PathEscape(v))
		}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("url must be an address like https://wiki.example.com/scim/v2")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return "", errors.New("url must have no user, no ?query and no #fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fmt.Errorf("url must be https: the token would travel to %s in the clear", u.Hostname())
	}
	return strings.TrimRight(u.String(), "/"), nil
}
