package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console/browsertest"
)

// focused is a script that says what has the focus and what is wrong with that: nobody sees it, something lies over it, it stands before what had it before.
const focused = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return ["", ""];
	const name = e.tagName + " " + (e.innerText || e.name || e.getAttribute("aria-label") || "").trim().slice(0, 40);
	const seen = (x) => x && (s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none" && x === e)(getComputedStyle(x));
	const wrong = [];
	let ring = false;
	for (let x = e, i = 0; x && i < 4; x = x.parentElement, i++) ring ||= seen(x);
	if (!ring) wrong.push("nobody sees the focus");
	const r = e.getBoundingClientRect();
	const [x, y] = [r.left + Math.min(r.width, innerWidth) / 2, r.top + r.height / 2];
	const over = document.elementFromPoint(x, y);
	if (r.width < 2 || r.height < 2) wrong.push("it has no size");
	else if (y < 0 || y > innerHeight) wrong.push("it is out of sight");
	else if (over && !e.contains(over) && !over.contains(e) && !over.closest("label")?.contains(e)) wrong.push("it is under " + over.tagName + "." + over.className);
	if (window.before?.isConnected && window.before !== e && window.before.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING) wrong.push("it stands before what had the focus before");
	window.before = e;
	return [name, wrong.join(", ")];
})()`

// U2, U3: everything on a page is reached by Tab, in the order in which it stands there, and is seen while it has the focus; the first stop skips the menu.
func TestFocus(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, staffed{h.Service, h})
	s.as(t, "")
	for width, paths := range map[int64][]string{1440: {"", "people/" + olivia}, 360: {"plans/plan-chat", "people"}} {
		for _, path := range paths {
			s.Size(width, 800)
			s.Go("/console/" + path)
			stops := walk(t, s, path)
			want := browsertest.Eval[int](s.Tab, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")].filter(e => !e.disabled && e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0 && !e.closest("dialog") &&
				(e.type !== "radio" || e.checked)).length`)
			if len(stops) < want {
				t.Errorf("%q at %d: %d stops of %d: %q", path, width, len(stops), want, stops)
			}
		}
	}
	alongRows(t, s)
	alongPoints(t, s)
	s.Size(1440, 900)
	s.Go("/console/people")
	s.Keys("\t\r")
	s.Wait(`document.activeElement.id === "main" || location.hash === "#main"`)
	s.Keys("\t")
	if !browsertest.Eval[bool](s.Tab, `document.querySelector("main").contains(document.activeElement)`) {
		t.Error("behind the skip link the focus is not in the content")
	}
}

// alongRows goes down and up the lines of a long plan on a small phone by j and k: what has the focus is never under the bar or the decision.
func alongRows(t *testing.T, s *site) {
	t.Helper()
	s.Size(360, 640)
	s.Go("/console/plans/hold-wiki")
	for i, key := range "jjjjjjjjjjjkkkkkkkkkk" {
		s.Keys(string(key))
		browsertest.Eval[bool](s.Tab, `new Promise(done => requestAnimationFrame(() => done(true)))`)
		at := browsertest.Eval[[]string](s.Tab, strings.Replace(focused, "window.before = e;", "", 1))
		if at[0] == "" || at[1] != "" {
			t.Errorf("the %d. key leads to %s: %s", i+1, at[0], at[1])
		}
	}
}

// alongPoints goes along the points of a plot by the arrow keys, each of which is told, and keeps the plot as a picture.
func alongPoints(t *testing.T, s *site) {
	t.Helper()
	s.Size(1440, 900)
	s.Go("/console/sources/corp")
	s.Wait(`document.querySelector(".drawn canvas") !== null`)
	said := func() string {
		return browsertest.Eval[string](s.Tab, `document.querySelector("[data-at]").textContent`)
	}
	rest := said()
	browsertest.Eval[bool](s.Tab, `document.querySelector(".drawn").focus(), true`)
	var told []string
	for _, key := range []string{kb.Home, kb.ArrowRight, kb.ArrowLeft, kb.End, kb.ArrowRight} {
		s.Keys(key)
		told = append(told, said())
	}
	if told[0] == rest || told[1] == told[0] || told[2] != told[0] || told[3] == told[0] || told[4] != told[3] || !strings.Contains(told[3], "299") {
		t.Errorf("from %q the keys lead to %q", rest, told)
	}
	if aloud := browsertest.Eval[string](s.Tab, `document.querySelector("#said").textContent`); aloud != told[4] {
		t.Errorf("said aloud: %q", aloud)
	}
	if browsertest.Eval[bool](s.Tab, `document.querySelector(".drawn").blur(), true`); said() != rest {
		t.Errorf("without the focus it says %q", said())
	}
	kept := browsertest.Eval[[]string](s.Tab, `(() => {
		const [click, kept] = [HTMLAnchorElement.prototype.click, []];
		HTMLAnchorElement.prototype.click = function () { kept.push(this.download, this.href); };
		document.querySelector("[data-do=png]").click();
		HTMLAnchorElement.prototype.click = click;
		return kept;
	})()`)
	if len(kept) != 2 || !strings.HasPrefix(kept[0], "people-299-people") || !strings.HasSuffix(kept[0], ".png") || !strings.HasPrefix(kept[1], "data:image/png;base64,") || len(kept[1]) < 5000 {
		t.Errorf("kept as a picture: %.80q", kept)
	}
}

// walk presses Tab until the focus has gone round, and returns where it was.
func walk(t *testing.T, s *site, path string) []string {
	t.Helper()
	var stops []string
	for range 150 {
		s.Keys("\t")
		at := browsertest.Eval[[]string](s.Tab, focused)
		if at[0] == "" || len(stops) > 0 && strings.Contains(at[0], "Skip to the content") {
			return stops
		}
		if len(stops) == 0 && !strings.Contains(at[0], "Skip to the content") {
			t.Errorf("%q begins with %s", path, at[0])
		}
		if at[1] != "" {
			t.Errorf("%q: %s: %s", path, at[0], at[1])
		}
		stops = append(stops, at[0])
	}
	t.Errorf("%q: the focus never comes round: %q", path, stops[len(stops)-5:])
	return stops
}

// U3: whoever wants no motion gets none.
func TestNoMotion(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, busy{h.Service})
	s.as(t, "")
	s.Theme("light") // with reduced motion
	for _, path := range []string{"", "runs/run-wiki", "people"} {
		s.Go("/console/" + path)
		if moving := browsertest.Eval[string](s.Tab, `document.getAnimations().map(a => a.effect.target.className).join() + [...document.querySelectorAll("*")].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0).map(e => e.tagName).join()`); moving != "" {
			t.Errorf("%q moves: %s", path, moving)
		}
	}
}
