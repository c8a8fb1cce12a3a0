package adminapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"muster/internal/access"
)

// upload is a request whose body is a file, which is read as it comes.
type upload struct {
	Name    string `query:"name" maxLength:"200" doc:"Name of the file."`
	From    string `query:"from" pattern:"^[a-z0-9._-]*$" maxLength:"64" doc:"Installation that the file was exported from: a username means the same person in every file from there."`
	SkipBad bool   `query:"skip_bad" doc:"Load what is right of a file with bad lines."`
	DryRun  bool   `query:"dry_run" doc:"Say what is wrong with the file here, and write nothing."`
	body    io.Reader
}

// Resolve takes the body from the request.
func (u *upload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	return nil
}

type byID struct {
	ID string `path:"id"`
}

func (a *api) loadRoutes() {
	file := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	addOp(a, route{"start-load", http.MethodPost, "/loads", "Load a file that holds an installation", access.Provision, 0}, func(op *huma.Operation) {
		op.RequestBody = &huma.RequestBody{Required: true, Content: file, Description: "A JSONL file, or a ZIP with one and its attachments below data/."}
	}, func(ctx context.Context, in *upload) (Started, error) {
		return a.svc.Load(ctx, LoadRequest{in.Name, in.From, in.SkipBad, in.DryRun}, in.body, callerOf(ctx))
	})
	add(a, route{"list-loads", http.MethodGet, "/loads", "Loads that are not done", access.View, 0}, func(ctx context.Context, _ *none) (List[Load], error) {
		loads, err := a.svc.Loads(ctx)
		return list(loads, 0, nil), err
	})
	add(a, route{"resume-load", http.MethodPost, "/loads/{id}/resume", "Go on with a load that was cut off", access.Provision, 0}, func(ctx context.Context, in *byID) (Started, error) {
		return a.svc.ResumeLoad(ctx, in.ID, callerOf(ctx))
	})
	add(a, route{"drop-load", http.MethodDelete, "/loads/{id}", "Forget a load; what it brought stays", access.Provision, 0}, func(ctx context.Context, in *byID) (none, error) {
		return none{}, a.svc.DropLoad(ctx, in.ID, callerOf(ctx))
	})
	a.exportRoute(file)
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
