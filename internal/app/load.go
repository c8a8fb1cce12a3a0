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
	"slices"
	"strings"
	"sync"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// loads are the files that were taken in, each in a folder of its own until it is loaded to its end.
type loads struct {
	turn     sync.Mutex // held while one is loaded: they would only wait for each other
	mu       sync.Mutex // guards below
	progress map[string]bulkload.Progress
}

func (l *loads) set(id string, p bulkload.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.progress == nil {
		l.progress = map[string]bulkload.Progress{}
	}
	l.progress[id] = p
}

func (l *loads) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.progress, id)
}

func (l *loads) get(id string) (bulkload.Progress, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.progress[id]
	return p, ok
}

func (m *Muster) loadFolder(id string) string { return filepath.Join(m.Data, "loads", id) }

const (
	loadFile = "file"
	loadNote = "load.json"
)

// Load implements adminapi.Loads.
func (m *Muster) Load(ctx context.Context, req adminapi.LoadRequest, file io.Reader, by access.Caller) (adminapi.Started, error) {
	l := adminapi.Load{ID: string(directory.NewID()), Name: cmp.Or(filepath.Base(req.Name), "file"), From: req.From, SkipBad: req.SkipBad, By: by.Handle, Started: m.now().UTC()}
	dir := m.loadFolder(l.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return adminapi.Started{}, err
	}
	var err error
	if l.Size, err = keepFile(filepath.Join(dir, loadFile), file); err != nil {
		return adminapi.Started{}, errors.Join(notTaken(l.Name, err), os.RemoveAll(dir))
	}
	if req.DryRun {
		return m.start(ctx, []task{{name: l.Name, kind: run.Load, do: func(ctx context.Context, id string) (run.Run, error) {
			r, err := m.load(ctx, l, id, (*bulkload.Loader).Try)
			return r, errors.Join(err, os.RemoveAll(dir))
		}}})
	}
	if err := m.noteLoad(l); err != nil {
		return adminapi.Started{}, errors.Join(notTaken(l.Name, err), os.RemoveAll(dir))
	}
	return m.startLoad(ctx, l, "load.start", by)
}

// sweepLoads removes files that were not taken in to their end.
func (m *Muster) sweepLoads() error {
	entries, err := os.ReadDir(filepath.Join(m.Data, "loads"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		dir := m.loadFolder(e.Name())
		if _, err := os.Stat(filepath.Join(dir, loadNote)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

func notTaken(name string, err error) error {
	return &run.Problem{
		Code: "load_upload", What: "the file " + name + " could not be taken in", Why: err.Error(), Now: "Nothing was changed.", Fix: "See whether there is room in the data folder, and send it again.",
	}
}

// keepFile writes what r holds, durably.
func keepFile(name string, r io.Reader) (int64, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, r)
	return n, errors.Join(err, f.Sync(), f.Close())
}

// startLoad starts a run that loads l to its end.
func (m *Muster) startLoad(ctx context.Context, l adminapi.Load, act string, by access.Caller) (adminapi.Started, error) {
	err := m.Store.Update(ctx, directory.Actor("operator:"+by.Handle), func(tx directory.Tx) error {
		return audit(m.now)(ctx, tx, by.Handle, act, fmt.Sprintf("%s (%d bytes)", l.Name, l.Size))
	})
	if err != nil {
		return adminapi.Started{}, err
	}
	out, err := m.start(ctx, []task{{name: l.Name, kind: run.Load, do: func(ctx context.Context, id string) (run.Run, error) {
		l.Run = id
		if err := m.noteLoad(l); err != nil {
			return run.Run{}, err
		}
		r, err := m.load(ctx, l, id, (*bulkload.Loader).Load)
		unread := (*run.Problem)(nil)
		if err == nil && (r.Outcome == run.Done || r.Outcome == run.Failed) || errors.As(err, &unread) && unread.Code == "load_file" {
			err = errors.Join(err, os.RemoveAll(m.loadFolder(l.ID))) // to its end, or refused before anything was written
		}
		return r, err
	}}})
	return out, err
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
func (m *Muster) load(ctx context.Context, l adminapi.Load, id string, work func(*bulkload.Loader, context.Context, *bulkload.Archive, bulkload.LoadOptions) (bulkload.Result, error)) (run.Run, error) {
	m.loads.turn.Lock()
	defer m.loads.turn.Unlock()
	m.loads.set(id, bulkload.Progress{Step: "checking the file"})
	defer m.loads.drop(id)
	a, err := bulkload.Open(filepath.Join(m.loadFolder(l.ID), loadFile))
	if err != nil {
		return run.Run{}, &run.Problem{Code: "load_file", What: "the file " + l.Name + " cannot be read", Why: err.Error(), Now: "Nothing was changed.", Fix: "Send a JSONL file, or a ZIP with one in its root."}
	}
	defer func() { _ = a.Close() }() // only read
	var notes []string
	more := 0
	loader := bulkload.Loader{Store: m.Store, Door: m.door, Files: m.files, Now: m.now}
	res, err := work(&loader, ctx, a, bulkload.LoadOptions{
		From: l.From, SkipBad: l.SkipBad, Progress: func(p bulkload.Progress) { m.loads.set(id, p) },
		Found: func(f bulkload.Finding) {
			if len(notes) == mostFindings {
				more++
				return
			}
			notes = append(notes, strings.TrimSuffix(fmt.Sprintf("%s: %s. %s", f.Level, f, f.Fix), " "))
		},
	})
	if more > 0 {
		notes = append(notes, fmt.Sprintf("%d more findings: muster load validate shows them all", more))
	}
	for _, w := range res.Waiting {
		notes = append(notes, fmt.Sprintf("%s waits: %s", w.Username, w.Why))
	}
	if err != nil && !errors.Is(err, bulkload.ErrBadLines) {
		return run.Run{}, loadProblem(l, err)
	}
	return m.loaded(ctx, id, res, notes, err)
}

func loadProblem(l adminapi.Load, err error) error {
	return &run.Problem{
		Code: "load_stopped", What: "loading " + l.Name + " stopped early", Why: err.Error(), Now: "What was loaded stays. How far it came is kept.", Fix: "muster load resume " + l.ID,
	}
}

// loaded ends the run of a load.
func (m *Muster) loaded(ctx context.Context, id string, res bulkload.Result, notes []string, refused error) (r run.Run, err error) {
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
				Now: "Nothing was changed.", Fix: "Mend them, or load what is right with --skip-bad.",
			}
		case waiting > 0:
			r.Outcome, r.Problem = run.Held, &run.Problem{
				Code: "load_waiting", What: fmt.Sprintf("%d people of the file have usernames that belong to others here", waiting), Why: "a username alone does not say that they are the same people",
				Now: "Everybody else is loaded. They, their memberships and their posts are not.", Fix: "Rename them in the file or here, and then: muster load resume",
			}
		}
		return run.In(tx).PutRun(ctx, r)
	})
	return r, err
}

// Loads implements adminapi.Loads.
func (m *Muster) Loads(ctx context.Context) ([]adminapi.Load, error) {
	entries, err := os.ReadDir(filepath.Join(m.Data, "loads"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []adminapi.Load
	for _, e := range entries {
		l, err := m.findLoad(ctx, e.Name())
		if errors.Is(err, directory.ErrNotFound) {
			continue // it is still coming in, or only tried
		}
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b adminapi.Load) int { return a.Started.Compare(b.Started) })
	return out, nil
}

func (m *Muster) findLoad(ctx context.Context, id string) (adminapi.Load, error) {
	var l adminapi.Load
	b, err := os.ReadFile(filepath.Join(m.loadFolder(filepath.Base(id)), loadNote))
	if errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf("load %s: %w", id, directory.ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	if err != nil {
		return l, err
	}
	return l, m.Store.View(ctx, func(v directory.Reader) error {
		r, err := run.Of(v).Run(ctx, l.Run)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		l.Running = r.Outcome == run.Running
		return err
	})
}

// idle returns a load that no run is working on.
func (m *Muster) idle(ctx context.Context, id string) (adminapi.Load, error) {
	l, err := m.findLoad(ctx, id)
	if err == nil && l.Running {
		err = &run.Problem{Code: adminapi.Conflict, What: "the load of " + l.Name + " is running", Now: "Nothing was changed.", Fix: "Wait for it: muster runs."}
	}
	return l, err
}

// ResumeLoad implements adminapi.Loads.
func (m *Muster) ResumeLoad(ctx context.Context, id string, by access.Caller) (adminapi.Started, error) {
	l, err := m.idle(ctx, id)
	if err != nil {
		return adminapi.Started{}, err
	}
	return m.startLoad(ctx, l, "load.resume", by)
}

// DropLoad implements adminapi.Loads.
func (m *Muster) DropLoad(ctx context.Context, id string, by access.Caller) error {
	l, err := m.idle(ctx, id)
	if err != nil {
		return err
	}
	err = m.Store.Update(ctx, directory.Actor("operator:"+by.Handle), func(tx directory.Tx) error {
		return audit(m.now)(ctx, tx, by.Handle, "load.drop", l.Name)
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(m.loadFolder(l.ID))
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
	if _, err := x.Export(ctx, w); err != nil {
		return err
	}
	for _, f := range files {
		if err := m.pack(z, "data/"+f.name, f.hash); err != nil {
			return err
		}
	}
	return z.Close()
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
