package adminapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/internal/access"
)

// upload is a request whose body is a file, which is read as it comes.
type upload struct {
	Name    string `query:"name" maxLength:"200" doc:"Name of the file."`
	From    string `query:"from" pattern:"^[a-z0-9._-]*$" maxLength:"64" doc:"Installation that the file was exported from: a username means the same person in every file from there."`
	SkipBad bool   `query:"skip_bad" doc:"Load what is right of a file with bad lines."`
	OnError string `query:"on_error" enum:"stop,skip" doc:"What becomes of a file with bad lines: it is kept out, or loaded without them, as with skip_bad."`
	DryRun  bool   `query:"dry_run" doc:"Say what is wrong with the file here, and write nothing."`
	Hold    bool   `query:"hold" doc:"The same, but keep the file: to resume the load loads it."`
	body    io.Reader
}

// Resolve takes the body from the request.
func (u *upload) Resolve(ctx huma.Context) []error {
	u.body = Patient(ctx.BodyReader(), ctx.SetReadDeadline)
	return nil
}

// readWait is how long an upload may bring nothing.
const readWait = time.Minute

// Patient returns a reader of a body that may take as long as it likes to come in whole, but not stand still: extend sets when reading it gives up.
func Patient(body io.Reader, extend func(time.Time) error) io.Reader { return patient{body, extend} }

type patient struct {
	io.Reader
	extend func(time.Time) error
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.extend(time.Now().Add(readWait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := p.Reader.Read(b)
	if errors.Is(err, io.EOF) { // keeping the file may take its time
		_ = p.extend(time.Time{})
	}
	return n, err
}

type byID struct {
	ID string `path:"id"`
}

func (a *api) loadRoutes() {
	file := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	addOp(a, route{"start-load", http.MethodPost, "/loads", "Load a file that holds an installation", access.Provision, 0}, func(op *huma.Operation) {
		op.RequestBody = &huma.RequestBody{Required: true, Content: file, Description: "A JSONL file, or a ZIP with one and its attachments below data/."}
	}, func(ctx context.Context, in *upload) (Started, error) {
		return a.svc.Load(ctx, LoadRequest{in.Name, in.From, in.SkipBad || in.OnError == "skip", in.DryRun, in.Hold}, in.body, callerOf(ctx))
	})
	add(a, route{"list-loads", http.MethodGet, "/loads", "Loads that are not done", access.View, 0}, func(ctx context.Context, _ *none) (List[Load], error) {
		loads, err := a.svc.Loads(ctx)
		return list(loads, 0, nil), err
	})
	add(a, route{"resume-load", http.MethodPost, "/loads/{id}/resume", "Go on with a load that was cut off", access.Provision, 0}, func(ctx context.Context, in *resumed) (Started, error) {
		return a.svc.ResumeLoad(ctx, in.ID, in.SkipBad || in.OnError == "skip", callerOf(ctx))
	})
	add(a, route{"drop-load", http.MethodDelete, "/loads/{id}", "Forget a load; what it brought stays", access.Provision, 0}, func(ctx context.Context, in *byID) (none, error) {
		return none{}, a.svc.DropLoad(ctx, in.ID, callerOf(ctx))
	})
	a.loadReportRoutes()
	a.exportRoute(file)
}

type resumed struct {
	ID      string `path:"id"`
	SkipBad bool   `query:"skip_bad" doc:"Load what is right of a file with bad lines."`
	OnError string `query:"on_error" enum:"stop,skip" doc:"What becomes of a file with bad lines: it is kept out, or loaded without them, as with skip_bad."`
}

// loadReportRoutes tell what was found in files, and what came of them.
func (a *api) loadReportRoutes() {
	type findingsOf struct {
		ID    string `path:"id"`
		Level string `query:"level" enum:"error,warning"`
		After int    `query:"after"`
		Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	}
	add(a, route{"list-load-history", http.MethodGet, "/load-history", "Loads with what came of them, newest first", access.View, 0}, func(ctx context.Context, _ *none) (List[LoadView], error) {
		loads, err := a.svc.LoadHistory(ctx)
		return list(loads, 0, nil), err
	})
	add(a, route{"get-load", http.MethodGet, "/loads/{id}", "A load, and how far it is", access.View, 0}, func(ctx context.Context, in *byID) (LoadView, error) {
		return a.svc.LoadView(ctx, in.ID)
	})
	add(a, route{"list-findings", http.MethodGet, "/loads/{id}/findings", "What is wrong with the file of a load", access.View, 0}, func(ctx context.Context, in *findingsOf) (List[Finding], error) {
		found, err := a.svc.Findings(ctx, in.ID, FindingQuery{Level: in.Level, After: in.After, Limit: in.Limit})
		return list(found, in.Limit, func(f Finding) string { return strconv.Itoa(f.Seq) }), err
	})
}

// exportRoute writes an export while it is made.
func (a *api) exportRoute(file map[string]*huma.MediaType) {
	op := huma.Operation{
		OperationID: "export", Method: http.MethodGet, Path: "/export", Summary: "Everything, as a ZIP that can be loaded",
		Description: "Needs the right “" + string(access.Provision) + "”. Passwords are not in it. An answer that breaks off is no export.",
		Metadata:    map[string]any{rightKey: access.Provision}, Responses: map[string]*huma.Response{"200": {Description: "A ZIP.", Content: file}},
	}
	huma.Register(a.API, op, func(ctx context.Context, _ *none) (*huma.StreamResponse, error) {
		by := callerOf(ctx)
		return &huma.StreamResponse{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", "application/zip")
			h.SetHeader("Content-Disposition", `attachment; filename="muster-export.zip"`)
			if err := a.svc.Export(h.Context(), h.BodyWriter(), by); err != nil {
				a.log.Error("export failed", "by", by.Handle, "error", err)
				panic(http.ErrAbortHandler) // so that nobody takes half of it for all
			}
		}}, nil
	})
}
