package console

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// overall returns the tone of the whole.
func overall(s adminapi.Status) tone {
	out := good
	for _, t := range s.Targets {
		switch {
		case t.State == "stopped":
			return bad
		case toneOf(t.State) == warn:
			out = warn
		case out == good && t.State == "working":
			out = busy
		}
	}
	for _, c := range s.Sources {
		if c.Problem != nil {
			return warn
		}
	}
	return out
}

// oldest says how long the oldest open leaver has been open.
func oldest(v *visit) string {
	switch {
	case len(v.leavers) > 0:
	case len(v.status.Targets) == 0:
		return "Nobody has an account anywhere that Muster knows of. Add a target to the configuration next."
	case len(v.status.Unsure) > 0:
		return "No leaver is known to be open; of " + unsureNames(v.status) + " it is not known yet."
	default:
		return "Everybody who left is closed everywhere, and every target has confirmed it."
	}
	l := slices.MinFunc(v.leavers, func(a, b adminapi.Leaver) int { return a.Since.Compare(b.Since) })
	where := ""
	if l.Target != "" {
		where = " at " + l.Target
	}
	return fmt.Sprintf("The oldest open leaver is %s%s, for %s.", l.Name, where, short(v.now.Sub(l.Since)))
}

// limitsShown is how many limits stand open; of one target there are no more.
const limitsShown = 8

// usedLimits parts limits of many targets into those of which something is used or that were raised, the most used first, and the rest; those of one target stand
// together.
func usedLimits(limits []adminapi.Limit, many bool) (used, idle []adminapi.Limit) {
	for _, l := range limits {
		if many && l.Spent == 0 && l.Raised == nil {
			idle = append(idle, l)
		} else {
			used = append(used, l)
		}
	}
	if many {
		slices.SortStableFunc(used, func(a, b adminapi.Limit) int { return cmp.Compare(share(b), share(a)) })
	}
	return used, idle
}

// share is how much of a limit is used.
func share(l adminapi.Limit) float64 { return float64(l.Spent) / float64(max(l.Limit, 1)) }

// unsureNames names what cannot say whether every leaver is closed.
func unsureNames(s adminapi.Status) string {
	var out []string
	for _, x := range s.Unsure {
		out = append(out, x.Source+x.Target)
	}
	return inWords(out)
}

// inWords names things one after the other: "a, b and c".
func inWords(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

func orDash(s string) string { return cmp.Or(s, "—") }

// whoMay names the roles that have a right: "an owner or admin".
func whoMay(right access.Right) string {
	var out []string
	for _, r := range []access.Role{access.Owner, access.Admin, access.Operator, access.Helpdesk} {
		if slices.Contains(access.RightsOf(r), right) {
			out = append(out, string(r))
		}
	}
	last := len(out) - 1
	if last < 1 {
		return "an " + strings.Join(out, "")
	}
	return "an " + strings.Join(out[:last], ", ") + " or " + out[last]
}

// sceneLabel says what a scene of the demo is about.
func sceneLabel(name string) string {
	return cmp.Or(map[string]string{
		"leaver": "somebody leaves", "joiner": "somebody joins", "rename": "somebody gets another name", "empty": "the directory is empty",
		"bulk-disable": "40 people are disabled at once", "rename-ou": "a unit is renamed",
	}[name], strings.ReplaceAll(name, "-", " "))
}

// A bar is one bar of a row of bars, in a box 24 high.
type bar struct {
	x, y, width, height string
	tone                tone
	title               string
}

func logOf(n int) float64 { return math.Log1p(float64(n)) }

var nan = math.NaN()

func num(f float64) string { return fmt.Sprintf("%.4g", f) }

// targetState says how a target stands. One whose first plan nobody has approved has no rules in force yet: they are a draft.
func targetState(state string) string {
	if state == "draft" {
		return "not approved yet"
	}
	return state
}

// scenesTitle says what the buttons of the demo are for. Before a plan is approved, nothing can be seen to happen.
func scenesTitle(s adminapi.Status) string {
	if slices.ContainsFunc(s.Targets, func(t adminapi.TargetStatus) bool { return t.State != "draft" }) {
		return "This is the demo. Make something happen:"
	}
	return "This is the demo. Approve a plan below first; then make something happen:"
}

// often says whether times follow each other so closely that none of them is worth telling.
func often(times []time.Time) bool {
	return len(times) > 1 && times[len(times)-1].Sub(times[0]) < time.Minute
}

// A band is one stream of the picture of the flow.
type band struct {
	path        string
	name        string // the whole of it
	label, note string
	page        string // of the source or target
	href        string // the rows that note counts
	n           int
	x, y        string
	anchor      string
	tone        tone
}

// A flowPicture is sources on the left, Muster in the middle, targets on the right; widths are people.
type flowPicture struct {
	bands  []band
	height int
	people int
	text   string
}

// mostLanes is how many sources, and how many targets, the picture of the flow has; the rest is one lane.
const mostLanes = 6

// A stream is what flows in one lane.
type stream struct {
	label, note string
	n           int
	tone        tone
	href        string // to the rows of the number
	page        string
}

// lanes gathers streams in at most mostLanes lanes, in their order.
func lanes(all []stream, rest func(streams, n int) stream) []stream {
	if len(all) <= mostLanes {
		return all
	}
	n := 0
	for _, s := range all[mostLanes-1:] {
		n += s.n
	}
	return append(slices.Clone(all[:mostLanes-1]), rest(len(all)-mostLanes+1, n))
}

// flowOf draws the flow.
func flowOf(s adminapi.Status) flowPicture {
	var from, to []stream
	for _, c := range s.Sources {
		x := stream{c.Name, count(c.People, "person", "people"), c.People, good, recordsPath(c.Name, "people"), Root + "sources/" + c.Name}
		if c.Problem != nil {
			x.tone = warn
		}
		from = append(from, x)
	}
	for _, t := range s.Targets {
		to = append(to, stream{t.Name, count(t.Users, "account", "accounts") + ", " + strings.Replace(t.State, "draft", "unapproved", 1), t.Users, toneOf(t.State), targetPath(t.Name, "links?state=active"), targetPath(t.Name, "")})
	}
	from = lanes(from, func(streams, n int) stream {
		return stream{count(streams, "more source", "more sources"), count(n, "person", "people"), n, quiet, Root + "sources", Root + "sources"}
	})
	to = lanes(to, func(streams, n int) stream {
		return stream{count(streams, "more target", "more targets"), count(n, "account", "accounts"), n, quiet, Root + "targets", Root + "targets"}
	})
	p := flowPicture{height: max(len(from), len(to), 1)*64 + 16, people: s.People["active"], text: flowText(s)}
	people := func(all []stream) []int {
		out := make([]int, len(all))
		for i, x := range all {
			out[i] = x.n
		}
		return out
	}
	mid, scale := float64(p.height)/2, flowScale(p.people, people(from), people(to))
	ends := stack(mid, scale, people(from))
	for i, x := range from {
		y := lane(i, len(from), p.height)
		p.bands = append(p.bands, band{path: ribbon(205, y, 335, ends[i], thick(scale, x.n)), name: x.label, label: brief(x.label), note: x.note, page: x.page, x: "193", y: num(y), anchor: "end", tone: x.tone, href: x.href, n: x.n})
	}
	ends = stack(mid, scale, people(to))
	for i, x := range to {
		y := lane(i, len(to), p.height)
		p.bands = append(p.bands, band{path: ribbon(465, ends[i], 595, y, thick(scale, x.n)), name: x.label, label: brief(x.label), note: x.note, page: x.page, x: "607", y: num(y), anchor: "start", tone: x.tone, href: x.href, n: x.n})
	}
	return p
}

// flowScale returns how thick one person is, so that a band is at most 30 and those of a side, beside each other, fit into the box in the middle.
func flowScale(people int, sides ...[]int) float64 {
	const widest, hub = 30, 60
	scale := widest / float64(max(people, 1))
	for _, side := range sides {
		sum := 0
		for _, n := range side {
			sum += n
			scale = min(scale, widest/float64(max(n, 1)))
		}
		scale = min(scale, (hub-float64(min(len(side), hub/2)))/float64(max(sum, 1)))
	}
	return scale
}

// thick is how thick the band of n people is. One of nobody can be seen, too.
func thick(scale float64, n int) float64 { return max(1, scale*float64(n)) }

// stack returns the middles of bands that lie beside each other, around mid.
func stack(mid, scale float64, people []int) []float64 {
	sum := 0.0
	for _, n := range people {
		sum += thick(scale, n)
	}
	out, at := make([]float64, len(people)), mid-sum/2
	for i, n := range people {
		w := thick(scale, n)
		out[i], at = at+w/2, at+w
	}
	return out
}

// brief shortens a name to what fits beside a lane: its beginning and its end, by which long names differ.
func brief(name string) string {
	const most = 19
	r := []rune(name)
	if len(r) <= most {
		return name
	}
	return string(r[:10]) + "…" + string(r[len(r)-8:])
}

// lane returns the middle of the i-th of n lanes.
func lane(i, n, height int) float64 {
	return (float64(i) + 0.5) * float64(height) / float64(max(n, 1))
}

// ribbon is a stream of a width from one point to another.
func ribbon(x1, y1, x2, y2, w float64) string {
	m, h := (x1+x2)/2, w/2
	return fmt.Sprintf("M%.4g %.4gC%.4g %.4g %.4g %.4g %.4g %.4gV%.4gC%.4g %.4g %.4g %.4g %.4g %.4gZ",
		x1, y1-h, m, y1-h, m, y2-h, x2, y2-h, y2+h, m, y2+h, m, y1+h, x1, y1+h)
}

// flowText says the picture in words.
func flowText(s adminapi.Status) string {
	var in, out []string
	for _, c := range s.Sources {
		in = append(in, fmt.Sprintf("%s from %s", count(c.People, "person", "people"), c.Name))
	}
	for _, t := range s.Targets {
		out = append(out, fmt.Sprintf("%s at %s", count(t.Users, "account", "accounts"), t.Name))
	}
	return fmt.Sprintf("%s; %s active here; %s.", strings.Join(in, ", "), count(s.People["active"], "person", "people"), strings.Join(out, ", "))
}
