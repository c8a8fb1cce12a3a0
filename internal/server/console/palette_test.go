package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console/browsertest"
)

// ctrlK presses Ctrl and K where the focus is.
const ctrlK = `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true, cancelable: true})), true`

// chosen is what Enter would go to.
const chosen = `document.querySelector("#jumps [aria-selected=true]")`

// hears is true once the page that was gone to hears keys: its address changes before.
const hears = `document.querySelector("#pulse")?.dataset.state === "live"`

// III.5: Ctrl+K goes to people, groups, systems, pages and acts of the page, by keys alone, also from a field; nothing is asked for before somebody types.
func TestPalette(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, staffed{h.Service, h})
	s.as(t, "")
	s.Go("/console/people")
	browsertest.Eval[bool](s.Tab, `document.querySelector("[data-search]").focus(), `+ctrlK)
	s.Wait(`document.activeElement.matches("[data-palette]") && document.querySelectorAll("#jumps a").length >= 7 && ` + chosen + `.innerText.startsWith("Overview")`)
	if browsertest.Eval[int](s.Tab, `performance.getEntriesByType("resource").filter(r => r.name.includes("/palette")).length`) != 0 {
		t.Error("it asks the server before anything is typed")
	}
	for _, step := range []struct{ keys, want string }{{kb.ArrowDown + kb.ArrowDown, "People & groups"}, {kb.ArrowUp, "Inbox"}, {kb.ArrowUp, "Overview"}} {
		s.Keys(step.keys)
		s.Wait(chosen + `.innerText.startsWith("` + step.want + `") && document.activeElement.getAttribute("aria-activedescendant") === ` + chosen + `.id`)
	}
	s.Keys(kb.ArrowUp) // the last one is before the first
	s.Wait(chosen + ` === document.querySelector("#jumps").lastElementChild`)
	looksRight(t, s)
	s.Keys("\x1b")
	s.Wait(`!document.querySelector("#palette").open && document.activeElement.matches("[data-search]")`)
	browsertest.Eval[bool](s.Tab, ctrlK)
	s.Wait(`document.querySelector("#palette").open`)
	s.Keys("Staff\r") // faster than the answer
	s.Wait(`location.pathname === "/console/groups/` + staff + `" && ` + hears)
	for _, c := range []struct{ typed, want string }{
		{"olivia", "/console/people/" + olivia}, {"inb", "/console/inbox"}, {"target wiki", "/console/targets/wiki"}, {"Staff", "/console/groups/" + staff}, {"leavers", "/console/leavers"},
	} {
		browsertest.Eval[bool](s.Tab, ctrlK)
		s.Wait(`document.querySelector("#palette").open`)
		s.Keys(c.typed)
		s.Wait(chosen + `?.pathname === "` + c.want + `" && document.querySelector("[data-jumps-said]").textContent.startsWith("Arrows")`)
		s.Keys("\r")
		s.Wait(`location.pathname === "` + c.want + `" && ` + hears)
	}
	actsByKeys(t, s)
}

// looksRight looks at the open palette in both themes and on a phone.
func looksRight(t *testing.T, s *site) {
	t.Helper()
	for _, theme := range []string{"dark", "light"} {
		s.Theme(theme)
		for _, fault := range s.Axe(theme == "light", "[]", `[...document.querySelectorAll("#palette p, #jumps :is(b, span, i)")]`) {
			t.Errorf("%s: %s", theme, fault)
		}
		for _, width := range []int64{360, 1440} {
			if s.Size(width, 800); s.Overflow() != "" || browsertest.Eval[bool](s.Tab, `(r => r.left < 0 || r.right > innerWidth)(document.querySelector("#palette").getBoundingClientRect())`) {
				t.Errorf("at %d it does not fit: %s", width, s.Overflow())
			}
			if shots != "" {
				s.Shot(shots+"/palette-"+theme+map[int64]string{360: "-360", 1440: "-1440"}[width]+".png", false)
			}
		}
	}
}

// actsByKeys finds an act of a page: it is not done, but what it asks for is opened. A late answer counts no more, and what nobody is called is said.
func actsByKeys(t *testing.T, s *site) {
	t.Helper()
	s.Go("/console/targets/wiki")
	browsertest.Eval[bool](s.Tab, ctrlK)
	s.Keys("act pause")
	s.Wait(chosen + `?.innerText.startsWith("Pause")`)
	s.Keys("\r")
	s.Wait(`!document.querySelector("#palette").open && document.activeElement.name === "reason" && document.activeElement.closest("details[open]")`)
	s.Keys("\x1b")
	browsertest.Eval[bool](s.Tab, `window.answers = {}, window.fetch = (to) => new Promise(done => { answers[decodeURIComponent(to.split("=")[1])] = (text) => done(new Response(text)); }), `+ctrlK)
	s.Keys("zz")
	s.Wait(`answers.zz`)
	s.Keys("y")
	s.Wait(`answers.zzy`)
	browsertest.Eval[bool](s.Tab, `answers.zzy(""), true`)
	s.Wait(`document.querySelector("[data-jumps-said]").textContent === "Nothing is called that."`)
	if browsertest.Eval[bool](s.Tab, `(answers.zz('<a role="option" href="/console/late">late</a>'), new Promise(done => setTimeout(() => done(!!document.querySelector("#jumps a")), 0)))`) {
		t.Error("an answer to what was typed before is shown")
	}
}

// III.5: what the palette finds is what the visitor may see, and nothing by nothing.
func TestPaletteFinds(t *testing.T) {
	h := adminapitest.New(t, nil)
	for _, c := range []struct{ typed, want, not string }{
		{"", "", "<a"}, {"+", "", "<a"}, {"zzz", "", "<a"}, {"olivia", "people/" + olivia, "groups/"}, {"pag+role", "/console/roles", "leavers"}, {"ourc", "", "<a"},
	} {
		for _, role := range []access.Role{access.Owner, access.Auditor} {
			a := enter(t, h, staffed{h.Service, h}, role).get("palette?q=" + c.typed)
			if a.status != 200 || !strings.Contains(a.body, c.want) || strings.Contains(a.body, c.not) {
				t.Errorf("%q as %s: %d %s", c.typed, role, a.status, a.body)
			}
		}
	}
}
