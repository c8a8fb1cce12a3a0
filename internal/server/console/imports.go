package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// importRoutes are files that hold whole installations: taken in, checked, and loaded when somebody says so.
func (c *console) importRoutes() {
	c.get("imports", access.View, c.importsPage)
	c.get("imports/{id}", access.View, c.importPage)
	c.mux.HandleFunc("POST "+Root+"imports", c.takeFile)
	c.post("imports/{id}/load", access.Provision, c.startImport, c.importPage)
	c.post("imports/{id}/drop", access.Provision, c.dropImport, c.importPage)
}

// An importsView is the page of all imports.
type importsView struct {
	loads   []adminapi.LoadView
	largest int64 // bytes of a file
}

func (c *console) importsPage(v *visit) (view, error) {
	loads, err := c.Service.LoadHistory(v.ctx())
	if err != nil {
		return view{}, err
	}
	cfg, err := c.Service.Configuration(v.ctx())
	return view{title: "Imports", entry: "sources", body: importsBody(v, importsView{loads, cfg.Largest})}, err
}

// takeFile hands an upload to the service while it comes in: nothing of it is kept here. Where the form leads is the page of the import.
func (c *console) takeFile(w http.ResponseWriter, r *http.Request) {
	v, ok := c.visit(w, r, access.Provision)
	if !ok {
		return
	}
	started, err := c.upload(v, http.NewResponseController(w))
	c.pulse.forget()
	if err != nil {
		w.Header().Set("Connection", "close") // the rest of the file is not waited for
		v.problem = c.problem(v, err)
		c.show(w, v, c.importsPage)
		return
	}
	http.Redirect(w, r, Root+"imports/"+started.Load+"?did=taken", http.StatusSeeOther)
}

// mostFields is how many parts of a form are looked at until the file must have come, and mostText how long one of them may be.
const (
	mostFields = 8
	mostText   = 1 << 10
)

// upload reads the form as it comes: what is said about the file, and then the file.
func (c *console) upload(v *visit, out *http.ResponseController) (adminapi.Started, error) {
	none := &run.Problem{Code: adminapi.BadRequest, What: "No file was chosen.", Now: "Nothing was changed.", Fix: "Choose a JSONL file, or a ZIP with one in its root."}
	v.Body = struct {
		io.Reader
		io.Closer
	}{adminapi.Patient(v.Body, out.SetReadDeadline), v.Body}
	form, err := v.MultipartReader()
	if err != nil {
		return adminapi.Started{}, none
	}
	req := adminapi.LoadRequest{Hold: true}
	for range mostFields {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return adminapi.Started{}, none
		case err != nil:
			return adminapi.Started{}, cutOff(err)
		case part.FormName() == "file" && part.FileName() == "":
			return adminapi.Started{}, none
		case part.FormName() == "file":
			req.Name = part.FileName()
			return c.Service.Load(v.ctx(), req, part, v.caller)
		case part.FormName() == "from":
			if req.From, err = field(part); err != nil {
				return adminapi.Started{}, cutOff(err)
			}
		}
	}
	return adminapi.Started{}, none
}

func field(part *multipart.Part) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, mostText))
	return strings.TrimSpace(string(text)), err
}

func cutOff(err error) error {
	return &run.Problem{Code: "load_upload", What: "the file could not be taken in", Why: err.Error(), Now: "Nothing was changed.", Fix: "Send it again."}
}

// An importView is an import with a page of what is wrong with its file.
type importView struct {
	adminapi.LoadView
	found []adminapi.Finding
	next  string
}

func (c *console) importPage(v *visit) (view, error) {
	l, err := c.Service.LoadView(v.ctx(), v.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	i := importView{LoadView: l}
	i.found, err = c.Service.Findings(v.ctx(), l.ID, adminapi.FindingQuery{Level: v.query("level"), After: max(after(v), 0), Limit: rowsShown})
	if len(i.found) == rowsShown {
		i.next = fmt.Sprint(i.found[rowsShown-1].Seq)
	}
	x := view{title: l.Name, entry: "sources", body: importBody(v, i)}
	if l.Running {
		x.watch = "?load=" + l.ID
	}
	return x, err
}

// loadMark returns the mark of the pulse with how far a load is, so that a page that watches it learns of every step.
func (c *console) loadMark(ctx context.Context, id, mark string) (string, error) {
	if id == "" {
		return mark, nil
	}
	l, err := c.Service.LoadView(ctx, id)
	if err != nil {
		return mark, nil //nolint:nilerr // it was forgotten: the page says so when it asks
	}
	sum := sha256.Sum256(fmt.Append(nil, mark, l.State, l.Last.Done))
	return hex.EncodeToString(sum[:8]), nil
}

func (c *console) startImport(v *visit) (string, error) {
	id := v.PathValue("id")
	_, err := c.Service.ResumeLoad(v.ctx(), id, v.PostFormValue("skip") == "yes", v.caller)
	return Root + "imports/" + id + "?did=loading", err
}

func (c *console) dropImport(v *visit) (string, error) {
	err := c.Service.DropLoad(v.ctx(), v.PathValue("id"), v.caller)
	return Root + "imports?did=dropped", err
}

// importTone returns the tone of the state of an import.
func importTone(state string) tone {
	switch state {
	case "loaded":
		return good
	case "checking", "loading":
		return busy
	case "refused":
		return bad
	}
	return warn
}

// importState says what a state means to somebody who looks.
func importState(l adminapi.LoadView) string {
	switch {
	case l.State == "checked" && l.Report.Errors == 0:
		return "checked, ready to load"
	case l.State == "checked":
		return "checked, has bad lines"
	case l.State == "waiting":
		return "loaded, people wait"
	}
	return l.State
}

// pace says how fast something goes, and how long the rest takes.
func pace(r adminapi.RunView) string {
	var out []string
	if r.PerSecond > 0 {
		out = append(out, number(int(r.PerSecond+0.5))+" lines a second")
	}
	if r.Left > 0 {
		out = append(out, "about "+short(seconds(r.Left))+" left")
	}
	return strings.Join(out, ", ")
}

// size says how large a file is.
func size(bytes int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	n, i := float64(bytes), 0
	for ; n >= 1000 && i < len(units)-1; i++ {
		n /= 1000
	}
	if i == 0 || n >= 100 {
		return fmt.Sprintf("%.0f %s", n, units[i])
	}
	return fmt.Sprintf("%.1f %s", n, units[i])
}

// loadLabel says what a button does with an import as it stands.
func loadLabel(l adminapi.LoadView) string {
	switch {
	case !l.Hold || l.Report == nil:
		return "Go on"
	case l.Report.Bad > 0:
		return fmt.Sprintf("Load the %s that are right", count(l.Report.Lines-l.Report.Bad, "line", "lines"))
	}
	return fmt.Sprintf("Load %s", count(l.Report.Lines, "line", "lines"))
}

// badWidth is the part of a bar of 1,000 that stands for bad lines: visible as soon as there is one.
func badWidth(r adminapi.Report) int {
	if r.Bad == 0 {
		return 0
	}
	return max(8, 1000*r.Bad/max(r.Lines, 1))
}

func findingTone(level string) tone {
	if level == "error" {
		return bad
	}
	return warn
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
