package ingest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"muster/internal/directory"
)

// fold returns s as stores compare handles: composed, in lower case, without what a database cannot hold.
func fold(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(strings.ToLower(norm.NFC.String(s)), "\uFFFD"), "\x00", "\uFFFD")
}

// claim returns the handle that o wants, or "" if it wants none that must be unique.
func (o *object) claim() string {
	if o.is.Kind != directory.Person || o.is.State == directory.Gone {
		return ""
	}
	return fold(o.is.Handle())
}

// had reports whether o has the handle already.
func (o *object) had(handle string) bool {
	return o.was.ID != "" && o.was.State != directory.Gone && fold(o.was.Handle()) == handle
}

// yield keeps handles unique: who would take a name that another person has, waits with the reason, and keeps what they had. Whoever waits holds on to their
// old name, which may keep the next one waiting.
func (s *settling) yield(ctx context.Context) error {
	holders, err := s.gather(ctx)
	if err != nil {
		return err
	}
	for settled := false; !settled; {
		settled = true
		claims := map[string][]*object{}
		for _, o := range s.objects {
			if h := o.claim(); h != "" {
				claims[h] = append(claims[h], o)
			}
		}
		for _, h := range slices.Sorted(maps.Keys(claims)) {
			for _, loser := range losers(h, claims[h], holders[h]) {
				s.outdone(loser.object, holders[h])
				s.wait(loser.object, loser.why)
				settled = false
			}
		}
	}
	return nil
}

// outdone notes who has the name that an object wants, if somebody asks.
func (s *settling) outdone(o *object, holder directory.ID) {
	for _, rec := range o.records {
		if s.rivals != nil && holder != "" {
			s.rivals[rec.Key] = holder
		}
	}
}

// gather returns who, besides those being settled, has the handles that are wanted. Someone among them who waits for a name may give theirs up now, so they are
// settled too: that is how people exchange names whose records come far apart.
func (s *settling) gather(ctx context.Context) (map[string]directory.ID, error) {
	holders := map[string]directory.ID{}
	asked := map[string]bool{}
	for {
		var handles []string
		for _, o := range s.objects {
			if h := o.claim(); h != "" && !asked[h] && !o.had(h) {
				asked[h] = true
				handles = append(handles, o.is.Handle())
			}
		}
		if len(handles) == 0 {
			return holders, nil
		}
		taken, err := s.tx.ObjectsByHandle(ctx, directory.Person, handles)
		if err != nil {
			return nil, err
		}
		var outside []directory.Object
		for _, o := range taken {
			if s.objects[o.ID] == nil {
				holders[fold(o.Handle())] = o.ID
				outside = append(outside, o)
			}
		}
		drawn, err := s.draw(ctx, outside)
		if err != nil {
			return nil, err
		}
		for _, h := range drawn {
			delete(holders, h)
		}
	}
}

// draw takes those of objects into the settling who wait for something, and returns the handles that they have.
func (s *settling) draw(ctx context.Context, objects []directory.Object) ([]string, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	byID := make(map[directory.ID]*object, len(objects))
	ids := make([]directory.ID, len(objects))
	for i, o := range objects {
		byID[o.ID], ids[i] = &object{was: o}, o.ID
	}
	records, err := s.tx.RecordsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	waits := map[directory.ID]bool{}
	for _, rec := range records {
		o := byID[rec.Object]
		o.records = append(o.records, &rec)
		if rec.Waiting != "" {
			rec.Waiting, waits[rec.Object] = "", true
			s.drawn = append(s.drawn, &rec)
		}
	}
	var handles []string
	for id := range waits {
		s.objects[id] = byID[id]
		s.settle(byID[id])
		handles = append(handles, fold(byID[id].was.Handle()))
	}
	return handles, nil
}

type loser struct {
	*object
	why string
}

// losers returns those of the claimants of a handle who must wait: all if somebody else has it, else all but the one who had it, else has waited longest.
func losers(handle string, claimants []*object, holder directory.ID) []loser {
	why := fmt.Sprintf("the username %q belongs to another person (%s)", handle, holder)
	if holder == "" && len(claimants) == 1 {
		return nil
	}
	if holder == "" {
		slices.SortFunc(claimants, func(a, b *object) int {
			return cmp.Or(rank(a, handle)-rank(b, handle), a.oldest().Since.Compare(b.oldest().Since), cmp.Compare(a.oldest().Key, b.oldest().Key))
		})
		why = fmt.Sprintf("the username %q is claimed by another entry too (%s)", handle, claimants[0].oldest().Key)
		claimants = claimants[1:]
	}
	var out []loser
	for _, o := range claimants {
		out = append(out, loser{o, why})
	}
	return out
}

func rank(o *object, handle string) int {
	if o.had(handle) {
		return 0
	}
	return 1
}

// oldest returns the record of o that has been there longest; somebody without records is older than everybody.
func (o *object) oldest() *directory.Record {
	if len(o.records) == 0 {
		return &directory.Record{}
	}
	return slices.MinFunc(o.records, func(a, b *directory.Record) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key))
	})
}

// wait keeps the attributes of an object as they were; its state is what it is now, save that one who was gone stays so. A new one is not made.
func (s *settling) wait(o *object, why string) {
	isNew := o.was.ID == ""
	for _, rec := range o.records {
		rec.Waiting = why
		if isNew {
			rec.Object = ""
		}
	}
	switch {
	case isNew:
		delete(s.objects, o.is.ID)
	case o.was.State == directory.Gone:
		o.is = o.was
	default:
		o.is.Attrs = o.was.Attrs
	}
}
