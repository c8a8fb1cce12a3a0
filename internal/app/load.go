package app

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// loads are the files that were taken in, each in a folder of its own until it is loaded to its end; then what came of it stays there.
type loads struct {
	turn     sync.Mutex // held while one is loaded: they would only wait for each other
	mu       sync.Mutex // guards below
	progress map[string]pace
}

// A pace is how far a run of a load is, and since when it has been going on like this.
type pace struct {
	bulkload.Progress
	from      bulkload.Progress
	since, at time.Time
}

// perSecond returns how many lines it takes in a second, 0 before that can be told.
func (p pace) perSecond() float64 {
	d := p.at.Sub(p.since)
	if d < time.Second {
		return 0
	}
	return float64(p.Done-p.from.Done) / d.Seconds()
}

// left returns how long the rest takes at that rate, 0 if that is not known.
func (p pace) left() time.Duration {
	rate := p.perSecond()
	if rate <= 0 || p.Total <= p.Done {
		return 0
	}
	return time.Duration(float64(p.Total-p.Done) / rate * float64(time.Second))
}

func (l *loads) set(id string, p bulkload.Progress, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.progress == nil {
		l.progress = map[string]pace{}
	}
	was, ok := l.progress[id]
	if !ok || was.Total != p.Total { // the file is checked at another pace than it is loaded
		was = pace{from: p, since: now}
	}
	l.progress[id] = pace{p, was.from, was.since, now}
}

func (l *loads) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.progress, id)
}

func (l *loads) get(id string) (pace, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.progress[id]
	return p, ok
}

func (m *Muster) loadsFolder() string { return filepath.Join(m.Data, "loads") }

func (m *Muster) loadFolder(id string) string { return filepath.Join(m.loadsFolder(), id) }

const (
	loadFile = "file"
	loadNote = "load.json"
)

// usualLargest is how large a file may be if the configuration does not say.
const usualLargest = 20e9

// installation is what an installation that files are exported from may be called.
var installation = regexp.MustCompile(`^[a-z0-9._-]{0,64}$`)

// Load implements adminapi.Loads.
func (m *Muster) Load(ctx context.Context, req adminapi.LoadRequest, file io.Reader, by access.Caller) (adminapi.Started, error) {
	l := adminapi.Load{
		ID: string(directory.NewID()), Name: cmp.Or(filepath.Base(req.Name), "file"), From: req.From, SkipBad: req.SkipBad, Hold: req.Hold, By: by.Handle, Started: m.now().UTC(),
	}
	if !installation.MatchString(req.From) {
		return adminapi.Started{}, &run.Problem{Code: adminapi.BadRequest, What: fmt.Sprintf("%q is not the name of an installation", req.From), Now: "Nothing was changed.", Fix: "Lower-case letters, digits, dots, - and _, at most 64."}
	}
	dir := m.loadFolder(l.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return adminapi.Started{}, err
	}
	var err error
	if l.Size, err = keepFile(filepath.Join(dir, loadFile), file, cmp.Or(m.File.Largest, usualLargest)); err != nil {
		return adminapi.Started{}, errors.Join(notTaken(l.Name, err), os.RemoveAll(dir))
	}
	if req.DryRun && !req.Hold {
		return m.start(ctx, []task{{name: l.Name, kind: run.Load, do: func(ctx context.Context, id string) (run.Run, error) {
			r, err := m.load(ctx, &l, id, (*bulkload.Loader).Try)
			return r, errors.Join(err, os.RemoveAll(dir))
		}}})
	}
	if err := m.noteLoad(l); err != nil {
		return adminapi.Started{}, errors.Join(notTaken(l.Name, err), os.RemoveAll(dir))
	}
	act := "load.start"
	if l.Hold {
		act = "load.check"
	}
	return m.startLoad(ctx, l, act, by)
}

// sweepLoads removes files that were not taken in to their end, and those of loads that are over.
func (m *Muster) sweepLoads(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(m.Data, "loads"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		l, err := m.findLoad(ctx, e.Name())
		switch {
		case errors.Is(err, directory.ErrNotFound):
			err = os.RemoveAll(m.loadFolder(e.Name()))
		case err == nil && l.Done:
			if err = os.Remove(filepath.Join(m.loadFolder(l.ID), loadFile)); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		default:
			continue // it is of one that goes on, or whoever asks for it is told what is wrong
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func notTaken(name string, err error) error {
	if p := (*run.Problem)(nil); errors.As(err, &p) {
		return err
	}
	return &run.Problem{
		Code: "load_upload", What: "the file " + name + " could not be taken in", Why: err.Error(), Now: "Nothing was changed.", Fix: "See whether there is room in the data folder, and send it again.",
	}
}

// keepFile writes what r holds, durably, unless it is larger than that.
func keepFile(name string, r io.Reader, largest int64) (int64, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, io.LimitReader(r, largest+1))
	if err == nil && n > largest {
		err = &run.Problem{
			Code: "load_too_large", What: fmt.Sprintf("the file is larger than %d bytes", largest), Why: "the configuration says that no larger one is taken in", Now: "Nothing was changed.",
			Fix: "Pack it as a ZIP, or raise largest_load in the configuration.",
		}
	}
	return n, errors.Join(err, f.Sync(), f.Close())
}

// startLoad starts a run that checks l, if it is held, or else loads it to its end.
func (m *Muster) startLoad(ctx context.Context, l adminapi.Load, act string, by access.Caller) (adminapi.Started, error) {
	err := m.Store.Update(ctx, directory.Actor("operator:"+by.Handle), func(tx directory.Tx) error {
		return audit(m.now)(ctx, tx, by.Handle, act, fmt.Sprintf("%s (%d bytes)", l.Name, l.Size))
	})
	if err != nil {
		return adminapi.Started{}, err
	}
	out, err := m.start(ctx, []task{m.loadTask(l)})
	out.Load = l.ID
	return out, err
}

func (m *Muster) loadTask(l adminapi.Load) task {
	return task{name: l.Name, kind: run.Load, do: func(ctx context.Context, id string) (run.Run, error) { return m.takeLoad(ctx, l, id) }}
}

// heldLoads are the runs that go on with loads whose people waited.
func (m *Muster) heldLoads(ctx context.Context) ([]task, error) {
	loads, err := m.Loads(ctx)
	var out []task
	for _, l := range loads {
		if !l.Running && !l.Done && !l.Hold {
			out = append(out, m.loadTask(l))
		}
	}
	return out, err
}

// takeLoad is one run of a load. Of one that is loaded to its end, or refused before anything was written, the file goes and what came of it stays.
func (m *Muster) takeLoad(ctx context.Context, l adminapi.Load, id string) (run.Run, error) {
	l.Run = id
	if err := m.noteLoad(l); err != nil {
		return run.Run{}, err
	}
	work := (*bulkload.Loader).Load
	if l.Hold {
		work = (*bulkload.Loader).Try
	}
	r, err := m.load(ctx, &l, id, work)
	unread := (*run.Problem)(nil)
	l.Done = err == nil && !l.Hold && (r.Outcome == run.Done || r.Outcome == run.Failed) || errors.As(err, &unread) && unread.Code == "load_file"
	err = errors.Join(err, m.noteLoad(l))
	if l.Done {
		err = errors.Join(err, os.Remove(filepath.Join(m.loadFolder(l.ID), loadFile)))
	}
	return r, err
}

// noteLoad keeps what a load is.
func (m *Muster) noteLoad(l adminapi.Load) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	name := filepath.Join(m.loadFolder(l.ID), loadNote)
	return errors.Join(os.WriteFile(name+".new", b, 0o600), os.Rename(name+".new", name))
}

const mostFindings = 200

// load works on a file, and keeps what came of it as a run.
func (m *Muster) load(ctx context.Context, l *adminapi.Load, id string, work func(*bulkload.Loader, context.Context, *bulkload.Archive, bulkload.LoadOptions) (bulkload.Result, error)) (run.Run, error) {
	m.loads.turn.Lock()
	defer m.loads.turn.Unlock()
	m.loads.set(id, bulkload.Progress{Step: "checking the file"}, m.now())
	defer m.loads.drop(id)
	a, err := bulkload.Open(filepath.Join(m.loadFolder(l.ID), loadFile))
	if err == nil {
		if err = a.AtMost(cmp.Or(m.File.Largest, usualLargest)); err != nil {
			err = errors.Join(err, a.Close())
		}
	}
	if err != nil {
		return run.Run{}, &run.Problem{Code: "load_file", What: "the file " + l.Name + " cannot be read", Why: err.Error(), Now: "Nothing was changed.", Fix: "Send a JSONL file, or a ZIP with one in its root."}
	}
	defer func() { _ = a.Close() }() // only read
	found, err := m.findings(l.ID)
	if err != nil {
		return run.Run{}, err
	}
	var notes []string
	more := 0
	loader := bulkload.Loader{Store: m.Store, Door: m.door, Keeper: m.Keeper, Files: m.files, Now: m.now}
	res, err := work(&loader, ctx, a, bulkload.LoadOptions{
		From: l.From, SkipBad: l.SkipBad, Progress: func(p bulkload.Progress) { m.loads.set(id, p, m.now()) },
		Found: func(f bulkload.Finding) {
			found.add(f)
			if len(notes) == mostFindings {
				more++
				return
			}
			notes = append(notes, strings.TrimSuffix(fmt.Sprintf("%s: %s. %s", f.Level, f, f.Fix), " "))
		},
	})
	l.Report = &adminapi.Report{Lines: res.Lines, Counts: res.Counts, Errors: res.Errors, Warnings: res.Warnings, Bad: res.Bad, Codes: res.Codes, Unused: res.Unused, Unkept: found.unkept, More: res.MoreWaiting}
	for _, w := range res.Waiting {
		l.Report.Waiting = append(l.Report.Waiting, adminapi.LoadWait(w))
	}
	kept := errors.Join(found.close(), m.noteLoad(*l)) // before the run ends: whoever waits for that asks for the report
	if err == nil {
		err = kept
	}
	if more > 0 {
		notes = append(notes, fmt.Sprintf("%d more findings: muster load validate shows them all", more))
	}
	for _, w := range res.Waiting {
		notes = append(notes, fmt.Sprintf("%s waits: %s", w.Username, w.Why))
	}
	if err != nil && !errors.Is(err, bulkload.ErrBadLines) {
		return run.Run{}, loadProblem(*l, err)
	}
	return m.loaded(ctx, &loader, id, res, notes, err)
}

func loadProblem(l adminapi.Load, err error) error {
	return &run.Problem{
		Code: "load_stopped", What: "loading " + l.Name + " stopped early", Why: err.Error(), Now: "What was loaded stays. How far it came is kept.", Fix: "muster load resume " + l.ID,
	}
}

// loaded ends the run of a load.
func (m *Muster) loaded(ctx context.Context, l *bulkload.Loader, id string, res bulkload.Result, notes []string, refused error) (r run.Run, err error) {
	ctx = context.WithoutCancel(ctx)
	err = m.Store.Update(ctx, "load", func(tx directory.Tx) error {
		if r, err = run.In(tx).Run(ctx, id); err != nil {
			return err
		}
		r.Ended, r.Outcome, r.Counts, r.Notes = m.now(), run.Done, res.Written, notes
		if res.Written == nil {
			r.Counts = res.Counts
		}
		waiting := len(res.Waiting) + res.MoreWaiting
		switch {
		case refused != nil:
			r.Outcome, r.Problem = run.Failed, &run.Problem{
				Code: "load_bad_lines", What: fmt.Sprintf("%d of %d lines are bad", res.Bad, res.Lines), Why: "the notes of this run say which, and why",
				Now: "Nothing was changed.", Fix: "Mend them, or load what is right with --on-error skip.",
			}
		case waiting > 0:
			r.Outcome, r.Problem = run.Held, &run.Problem{
				Code: "load_waiting", What: fmt.Sprintf("%d people of the file have usernames that belong to others here", waiting), Why: "a username alone does not say that they are the same people",
				Now: "Everybody else is loaded. They, their memberships and their posts are not.",
				Fix: "See who is who: muster hold show load. If they are the same people: muster hold release load. Else rename them in the file or here, and then: muster load resume",
			}
		}
		if refused == nil && res.ID != "" {
			if err := l.Over(ctx, tx, res); err != nil {
				return err
			}
		}
		return run.In(tx).PutRun(ctx, r)
	})
	return r, err
}

// Export implements adminapi.Loads.
func (m *Muster) Export(ctx context.Context, to io.Writer, by access.Caller) error {
	err := m.Store.Update(ctx, directory.Actor("operator:"+by.Handle), func(tx directory.Tx) error {
		return audit(m.now)(ctx, tx, by.Handle, "export", "everything")
	})
	if err != nil {
		return err
	}
	z := zip.NewWriter(to)
	w, err := z.Create("import.jsonl")
	if err != nil {
		return err
	}
	type file struct{ name, hash string }
	var files []file
	x := bulkload.Exporter{Store: m.Store, Attach: func(name, hash string) error {
		files = append(files, file{name, hash})
		return nil
	}}
	made, err := x.Export(ctx, w)
	if err != nil {
		return err
	}
	if err := packNotes(z, made); err != nil {
		return err
	}
	for _, f := range files {
		if err := m.pack(z, "data/"+f.name, f.hash); err != nil {
			return err
		}
	}
	return z.Close()
}

// packNotes adds what the format could not hold to an archive. Loading passes it over.
func packNotes(z *zip.Writer, made bulkload.Exported) error {
	if len(made.Notes) == 0 {
		return nil
	}
	w, err := z.Create("notes.json")
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(made)
}

// pack adds a file to an archive.
func (m *Muster) pack(z *zip.Writer, name, hash string) error {
	r, err := m.files.Get(hash)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}
