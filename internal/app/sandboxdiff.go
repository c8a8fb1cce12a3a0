package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// Sandbox implements adminapi.Sandboxes. It looks at what has entered the feed of the sandbox since it was made, and at nobody else.
func (m *Muster) Sandbox(ctx context.Context, q adminapi.SandboxQuery) (out adminapi.Sandbox, err error) {
	out = adminapi.Sandbox{Address: sandboxPrefix, Counts: map[string]int{}, Changes: []adminapi.SandboxChange{}, Tokens: []adminapi.Token{}}
	from, err := directory.ParseRev(q.After)
	if err != nil {
		return out, &run.Problem{Code: adminapi.BadRequest, What: err.Error(), Fix: "Give back what an answer called “next”."}
	}
	err = m.inSandbox(ctx, func(b *sandbox) error {
		after, err := b.facts(ctx, &out)
		if err == nil {
			err = m.doors(ctx, b, &out)
		}
		if err != nil {
			return err
		}
		list := sandboxPage{q: q, from: from, out: &out}
		for {
			page, err := b.store.Changes(ctx, after, 500)
			if err != nil || len(page) == 0 {
				return err
			}
			d := &sandboxDiff{page: page}
			if err := d.read(ctx, m, b); err != nil {
				return err
			}
			for _, c := range page {
				list.take(c.Rev, d.compare(c))
			}
			after = page[len(page)-1].Rev
		}
	})
	return out, err
}

// A sandboxPage counts what would have happened and lists a page of it.
type sandboxPage struct {
	q    adminapi.SandboxQuery
	from directory.Rev
	last directory.Rev // of what is listed
	out  *adminapi.Sandbox
}

// take takes what one change would have meant: it is listed whole or not at all.
func (p *sandboxPage) take(at directory.Rev, meant []adminapi.SandboxChange) {
	var fit []adminapi.SandboxChange
	for _, x := range meant {
		p.out.Counts[x.What]++
		if p.q.What == "" || p.q.What == x.What {
			fit = append(fit, x)
		}
	}
	switch {
	case len(fit) == 0, p.q.Limit == 0, !p.from.Less(at):
	case len(p.out.Changes) < p.q.Limit:
		p.out.Changes, p.last = append(p.out.Changes, fit...), at
	case p.out.Next == "":
		p.out.Next = p.last.String()
	}
}

// doors says how large the sandbox is, which tokens open it, and what clients did with them.
func (m *Muster) doors(ctx context.Context, b *sandbox, out *adminapi.Sandbox) error {
	var err error
	if out.Bytes, err = b.store.Size(ctx); err != nil {
		return err
	}
	var tokens []access.Token
	err = b.store.View(ctx, func(r directory.Reader) (err error) {
		tokens, err = access.Of(r).Tokens(ctx, "")
		return err
	})
	for _, t := range tokens {
		refused := m.admit(ctx, b.store, t.Person)
		t.Revoked = t.Revoked || errors.Is(refused, access.ErrUnknown) || errors.Is(refused, access.ErrDenied)
		out.Tokens = append(out.Tokens, adminapi.TokenView(t))
	}
	out.Clients = b.scim.Stats()
	return err
}

// SandboxExchanges implements adminapi.Sandboxes.
func (m *Muster) SandboxExchanges(ctx context.Context, client string, failed bool) (out []scimapi.Exchange, err error) {
	err = m.inSandbox(ctx, func(b *sandbox) error {
		var known bool
		if out, known = b.scim.Exchanges(client, failed); !known {
			return m.unknown("source", client)
		}
		return nil
	})
	return out, err
}

// facts reads when and by whom the sandbox was made, who is in it, and where its feed stood.
func (b *sandbox) facts(ctx context.Context, out *adminapi.Sandbox) (baseline directory.Rev, err error) {
	err = b.store.View(ctx, func(r directory.Reader) error {
		var made, at string
		for name, into := range map[string]*string{"made": &made, "by": &out.By, "baseline": &at} {
			var err error
			if *into, err = r.Anchor(ctx, sandboxOwner, name); err != nil {
				return err
			}
		}
		if _, err := fmt.Sscanf(at, "%d,%d", &baseline.Tx, &baseline.Seq); err != nil {
			return fmt.Errorf("the sandbox was not made whole: make it anew with `muster client sandbox drop` and create: %w", err)
		}
		var err error
		if out.Made, err = time.Parse(time.RFC3339, made); err != nil {
			return err
		}
		people, err := r.Count(ctx, directory.Person)
		if err != nil {
			return err
		}
		groups, err := r.Count(ctx, directory.Group)
		out.People, out.Groups = people[directory.Active]+people[directory.Disabled], groups[directory.Active]
		return err
	})
	return baseline, err
}

// A sandboxDiff compares one page of changes with the real people.
type sandboxDiff struct {
	page             []directory.Change
	there, real      map[directory.ID]directory.Object
	said, told       map[directory.ID]attr.Set // what sources state, there and here, by source and attribute
	inThere, inReal  map[directory.Edge]bool
	objects, members []directory.ID
}

// read reads all that the page names, in both stores.
func (d *sandboxDiff) read(ctx context.Context, m *Muster, b *sandbox) error {
	for _, c := range d.page {
		d.objects = append(d.objects, c.Object)
		if c.Member != "" {
			d.objects, d.members = append(d.objects, c.Member), append(d.members, c.Member)
		}
	}
	for _, list := range []*[]directory.ID{&d.objects, &d.members} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	side := func(s directory.Store, objects *map[directory.ID]directory.Object, edges *map[directory.Edge]bool, stated *map[directory.ID]attr.Set) error {
		return s.View(ctx, func(r directory.Reader) error {
			found, err := r.Objects(ctx, d.objects)
			if err != nil {
				return err
			}
			if *stated, err = statedOf(ctx, r, d.objects); err != nil {
				return err
			}
			in, err := r.GroupsOf(ctx, d.members)
			*objects, *edges = map[directory.ID]directory.Object{}, map[directory.Edge]bool{}
			for _, o := range found {
				(*objects)[o.ID] = o
			}
			for _, e := range in {
				(*edges)[e] = true
			}
			return err
		})
	}
	return errors.Join(side(b.store, &d.there, &d.inThere, &d.said), side(m.Store, &d.real, &d.inReal, &d.told))
}

// statedOf returns what sources state of objects.
func statedOf(ctx context.Context, r directory.Reader, ids []directory.ID) (map[directory.ID]attr.Set, error) {
	records, err := r.RecordsOf(ctx, ids)
	out := map[directory.ID]attr.Set{}
	for _, rec := range records {
		if out[rec.Object] == nil {
			out[rec.Object] = attr.Set{}
		}
		for p, v := range rec.Attrs {
			out[rec.Object][attr.Path(rec.Source)+"."+p] = v
		}
	}
	return out, err
}

// compare says what one change would have meant.
func (d *sandboxDiff) compare(c directory.Change) []adminapi.SandboxChange {
	if c.Member != "" {
		return d.edge(directory.Edge{Group: c.Object, Member: c.Member})
	}
	is, was := d.there[c.Object], d.real[c.Object]
	out := adminapi.SandboxChange{Kind: is.Kind, ID: is.ID, Name: is.Handle()}
	lived, lives := was.ID != "" && was.State != directory.Gone, is.State != directory.Gone
	var list []adminapi.SandboxChange
	say := func(what string, fields []adminapi.SandboxField) {
		x := out
		x.What, x.Fields = what, fields
		list = append(list, x)
	}
	switch {
	case !lived && !lives:
	case !lived:
		say("created", fieldsOf(nil, is.Attrs))
	case !lives:
		say("deleted", nil)
	default:
		fields := fieldsOf(was.Attrs, is.Attrs)
		if len(fields) == 0 && was.State == is.State { // what no rule here maps may be read by a rule of a target
			fields = fieldsOf(d.told[was.ID], d.said[is.ID])
		}
		if len(fields) > 0 {
			say("changed", fields)
		}
		if was.State != is.State && is.State == directory.Disabled {
			say("deactivated", nil)
		} else if was.State != is.State {
			say("activated", nil)
		}
	}
	return list
}

func (d *sandboxDiff) edge(e directory.Edge) []adminapi.SandboxChange {
	what := "joined"
	if !d.inThere[e] {
		what = "left"
	}
	if d.inThere[e] == d.inReal[e] {
		return nil
	}
	who := d.there[e.Member]
	return []adminapi.SandboxChange{{What: what, Kind: who.Kind, ID: who.ID, Name: who.Handle(), Group: d.there[e.Group].Handle()}}
}

// fieldsOf returns the attributes that differ.
func fieldsOf(was, is attr.Set) []adminapi.SandboxField {
	var out []adminapi.SandboxField
	for p := range was {
		if _, stays := is[p]; !stays {
			out = append(out, adminapi.SandboxField{Path: string(p), Was: was[p]})
		}
	}
	for p, v := range is {
		if !slices.Equal(was[p], v) {
			out = append(out, adminapi.SandboxField{Path: string(p), Was: was[p], Is: v})
		}
	}
	slices.SortFunc(out, func(a, b adminapi.SandboxField) int { return cmp.Compare(a.Path, b.Path) })
	return out
}
