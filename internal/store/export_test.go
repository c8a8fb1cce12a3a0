package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// kept are the numbers that are kept beside what they count, and what they count.
var kept = map[string]string{
	"objects": `select about || ' ' || name || ' ' || sort || ' ' || sum(n) from tally where about = 'object' group by about, name, sort having sum(n) <> 0
		union all select 'object ' || kind || ' ' || state || ' ' || count(*) from object group by kind, state`,
	"records": `select about || ' ' || name || ' ' || sort || ' ' || sum(n) from tally where about = 'record' group by about, name, sort having sum(n) <> 0
		union all select 'record ' || source || '/' || base || ' ' || status || ' ' || count(*) from record group by source, base, status`,
	"links": `select about || ' ' || name || ' ' || sort || ' ' || sum(n) from tally where about = 'link' group by about, name, sort having sum(n) <> 0
		union all select 'link ' || target || ' ' || kind || ' ' || count(*) from link where active and state in ('linked', 'closing') group by target, kind`,
	"lines": `select plan || ' ' || kind || ' ' || act || ' ' || class || ' ' || cause || ' ' || status || ' ' || n from line_tally where n <> 0
		union all select plan || ' ' || kind || ' ' || act || ' ' || class || ' ' || cause || ' ' || status || ' ' || count(*) from line
		group by plan, kind, act, class, cause, status`,
	"own": `select w.kind || ' ' || w.handle || ' ' || n.id from own w join node n on n.n = w.object
		union all select o.kind || ' ' || o.handle || ' ' || o.id from object o where not exists
		(select 1 from record r where r.object = o.id and r.source <> 'load' and r.status not in ('outside', 'removed'))`,
}

// CheckKept fails if what is kept beside other things is not what they say: numbers, and words.
func CheckKept(t testing.TB, s *Store) {
	t.Helper()
	err := s.view(context.Background(), func(r *session) error {
		for what, text := range kept {
			both, err := collect(context.Background(), r, scanOne[string], "select a from (select '' as a where false union all "+text+") b group by a having count(*) <> 2")
			if err != nil {
				return err
			}
			if len(both) > 0 {
				t.Errorf("the number of %s is kept wrong: %v", what, both)
			}
		}
		return errors.Join(checkWords(t, r), checkShared(t, r))
	})
	if err != nil {
		t.Error(err)
	}
}

// checkShared looks for lines about an object that has others, which do not say so.
func checkShared(t testing.TB, r *session) error {
	alone, err := collect(context.Background(), r, scanOne[string],
		"select l.key from line l where not l.shared and exists (select 1 from line o where o.plan = l.plan and o.object = l.object and o.seq <> l.seq)")
	if len(alone) > 0 {
		t.Errorf("lines are said to be alone, and are not: %v", alone)
	}
	return err
}

func checkWords(t testing.TB, r *session) error {
	objects, err := collect(context.Background(), r, scanObject, "select "+objectColumns+" from object")
	if err != nil {
		return err
	}
	var want []string
	for _, o := range objects {
		for _, w := range wordsOf(o.Attrs, fold(o.Handle())) {
			want = append(want, fmt.Sprint(o.Kind, "|", w, "|", fold(o.Handle()), "|", o.ID))
		}
	}
	have, err := collect(context.Background(), r, scanOne[string], "select w.kind || '|' || w.word || '|' || w.handle || '|' || n.id from word w join node n on n.n = w.object")
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("words are %d, want %d", len(have), len(want))
	}
	return err
}
