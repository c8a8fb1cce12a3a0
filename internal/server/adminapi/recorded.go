package adminapi

import (
	"context"
	"net/http"
	"reflect"

	"muster/internal/access"
	"muster/internal/run"
)

// Recording keeps the audit log.
type Recording interface {
	// Record adds to the audit log what a request did and nothing else has recorded.
	Record(ctx context.Context, act, object string, by access.Caller) error
}

// via names the token of a caller.
func via(c access.Caller) string {
	switch {
	case c.Token == "":
		return ""
	case c.TokenName == "":
		return "token " + c.Token
	}
	return "token " + c.TokenName + " (" + c.Token + ")"
}

// recorded runs an operation that changes something or has something done. What it did is in the audit log when it returns: recorded by the operation itself,
// in its own transaction, or else under the name of the operation. A dry run did nothing.
func recorded[I, O any](a *api, r route, fn func(context.Context, *I) (O, error)) func(context.Context, *I) (O, error) {
	if r.method == http.MethodGet {
		return fn
	}
	return func(ctx context.Context, in *I) (O, error) {
		act := &run.Request{Via: via(callerOf(ctx))}
		ctx = run.WithRequest(ctx, act)
		out, err := fn(ctx, in)
		if err != nil || act.Recorded() || dryRun(in) {
			return out, err
		}
		object, _ := ctx.Value(objectKey{}).(string)
		return out, a.svc.Record(ctx, r.id, object, callerOf(ctx))
	}
}

// dryRun reports whether a request says in its address or its body that it is one.
func dryRun(in any) bool {
	v := reflect.Indirect(reflect.ValueOf(in))
	for _, part := range []reflect.Value{v, v.FieldByName("Body")} {
		if part.Kind() != reflect.Struct {
			continue
		}
		if dry := part.FieldByName("DryRun"); dry.Kind() == reflect.Bool && dry.Bool() {
			return true
		}
	}
	return false
}

// objectKey is the key under which a request keeps what it is about, as its address says.
type objectKey struct{}
