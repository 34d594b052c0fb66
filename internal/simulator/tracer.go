package simulator

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// tracer stops actors between the statements of a transaction, in schedules that want it.
type tracer struct{}

// TraceQueryStart is pgx.QueryTracer.
func (tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd is pgx.QueryTracer.
func (tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
