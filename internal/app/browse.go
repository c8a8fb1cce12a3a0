package app

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/connector/all"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Browse implements adminapi.Browsing.
func (m *Muster) Browse(ctx context.Context, q adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	var out adminapi.BrowsePage
	if _, ok := m.File.Target(q.Target); q.Target != "" && !ok {
		return out, m.unknown("target", q.Target)
	}
	if q.Source != "" && !m.named(q.Source) {
		return out, m.unknown("source", q.Source)
	}
	name, id, err := place(q.After)
	if err != nil {
		return out, err
	}
	b := browser{m: m, q: q, look: directory.Look{
		Kind: directory.Kind(q.Kind), State: directory.State(q.State), Text: strings.TrimSpace(q.Text), Account: q.Target, Source: q.Source, Missing: q.Missing, Own: q.Own, AfterName: name, After: id, Limit: max(q.Limit, 1),
	}}
	err = m.Store.View(ctx, func(v directory.Reader) error {
		found, more, err := b.page(ctx, v)
		if err != nil {
			return err
		}
		for _, o := range found {
			x := object(o)
			x.Attrs = o.Attrs
			out.Objects = append(out.Objects, x)
		}
		if more {
			last := found[len(found)-1]
			out.Next = base64.RawURLEncoding.EncodeToString([]byte(string(last.ID) + " " + last.Handle()))
		}
		return m.addLinks(ctx, v, out.Objects)
	})
	return out, err
}

// place reads where a page continues.
func place(after string) (string, directory.ID, error) {
	text, err := base64.RawURLEncoding.DecodeString(after)
	id, name, ok := strings.Cut(string(text), " ")
	if after != "" && (err != nil || !ok) {
		return "", "", &run.Problem{Code: adminapi.BadRequest, What: "the place to continue from is none", Fix: "Begin with the first page."}
	}
	return name, directory.ID(id), nil
}

// A browser finds one page.
type browser struct {
	m    *Muster
	q    adminapi.BrowseQuery
	look directory.Look
}

// page returns the objects of the page, and whether there are more.
func (b browser) page(ctx context.Context, v directory.Reader) ([]directory.Object, bool, error) {
	limit := b.look.Limit
	b.look.Limit++
	found, err := v.Browse(ctx, b.look)
	if err == nil && len(found) > limit {
		return found[:limit], true, nil
	}
	if err != nil || len(found) > 0 || b.look.Text == "" || b.look.After != "" || b.q.Own {
		return found, false, err
	}
	found, err = b.exact(ctx, v)
	return found, false, err
}

// exact finds who is meant by an id, key or DN, or an account id at a target, with which no word begins.
func (b browser) exact(ctx context.Context, v directory.Reader) ([]directory.Object, error) {
	found, err := b.m.found(ctx, v, adminapi.ObjectQuery{Kind: b.q.Kind, Text: b.look.Text, Limit: b.look.Limit - 1})
	found = slices.DeleteFunc(found, func(o directory.Object) bool { return b.look.State != "" && o.State != b.look.State })
	if err != nil {
		return nil, err
	}
	if found, err = b.stated(ctx, v, found); err != nil {
		return nil, err
	}
	return b.there(ctx, v, found)
}

// stated leaves those for whom the source that was asked for speaks.
func (b browser) stated(ctx context.Context, v directory.Reader, found []directory.Object) ([]directory.Object, error) {
	if b.q.Source == "" {
		return found, nil
	}
	records, err := v.RecordsOf(ctx, idsOf(found))
	of := map[directory.ID]bool{}
	for _, rec := range records {
		if rec.Source == b.q.Source && (rec.Status == directory.Absent || rec.Status == directory.Present && !b.q.Missing) {
			of[rec.Object] = true
		}
	}
	return slices.DeleteFunc(found, func(o directory.Object) bool { return !of[o.ID] }), err
}

// there leaves those who have an account at the target that was asked for.
func (b browser) there(ctx context.Context, v directory.Reader, found []directory.Object) ([]directory.Object, error) {
	if b.q.Target == "" {
		return found, nil
	}
	links, err := link.Of(v).Links(ctx, b.q.Target, idsOf(found))
	linked := map[directory.ID]bool{}
	for _, l := range links {
		linked[l.Object] = l.Remote != ""
	}
	return slices.DeleteFunc(found, func(o directory.Object) bool { return !linked[o.ID] }), err
}

func idsOf(objects []directory.Object) []directory.ID {
	out := make([]directory.ID, len(objects))
	for i, o := range objects {
		out[i] = o.ID
	}
	return out
}

// addLinks adds to a page of objects where they have accounts, and where they are to have one.
func (m *Muster) addLinks(ctx context.Context, v directory.Reader, page []adminapi.Object) error {
	at := make(map[directory.ID]int, len(page))
	ids := make([]directory.ID, len(page))
	for i, o := range page {
		at[o.ID], ids[i] = i, o.ID
	}
	for _, t := range m.File.Targets {
		links, err := link.Of(v).Links(ctx, t.Name, ids)
		if err != nil {
			return err
		}
		for _, l := range links {
			o := &page[at[l.Object]]
			x := linkView(l, o.Name)
			x.Applied = nil
			o.Links = append(o.Links, x)
		}
		if err := addAwaited(ctx, v, t.Name, page); err != nil {
			return err
		}
	}
	return nil
}

// Writes implements adminapi.Browsing.
func (m *Muster) Writes(ctx context.Context, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	find := link.Query{
		Target: q.Target, Run: q.Run, Verb: connector.Verb(q.Verb), Result: link.Result(q.Result), Class: link.Class(q.Class), Since: q.Since, Before: q.Before, Limit: max(q.Limit, 1),
	}
	if q.Who != "" {
		o, err := m.one(ctx, "", q.Who)
		if err != nil {
			return nil, err
		}
		find.Object = o.ID
	}
	out := []adminapi.CallAt{}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		entries, err := link.Of(v).Journal(ctx, find)
		if err != nil {
			return err
		}
		names := map[directory.ID]string{}
		var ids []directory.ID
		for _, e := range entries {
			ids = append(ids, e.Object)
		}
		objects, err := v.Objects(ctx, ids)
		for _, o := range objects {
			names[o.ID] = o.Handle()
		}
		for _, e := range entries {
			out = append(out, adminapi.CallAt{
				ID: e.ID, Target: e.Target, Object: e.Object, Name: names[e.Object], Was: e.Before, Want: e.Want, Counts: e.Count, Class: string(e.Class), Call: *call(e),
			})
		}
		return err
	})
}

// Events implements adminapi.Browsing. Whom an event is about may be named as people are; what fits nobody is taken as it is.
func (m *Muster) Events(ctx context.Context, q run.EventQuery) ([]run.Event, error) {
	if q.By != "" && !strings.Contains(q.By, ":") && q.By != "muster" && q.By != "engine" {
		q.By = "operator:" + q.By
	}
	var out []run.Event
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		if q.Object != "" {
			found, err := v.Search(ctx, q.Object, 2)
			if err != nil {
				return err
			}
			if len(found) == 1 {
				q.Also = string(found[0].ID)
			}
		}
		var err error
		out, err = run.Of(v).Events(ctx, q)
		return err
	})
}

// Record implements adminapi.Recording.
func (m *Muster) Record(ctx context.Context, act, object string, by access.Caller) error {
	return m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: act, Object: object})
	})
}

// Configuration implements adminapi.Browsing.
func (m *Muster) Configuration(context.Context) (adminapi.Configuration, error) {
	out := adminapi.Configuration{File: m.File.Name, Data: m.Data, Listen: m.address(), Largest: cmp.Or(m.File.Largest, usualLargest), Warnings: m.File.Warnings, Sources: []adminapi.SourceConfig{}, Targets: []adminapi.TargetConfig{}}
	for _, s := range m.File.Sources {
		out.Sources = append(out.Sources, adminapi.SourceConfig{Name: s.Name, Type: s.Type, At: s.At, Settings: sourceSettings(s), Every: s.Every, Rules: s.Rules})
	}
	for _, t := range m.File.Targets {
		c := adminapi.TargetConfig{Name: t.Name, Type: t.Type, At: t.At, Mode: m.modeOf(t.Name), Rules: t.Rules}
		for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
			c.Settings = append(c.Settings, adminapi.Setting{Name: name, Value: m.shown(t, name)})
		}
		out.Targets = append(out.Targets, c)
	}
	return out, nil
}

// shown returns a setting of a target as it may be shown: of a secret, where it is kept.
func (m *Muster) shown(t config.Target, name string) string {
	v := t.Settings[name]
	typ, err := all.Find(t.Type)
	if err != nil || slices.ContainsFunc(typ.Settings, func(s connector.Setting) bool { return s.Name == name && s.Secret }) {
		return v.String()
	}
	text, err := v.Resolve()
	if err != nil {
		return v.String()
	}
	return text.Reveal()
}

func sourceSettings(s config.Source) []adminapi.Setting {
	if s.SCIM != nil {
		return clientSettings(s.SCIM)
	}
	c := s.LDAP
	out := []adminapi.Setting{{Name: "servers", Value: strings.Join(c.Servers, ", ")}, {Name: "bind", Value: c.Bind}, {Name: "canary", Value: c.Canary}}
	if !c.Password.IsZero() {
		out = append(out, adminapi.Setting{Name: "password", Value: c.Password.String()})
	}
	for _, b := range append(slices.Clone(c.People), c.Groups...) {
		text := b.Base
		if b.Filter != "" {
			text += fmt.Sprintf(" with %s", b.Filter)
		}
		out = append(out, adminapi.Setting{Name: b.Name, Value: text})
	}
	return out
}
