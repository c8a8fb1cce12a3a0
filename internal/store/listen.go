package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where PostgreSQL tells nodes that the feed grew.
const channel = "muster_feed"

// listen rings whenever another node, or this one, has committed to the feed, until ctx ends. It is a shortcut only: those who follow the feed also poll, so
// that a connection which is lost, or cannot be had, costs a second and no change.
func listen(ctx context.Context, cfg *pgx.ConnConfig, ring func(), log *slog.Logger) {
	for ctx.Err() == nil {
		if err := listenOnce(ctx, cfg, ring); err != nil && ctx.Err() == nil {
			log.DebugContext(ctx, "not listening for changes of other nodes", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func listenOnce(ctx context.Context, cfg *pgx.ConnConfig, ring func()) error {
	c, err := pgx.ConnectConfig(ctx, cfg.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // it is lost, or not needed any more
	if _, err := c.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	ring() // for what came before
	for {
		if _, err := c.WaitForNotification(ctx); err != nil {
			return err
		}
		ring()
	}
}
