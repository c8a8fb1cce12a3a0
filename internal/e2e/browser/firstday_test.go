package browser

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"muster/internal/server/console/browsertest"
)

// linkFrom returns the address in which a link begins, and its path.
func linkFrom(link string) (home, path string) {
	i := strings.Index(link, "/console/")
	return link[:i], link[i:]
}

// A view of what muster user show tells.
type person struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Links []struct {
		Target string `json:"target"`
		Active bool   `json:"active"`
	} `json:"links"`
}

// The first day, X1, X3, X6, X10: sign in by the link, approve the first plan, find out why somebody is missing, close a leaver, and see it closed there.
func TestFirstDay(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	demo := start(t, "demo", "--json", "-d", folder)
	home, path := linkFrom(demo.says(t, `http://[^"]*/console/welcome#code=[A-Z2-7]+`))
	demo.says(t, `(?s)"wiki":.*\n}`)
	p := browsertest.Open(t, home)
	p.Go(path) // and is in: the link of the demo asks for no press
	p.Says("wiki, slack, atlassian, meisterplan not approved yet")

	takesTime(t, p, folder)
	approveFirst(t, p)
	missing(t, p)
	someoneLeaves(t, p)
	closeOne(t, p, folder)
	byKeyboard(t, p, folder)
	pauses(p)
	p.Go("/console/history?tab=acts")
	p.Says("Disabled")
	shoot(p, "history")
}

// takesTime sees how long a plan takes where the service tells of rates, as the command line says it.
func takesTime(t *testing.T, p *browsertest.Tab, folder string) {
	t.Helper()
	plan := asJSON[struct {
		Plan struct {
			ID    string `json:"id"`
			Takes int    `json:"takes"`
		} `json:"plan"`
	}](t, "plan", "show", "slack", "-d", folder).Plan
	p.Go("/console/plans/" + plan.ID)
	if plan.Takes == 0 {
		t.Error("nobody says how long the first plan of slack takes")
	}
	p.Says("It takes about " + strconv.Itoa(plan.Takes) + " s, by the rates of slack")
	p.Go("/console/")
}

// live is true once a page listens: to what changes, and to keys.
const live = `document.querySelector("#pulse")?.dataset.state === "live"`

// reviewOfWiki finds the link to the plan for the wiki among those for the other targets.
const reviewOfWiki = `new URL([...document.querySelectorAll("a")].find(a => /Review/.test(a.textContent) && /First plan for wiki/.test(a.textContent)).href).pathname`

// approveFirst approves the first plan by keys alone, from the inbox on: with the number that it states, and not with another.
func approveFirst(t *testing.T, p *browsertest.Tab) {
	t.Helper()
	p.Wait(live) // keys are heard from now on
	p.Keys("gi")
	p.Wait(`location.pathname === "/console/inbox" && ` + live)
	want := browsertest.Eval[string](p, reviewOfWiki)
	for range 20 {
		p.Keys("j")
		if browsertest.Eval[string](p, `document.activeElement.getAttribute("href") ?? ""`) == want {
			break
		}
	}
	p.Keys("\r")
	p.Wait(`location.pathname === ` + strconv.Quote(want) + ` && ` + live) // the inbox names the plan too
	shoot(p, "plan")
	p.Size(360, 760) // as on a phone with keys
	n := browsertest.Eval[string](p, `document.querySelector("#decide").dataset.people`)
	p.Keys("a")
	p.Wait(`document.activeElement.name === "count"`)
	p.Keys(n + "1\r") // Enter does nothing with a wrong number
	if !browsertest.Eval[bool](p, `[...document.querySelectorAll("#decide button[formaction]")].every(b => b.disabled)`) || p.Path() != want {
		t.Error("with a wrong number the plan can be approved")
	}
	p.Keys("\b")
	p.Wait(`[...document.querySelectorAll("#decide button[formaction]")].every(b => !b.disabled)`)
	tabTo(p, "Approve "+n)
	p.Keys("\r")
	p.Wait(`document.activeElement.innerText === "Cancel" && document.querySelector("[data-left]")`) // it closes many: nothing has begun yet
	p.Keys("\r")
	p.Says("Taken back. Nothing had begun")
	p.Wait(live)
	p.Keys("a")
	p.Wait(`document.activeElement.name === "count"`)
	p.Keys(n)
	tabTo(p, "Approve "+n)
	p.Keys("\r")
	p.Says("It begins in")
	shoot(p, "plan-begins")
	p.Wait(`!document.querySelector("[data-start]") && /^(Approved|Done) by/.test(document.querySelector(".lede").innerText)`) // the page freshens itself
	p.Size(1440, 900)
	p.Go("/console/")
	p.Wait(`document.querySelector("h1").innerText.includes("waiting for a decision")`) // the page freshens itself
	shoot(p, "overview")
	p.Go("/console/inbox")
	p.Says("yours to answer")
	shoot(p, "inbox")
}

// missing finds out why somebody has no account.
func missing(t *testing.T, p *browsertest.Tab) {
	t.Helper()
	p.Keys("/")
	p.Wait(`location.pathname === "/console/people"`)
	p.Wait(live)
	p.Keys("/")
	p.Wait(`document.activeElement.id === "q"`)
	name := browsertest.Eval[string](p, `fetch("/console/people").then(r => r.text()).then(t => [...new DOMParser().parseFromString(t, "text/html").querySelectorAll("tr[data-row]")].find(r => r.innerText.includes("none") && r.querySelector("a").innerText !== "owner")?.querySelector("a").innerText ?? "")`)
	if name == "" {
		t.Fatal("everybody has an account: nobody to ask about")
	}
	shoot(p, "people")
	p.Type("q", name)
	p.Wait(`document.querySelectorAll("#found tr[data-row]").length === 1`)
	p.Press(name)
	p.Press("Why?")
	p.Says("have no account at wiki")
	if n := browsertest.Eval[int](p, `document.querySelectorAll(".steps > li").length`); n != 6 {
		t.Errorf("why has %d steps", n)
	}
	shoot(p, "why")
}

// someoneLeaves plays the leaver of the demo, and sees that nothing stays open.
func someoneLeaves(t *testing.T, p *browsertest.Tab) {
	t.Helper()
	p.Go("/console/")
	p.Press("Somebody leaves")
	p.Says("Played. Watch what Muster does about it.")
	p.Go("/console/leavers")
	p.Says("No leaver is known to be open") // the other targets wait for approval, and nobody knows of them
	p.Says("does not serve everybody yet")
}

// someone opens the page of a person with an open account.
func someone(t *testing.T, p *browsertest.Tab, nth int) string {
	t.Helper()
	p.Go("/console/people?state=active&target=wiki")
	p.Wait(`document.querySelectorAll("tr[data-row]").length > 5`)
	return browsertest.Eval[string](p, `document.querySelectorAll("tr[data-row] a")[`+string(rune('0'+nth))+`].innerText`)
}

// closeOne closes somebody with the mouse, on a phone, and looks at the target whether it is so.
func closeOne(t *testing.T, p *browsertest.Tab, folder string) {
	t.Helper()
	name := someone(t, p, 3)
	p.Size(360, 760)
	p.Press(name)
	p.Press("Disable now")
	p.Says("past limits, holds and queues")
	p.Type("reason", "lost laptop")
	shoot(p, "close")
	p.Size(360, 760)
	p.Press("Disable " + name)
	p.Says("Closed here, and ordered at every target")
	p.Wait(`document.querySelector(".card-box .chip").innerText.trim() === "closed"`)
	p.Size(1440, 900)
	shoot(p, "person")
	closed(t, folder, name)
}

func closed(t *testing.T, folder, name string) {
	t.Helper()
	who := asJSON[person](t, "user", "show", name, "-d", folder)
	if who.State == "active" || len(who.Links) != 1 || who.Links[0].Active {
		t.Errorf("%s is %+v", name, who)
	}
}

// byKeyboard closes somebody without a mouse: rows, links, fields and buttons by keys alone.
func byKeyboard(t *testing.T, p *browsertest.Tab, folder string) {
	t.Helper()
	name := someone(t, p, 1)
	p.Keys("jj\r")
	p.Wait(`location.pathname.startsWith("/console/people/")`)
	tabTo(p, "Disable now")
	p.Keys("\r")
	p.Says("past limits, holds and queues")
	tabTo(p, "Lost laptop, left today, …")
	p.Keys("left today\r")
	p.Says("Closed here, and ordered at every target")
	p.Wait(`document.querySelector(".card-box .chip").innerText.trim() === "closed"`)
	closed(t, folder, name)
	p.Keys("gi")
	p.Wait(`location.pathname === "/console/inbox"`)
}

// tabTo presses Tab until what has the focus says a text.
func tabTo(p *browsertest.Tab, text string) {
	for range 60 {
		p.Keys("\t")
		if browsertest.Eval[bool](p, `(e => e.innerText?.trim().startsWith("`+text+`") || e.placeholder === "`+text+`")(document.activeElement)`) {
			return
		}
	}
	p.Wait(`false && "the focus never came to ` + text + `"`)
}

// pauses pauses everything and goes on.
func pauses(p *browsertest.Tab) {
	p.Go("/console/")
	p.Press("Pause everything")
	p.Type("reason", "the wiki is moved")
	p.Keys("\r")
	p.Says("wiki, slack, atlassian, meisterplan paused: nothing is sent there")
	p.Press("Resume")
	p.Says("What has changed meanwhile is sent now")
}
