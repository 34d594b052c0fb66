package store

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgxlisten"
)

// The channels of NOTIFY: work is due; a run has changed (the payload is its id).
const (
	workChannel = "storelink_work"
	runChannel  = "storelink_run"
)

// Listen calls onWork and onRun as notifications come, over one connection that is opened again when it breaks, until
// ctx ends. Nothing may depend on a notification alone: those sent while the connection was broken are lost.
// Behind a transaction-pooling proxy url must be a direct address.
func Listen(ctx context.Context, url string, logger *slog.Logger, onWork func(), onRun func(runID string)) error {
	listener := &pgxlisten.Listener{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, url) },
		LogError: func(ctx context.Context, err error) {
			if ctx.Err() == nil {
				logger.WarnContext(ctx, "listening for notifications", "error", wrap("listen", err))
			}
		},
	}
	listener.Handle(workChannel, pgxlisten.HandlerFunc(func(context.Context, *pgconn.Notification, *pgx.Conn) error {
		onWork()
		return nil
	}))
	listener.Handle(runChannel, pgxlisten.HandlerFunc(func(_ context.Context, n *pgconn.Notification, _ *pgx.Conn) error {
		onRun(n.Payload)
		return nil
	}))
	if err := listener.Listen(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

func notify(ctx context.Context, tx pgx.Tx, channel, payload string) error {
	_, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, payload)
	return wrap("notify", err)
}
