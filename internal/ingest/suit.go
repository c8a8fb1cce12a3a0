package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// fewMatches is how many first matches a read may make by rules whose matches nobody has looked at yet.
const fewMatches = 5

const matchesAnchor = "matches decided"

// suits are the matches that wait for a person: entries recognised as people who are known from elsewhere. They are neither bound nor made second people.
type suits struct {
	lines map[string]plan.Line // by key of the record
	more  int                  // beyond mostLines
	free  bool                 // these few may be bound
}

// keep notes which of records wait with a match now.
func (s *suits) keep(records []*directory.Record, waiting []suit) {
	for _, rec := range records {
		delete(s.lines, rec.Key)
	}
	for _, x := range waiting {
		if s.lines == nil {
			s.lines = map[string]plan.Line{}
		}
		if _, again := s.lines[x.key]; !again && len(s.lines) >= mostLines {
			s.more++
			continue
		}
		s.lines[x.key] = x.line
	}
}

// propose binds rec to a person who has other records already, of other sources, or has the match wait: two entries of one source are two people until
// somebody says otherwise, and the first matches by a source's rules are a plan to be approved if they are many.
func (s *settling) propose(ctx context.Context, rec *directory.Record, key mapping.KeyValue, found directory.Object) error {
	o := s.objects[found.ID]
	if o == nil {
		others, err := s.tx.RecordsOf(ctx, []directory.ID{found.ID})
		if err != nil {
			return err
		}
		o = &object{was: found}
		for _, other := range others {
			o.records = append(o.records, &other)
		}
	}
	if i := slices.IndexFunc(s.speakers(found.ID, o), func(r *directory.Record) bool { return r.Source == rec.Source && live(r) }); i >= 0 {
		rec.Waiting = fmt.Sprintf("it matches a person (%s) who has another entry in this source", found.ID)
		return nil
	}
	if s.reading == nil { // a statement: its caller decides whom it may be about
		rec.Object, s.objects[found.ID] = found.ID, o
		return nil
	}
	l := s.reading.matchLine(*rec, key, found, o)
	status, answer, err := s.reading.decided(ctx, run.Of(s.tx), l.Key)
	if err != nil {
		return err
	}
	switch {
	case status == run.Approved && answer == run.Create:
		s.matched = append(s.matched, l.Key)
	case status == run.Approved:
		s.matched = append(s.matched, l.Key)
		rec.Object, s.objects[found.ID] = found.ID, o
	case status == run.Rejected:
		rec.Waiting = fmt.Sprintf("it matches %s by %s, and a person rejected that", found.Handle(), key.Person)
	case status == "" && (s.reading.proven || s.reading.suits.free):
		rec.Object, s.objects[found.ID] = found.ID, o
	default:
		rec.Waiting = fmt.Sprintf("it matches %s by %s, which waits for a person: muster hold show %s", found.Handle(), key.Person, rec.Source)
		s.suits = append(s.suits, suit{rec.Key, l})
	}
	return nil
}

// A suit is a match that waits.
type suit struct {
	key  string // of the record
	line plan.Line
}

// decided returns what a person has said about a match: Approved with their answer, Rejected, Waiting for one, or "".
func (r *Reading) decided(ctx context.Context, v run.Reader, key string) (run.Status, run.Answer, error) {
	if answer, ok := r.let(Matches, key); ok {
		return run.Approved, answer, nil
	}
	if !r.matched {
		return "", "", nil
	}
	lines, err := v.LinesByKey(ctx, r.source, []string{key})
	if err != nil || len(lines) == 0 {
		return "", "", err
	}
	switch l := lines[0]; {
	case l.Status == run.Finished && l.Answer == run.Create:
		return run.Approved, run.Create, nil // it was said once, and the entry still waits for its name
	case l.Status == run.Rejected, l.Status == run.Waiting:
		return l.Status, "", nil
	}
	return "", "", nil
}

// matchLine says that rec is taken for a person, by which rule, and how they compare.
func (r *Reading) matchLine(rec directory.Record, key mapping.KeyValue, person directory.Object, o *object) plan.Line {
	l := r.line(Matches, plan.Link, rec, string(person.ID), string(key.Person), fold(key.Value))
	l.Object, l.Name, l.Remote = person.ID, person.Handle(), connector.RemoteID(rec.Name)
	var from []string
	for _, other := range o.records {
		if live(other) {
			from = append(from, other.Source)
		}
	}
	slices.Sort(from)
	l.Why = fmt.Sprintf("recognised by the rule for %s: both are %q", key.Person, key.Value)
	if from = slices.Compact(from); len(from) > 0 {
		l.Why += fmt.Sprintf("; known from %s", strings.Join(from, ", "))
	}
	set, _ := r.rules.Map(rec) // what a rule cannot compute is no evidence
	l.Fields = []attr.Change{{Path: key.Person, Old: person.Attrs[key.Person], New: attr.Values{key.Value}}}
	for _, p := range []attr.Path{directory.Username, directory.Email, "displayName", "name.givenName", "name.familyName"} {
		if old, now := person.Attrs[p], set[p]; p != key.Person && !slices.Equal(old, now) && len(old)+len(now) > 0 {
			l.Fields = append(l.Fields, attr.Change{Path: p, Old: old, New: now})
		}
	}
	return l
}

// bindFew binds the first matches of a read that is believed if they are few and no person was asked yet.
func (r *Reading) bindFew(ctx context.Context) error {
	n := len(r.suits.lines)
	if _, open := r.open[Matches]; open || n == 0 || n > fewMatches {
		return nil
	}
	var keys []string
	for key := range r.suits.lines {
		keys = append(keys, key)
	}
	fresh := make(map[string]directory.Record, n)
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		records, err := v.Records(ctx, r.source, keys)
		for _, rec := range records {
			fresh[rec.Key] = rec
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read matches: %w", err)
	}
	was, of := r.sum, r.Run
	r.suits, r.Run = suits{free: true}, "" // they are counted already
	err = r.write(ctx, fresh)
	if r.Run = of; err != nil {
		return err
	}
	waiting := r.sum.Waiting - was.Waiting // some wait for something else
	r.sum = was
	r.sum.Waiting += waiting - n
	return nil
}

// keepMatches brings the hold of matches in line with what waits. When nothing waits any more, later matches by these rules bind by themselves.
func (r *Reading) keepMatches(ctx context.Context, whole, believed bool) error {
	f := &finding{class: Matches, more: r.suits.more}
	for _, key := range slices.Sorted(maps.Keys(r.suits.lines)) {
		f.add(r.suits.lines[key])
	}
	n := len(f.lines) + f.more
	_, open := r.open[Matches]
	what := untold
	switch {
	case !whole || r.partial:
	case n > 0 && (believed || open):
		what, f.problem = found, r.tellMatches(n)
		r.note("%s; see muster hold show %s", f.problem.What, r.source)
	case n == 0 && believed:
		what = calm
	}
	if err := r.keepHold(ctx, Matches, what, f); err != nil || what != calm || r.proven || r.rules.Correlation() == "" {
		return err
	}
	return r.update(ctx, func(tx directory.Tx) error {
		return tx.SetAnchor(ctx, "source:"+r.source, matchesAnchor, r.rules.Correlation())
	})
}

func (r *Reading) tellMatches(n int) *run.Problem {
	return &run.Problem{
		Code: "source_matches", What: fmt.Sprintf("%s: %d entries are recognised as people of other sources for the first time", r.source, n),
		Why: "A binding lasts for ever, and nobody has looked at the matches of these rules yet.",
		Now: "These entries are neither bound nor made second people until a person decides. Everybody else flows.",
		Fix: fmt.Sprintf("Look through them: muster hold show %s. If they are right: muster hold release %s.", r.source, r.source),
	}
}
