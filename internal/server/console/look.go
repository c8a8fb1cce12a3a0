package console

import (
	"cmp"
	"slices"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// An overview is what the first page shows.
type overview struct {
	limits []adminapi.Limit
	calls  map[string]adminapi.TargetSeries // to each target
	scenes []string
	sample adminapi.Sample
	guest  bool
}

func (c *console) overviewPage(v *visit) (view, error) {
	o := overview{guest: c.Guest}
	var err error
	if o.sample, err = c.Service.Sample(v.ctx()); err != nil {
		return view{}, err
	}
	if o.limits, err = c.Service.Limits(v.ctx(), ""); err != nil {
		return view{}, err
	}
	if o.calls, err = c.sparks(v); err != nil {
		return view{}, err
	}
	if c.Scenes != nil {
		o.scenes = c.Scenes.Names()
	}
	x := view{title: "Overview", entry: "overview", body: overviewBody(v, o)}
	if len(v.status.Sources)+len(v.status.Targets) == 0 {
		x.watch = "?sample=" + o.sample.State
	}
	return x, nil
}

// linesShown is how many lines of a plan stand on a page.
const linesShown = 50

// A review is a plan with a page of its lines, those that were chosen.
type review struct {
	plan     run.Plan
	report   *run.Report
	chosen   adminapi.Selection // by the address
	all      []run.Tally        // of the whole plan
	shown    adminapi.Tallied   // of those chosen
	lines    adminapi.LinePage
	start    adminapi.Start
	mine     error // why the visitor may not decide, or nil
	unasked  bool  // nothing was chosen: the whole plan is shown
	question bool  // lines that are chosen ask which of several things to do
}

// selection returns which lines the address chooses.
func selection(v *visit) adminapi.Selection {
	q := v.URL.Query()
	return adminapi.Selection{
		Acts: q["act"], Class: v.query("class"), Cause: v.query("cause"), Kind: v.query("kind"), Name: v.query("name"), Status: v.query("status"),
	}
}

func (c *console) planPage(v *visit) (view, error) {
	p, err := c.Service.Plan(v.ctx(), v.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	r := review{plan: p, chosen: selection(v), mine: v.caller.Authorize(rightTo(p.Kind))}
	r.unasked = v.with() == v.path()
	if report, ok := p.Report(); ok {
		r.report = &report
	}
	if p.Status == run.Waiting {
		if r.start, err = c.Service.Start(v.ctx(), p.ID); err != nil {
			return view{}, err
		}
	}
	whole, err := c.Service.Tally(v.ctx(), p.ID, adminapi.Selection{}, nil)
	if err != nil {
		return view{}, err
	}
	if r.all, r.shown = whole.By, whole; !r.unasked {
		if r.shown, err = c.Service.Tally(v.ctx(), p.ID, r.chosen, nil); err != nil {
			return view{}, err
		}
	}
	r.lines, err = c.Service.Lines(v.ctx(), p.ID, adminapi.LineQuery{Selection: r.chosen, After: after(v), Limit: linesShown})
	r.question = slices.ContainsFunc(r.lines.Lines, func(l run.Line) bool { return len(l.Answers) > 0 && l.Status == run.Waiting })
	return view{title: planTitle(p), entry: "inbox", body: planBody(v, r)}, err
}

func (c *console) sourcesPage(v *visit) (view, error) {
	return view{title: "Sources", entry: "sources", body: sourcesBody(v)}, nil
}

// A sourceView is a source with what is known of it.
type sourceView struct {
	adminapi.SourceStatus
	config adminapi.SourceConfig
	runs   []run.Run
	seen   adminapi.SourceSeries
	check  *adminapi.SourceCheck
}

func (c *console) sourcePage(v *visit) (view, error) { return c.source(v, nil) }

func (c *console) checkSource(v *visit) (view, error) {
	check, err := c.Service.CheckSource(v.ctx(), v.PathValue("name"))
	if err != nil {
		return view{}, err
	}
	return c.source(v, &check)
}

func (c *console) source(v *visit, check *adminapi.SourceCheck) (view, error) {
	name := v.PathValue("name")
	i := slices.IndexFunc(v.status.Sources, func(s adminapi.SourceStatus) bool { return s.Name == name })
	if i < 0 {
		return view{}, noSuch("source", name)
	}
	s := sourceView{SourceStatus: v.status.Sources[i], check: check}
	cfg, err := c.Service.Configuration(v.ctx())
	if err != nil {
		return view{}, err
	}
	for _, x := range cfg.Sources {
		if x.Name == name {
			s.config = x
		}
	}
	if s.seen, err = c.counted(v, name); err != nil {
		return view{}, err
	}
	s.runs, err = c.Service.Runs(v.ctx(), adminapi.RunQuery{Name: name, Limit: 10})
	return view{title: name, entry: "sources", body: sourceBody(v, s)}, err
}

func (c *console) targetsPage(v *visit) (view, error) {
	calls, err := c.sparks(v)
	return view{title: "Targets", entry: "targets", body: targetsBody(v, calls)}, err
}

// A targetView is a target with what is known of it.
type targetView struct {
	adminapi.TargetStatus
	config  adminapi.TargetConfig
	limits  []adminapi.Limit
	waiting []adminapi.Waiting
	runs    []run.Run
	calls   adminapi.TargetSeries
	check   *adminapi.TargetCheck
}

func (c *console) targetPage(v *visit) (view, error) { return c.target(v, nil) }

func (c *console) checkTarget(v *visit) (view, error) {
	check, err := c.Service.CheckTarget(v.ctx(), v.PathValue("name"))
	if err != nil {
		return view{}, err
	}
	return c.target(v, &check)
}

func (c *console) target(v *visit, check *adminapi.TargetCheck) (view, error) {
	name := v.PathValue("name")
	i := slices.IndexFunc(v.status.Targets, func(t adminapi.TargetStatus) bool { return t.Name == name })
	if i < 0 {
		return view{}, noSuch("target", name)
	}
	t := targetView{TargetStatus: v.status.Targets[i], check: check}
	cfg, err := c.Service.Configuration(v.ctx())
	if err != nil {
		return view{}, err
	}
	for _, x := range cfg.Targets {
		if x.Name == name {
			t.config = x
		}
	}
	if t.limits, err = c.Service.Limits(v.ctx(), name); err != nil {
		return view{}, err
	}
	if t.waiting, err = c.Service.Waiting(v.ctx(), adminapi.WaitQuery{Target: name, Limit: rowsShown + 1}); err != nil {
		return view{}, err
	}
	if t.runs, err = c.Service.Runs(v.ctx(), adminapi.RunQuery{Name: name, Limit: 60}); err != nil {
		return view{}, err
	}
	t.calls, err = c.calls(v, name)
	return view{title: name, entry: "targets", body: targetBody(v, t)}, err
}

func noSuch(kind, name string) error {
	return &run.Problem{Code: adminapi.NotFound, What: "There is no " + kind + " " + name + ".", Why: "It is not in the configuration.", Fix: "The page of all " + kind + "s lists what there is."}
}

func (c *console) runPage(v *visit) (view, error) {
	r, err := c.Service.Run(v.ctx(), v.PathValue("id"), 0)
	if err != nil {
		return view{}, err
	}
	x := runPageView{RunView: r}
	x.writes, x.next, err = c.writes(v, adminapi.CallQuery{Run: r.ID})
	return view{title: "Run on " + r.Name, entry: "history", body: runBody(v, x)}, err
}

// A history is what happened, one sort of it.
type history struct {
	tab    string
	runs   []run.Run
	writes []adminapi.CallAt
	events []run.Event
	plans  []run.Plan
	next   string            // where the next page begins, "" = there is none
	names  map[string]string // of the people and groups of events, by id
}

// rowsShown is how many rows of a table stand on a page, and waitingShown how many who wait stand beside the limits of a target.
const (
	rowsShown    = 50
	waitingShown = 10
)

func (c *console) historyPage(v *visit) (view, error) {
	h := history{tab: cmp.Or(v.query("tab"), "runs")}
	var err error
	switch h.tab {
	case "runs":
		h.runs, err = c.Service.Runs(v.ctx(), adminapi.RunQuery{Name: v.query("name"), Before: v.query("after"), Limit: oneMore})
		h.runs, h.next = cutPage(h.runs, func(r run.Run) string { return r.ID })
	case "writes":
		h.writes, h.next, err = c.writes(v, chosenCalls(v))
	case "acts":
		h.events, err = c.Service.Events(v.ctx(), run.EventQuery{Object: v.query("object"), By: v.query("by"), Act: v.query("act"), Before: int64(after(v)), Limit: rowsShown})
		h.names = c.namesOf(v, h.events)
	case "plans":
		h.plans, err = c.Service.Plans(v.ctx(), adminapi.PlanQuery{Target: v.query("target"), Status: run.Status(v.query("status")), Before: v.query("after"), Limit: oneMore})
		h.plans, h.next = cutPage(h.plans, func(p run.Plan) string { return p.ID })
	default:
		return c.unknownPage(v)
	}
	return view{title: "History", entry: "history", body: historyBody(v, h)}, err
}

// idLength is how long ids of people, groups and plans are.
const idLength = 26

// namesOf names the people and groups that events are about, as far as they are still there.
func (c *console) namesOf(v *visit, events []run.Event) map[string]string {
	names := map[string]string{}
	for _, e := range events {
		if _, asked := names[e.Object]; asked || len(e.Object) != idLength || aboutPlan(e) {
			continue
		}
		names[e.Object] = ""
		if o, err := c.Service.Object(v.ctx(), "", e.Object); err == nil {
			names[e.Object] = o.Name
		}
	}
	return names
}

func (c *console) settingsPage(v *visit) (view, error) {
	cfg, err := c.Service.Configuration(v.ctx())
	if err != nil {
		return view{}, err
	}
	tokens, err := c.Keeper.Tokens(v.ctx(), v.caller)
	return view{title: "Settings", entry: "settings", body: settingsBody(v, cfg, c.Service.Version(v.ctx()), tokens)}, err
}
