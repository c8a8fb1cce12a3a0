package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"muster/internal/cli"
	"muster/internal/run"
	"muster/internal/server"
)

// control answers at the control socket of a running demo: POST /scenes/{name} plays a scene and streams its events as JSON lines.
func (w *world) control(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /scenes/{name}", func(out http.ResponseWriter, r *http.Request) {
		act, ok := scenes[r.PathValue("name")]
		if !ok {
			http.NotFound(out, r)
			return
		}
		out.Header().Set("Content-Type", "application/x-ndjson")
		lines, flush := json.NewEncoder(out), http.NewResponseController(out)
		emit := func(e event) {
			if lines.Encode(e) == nil { // who asked may have left; the scene is played to its end all the same
				_ = flush.Flush()
			}
		}
		emit(w.onDemand(ctx, r.PathValue("name"), emit, act))
	})
	return mux
}

// onDemand plays one scene at a time, once the plan is approved, and returns the last event. People try things out between scenes: what was wrong before is
// not the fault of this one.
func (w *world) onDemand(ctx context.Context, name string, emit func(event), act act) event {
	switch waiting, err := w.drafts(ctx); {
	case err != nil:
		return event{Error: err.Error()}
	case slices.Contains(waiting, targetName):
		return event{Error: fmt.Sprintf("the first plan waits for approval, and until then nothing happens: %s plan show %s", w.command(), targetName)}
	}
	if !w.playing.TryLock() {
		emit(event{Say: "(the plan is being carried out, or another scene is played: this one waits)"})
		w.playing.Lock()
	}
	defer w.playing.Unlock()
	known := w.baseline()
	if len(known) > 0 {
		emit(event{Say: fmt.Sprintf("(%d things at the wiki are not as the directory says already, and are left out of the checks)", len(known))})
	}
	_, end := w.perform(ctx, name, known, emit, act)
	return end
}

// baseline returns what is wrong at the wiki now.
func (w *world) baseline() []string {
	w.approved = true
	var out []string
	for _, f := range w.ledger.audit(w.staff(), w.wiki.Snapshot()) {
		out = append(out, f.wrong...)
	}
	return append(out, w.auditSites()...)
}

// ask asks the demo that runs for a scene, and shows it.
func ask(ctx context.Context, opts cli.DemoOptions) error {
	socket, err := findDemo(ctx, opts.Data)
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return server.DialSocket(ctx, socket) }
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://demo/scenes/"+opts.Scene, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return fmt.Errorf("ask the demo: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the demo: it answers %s", res.Status)
	}
	return show(res.Body, opts)
}

// show prints the events of a scene, or with JSON the step that they are of.
func show(in io.Reader, opts cli.DemoOptions) error {
	print := printer(opts.Stdout)
	for lines := json.NewDecoder(in); ; {
		var e event
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return errors.New("the demo ended before the scene did")
		case err != nil:
			return fmt.Errorf("read the demo's answer: %w", err)
		case e.Error != "":
			return &run.Problem{Code: "conflict", What: "the scene is not played", Why: e.Error, Now: "Nothing was changed."}
		}
		if !opts.JSON {
			print(e)
		}
		if e.Step == nil {
			continue
		}
		r := Report{OK: e.Step.OK, Took: e.Step.Took}
		r.add(*e.Step)
		if opts.JSON {
			out := json.NewEncoder(opts.Stdout)
			out.SetIndent("", "  ")
			if err := out.Encode(e.Step); err != nil {
				return err
			}
		}
		return r.problem()
	}
}

// findDemo returns the control socket of the demo on a data folder; without one, of the only demo that runs.
func findDemo(ctx context.Context, data string) (string, error) {
	candidates := []string{filepath.Join(data, controlSocket)}
	if data == "" {
		var err error
		if candidates, err = filepath.Glob(filepath.Join(os.TempDir(), "muster-demo-*", controlSocket)); err != nil {
			return "", err
		}
	}
	var found []string
	for _, socket := range candidates {
		if conn, err := server.DialSocket(ctx, socket); err == nil {
			conn.Close()
			found = append(found, socket)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	p := &run.Problem{Code: "unavailable", What: "no demo runs", Now: "Nothing was changed.", Fix: "Start one with `" + program() + " demo`, and name its data folder with -d FOLDER."}
	if data != "" {
		p.What = "no demo runs on the data folder " + data
	}
	if len(found) > 1 {
		p.What, p.Fix = fmt.Sprintf("%d demos run", len(found)), "Name the data folder of one with -d FOLDER."
	}
	return "", p
}
