package console

import (
	"maps"
	"slices"

	"muster/internal/attr"
	"muster/internal/plan"
	"muster/internal/server/adminapi"
)

// A cell compares one attribute of an account: what is wanted now, what the target was seen to hold, and what it confirmed last.
type cell struct {
	path                     attr.Path
	wanted, there, confirmed attr.Values
	differs                  bool
}

// gridOf compares what is wanted at a target with the account there. Where nothing is wanted, what was confirmed stands alone.
func gridOf(at adminapi.At) []cell {
	var applied attr.Set
	if at.Link != nil {
		applied = at.Link.Applied
	}
	cells := map[attr.Path]cell{}
	for path, v := range applied {
		cells[path] = cell{path: path, confirmed: v}
	}
	for _, d := range at.Differs {
		cells[d.Path] = cell{path: d.Path, wanted: d.Want, there: d.There, confirmed: applied[d.Path], differs: !d.Same}
	}
	if len(at.Differs) == 0 && at.Scope == plan.In {
		for _, v := range at.Values {
			cells[v.Path] = cell{path: v.Path, wanted: v.Value, confirmed: applied[v.Path], differs: at.Link != nil && !v.Value.Equal(applied[v.Path])}
		}
	}
	out := make([]cell, 0, len(cells))
	for _, path := range slices.Sorted(maps.Keys(cells)) {
		out = append(out, cells[path])
	}
	return out
}

// apart counts the cells that differ.
func apart(grid []cell) int {
	n := 0
	for _, c := range grid {
		if c.differs {
			n++
		}
	}
	return n
}

// missing are the targets at which a person belongs and has no account.
func (p personView) missing() []adminapi.At {
	var out []adminapi.At
	for _, at := range p.at {
		if at.Link == nil && at.Scope == plan.In {
			out = append(out, at)
		}
	}
	return out
}

// grid compares an account with what is wanted at its target, as far as the target is one that is configured.
func (p personView) grid(l adminapi.Link) []cell {
	at := adminapi.At{}
	if i := slices.IndexFunc(p.at, func(at adminapi.At) bool { return at.Target == l.Target }); i >= 0 {
		at = p.at[i]
	}
	at.Link = &l
	return gridOf(at)
}
