package connector

import (
	"context"

	"muster/internal/httpclient"
)

// Urgent returns a ctx for calls that lock somebody out: they go before all others that wait for the service.
func Urgent(ctx context.Context) context.Context { return httpclient.Urgent(ctx) }
