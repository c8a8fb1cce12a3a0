// Package console is what administrators see in a browser under /console: pages to look, decide and close people by, made on the server.
//
// It calls the same adminapi.Service as the admin API and decides nothing by itself; who is signed in, and what they may do, is for package access. Pages
// work without scripts; with them they search while one types and stay fresh by themselves (see live.go). Nothing is ever fetched from another host: all
// that pages need is embedded (assets.go). Components are *.templ files, compiled by `make generate`; class names in them are compiled into one style file
// (folder style). Package adminapitest has canned states of what pages show, and a gallery in the tests looks at every page in them.
package console

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// Root is the path that all pages are under.
const Root = "/console/"

// Config says what to show and to whom.
type Config struct {
	Service adminapi.Service
	Keeper  *access.Keeper
	Log     *slog.Logger
	Now     func() time.Time // nil = time.Now
	// Scenes, if set, are what the demo can play, as buttons.
	Scenes Scenes
	// Guest says that this is the console of the sample company, which can be left.
	Guest bool
	// Guests, if set, lets people into the sample company.
	Guests Guests
}

type console struct {
	Config
	mux   *http.ServeMux
	pulse pulse
	homes map[uintptr]string // the paths of pages, by their functions

	played  atomic.Pointer[string] // what the last scene of the demo said
	guesses *rate.Limiter          // of links that do not work
}

// New returns the console as a handler of everything under Root, and of "/", which leads there.
func New(cfg Config) http.Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	c := &console{Config: cfg, mux: http.NewServeMux(), homes: map[uintptr]string{}}
	c.pulse.init(c)
	c.mux.Handle("GET /{$}", http.RedirectHandler(Root, http.StatusSeeOther))
	c.mux.Handle("GET "+Root+"assets/{name}", http.HandlerFunc(serveAsset))
	c.signInRoutes()
	c.invitationRoutes()
	c.lookRoutes()
	c.measureRoutes()
	c.actRoutes()
	c.accountRoutes()
	c.placeRoutes()
	c.postRoutes()
	c.importRoutes()
	c.clientRoutes()
	c.sandboxRoutes()
	c.sampleRoutes()
	c.beginRoutes()
	c.paletteRoutes()
	c.outboxRoutes()
	c.problemRoutes()
	c.userRoutes()
	c.deletionRoutes()
	c.roleRoutes()
	c.mux.HandleFunc("GET "+Root+"live", c.live)
	c.get("{rest...}", access.View, c.unknownPage)
	return secure(http.NewCrossOriginProtection().Handler(fromHere(c.mux)))
}

// lookRoutes are the pages. None of them changes anything.
func (c *console) lookRoutes() {
	for path, page := range map[string]page{
		"{$}":                    c.overviewPage,
		"inbox":                  c.inboxPage,
		"leavers":                c.leaversPage,
		"people":                 c.peoplePage,
		"groups":                 c.groupsPage,
		"people/{id}":            c.personPage,
		"people/{id}/why":        c.whyPage,
		"people/{id}/close":      c.closePage,
		"people/{id}/reopen":     c.reopenPage,
		"groups/{id}":            c.groupPage,
		"groups/{id}/why":        c.whyPage,
		"plans/{id}":             c.planPage,
		"sources":                c.sourcesPage,
		"sources/{name}":         c.sourcePage,
		"sources/{name}/records": c.recordsPage,
		"targets/{name}/waiting": c.waitingPage,
		"targets":                c.targetsPage,
		"targets/{name}":         c.targetPage,
		"runs/{id}":              c.runPage,
		"runs/{id}/rows":         c.runRowsPage,
		"history":                c.historyPage,
		"settings":               c.settingsPage,
	} {
		c.get(path, access.View, page)
	}
}

// actRoutes are what can be done. Each says which right it takes; what it fails with is shown on the page that it was asked for on.
func (c *console) actRoutes() {
	c.post("sync", access.Run, c.sync, c.overviewPage)
	c.post("pause", access.Pause, c.pauseAll, c.overviewPage)
	c.post("resume", access.Pause, c.resumeAll, c.overviewPage)
	c.post("plans/{id}/approve", access.View, c.approve, c.planPage)
	c.post("plans/{id}/cancel", access.View, c.cancelStart, c.planPage)
	c.post("plans/{id}/reject", access.View, c.reject, c.planPage)
	c.post("people/{id}/close", access.Disable, c.closePerson, c.closePage)
	c.post("people/{id}/reopen", access.Disable, c.reopenPerson, c.reopenPage)
	c.post("people/{id}/sync", access.Run, c.syncPerson, c.personPage)
	c.post("sources/{name}/sync", access.Run, c.syncSource, c.sourcePage)
	c.post("sources/{name}/check", access.Run, nil, c.checkSource)
	c.post("targets/{name}/sync", access.Run, c.syncTarget, c.targetPage)
	c.post("targets/{name}/check", access.Run, nil, c.checkTarget)
	c.post("targets/{name}/pause", access.Pause, c.pauseTarget, c.targetPage)
	c.post("targets/{name}/resume", access.Pause, c.resumeTarget, c.targetPage)
	if c.Scenes != nil {
		c.post("scenes/{name}", access.Run, c.playScene, c.overviewPage)
	}
}
