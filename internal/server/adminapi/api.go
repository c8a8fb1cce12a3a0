package adminapi

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
)

// Names in the data folder.
const (
	SocketName = "muster.sock" // where the API answers on the machine itself
	TokenName  = "local.token" // the owner's token, see access.Keeper.Local
)

// LongestWait is the longest that a request for a run waits.
const LongestWait = time.Minute

const rightKey = "muster-right"

type api struct {
	huma.API
	svc    Service
	keeper *access.Keeper
	log    *slog.Logger
}

// New returns the API as a handler of everything under /api/.
func New(svc Service, keeper *access.Keeper, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	newAPI(mux, svc, keeper, log)
	return unknownRoutes(mux)
}

// OpenAPI returns the description of the API in YAML.
func OpenAPI() ([]byte, error) {
	return newAPI(http.NewServeMux(), nil, nil, slog.New(slog.DiscardHandler)).OpenAPI().YAML()
}

func newAPI(mux *http.ServeMux, svc Service, keeper *access.Keeper, log *slog.Logger) *api {
	setErrors()
	cfg := huma.DefaultConfig("Muster admin API", "1")
	cfg.CreateHooks, cfg.DocsPath, cfg.SchemasPath, cfg.OpenAPIPath = nil, "", "", ""
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	cfg.Security = []map[string][]string{{"token": {}}}
	cfg.RejectUnknownQueryParameters = true
	a := &api{svc: svc, keeper: keeper, log: log}
	group := huma.NewGroup(humago.New(mux, cfg), "/api/v1")
	group.UseMiddleware(a.identify)
	a.API = group
	a.overviewRoutes()
	a.planRoutes()
	a.peopleRoutes()
	a.targetRoutes()
	a.tokenRoutes()
	a.browseRoutes()
	a.problemRoutes()
	a.codeRoutes()
	a.loadRoutes()
	a.goliveRoutes()
	a.clientRoutes()
	a.sandboxRoutes()
	a.placeRoutes()
	a.userRoutes()
	a.postRoutes()
	a.tellingRoutes()
	a.sampleRoutes()
	a.nestingRoutes()
	a.beginRoutes()
	a.seriesRoutes()
	a.inboxRoutes()
	a.runRowRoutes()
	return a
}

// schemaName keeps types of the same name in different packages apart: PlanLine and RunLine.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	if pkg == "" || pkg == "adminapi" {
		return name
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

type callerKey struct{}

type requestKey struct{}

func callerOf(ctx context.Context) access.Caller {
	c, _ := ctx.Value(callerKey{}).(access.Caller)
	return c
}

// identify finds out who asks and whether they have the right that the operation needs.
func (a *api) identify(ctx huma.Context, next func(huma.Context)) {
	id := string(directory.NewID())
	ctx.SetHeader("X-Request-Id", id)
	ctx.SetHeader("Cache-Control", "no-store")
	ctx = huma.WithValue(ctx, requestKey{}, id)
	scheme, token, _ := strings.Cut(ctx.Header("Authorization"), " ")
	err := error(access.ErrUnknown)
	var c access.Caller
	if strings.EqualFold(scheme, "Bearer") {
		c, err = a.keeper.Authenticate(ctx.Context(), strings.TrimSpace(token))
	}
	if err == nil {
		err = c.Authorize(ctx.Operation().Metadata[rightKey].(access.Right))
	}
	if err != nil {
		p := a.problem(ctx.Context(), ctx.Operation().OperationID, err)
		if p.Status == http.StatusUnauthorized {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="Muster"`)
		}
		_ = huma.WriteErr(a.API, ctx, p.Status, p.Detail, p)
		return
	}
	ctx = huma.WithValue(ctx, callerKey{}, c)
	for _, name := range []string{"name", "ref", "who", "id"} {
		if object := ctx.Param(name); object != "" {
			ctx = huma.WithValue(ctx, objectKey{}, object)
			break
		}
	}
	next(ctx)
}

// problem returns err as the API tells it. What is nobody else's business goes to the log.
func (a *api) problem(ctx context.Context, operation string, err error) *Problem {
	id, _ := ctx.Value(requestKey{}).(string)
	p := problemOf(err)
	if p == nil {
		p = internalProblem()
		a.log.Error("request failed", "request", id, "operation", operation, "by", callerOf(ctx).Handle, "error", err)
	}
	p.Request = id
	return p
}

type output[O any] struct{ Body O }

// A route is one operation: who may call it, and what it does.
type route struct {
	id, method, path, summary string
	right                     access.Right
	status                    int // 0 = 200
}

// add registers an operation. It is generic over the parameters and the body of the answer.
func add[I, O any](a *api, r route, fn func(context.Context, *I) (O, error)) {
	addOp(a, r, func(*huma.Operation) {}, fn)
}

// addOp is add for an operation that has more to say of itself.
func addOp[I, O any](a *api, r route, more func(*huma.Operation), fn func(context.Context, *I) (O, error)) {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, DefaultStatus: r.status,
		Description: "Needs the right “" + string(r.right) + "”.",
		Metadata:    map[string]any{rightKey: r.right},
	}
	fn = recorded(a, r, fn)
	more(&op)
	huma.Register(a.API, op, func(ctx context.Context, in *I) (*output[O], error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, r.id, err)
		}
		return &output[O]{out}, nil
	})
}

// A List is a page of things. Next, if there is more, is the “after” of the next page.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// list makes a List; key gives the “after” that follows an item.
func list[T any](items []T, limit int, key func(T) string) List[T] {
	l := List[T]{Items: items}
	if l.Items == nil {
		l.Items = []T{}
	}
	if key != nil && limit > 0 && len(items) >= limit {
		l.Next = key(items[len(items)-1])
	}
	return l
}

type none struct{}

type byName struct {
	Name string `path:"name" doc:"Name of a source or target."`
}

// unknownRoutes answers what mux has no operation for in the API's own way.
func unknownRoutes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &statusOnly{header: http.Header{}}
		h.ServeHTTP(probe, r)
		p := run.Problem{Code: noRoute, What: r.Method + " " + r.URL.Path + " is not an operation of this API."}
		if probe.status == http.StatusMethodNotAllowed {
			p = run.Problem{Code: badMethod, What: r.URL.Path + " cannot be called with " + r.Method + ".", Fix: "Allowed: " + probe.header.Get("Allow")}
			w.Header().Set("Allow", probe.header.Get("Allow"))
		}
		writeProblem(w, newProblem(HTTPStatus(p.Code), p))
	})
}

type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
