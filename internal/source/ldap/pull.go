package ldap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// The size of a Batch: it is handed over when it holds so many records or memberships.
const (
	batchRecords = 500
	batchMembers = 5000
)

// Pull reads everything. It knows no cursors yet: any but the zero one is ErrCursorExpired.
func (src *Source) Pull(ctx context.Context, since source.Cursor, yield func(source.Batch) error) error {
	if since != "" {
		return source.ErrCursorExpired
	}
	s, p, err := src.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	r := &reader{cfg: src.cfg, s: s, p: p, yield: yield, index: newIndex()}
	err = r.read(ctx)
	if r.refused != nil {
		return r.refused
	}
	return err
}

// A reader is one Pull.
type reader struct {
	cfg   Config
	s     *session
	p     profile
	yield func(source.Batch) error

	batch   source.Batch
	refused error              // what yield returned
	fault   *source.Incomplete // the first reason why this read proves no absence

	places   []place
	index    *index
	disabled map[digest]bool    // keys, if a filter says who is disabled
	ids      map[digest]string  // key → DN, if the ID attribute is not the server's own and might not be unique
	primary  map[string][]ref   // people by the SID of their primary group
	uids     bool               // some group lists uids
	lookups  map[string]verdict // members that the index does not know
	asked    int
	outside  tally // members beyond every base
	hidden   tally // members within a base that cannot be read
	refers   references
}

// A tally counts for a note, and keeps a few names.
type tally struct {
	count  int
	groups []string
}

func (t *tally) add(group string) {
	t.count++
	if n := len(t.groups); n < 3 && (n == 0 || t.groups[n-1] != group) {
		t.groups = append(t.groups, group)
	}
}

func (r *reader) read(ctx context.Context) error {
	steps := []func(context.Context) error{
		r.findPlaces, r.readDisabled, r.readPeople, r.readGroups, r.readCanary, r.readReferences, r.readMembers, r.readCanary,
	}
	for _, step := range steps {
		if err := r.note(ctx, step(ctx)); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return r.s.searchFault(ctx, r.places[0].DN, nil)
	}
	r.tallies()
	if r.fault == nil {
		for _, p := range r.places {
			r.batch.Complete = append(r.batch.Complete, p.Base)
		}
	}
	if err := r.flush(); err != nil {
		return err
	}
	if r.fault != nil {
		return r.fault
	}
	return nil
}

// note keeps the first fault and lets the read go on, so that what can be read still arrives, unless nothing more can be asked. Other errors pass.
func (r *reader) note(ctx context.Context, err error) error {
	var inc *source.Incomplete
	if err == nil || r.refused != nil || !errors.As(err, &inc) {
		return err
	}
	if r.fault == nil {
		r.fault = inc
	} else if r.fault.What != inc.What {
		r.batch.Notes = append(r.batch.Notes, inc.Error())
	}
	if r.s.dead() || ctx.Err() != nil {
		return inc
	}
	return nil
}

// withBase puts the name of the base into a fault.
func withBase(err error, base source.Base) error {
	if inc, ok := errors.AsType[*source.Incomplete](err); ok {
		named := *inc
		named.What = fmt.Sprintf("base %s: %s", base, inc.What)
		return &named
	}
	return err
}

// readDisabled finds out whom the filter of the configuration calls disabled. Without that nobody's state is known, so nobody is read.
func (r *reader) readDisabled(ctx context.Context) error {
	if r.p.disabledBy != byFilter {
		return nil
	}
	r.disabled = map[digest]bool{}
	for _, p := range r.places {
		if !p.people {
			continue
		}
		q := query{
			base: p.DN, scope: p.Scope, filter: "(&" + p.Filter + r.cfg.DisabledFilter + ")",
			attrs: []string{r.p.personID}, pageSize: r.cfg.PageSize, buffer: 64,
		}
		_, err := r.s.pages(ctx, q, func(e *ldapv3.Entry) error {
			if key, err := keyOf(e, r.p.personID); err == nil {
				r.disabled[digestOf(string(key))] = true
			}
			return nil
		})
		if err != nil {
			r.disabled = nil
			return withBase(err, p.Base)
		}
	}
	return nil
}

func (r *reader) readPeople(ctx context.Context) error {
	if r.p.disabledBy == byFilter && r.disabled == nil {
		return nil
	}
	if r.p.personID != r.p.nativeID {
		r.ids = map[digest]string{}
	}
	if err := r.readUsesUIDs(ctx); err != nil {
		return err
	}
	return r.readKind(ctx, true)
}

func (r *reader) readGroups(ctx context.Context) error {
	r.ids = nil
	if r.p.groupID != r.p.nativeID {
		r.ids = map[digest]string{}
	}
	return r.readKind(ctx, false)
}

// readUsesUIDs finds out whether the uids of people are needed at all.
func (r *reader) readUsesUIDs(ctx context.Context) error {
	if !r.p.isMember("memberuid") {
		return nil
	}
	for _, p := range r.places {
		if p.people {
			continue
		}
		uses, err := r.s.any(ctx, p.DN, "(memberUid=*)", p.Scope)
		if err := r.note(ctx, withBase(err, p.Base)); err != nil {
			return err
		}
		r.uids = r.uids || uses || err != nil
	}
	return nil
}

func (r *reader) readKind(ctx context.Context, people bool) error {
	for _, p := range r.places {
		if p.people != people {
			continue
		}
		if err := r.note(ctx, withBase(r.readPlace(ctx, p), p.Base)); err != nil {
			return err
		}
	}
	return r.flush()
}

// readPlace delivers the records of one base. What stands in the way of its completeness, but not of the other entries, is returned at the end.
func (r *reader) readPlace(ctx context.Context, p place) error {
	var count int
	var flaw *source.Incomplete
	q := query{base: p.DN, scope: p.Scope, filter: p.Filter, attrs: r.p.recordAttributes(r.cfg, p.people), pageSize: r.cfg.PageSize, buffer: 64}
	references, err := r.s.pages(ctx, q, func(e *ldapv3.Entry) error {
		count++
		f, err := r.entry(p, e)
		if f != nil && flaw == nil {
			flaw = f
		}
		return err
	})
	unread := r.references(p, references)
	switch {
	case err != nil:
		return err
	case flaw != nil:
		return flaw
	case unread != nil:
		return unread
	case count == 0:
		return r.s.fault("empty", fmt.Sprintf("the search under %q with %s succeeded and found nothing", p.DN, p.Filter),
			"check base, filter and scope, and what the bind account may read; a base that is empty on purpose is taken out of the configuration", nil)
	}
	return nil
}

// references notes what the server pointed at, and returns a fault if people or groups may be there.
func (r *reader) references(p place, references []string) *source.Incomplete {
	var unread []string
	for _, ref := range references {
		r.batch.Notes = append(r.batch.Notes, fmt.Sprintf("base %s: continuation reference not followed: %s", p.Base, ref))
		if !r.p.isEmptyPartition(ref) {
			unread = append(unread, ref)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	return r.s.fault("referral", fmt.Sprintf("a part of %q is on another server and was not read: %s", p.DN, strings.Join(unread, ", ")),
		"choose bases that this server holds whole, add that server as a source of its own, or ask a Global Catalog (port 3268 or 3269)", nil)
}

// readCanary proves that the account can still read on this connection. A read with a fault needs no proof.
func (r *reader) readCanary(ctx context.Context) error {
	if r.fault != nil {
		return nil
	}
	return r.s.canary(ctx, r.p, r.cfg, r.places)
}

// flushFull hands the batch over if it is full.
func (r *reader) flushFull() error {
	if len(r.batch.Records)+len(r.batch.Seen) >= batchRecords || len(r.batch.Members)+len(r.batch.Refers) >= batchMembers {
		return r.flush()
	}
	return nil
}

// flush hands the batch over, if anything is in it.
func (r *reader) flush() error {
	b := r.batch
	if len(b.Records)+len(b.Members)+len(b.Refers)+len(b.Whole)+len(b.Dangling)+len(b.Seen)+len(b.Complete)+len(b.Pins)+len(b.Notes) == 0 {
		return nil
	}
	r.batch = source.Batch{}
	r.refused = r.yield(b)
	return r.refused
}

func (r *reader) tallies() {
	if t := r.outside; t.count > 0 {
		r.batch.Notes = append(r.batch.Notes, fmt.Sprintf("%d members lie outside every base and were left out, in groups such as %s",
			t.count, strings.Join(t.groups, "; ")))
	}
	if t := r.hidden; t.count > 0 {
		r.batch.Notes = append(r.batch.Notes, fmt.Sprintf("%d members within a base cannot be read (hidden or gone), so that nobody is removed from groups such as %s",
			t.count, strings.Join(t.groups, "; ")))
	}
}
