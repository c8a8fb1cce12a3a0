package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"muster/internal/config"
	"muster/internal/server/adminapi"
	"muster/internal/source"
	"muster/internal/source/ldap"
)

// surveyTime is what counting a directory by its parts may take where people were said to be somewhere: it is an offer then.
const surveyTime = 10 * time.Second

// anyBase stands for the search base of people until it is known, so that the other fields can be judged.
const anyBase = "dc=example"

// choose finds out where people and groups are, and takes the likeliest places. It reports whether there are such.
func (t *trial) choose(ctx context.Context, m *Muster, kept map[string]config.Value) bool {
	t.req.Source.People = anyBase
	defer func() {
		if t.out.Chosen == nil {
			t.out.Text = "" // it would name a place that nobody chose
		}
	}()
	if !t.compose(m, kept) {
		return false
	}
	c := t.File.Sources[0]
	c.LDAP.Password = given(t.req.Source.Password, kept[c.Name+" password"])
	if !t.resolves(c.Name, "The password is at hand", c.LDAP.Password) {
		return false
	}
	rep, err := t.look(ctx, c)
	if err != nil {
		t.read(c, rep, err)
		return false
	}
	people, found := likeliest(rep.Places, func(p source.Place) int { return p.People })
	if people == nil {
		t.step(c.Name, "Where people are", "fail", "The account "+rep.Bound+" sees nobody in the naming contexts of "+rep.Server, "Give it the right to read the people, or say below which entry they are.")
		return false
	}
	groups, all := likeliest(rep.Places, func(p source.Place) int { return p.Groups })
	said := fmt.Sprintf("%s holds %d of the %d people there", people.DN, people.People, found)
	t.out.Places, t.out.Chosen = rep.Places, &adminapi.Chosen{People: people.DN, Canary: cmp.Or(t.req.Source.Canary, rep.Account), Groups: t.req.Source.Groups}
	if groups != nil && t.req.Source.Groups == "" {
		t.out.Chosen.Groups = groups.DN
		said += fmt.Sprintf("; %s holds %d of the %d groups", groups.DN, groups.Groups, all)
	}
	t.req.Source.People, t.req.Source.Groups, t.req.Source.Canary = t.out.Chosen.People, t.out.Chosen.Groups, t.out.Chosen.Canary
	t.step(c.Name, "Where people are was not said, so Muster chose", "note", said, "Choose another place if that is not right.")
	return true
}

// survey offers the places of the directory. What keeps it from that is told by the read, which has been tried.
func (t *trial) survey(ctx context.Context, kept map[string]config.Value) {
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	c := t.File.Sources[0]
	c.LDAP.Password = given(t.req.Source.Password, kept[c.Name+" password"])
	if rep, err := t.look(ctx, c); err == nil {
		t.out.Places = rep.Places
	}
}

func (t *trial) look(ctx context.Context, c config.Source) (source.Report, error) {
	cfg, err := t.reading(c)
	if err != nil {
		return source.Report{}, err
	}
	return ldap.Survey(ctx, cfg)
}

// likeliest returns the place that most of what n counts is in, and how many there are. A part of a naming context is taken if it holds at least half of them;
// containers in which Active Directory keeps what it comes with count only if there is nothing else.
func likeliest(places []source.Place, n func(source.Place) int) (best *source.Place, found int) {
	var root, part *source.Place
	own := 0 // what Active Directory comes with
	for i, p := range places {
		found += n(p) * max(0, 1-p.Depth)
		switch {
		case p.Depth == 0 && (root == nil || n(p) > n(*root)):
			root = &places[i]
		case p.Depth == 1 && comesWith(p.DN):
			own += n(p)
		case p.Depth == 1 && (part == nil || n(p) > n(*part)):
			part = &places[i]
		}
	}
	switch {
	case root == nil || found == 0:
		return nil, 0
	case part == nil || n(*part) == 0 || 2*n(*part) < n(*root)-own:
		return root, found
	}
	for i, p := range places { // all of them in one part of it
		if p.Depth == 2 && n(p) == n(*part) && strings.HasSuffix(p.DN, ","+part.DN) {
			return &places[i], found
		}
	}
	return part, found
}

// comesWith reports whether a place is one of the containers that Active Directory comes with.
func comesWith(dn string) bool {
	return strings.HasPrefix(dn, "CN=Users,") || strings.HasPrefix(dn, "CN=Builtin,")
}
