// Package browsertest drives a real Chromium for tests of pages: it opens them, types and clicks as a person does, and notices what a person should never
// meet: errors in the console, scripts and styles that the policy blocks, requests to anywhere else, what axe-core finds serious, and what does not fit.
//
// It knows pages only by their address; what stands on them is for the tests to say. axe.js is axe-core 4.14.1, under the Mozilla Public License 2.0.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"muster/internal/testserver"
)

//go:embed axe.js
var axe string

// patience is how long a page may take to become what a test waits for.
const patience = 120 * time.Second

// shared is the browser that all tabs of this process are in: it takes longer to start than most pages take to be looked at.
var shared struct {
	sync.Mutex // guards the rest
	ctx        context.Context
	stop       func()
}

// Run plays the tests of a package and then stops the browser that they shared. Packages that open tabs call it from TestMain.
func Run(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.stop != nil {
		shared.stop()
	}
	return code
}

// browser returns the browser, which the first who asks starts.
func browser(t testing.TB) context.Context {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	data, err := os.MkdirTemp("", "muster-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(testserver.Chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Headless, chromedp.NoFirstRun, chromedp.UserDataDir(data),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-device-scale-factor", "1"),
	}
	allocated, free := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(allocated)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	shared.ctx, shared.stop = ctx, func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		free()
		_ = os.RemoveAll(data)
	}
	return ctx
}

// A Tab is one tab of the browser with cookies of its own. Its methods fail the test.
type Tab struct {
	t    testing.TB
	ctx  context.Context
	home string
	size [2]int64 // of the window
	mode string   // "light" or "dark", "" = as the browser began

	mu       sync.Mutex // guards the rest
	faults   []string
	requests int
	allowed  []string
}

// Open opens a tab at the site whose address begins with home. Whatever the browser finds wrong fails the test when it ends.
func Open(t testing.TB, home string) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	p := &Tab{t: t, ctx: ctx, home: home}
	t.Cleanup(func() {
		for _, f := range p.Faults() {
			t.Errorf("the browser says: %s", f)
		}
		_ = chromedp.Cancel(ctx)
		cancel()
	})
	p.must(chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		if err == nil {
			_, err = cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		}
		return err
	})))
	p.must(chromedp.Listen(ctx, p.hear))
	p.Size(1440, 900)
	return p
}

func (p *Tab) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// hear notes what is wrong.
func (p *Tab) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, fmt.Sprintf("exception: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			p.faults = append(p.faults, fmt.Sprintf("console %s: %v", e.Type, e.Args))
		}
	case *log.EventEntryAdded:
		if p.elsewhere(e.Entry) {
			return
		}
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			p.faults = append(p.faults, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		p.requests++
		if u := e.Request.URL; !strings.HasPrefix(u, p.home) && !strings.HasPrefix(u, "data:") {
			p.faults = append(p.faults, "a request to "+u)
		}
	}
}

// elsewhere reports whether an answer is told of that is not of this site: the browser says late what went wrong where the tab was before it was lent. A request
// that leaves the site now is a fault of its own.
func (p *Tab) elsewhere(e *log.Entry) bool {
	return e.Source == "network" && strings.HasPrefix(e.URL, "http") && !strings.HasPrefix(e.URL, p.home)
}

// Allow says that a fault with this text in it is what the test is about.
func (p *Tab) Allow(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, text)
}

// Forget drops all cookies: nobody is signed in any more.
func (p *Tab) Forget() {
	p.t.Helper()
	p.must(p.within(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	})))
}

// Lend has a part of the test use the tab, at a site of its own: what goes wrong from now on is that part's.
func (p *Tab) Lend(t testing.TB, home string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t, p.home = t, home
}

// Clock has pages believe that it is now that time.
func (p *Tab) Clock(now time.Time) {
	p.t.Helper()
	script := fmt.Sprintf(`{ const Real = Date, ahead = %d - Real.now();
		Date = class extends Real { constructor(...at) { at.length ? super(...at) : super(Real.now() + ahead) } static now() { return Real.now() + ahead } } }`, now.UnixMilli())
	p.must(p.within(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})))
}

// Faults returns what the browser found wrong since it was asked last, but for what is allowed.
func (p *Tab) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, f := range p.faults {
		ok := false
		for _, a := range p.allowed {
			ok = ok || strings.Contains(f, a)
		}
		if !ok {
			out = append(out, f)
		}
	}
	p.faults = nil
	return out
}

// Requests returns how many requests were made since it was asked last.
func (p *Tab) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.requests
	p.requests = 0
	return n
}

// Go opens a path, or a whole address, and waits until it is loaded.
func (p *Tab) Go(path string) {
	p.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = p.home + path
	}
	p.must(p.within(chromedp.Navigate(path)))
}

func (p *Tab) within(a chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, a)
}

// Eval returns what a script of the page yields, promises awaited.
func Eval[T any](p *Tab, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// Wait waits until a script yields true.
func (p *Tab) Wait(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+script+")"))
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText.slice(0, 3000)"))
			p.t.Fatalf("waited in vain for %s (%v); the page: %s", script, err, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Says waits until the page says a text.
func (p *Tab) Says(text string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("document.body.innerText.includes(%s)", quote(text)))
}

// Text returns the text of the page.
func (p *Tab) Text() string { return Eval[string](p, "document.body.innerText") }

// Path returns the path of the page.
func (p *Tab) Path() string { return Eval[string](p, "location.pathname + location.search") }

// Press clicks the visible button, link or summary that has a text.
func (p *Tab) Press(text string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("main a, main button, main summary, main label, .entrance button, header a")].find(e => e.checkVisibility() && !e.disabled && e.innerText.trim().startsWith(%s))`, quote(text))
	p.Wait(find)
	Eval[bool](p, "("+find+").scrollIntoView({block: 'center'}), true")
	at := Eval[[]float64](p, "(r => [r.left + r.width / 2, r.top + r.height / 2])(("+find+").getBoundingClientRect())")
	p.must(p.within(chromedp.MouseClickXY(at[0], at[1])))
}

// Type types into the field of a name.
func (p *Tab) Type(name, text string) {
	p.t.Helper()
	sel := fmt.Sprintf("input[name=%s]:not([type=hidden])", name)
	p.Wait("document.querySelector(" + quote(sel) + ")")
	Eval[bool](p, "(e => { e.focus(); e.select(); return true })(document.querySelector("+quote(sel)+"))")
	p.Keys(text)
}

// Keys presses keys, one after the other. What a page makes of a key when it goes down is all that becomes of it, as in life: its character is not typed as well.
func (p *Tab) Keys(text string) {
	p.t.Helper()
	p.must(p.within(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range text {
			for _, k := range strokes(r) {
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, k); err != nil {
					return err
				}
			}
		}
		return nil
	})))
}

// strokes are the events of a key, in which going down and the character are one.
func strokes(r rune) []input.DispatchKeyEventParams {
	var out []input.DispatchKeyEventParams
	for _, k := range kb.Encode(r) {
		if k.Type == kb.KeyChar {
			out[len(out)-1].Text, out[len(out)-1].UnmodifiedText = k.Text, k.UnmodifiedText
		} else {
			out = append(out, *k)
		}
	}
	return out
}

func quote(s string) string { return quoted(s) }

// Size sets how large the window is.
func (p *Tab) Size(width, height int64) {
	p.t.Helper()
	if size := [2]int64{width, height}; p.size != size { // each time the browser paints anew
		p.must(p.within(chromedp.EmulateViewport(width, height)))
		p.size = size
	}
}

// Themes are both themes, that which is set first: each change has the browser style and paint the page anew.
func (p *Tab) Themes() []string {
	if p.mode == "dark" {
		return []string{"dark", "light"}
	}
	return []string{"light", "dark"}
}

// Hide takes the page out of sight, for what is to come to cost nothing for it.
func (p *Tab) Hide() {
	p.t.Helper()
	Eval[bool](p, `document.documentElement.style.display = "none", true`)
}

// Theme has the system of the browser prefer "light" or "dark".
func (p *Tab) Theme(name string) {
	p.t.Helper()
	if p.mode == name {
		return
	}
	p.mode = name
	p.must(p.within(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})))
}

// Overflow returns what stands out to the right of the page, "" if all fits.
func (p *Tab) Overflow() string {
	p.t.Helper()
	return Eval[string](p, `(() => {
		const w = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= w) return "";
		const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest(".scroll, pre") && ![...e.children].some(c => c.getBoundingClientRect().right > w + 1)).reverse();
		return document.documentElement.scrollWidth + " > " + w + ": " + out.slice(0, 4).map(e => e.tagName + "." + (e.getAttribute("class") ?? "") + " " + e.textContent.trim().slice(0, 30)).join(" | ");
	})()`)
}

// axed is a script that has axe-core judge a page: but for some of its elements by all its rules, or at none by those of colours alone; colours only of the
// elements in inks. Rules whose breach is less than serious are left out, as are all rows but the first few and those that hold an ink.
const axed = `((all, but, inks) => {
	const colours = ["color-contrast", "link-in-text-block"], grave = axe._audit.rules.filter(r => r.enabled && ["serious", "critical"].includes(r.impact)).map(r => r.id);
	if (grave.length < 40 || !colours.every(r => grave.includes(r))) throw new Error("axe-core says no more how serious its rules are");
	axe.configure({rules: [{id: "color-contrast", selector: "[data-ink]"}, {id: "link-in-text-block", selector: "a[href][data-ink]"}]});
	const aside = [...document.querySelectorAll("tbody, ul, ol")].flatMap(list => [...list.children].slice(4)).filter(e => !inks.some(s => e.contains(s)));
	for (const e of aside) e.style.display = "none";
	for (const e of inks) e.dataset.ink = "";
	return axe.run(all ? {include: document, exclude: but} : {include: inks}, {preload: false, resultTypes: ["violations"], runOnly: all ? grave : colours}).finally(() => {
		for (const e of aside) e.style.display = "";
		for (const e of inks) delete e.dataset.ink;
	}).then(r => r.violations.flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.target.join(" ") + " — " + n.failureSummary.replace(/\s+/g, " ").slice(0, 260))));
})`

// Axe returns what axe-core finds serious or critical: by all its rules, but for what lies in some elements, or by those of colours alone. Colours are judged of
// the elements in inks. Both are scripts that yield arrays of elements.
func (p *Tab) Axe(all bool, but, inks string) []string {
	p.t.Helper()
	if !Eval[bool](p, "!!window.axe") {
		Eval[int](p, axe+";0")
	}
	return Eval[[]string](p, fmt.Sprintf("%s(%t, %s, %s)", axed, all, but, inks))
}

func quoted(v any) string { b, _ := json.Marshal(v); return string(b) }

// Shot writes a picture of the window, or of the whole page, as a PNG. For the whole page the window is made as high as it is: what sticks to its edges
// stands at the ends.
func (p *Tab) Shot(file string, whole bool) {
	p.t.Helper()
	size := Eval[[]int64](p, "[innerWidth, innerHeight]")
	if whole {
		height := Eval[int64](p, "Math.min(Math.max(document.documentElement.scrollHeight, innerHeight), 6000)")
		p.Size(size[0], height)
		defer p.Size(size[0], size[1])
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	p.must(err)
	p.must(os.MkdirAll(filepath.Dir(file), 0o755))
	p.must(os.WriteFile(file, png, 0o644)) //nolint:gosec // a picture of fake people
}

// A Shift is how far what stands on a page has moved since it was shown: 0 is not at all.
type Shift struct {
	By   float64  `json:"by"`
	What []string `json:"what"` // what moved, from where to where
}

// Shift returns how far what stands on the page has moved.
func (p *Tab) Shift() Shift {
	p.t.Helper()
	return Eval[Shift](p, `new Promise(done => {
		const sum = {by: 0, what: []};
		const box = r => [r.x, r.y, r.width, r.height].map(Math.round).join(" ");
		const watch = new PerformanceObserver(list => {
			for (const e of list.getEntries()) {
				if (e.hadRecentInput) continue;
				sum.by += e.value;
				for (const s of e.sources) sum.what.push((s.node?.outerHTML ?? s.node?.data ?? "gone").slice(0, 120) + " from " + box(s.previousRect) + " to " + box(s.currentRect));
			}
		});
		watch.observe({type: "layout-shift", buffered: true});
		requestAnimationFrame(() => requestAnimationFrame(() => { watch.disconnect(); done(sum) }));
	})`)
}
