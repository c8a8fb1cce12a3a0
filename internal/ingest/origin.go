package ingest

import (
	"cmp"
	"maps"
	"slices"

	"muster/internal/attr"
	"muster/internal/directory"
)

// An Origin is what one record states of one attribute of a person or group.
type Origin struct {
	Path    attr.Path
	Source  string
	Key     string
	Values  attr.Values
	Won     bool   // it is what the person or group has; else an earlier source states something
	Problem string // the rules of the source could not all be computed
}

// Origins says of each attribute what the records of one object state, in the order in which they win: which source counts, and what the others would say.
func (d *Door) Origins(records []directory.Record) []Origin {
	there := slices.DeleteFunc(slices.Clone(records), func(r directory.Record) bool { return !live(&r) })
	slices.SortFunc(there, func(a, b directory.Record) int {
		return cmp.Or(cmp.Compare(d.order(a.Source), d.order(b.Source)), cmp.Compare(a.Key, b.Key))
	})
	won := map[attr.Path]bool{}
	var out []Origin
	for _, rec := range there {
		rules := d.rules(rec.Source)
		if rules == nil {
			continue
		}
		set, err := rules.Map(rec)
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		for _, p := range slices.Sorted(maps.Keys(set)) {
			v := set[p]
			out = append(out, Origin{Path: p, Source: rec.Source, Key: rec.Key, Values: v, Won: !won[p] && len(v) > 0, Problem: problem})
			won[p] = won[p] || len(v) > 0
		}
	}
	slices.SortStableFunc(out, func(a, b Origin) int { return cmp.Compare(a.Path, b.Path) })
	return out
}
