package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

const (
	loadFindings = "findings.jsonl"
	mostKept     = 100_000 // findings of a file
)

// A findingsFile keeps what is wrong with a file beside it.
type findingsFile struct {
	f         *os.File // beside the one of the check before, until all is found
	name      string
	w         *bufio.Writer
	err       error
	n, unkept int
}

// findings begins to keep those of a load, in the place of what was found before.
func (m *Muster) findings(id string) (*findingsFile, error) {
	name := filepath.Join(m.loadFolder(id), loadFindings)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &findingsFile{f: f, name: name, w: bufio.NewWriter(f)}, nil
}

func (k *findingsFile) add(f bulkload.Finding) {
	if k.err != nil || k.n == mostKept {
		k.unkept++
		return
	}
	k.n++
	var line []byte
	if line, k.err = json.Marshal(adminapi.Finding{Seq: k.n, Line: f.Line, Type: f.Type, Field: f.Field, Level: string(f.Level), Code: f.Code, What: f.What, Fix: f.Fix}); k.err == nil {
		_, k.err = k.w.Write(append(line, '\n'))
	}
}

func (k *findingsFile) close() error {
	return errors.Join(k.err, k.w.Flush(), k.f.Close(), os.Rename(k.name+".new", k.name))
}

// Findings implements adminapi.Loads.
func (m *Muster) Findings(ctx context.Context, id string, q adminapi.FindingQuery) ([]adminapi.Finding, error) {
	if _, err := m.findLoad(ctx, id); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(m.loadFolder(filepath.Base(id)), loadFindings))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var out []adminapi.Finding
	for r := bufio.NewReader(f); len(out) < q.Limit; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break // the last one may still be on its way
		}
		var one adminapi.Finding
		if err := json.Unmarshal(line, &one); err != nil {
			return out, fmt.Errorf("findings of %s: %w", id, err)
		}
		if one.Seq > q.After && (q.Level == "" || one.Level == q.Level) {
			out = append(out, one)
		}
	}
	return out, nil
}

// Loads implements adminapi.Loads.
func (m *Muster) Loads(ctx context.Context) ([]adminapi.Load, error) {
	all, err := m.allLoads(ctx)
	all = slices.DeleteFunc(all, func(l adminapi.Load) bool { return l.Done })
	return all, err
}

// allLoads returns everything of which something is kept, oldest first.
func (m *Muster) allLoads(ctx context.Context) ([]adminapi.Load, error) {
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

// LoadHistory implements adminapi.Loads.
func (m *Muster) LoadHistory(ctx context.Context) ([]adminapi.LoadView, error) {
	all, err := m.allLoads(ctx)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	var out []adminapi.LoadView
	for _, l := range all {
		v, err := m.loadView(ctx, l)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// LoadView implements adminapi.Loads.
func (m *Muster) LoadView(ctx context.Context, id string) (adminapi.LoadView, error) {
	l, err := m.findLoad(ctx, id)
	if err != nil {
		return adminapi.LoadView{}, err
	}
	return m.loadView(ctx, l)
}

func (m *Muster) loadView(ctx context.Context, l adminapi.Load) (adminapi.LoadView, error) {
	v := adminapi.LoadView{Load: l, State: "cut off"}
	var err error
	if v.Last, err = m.runView(ctx, l.Run); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return v, err
	}
	switch {
	case l.Running && l.Hold:
		v.State = "checking"
	case l.Running:
		v.State = "loading"
	case l.Done && v.Last.Outcome == run.Done:
		v.State = "loaded"
	case l.Done:
		v.State = "refused"
	case l.Hold && l.Report != nil:
		v.State = "checked"
	case v.Last.Outcome == run.Held:
		v.State = "waiting"
	}
	return v, nil
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
		l.Done = l.Done || r.Outcome == run.Done && !l.Hold // what ended just before this could be noted
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
func (m *Muster) ResumeLoad(ctx context.Context, id string, skipBad bool, by access.Caller) (adminapi.Started, error) {
	l, err := m.idle(ctx, id)
	if err == nil && l.Done {
		err = &run.Problem{Code: adminapi.Decided, What: "the load of " + l.Name + " is over", Why: "The file is not kept any more.", Now: "Nothing was changed.", Fix: "Send the file again: what is loaded already stays as it is."}
	}
	if err != nil {
		return adminapi.Started{}, err
	}
	l.Hold, l.SkipBad = false, l.SkipBad || skipBad
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

// pruneLoads forgets what came of loads that were over before then.
func (m *Muster) pruneLoads(ctx context.Context, before time.Time) error {
	all, err := m.allLoads(ctx)
	for _, l := range all {
		if l.Done && l.Started.Before(before) {
			err = errors.Join(err, os.RemoveAll(m.loadFolder(l.ID)))
		}
	}
	return err
}
