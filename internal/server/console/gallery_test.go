package console_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
	"muster/internal/server/console/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Run(m)) }

// shots is where pictures of pages are written, "" = nowhere.
var shots = os.Getenv("MUSTER_SHOTS")

// The people and the group of the company, by id.
const (
	olivia = "0olivia0000000000000000000"
	mia    = "2mia0000000000000000000000"
	staff  = "3staff00000000000000000000"
)

// nobody is the role of whoever is not signed in.
const nobody = access.Role("nobody")

// mostRequests is how many requests a page may take.
const mostRequests = 10

// A site is the console of a service, with a tab that is signed in.
type site struct {
	*browsertest.Tab
	house   *adminapitest.House
	role    access.Role
	invited string // an invitation to choose a password
}

// serve has the console of a service answer.
func serve(t *testing.T, house *adminapitest.House, svc adminapi.Service) string {
	t.Helper()
	srv := httptest.NewServer(console.New(console.Config{Service: svc, Keeper: house.Keeper, Guests: noGuests{}, Now: func() time.Time { return adminapitest.Now }}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// noGuests are those of a sample company that nobody enters.
type noGuests struct{ console.Guests }

func open(t *testing.T, house *adminapitest.House, svc adminapi.Service) *site {
	t.Helper()
	s := &site{Tab: browsertest.Open(t, serve(t, house, svc)), house: house}
	s.Clock(adminapitest.Now)
	return s
}

// as signs in as somebody of a role.
func (s *site) as(t *testing.T, role access.Role) {
	t.Helper()
	if role == "" {
		role = access.Owner
	}
	if role == nobody {
		s.Forget()
		s.role = role
	}
	if s.role == role {
		return
	}
	id := s.house.Person(role)
	code, _, err := s.house.Keeper.NewCode(t.Context(), access.Caller{Person: id, Handle: string(role), Roles: []access.Role{role}}, id)
	if err != nil {
		t.Fatal(err)
	}
	s.Go(adminapi.WelcomePath(code.Reveal()))
	s.Press("Go in")
	s.Wait(`location.pathname === "/console/"`)
	s.role = role
}

// U1, U2, U11: every page in every state, in both themes and three widths: nothing sticks out, nothing jumps, nothing is serious for axe, nobody reads an id
// where a name belongs, and there is no fault in the console of the browser. What goes wrong inside is told in four parts without its text.
func TestGallery(t *testing.T) {
	h := adminapitest.New(t, nil)
	crowd := adminapitest.New(t, nil) // with more tokens and roles than fit
	throng(t, crowd)
	homes := map[string]string{
		empty: serve(t, h, nothing{h.Service}), "fresh": serve(t, h, fresh{nothing{h.Service}}), loading: serve(t, h, busy{staffed{h.Service, h}}), partial: serve(t, h, staffed{h.Service, h}), broken: serve(t, h, failing{h.Service}), "down": serve(t, h, down{h.Service}), many: serve(t, crowd, much{crowd.Service}),
	}
	invited, _, err := h.Keeper.Invite(t.Context(), h.Person(access.Operator), 0, "owner", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan *site, runtime.GOMAXPROCS(0))
	for range cap(free) {
		free <- open(t, h, h.Service)
	}
	for _, state := range states {
		for _, r := range rooms {
			if r.but[state] != "" {
				continue
			}
			t.Run(state+"/"+r.name(), func(t *testing.T) {
				t.Parallel()
				s := <-free
				defer func() { free <- s }()
				s.invited = invited.Reveal()
				s.Lend(t, homes[r.kind(state)])
				if house := map[bool]*adminapitest.House{true: crowd, false: h}[state == many]; s.house != house {
					s.house, s.role = house, ""
				}
				s.as(t, r.role)
				check(t, s, r, state)
			})
		}
	}
}

// name names a room in file names.
func (r room) name() string {
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.NewReplacer(olivia, "olivia", mia, "mia", staff, "staff", string(carla.ID), "carla").Replace(r.path), "-"), "-")
	if name == "" {
		name = "overview"
	}
	if r.role != "" {
		name += "-" + string(r.role)
	}
	return name
}

func check(t *testing.T, s *site, r room, state string) {
	t.Helper()
	s.Size(1440, 900)
	s.Requests()
	s.Faults()
	s.Go("/console/" + strings.Replace(r.path, "INVITED", s.invited, 1))
	if n := s.Requests(); n > mostRequests {
		t.Errorf("%d requests, at most %d are meant", n, mostRequests)
	}
	if jumped := s.Shift(); jumped.By > 0.02 {
		t.Errorf("the layout shifts by %.3f: %s", jumped.By, strings.Join(jumped.What, "\n"))
	}
	read(t, s, state)
	survey(t, s, r.name()+"-"+state)
	for _, f := range s.Faults() {
		if !strings.Contains(f, "responded with a status of "+r.answers(state)) {
			t.Errorf("the browser says: %s", f)
		}
	}
	s.Hide()
}

// answers returns how a room answers that is not what was asked for; the browser says so too.
func (r room) answers(state string) string {
	switch {
	case state == broken:
		return "500"
	case r.route == "{rest...}", strings.HasSuffix(r.path, "token=used"):
		return "404"
	}
	return "never"
}

// parts is a script that yields what a page is built of, whatever it says: first what is around its parts, then each part with what it lies in. Parts that are
// the same are the same to axe, and so is one more of what stands beside its like.
const parts = `(() => {
	const told = ["class", "role", "type", "tabindex", "disabled", "hidden", "open"];
	const tag = (e) => e.tagName + [...e.attributes].map(a => told.includes(a.name) ? a.name + a.value : a.name).sort();
	const pick = "header.bar > *, main > .page > :not(#live), #live > *, #live section > *, #live .halves > *, #live .cards > *, dialog";
	window.parts = [...document.querySelectorAll(pick)].filter(e => !e.querySelector(pick));
	const known = new Set(window.parts);
	const of = (e, cut) => cut && known.has(e) ? "·" : tag(e) + (e.textContent.trim() ? "!" : "") + "(" + [...e.children].slice(0, e.matches("tbody, ul, ol") ? 4 : 99).map(c => of(c, cut)).filter((c, i, all) => c !== all[i - 1]) + ")";
	const around = (e) => e ? around(e.parentElement) + ">" + tag(e) : "";
	return [of(document.body, true), ...window.parts.map(e => around(e.parentElement) + of(e))];
})()`

// inks is a script that yields what decides whether the words on a page can be read, each with an element that is so: their colour and size, what they lie on,
// and for links in a text what sets them apart from it.
const inks = `(() => {
	window.inks = new Map();
	const under = new Map([[null, ""]]);
	const ground = (e) => {
		if (!under.has(e)) {
			const s = getComputedStyle(e);
			under.set(e, ground(e.parentElement) + (s.backgroundColor === "rgba(0, 0, 0, 0)" ? "" : "/" + s.backgroundColor) + (s.backgroundImage === "none" ? "" : "#") + (s.opacity === "1" ? "" : "*" + s.opacity));
		}
		return under.get(e);
	};
	const ink = (e) => {
		if (!e.checkVisibility()) return;
		const s = getComputedStyle(e), off = e.matches(":disabled, :disabled *, [aria-disabled=true], [aria-disabled=true] *") || e.closest("label")?.control?.disabled;
		const link = e.closest("a[href]") && getComputedStyle(e.closest("a[href]")).textDecorationLine + getComputedStyle(e.closest("a[href]").parentElement).color;
		const key = [e.tagName, e.getAttribute("class"), off, s.color, s.fontSize, s.fontWeight, link, ground(e)].join(" ");
		if (!window.inks.has(key)) window.inks.set(key, e);
	};
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = new Set();
	while (texts.nextNode()) if (texts.currentNode.data.trim()) seen.add(texts.currentNode.parentElement);
	for (const e of [...seen, ...document.querySelectorAll("input, select, textarea")]) ink(e);
	return [...window.inks.keys()];
})()`

// judged are the parts, and by theme the inks, that axe has judged.
var judged sync.Map

// unseen returns the places of what nobody has judged yet, which it is from now on, and of the rest.
func unseen(theme string, all []string) (fresh, known []int) {
	fresh, known = []int{}, []int{}
	for i, x := range all {
		if _, seen := judged.LoadOrStore(theme+x, true); seen {
			known = append(known, i)
		} else {
			fresh = append(fresh, i)
		}
	}
	return fresh, known
}

// judge has axe look at what it has not seen: in the light at parts and colours, in the dark at colours, as nothing else of what it looks at is changed by that.
func judge(t *testing.T, s *site, theme string) {
	t.Helper()
	ink, _ := unseen(theme, browsertest.Eval[[]string](s.Tab, inks))
	sent, but, all := fmt.Sprintf("(all => %s.map(i => all[i]))([...window.inks.values()])", quoted(ink)), "[]", theme == "light"
	if all {
		fresh, known := unseen("", browsertest.Eval[[]string](s.Tab, parts))
		but = fmt.Sprintf("(sent => %s.map(i => window.parts[i - 1]).filter(p => p && !sent.some(s => p.contains(s))))(%s)", quoted(known), sent)
		ink = append(ink, fresh...)
	}
	if len(ink) == 0 {
		return
	}
	for _, fault := range s.Axe(all, but, sent) {
		t.Errorf("%s: %s", theme, fault)
	}
}

func quoted(v any) string { b, _ := json.Marshal(v); return string(b) }

// small is a script that yields what is too small to hit: less than 24 wide or high, and nearer than that to something else. Links in the words of a text are as
// high as those, and what a picture leads to stands in its table too.
const small = `(() => {
	const hit = (e) => (e.closest("label") ?? e).getBoundingClientRect();
	const all = [...document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")].filter(e => !e.closest("svg") && e.checkVisibility({visibilityProperty: true}) && !e.disabled && hit(e).width > 1);
	const mid = (r) => [r.left + r.width / 2, r.top + r.height / 2];
	const inText = (e) => e.matches("a") && getComputedStyle(e).display === "inline" && [...e.parentElement.childNodes].some(n => n.nodeType === 3 && n.data.trim());
	return all.filter(e => {
		const r = hit(e), [x, y] = mid(r);
		if (r.width >= 24 && r.height >= 24 || inText(e)) return false;
		return all.some(o => {
			if (o === e || o.contains(e) || e.contains(o) || o.closest("label") && o.closest("label") === e.closest("label")) return false;
			const q = hit(o), dx = Math.max(q.left - x, 0, x - q.right), dy = Math.max(q.top - y, 0, y - q.bottom);
			return dx * dx + dy * dy < 144;
		});
	}).slice(0, 5).map(e => e.tagName + " " + (e.innerText || e.name || e.getAttribute("aria-label") || "").trim().slice(0, 40) + " " + Math.round(hit(e).width) + " x " + Math.round(hit(e).height) + " in " + e.parentElement.className + ": " + e.parentElement.innerText.slice(0, 60).replace(/\s+/g, " "));
})()`

// survey judges how a page looks, and takes its pictures.
func survey(t *testing.T, s *site, name string) {
	t.Helper()
	for _, theme := range s.Themes() {
		s.Theme(theme)
		judge(t, s, theme)
	}
	for _, width := range []int64{1440, 768, 360, 320} { // 320: what 1280 is at 400 %
		s.Size(width, 900)
		if out := s.Overflow(); out != "" {
			t.Errorf("at %d: %s", width, out)
		}
		if width == 360 {
			for _, what := range browsertest.Eval[[]string](s.Tab, small) {
				t.Errorf("at %d: too small for a finger: %s", width, what)
			}
		}
		for _, theme := range []string{"dark", "light"} {
			if shots != "" && (width == 360 || width == 1440) {
				s.Theme(theme)
				s.Shot(filepath.Join(shots, fmt.Sprintf("%s-%s-%d.png", name, theme, width)), true)
			}
		}
	}
}

// never are texts that nobody should read on a page.
var never = regexp.MustCompile(`undefined|NaN|<nil>|%!|\[object|0001-01-01|1 Jan 00:00|\b[0-9a-v]*[0-9][0-9a-v]{25,}\b`)

// words is a script that yields what a page says, but for what it quotes.
const words = `(() => {
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), said = [];
	while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("code, pre, script, noscript, [data-raw]")) said.push(walk.currentNode.data);
	return said.join(" \n");
})()`

// read judges what a page says.
func read(t *testing.T, s *site, state string) {
	t.Helper()
	if bad := never.FindString(browsertest.Eval[string](s.Tab, words)); bad != "" {
		t.Errorf("it says %s", bad)
	}
	if state == broken {
		if text := s.Text(); strings.Contains(text, "disk full") || !strings.Contains(text, "Something went wrong in Muster itself") || !strings.Contains(text, "request") {
			t.Errorf("it does not tell what went wrong: %s", text)
		}
	}
}
