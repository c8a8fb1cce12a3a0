package console_test

import (
	"strings"
	"testing"

	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console/browsertest"
)

// III.5: each key does what the list of keys says; none does while somebody types, nor when they are switched off, which lasts.
func TestKeysDo(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, staffed{h.Service, h})
	s.as(t, "")
	here := func() int {
		return browsertest.Eval[int](s.Tab, `[...document.querySelectorAll("[data-row]")].findIndex(r => r.classList.contains("here"))`)
	}
	s.Go("/console/plans/plan-chat")
	for _, step := range []struct {
		keys string
		want int
	}{{"j", 0}, {"j", 1}, {"k", 0}, {"k", 0}} {
		if s.Keys(step.keys); here() != step.want {
			t.Errorf("%s goes to row %d, not %d", step.keys, here(), step.want)
		}
	}
	s.Keys("x")
	s.Wait(`document.querySelector("[data-row].here input[name=line]").checked && document.querySelector("[data-ticked]").textContent === "1"`)
	s.Keys("x")
	s.Wait(`!document.querySelector("input[name=line]:checked")`)
	s.Keys("?")
	s.Wait(`document.querySelector("#help").open`)
	s.Keys("\x1b")
	s.Wait(`!document.querySelector("#help").open`)
	s.Go("/console/targets/wiki")
	browsertest.Eval[bool](s.Tab, `document.querySelector("details.ask summary:not([aria-disabled])").click(), true`)
	s.Wait(`document.querySelector("details.ask[open]")`)
	browsertest.Eval[bool](s.Tab, `document.querySelector("details.ask[open] input").focus(), true`)
	s.Keys("why?") // typed, not heard
	s.Wait(`document.querySelector("details.ask[open] input").value === "why?" && !document.querySelector("#help").open`)
	s.Keys("\x1b")
	s.Wait(`!document.querySelector("details.ask[open]") && document.activeElement.tagName === "SUMMARY"`)
	s.Keys("?")
	s.Wait(`document.querySelector("#help").open`)
	browsertest.Eval[bool](s.Tab, `document.querySelector("[data-do=keys]").click(), true`)
	s.Keys("\x1b")
	for range 2 { // the second time on a page that was loaded anew
		s.Keys("?jgi")
		if browsertest.Eval[bool](s.Tab, `document.querySelector("#help").open || location.pathname !== "/console/targets/wiki" || !!document.querySelector(".here")`) {
			t.Error("keys that are switched off do something")
		}
		s.Go("/console/targets/wiki")
	}
	browsertest.Eval[bool](s.Tab, `localStorage.removeItem("muster-keys"), true`)
}

// III.5: the theme that was chosen counts against the system's, on the very first paint: the server writes it into the page before any script runs.
func TestThemeAndTime(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, staffed{h.Service, h})
	s.as(t, "")
	for system, chosen := range map[string]string{"light": "dark", "dark": "light"} {
		s.Theme(system)
		browsertest.Eval[bool](s.Tab, `document.cookie = "muster-theme=;path=/;max-age=0", true`)
		s.Go("/console/history")
		plain := browsertest.Eval[string](s.Tab, `getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor`)
		browsertest.Eval[bool](s.Tab, `document.querySelector("[data-do=theme]").click(), true`)
		s.Wait(`document.documentElement.dataset.theme === "` + chosen + `" && document.cookie.includes("muster-theme=` + chosen + `")`)
		s.Go("/console/history")
		if now := browsertest.Eval[string](s.Tab, `getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor`); now == plain {
			t.Errorf("%s chosen on a %s system looks as before: %s", chosen, system, now)
		}
		if !browsertest.Eval[bool](s.Tab, `fetch(location.href).then(r => r.text()).then(t => /^<!doctype html><html[^>]* data-theme="`+chosen+`"/i.test(t))`) {
			t.Errorf("%s stands not in the page that the server sends", chosen)
		}
	}
	shown := `document.querySelector("time[data-when=at], time[data-when=ago]").title`
	s.Go("/console/history")
	local := browsertest.Eval[string](s.Tab, shown)
	browsertest.Eval[bool](s.Tab, `document.querySelector("[data-do=time]").click(), true`)
	s.Wait(shown + `.includes("UTC") && document.cookie.includes("muster-time=utc") && document.querySelector("#said").textContent === "Times are in UTC"`)
	s.Go("/console/history")
	s.Wait(`document.documentElement.dataset.time === "utc" && ` + shown + `.includes("UTC")`)
	browsertest.Eval[bool](s.Tab, `document.querySelector("[data-do=time]").click(), true`)
	s.Wait(shown + ` === ` + asText(local))
	browsertest.Eval[bool](s.Tab, `document.cookie = "muster-theme=;path=/;max-age=0", true`)
}

func asText(s string) string { return "`" + strings.ReplaceAll(s, "`", "\\`") + "`" }
