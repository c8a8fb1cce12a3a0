package console

import (
	"slices"
	"time"
)

// A lifeline is what happened to a person on one axis of time, with a lane for Muster and one for each target.
type lifeline struct {
	first, last time.Time
	lanes       []lifeLane
}

// A lifeLane is what happened at one place, in a box 600 wide.
type lifeLane struct {
	name  string
	says  string  // the lane in words
	spans []stage // when there was an account that is known of
	marks []stage
}

// A stage is a part of a lane.
type stage struct {
	x, width string
	tone     tone
	title    string
}

// lifeOf draws the life of a person until now. An account is drawn from when it was linked to when it was closed.
func lifeOf(p personView, now time.Time) lifeline {
	l := lifeline{first: now, last: now}
	names := []string{}
	for _, k := range p.Links {
		l.first = sooner(l.first, k.Since)
		names = append(names, k.Target)
	}
	for _, m := range p.life {
		l.first = sooner(l.first, m.at)
		if m.lane != "" {
			names = append(names, m.lane)
		}
	}
	slices.Sort(names)
	for _, name := range append([]string{""}, slices.Compact(names)...) {
		if x := l.lane(p, name); len(x.spans)+len(x.marks) > 0 {
			l.lanes = append(l.lanes, x)
		}
	}
	return l
}

func sooner(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// lane draws what happened at a target, or here.
func (l lifeline) lane(p personView, name string) lifeLane {
	out := lifeLane{name: name}
	if name == "" {
		out.name = "Muster"
	}
	closed := l.last
	for _, m := range p.life { // newest first
		if m.lane != name {
			continue
		}
		x := l.stage(m.at, m.at, m.tone, stamp(m.at)+": "+m.what)
		if m.tone == bad && len(out.marks) == 0 {
			closed = m.at
		}
		out.marks = append(out.marks, x)
	}
	for _, k := range p.Links {
		if k.Target == name && !k.Since.IsZero() {
			state := linkState(k)
			if k.Active || closed.Before(k.Since) {
				closed = l.last
			}
			out.spans = append(out.spans, l.stage(k.Since, closed, linkTone(k), name+": "+state+", since "+stamp(k.Since)))
			out.says = state
		}
	}
	if n := len(out.marks); out.says == "" || n > 0 {
		out.says = out.says + map[bool]string{true: ", "}[out.says != ""] + count(n, "act", "acts")
	}
	return out
}

// stage places a time, or what lies between two.
func (l lifeline) stage(from, to time.Time, t tone, title string) stage {
	scale := 600 / max(float64(l.last.Sub(l.first)), float64(time.Second))
	x, width := float64(from.Sub(l.first))*scale, max(float64(to.Sub(from))*scale, 4)
	x = max(0, min(x, 600-width))
	return stage{num(x), num(width), t, title}
}
