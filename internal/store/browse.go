package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"muster/internal/directory"
)

// fewLinks is how many accounts of a target are gathered and sorted rather than met on a walk over everybody.
const fewLinks = 2000

// Browse implements directory.Reader. Those without a text are read in the order of their handles; those whom words find, from the index of words.
func (r reader) Browse(ctx context.Context, l directory.Look) ([]directory.Object, error) {
	terms := strings.Fields(fold(l.Text))
	if len(terms) > 0 || l.Own {
		return r.browseIndex(ctx, l, terms[:min(len(terms), mostTerms)])
	}
	from := " from object o" + r.d.by("object_by_place")
	q := &query{args: []any{string(l.Kind)}}
	few, err := r.fewAt(ctx, l.Account)
	fewOf, err2 := r.fewOf(ctx, l.Source)
	switch {
	case err != nil || err2 != nil:
		return nil, errors.Join(err, err2)
	case few:
		from = " from link k cross join object o"
		q.and("k.target = ", l.Account, " and k.remote <> '' and o.id = k.object")
	case l.Source != "" && l.Missing:
		from = " from (select distinct object from record" + r.d.by("record_absent") + " where source = " + q.arg(l.Source) +
			" and status = 'absent' and object <> '') s cross join object o"
		q.text.WriteString(" and o.id = s.object")
	case fewOf:
		from = " from (select distinct object from record where source = " + q.arg(l.Source) + " and object <> '') s cross join object o"
		q.text.WriteString(" and o.id = s.object")
	case l.State != "" && l.State != directory.Active:
		from = " from object o" + r.d.by("object_by_state")
		q.and("o.state <> 'active' and o.state = ", string(l.State), "")
	}
	q.and("(o.handle, o.id) > (", fold(l.AfterName), ", "+q.arg(string(l.After))+")")
	q.only(l)
	return collect(ctx, r.session, scanObject, "select "+objectColumnsOf+from+" where o.kind = $1"+q.text.String()+" order by o.handle, o.id limit "+q.arg(atMost(l.Limit)), q.args...)
}

// fewAt reports whether a target has few accounts.
func (r reader) fewAt(ctx context.Context, target string) (bool, error) {
	if target == "" {
		return false, nil
	}
	n, err := r.counted(ctx, "link", target, "")
	return n <= fewLinks, err
}

// fewOf reports whether a source has few records.
func (r reader) fewOf(ctx context.Context, source string) (bool, error) {
	if source == "" {
		return false, nil
	}
	n, err := one(ctx, r.session, scanOne[int], "select count(*) from (select 1 from record where source = $1 limit $2) few", source, fewLinks+1)
	return n <= fewLinks, err
}

// browseIndex finds those who have, for each of terms, a word that begins with it, or who are own.
func (r reader) browseIndex(ctx context.Context, l directory.Look, terms []string) ([]directory.Object, error) {
	q := &query{args: []any{string(l.Kind), fold(l.AfterName), string(l.After)}}
	const behind = " and (handle, object) > ($2, coalesce((select n from node where id = $3), 0))"
	var sets []string
	for _, t := range terms {
		sets = append(sets, "select handle, object from word where kind = $1 and word >= "+q.arg(cut(t))+" and word < "+q.arg(cut(t)+"\U0010FFFF")+behind)
	}
	if l.Own {
		sets = append(sets, "select handle, object from own"+r.d.by("own_by_place")+" where kind = $1"+behind)
		if err := r.writeOwn(ctx); err != nil {
			return nil, err
		}
	}
	found := sets[0]
	if len(sets) > 1 {
		found = "select handle, object from (" + strings.Join(sets, " intersect ") + ") every"
	}
	if l.Limit > 0 {
		return r.sift(ctx, l, found+" order by handle, object limit ", q.args)
	}
	q.only(l)
	return collect(ctx, r.session, scanObject, "select "+objectColumnsOf+" from (select distinct handle, object from ("+found+") one) w cross join node n cross join object o"+
		" where n.n = w.object and o.id = n.id"+q.text.String()+" order by w.handle, w.object", q.args...)
}

// A portion of those whom an index finds is looked at for what it does not hold, and a larger one after that, until the page is full: where most are what is looked
// for, the first does.
const (
	firstPortion = 4 // pages
	nextPortion  = 8 // times the one before
)

// sift leaves, of those whom found finds behind the place that is in args, those whom l asks for.
func (r reader) sift(ctx context.Context, l directory.Look, found string, args []any) ([]directory.Object, error) {
	type candidate struct {
		handle string
		id     directory.ID
	}
	var out []directory.Object
	for n := firstPortion * l.Limit; ; n *= nextPortion {
		all := append(slices.Clone(args), atMost(n))
		some, err := collect(ctx, r.session, func(rows *sql.Rows, c *candidate) error { return rows.Scan(&c.handle, &c.id) },
			"select w.handle, n.id from ("+found+dollar(len(all))+") w cross join node n where n.n = w.object order by w.handle, w.object", all...)
		if err != nil || len(some) == 0 {
			return out, err
		}
		var list []directory.ID
		for _, c := range slices.Compact(slices.Clone(some)) { // several words of one may fit
			list = append(list, c.id)
		}
		q := &query{args: []any{ids(r.session, list), atMost(l.Limit - len(out))}}
		q.only(l)
		page, err := collect(ctx, r.session, scanObject, "select "+objectColumnsOf+" from "+r.d.list(1)+" cross join object o where o.id = l.value"+q.text.String()+" order by l.key limit $2", q.args...)
		if out = append(out, page...); err != nil || len(out) == l.Limit || len(some) < n {
			return out, err
		}
		last := some[len(some)-1]
		args[1], args[2] = last.handle, string(last.id)
	}
}

// A query is conditions with what they compare with.
type query struct {
	text strings.Builder
	args []any
}

// arg adds an argument and returns what stands for it.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return dollar(len(q.args))
}

// and adds a condition with an argument in it.
func (q *query) and(before string, v any, after string) {
	q.text.WriteString(" and " + before + q.arg(v) + after)
}

// only leaves those in the state, and with an account at the target, that were asked for.
func (q *query) only(l directory.Look) {
	if l.State != "" {
		q.and("o.state = ", string(l.State), "")
	}
	if l.Source != "" {
		in := "('present', 'absent')"
		if l.Missing {
			in = "('absent')"
		}
		q.and("exists (select 1 from record s where s.object <> '' and s.object = o.id and s.source = ", l.Source, " and s.status in "+in+")")
	}
	if l.Account != "" {
		q.and("exists (select 1 from link a where a.target = ", l.Account, " and a.object = o.id and a.remote <> '')")
	}
}

// escapeLike keeps text from being read as a pattern.
var escapeLike = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)
