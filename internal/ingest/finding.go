package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// The classes of the holds of a source: why a read of it waits for a person. A hold bears the name of the source as its target.
const (
	Shrink     = "shrink"     // too many entries are missing; also the limit of a source that a person may raise for a while
	Anchors    = "anchors"    // too many entries stand under new ids
	Attributes = "attributes" // too many people have lost an attribute
	Members    = "members"    // too many groups have lost all members
	Matches    = "matches"    // many entries are recognised as people of other sources for the first time
)

// Whole reports whether a hold of a class is decided about as a whole: a read is believed or it is not.
func Whole(class string) bool { return class == Shrink || class == Attributes || class == Members }

// A finding is what a read waits for a person with, and a line for each entry it concerns.
type finding struct {
	class   string
	problem *run.Problem
	lines   []plan.Line
	more    int // entries that have no line yet: they come when these are decided
}

// mostLines bounds the lines of one finding. What goes beyond them is decided about in a next step.
const mostLines = 20000

func (f *finding) add(l plan.Line) {
	if len(f.lines) < mostLines {
		f.lines = append(f.lines, l)
	} else {
		f.more++
	}
}

// merge adds what was found of the same kind elsewhere.
func (f *finding) merge(other *finding) {
	p := *f.problem
	p.What += "; " + other.problem.What
	f.problem, f.more = &p, f.more+other.more
	for _, l := range other.lines {
		f.add(l)
	}
}

// line makes a line about a record; parts, with the record's key, are what a decision about it hangs on.
func (r *Reading) line(class string, verb plan.Verb, rec directory.Record, parts ...string) plan.Line {
	kind := connector.User
	if rec.Kind == directory.Group {
		kind = connector.Group
	}
	return plan.Line{Key: lineKey(r.source, class, append([]string{rec.Key}, parts...)), Object: rec.Object, Kind: kind, Name: rec.Name, Remote: connector.RemoteID(rec.Name), Verb: verb}
}

// lineKey is stable over releases: decisions hang on it.
func lineKey(source, class string, parts []string) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", source, class, parts))
	return hex.EncodeToString(h[:16])
}

func missLine(r *Reading, rec directory.Record) plan.Line {
	l := r.line(Shrink, plan.Miss, rec)
	l.Why = "is not in the read; let go of if a look-up and a second read agree"
	return l
}

func (r *Reading) rebindLine(p pair) plan.Line {
	l := r.line(Anchors, plan.Rebind, p.old, p.new.Key)
	l.Remote = connector.RemoteID(p.new.Name)
	l.Fields = []attr.Change{{Path: "id", Old: attr.Values{p.old.Key}, New: attr.Values{p.new.Key}}}
	l.Why = "an entry with another id " + p.why
	return l
}

func (r *Reading) clearLine(old directory.Record, lost []attr.Path) plan.Line {
	names := make([]string, len(lost))
	fields := make([]attr.Change, len(lost))
	for i, p := range lost {
		names[i], fields[i] = string(p), attr.Change{Path: p, Old: slices.Clone(old.Attrs[p])}
	}
	l := r.line(Attributes, plan.Clear, old, names...)
	l.Fields, l.Why = fields, "does not state "+strings.Join(names, ", ")+" any more"
	return l
}

func (r *Reading) vacateLine(g group, key string) plan.Line {
	rec := directory.Record{Key: key, Kind: directory.Group, Object: g.id}
	l := r.line(Members, plan.Vacate, rec, g.hash)
	l.Why = "has no members any more"
	return l
}

// named gives lines the names of those they are about, as people know them.
func named(ctx context.Context, v directory.Reader, lines []plan.Line) error {
	for part := range slices.Chunk(lines, 1000) {
		ids := make([]directory.ID, len(part))
		for i, l := range part {
			ids[i] = l.Object
		}
		objects, err := v.Objects(ctx, ids)
		if err != nil {
			return err
		}
		handles := make(map[directory.ID]string, len(objects))
		for _, o := range objects {
			handles[o.ID] = o.Handle()
		}
		for i, l := range part {
			if h := handles[l.Object]; h != "" {
				part[i].Name = h
			}
		}
	}
	return nil
}

// why says a finding in one sentence, with a few of those it is about.
func (f *finding) why() string {
	const shown = 5
	var names []string
	for _, l := range f.lines[:min(shown, len(f.lines))] {
		names = append(names, l.Name)
	}
	out := f.problem.What
	if len(names) > 0 {
		out += ", such as " + strings.Join(names, ", ")
	}
	if f.more > 0 {
		out += fmt.Sprintf("; %d more come when these are decided", f.more)
	}
	return out
}
