package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// whyNobody explains what is called who and is no person or group of ours: an account of somebody, entries of sources to which nobody is bound, accounts at
// targets that are nobody's. If there is nothing of the kind either, it returns none.
func (m *Muster) whyNobody(ctx context.Context, who, target string, none error) (adminapi.Explanation, error) {
	if p := (*run.Problem)(nil); !errors.As(none, &p) || p.Code != adminapi.NotFound {
		return adminapi.Explanation{}, none
	}
	out := adminapi.Explanation{Targets: []adminapi.At{}}
	for _, t := range m.File.Targets {
		if target != "" && t.Name != target {
			continue
		}
		owner, err := m.holder(ctx, t.Name, connector.RemoteID(who))
		if err != nil {
			return out, err
		}
		if owner != "" {
			return m.Why(ctx, string(owner), target)
		}
		bare, err := m.bare(ctx, t.Name, who)
		if err != nil {
			return out, err
		}
		out.Accounts = append(out.Accounts, bare...)
	}
	for _, r := range m.parts.rules {
		entries, err := m.unbound(ctx, r, who)
		if err != nil {
			return out, err
		}
		out.Entries = append(out.Entries, entries...)
	}
	if len(out.Entries)+len(out.Accounts) == 0 {
		return out, none
	}
	return out, nil
}

// mostWaiting bounds how many entries that wait are looked through for a name.
const mostWaiting = 10_000

// unbound returns the entries of a source that who means, to which nobody is bound: by key, DN, user name or address.
func (m *Muster) unbound(ctx context.Context, rules ingest.Rules, who string) ([]adminapi.Unbound, error) {
	var found []directory.Record
	keep := func(rec directory.Record) {
		if rec.Object == "" && !slices.ContainsFunc(found, func(x directory.Record) bool { return x.Key == rec.Key }) {
			found = append(found, rec)
		}
	}
	err := m.Store.View(ctx, func(v directory.Reader) error {
		byKey, err := v.Records(ctx, rules.Source, []string{who})
		if err != nil {
			return err
		}
		byName, err := v.RecordsByName(ctx, rules.Source, []string{who})
		for _, rec := range append(byKey, byName...) {
			keep(rec)
		}
		const size = 500
		for after, n := "", 0; err == nil && n < mostWaiting; n += size {
			var page []directory.Record
			page, err = v.Waiting(ctx, rules.Source, after, size)
			for _, rec := range page {
				set, _ := rules.Mapping.Map(rec) // what a rule cannot compute is no name
				if after = rec.Key; isCalled(set, who) {
					keep(rec)
				}
			}
			if len(page) < size {
				break
			}
		}
		return err
	})
	var out []adminapi.Unbound
	for _, rec := range found {
		out = append(out, adminapi.Unbound{Record: record(rec), Says: saysUnbound(rec)})
	}
	return out, err
}

// isCalled reports whether one of the names in set is who.
func isCalled(set attr.Set, who string) bool {
	for _, p := range []attr.Path{directory.Username, directory.Email, directory.Name} {
		if v := set.First(p); v != "" && strings.EqualFold(v, who) {
			return true
		}
	}
	return false
}

func saysUnbound(rec directory.Record) string {
	says := fmt.Sprintf("%s states %s, to which nobody here is bound", rec.Source, rec.Name)
	switch {
	case rec.Waiting != "":
		return says + ": " + rec.Waiting + ". Until somebody is, no target receives anything of it, and nobody is closed because of it."
	case rec.Status == directory.Removed || rec.Status == directory.Outside:
		return fmt.Sprintf("%s stated %s once; it is %s now, and never was anybody here. Nothing follows from it.", rec.Source, rec.Name, rec.Status)
	}
	return says + ". The next read of the source makes a person of it, or says why not."
}

// mostBare bounds how many accounts that are nobody's are told of.
const mostBare = 20

// bare returns the accounts and groups at a target that who means, by id or by a value that they are matched by, and that are nobody's.
func (m *Muster) bare(ctx context.Context, target, who string) ([]adminapi.Bare, error) {
	var out []adminapi.Bare
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		for _, kind := range []connector.Kind{connector.User, connector.Group} {
			seen, err := link.Of(v).Strays(ctx, link.StrayQuery{Target: target, Kind: kind, Text: who}, "", 500)
			if err != nil {
				return err
			}
			for _, o := range seen {
				if len(out) == mostBare || !isMeant(o, who) {
					continue
				}
				b, err := m.bareOf(ctx, v, o)
				if err != nil {
					return err
				}
				out = append(out, b)
			}
		}
		return nil
	})
}

// isMeant reports whether who is the id or a value of o.
func isMeant(o link.Observed, who string) bool {
	if string(o.ID) == who {
		return true
	}
	for _, values := range o.Attrs {
		if slices.ContainsFunc(values, func(s string) bool { return strings.EqualFold(s, who) }) {
			return true
		}
	}
	return false
}

func (m *Muster) bareOf(ctx context.Context, v directory.Reader, o link.Observed) (adminapi.Bare, error) {
	b := adminapi.Bare{
		Target: o.Target, Kind: o.Kind, Remote: o.ID, Name: cmp.Or(o.Attrs.First("userName"), o.Attrs.First("displayName")), Active: o.Active, Attrs: o.Attrs, Seen: o.At,
	}
	claims, err := link.Of(v).Claims(ctx, o.Target, o.Kind, []connector.RemoteID{o.ID})
	if err != nil {
		return b, err
	}
	for _, c := range claims {
		who := string(c.Object)
		if x, err := v.Object(ctx, c.Object); err == nil {
			who = x.Handle()
		}
		switch c.Tie {
		case link.Was:
			b.Past = append(b.Past, "it was linked to "+who+" until "+c.At.UTC().Format(time.DateOnly))
		case link.Cut:
			b.Past = append(b.Past, fmt.Sprintf("%s took it apart from %s: %s", c.By, who, c.Reason))
		}
	}
	b.Says = saysBare(b)
	order, ok, err := m.orderOn(ctx, o.Target, string(o.ID))
	if ok {
		b.Says += " " + ordered(order) + "."
	}
	return b, err
}

func saysBare(b adminapi.Bare) string {
	name := string(b.Remote)
	if b.Name != "" {
		name += " (" + b.Name + ")"
	}
	if b.Kind == connector.Group {
		return fmt.Sprintf("The group %s at %s is none of ours: no group of a source is linked to it. Muster leaves it and its members alone. A group of that name that enters the scope takes it over.", name, b.Target)
	}
	stands := "disabled"
	if b.Active {
		stands = "active"
	}
	return fmt.Sprintf("The account %s at %s is %s and nobody's here: nobody is linked to it. Muster leaves it alone. Whoever enters the scope and matches it gets it, or is asked about. "+
		"To give it to somebody: `muster link set %s PERSON %s`; to close it: `muster disable --account %s:%s --reason WHY`.", name, b.Target, stands, b.Target, b.Remote, b.Target, b.Remote)
}
