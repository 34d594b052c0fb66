package simulator

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// tracer stops actors between the statements of a transaction, in schedules that want it. An actor that had to wait for
// a lock stops when it has it, too, so that it goes on alone.
type tracer struct{}

// TraceQueryStart is pgx.QueryTracer.
func (tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if data.SQL != "rollback" {
		stopWithin(ctx, conn, strings.Join(strings.Fields(data.SQL), " "))
	}
	return ctx
}

func stopWithin(ctx context.Context, conn *pgx.Conn, what string) {
	if a := actorOf(ctx); a != nil && a.s.blocked != nil && conn.PgConn().TxStatus() != 'I' {
		a.conn = conn.PgConn().PID()
		a.step("  %.70s", what)
		a.conn = 0
	}
}

// TraceQueryEnd is pgx.QueryTracer.
func (tracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryEndData) {
	stopAfterWait(ctx, conn)
}

// TraceBatchStart is pgx.BatchTracer.
func (tracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	stopWithin(ctx, conn, "batch")
	return ctx
}

// TraceBatchQuery is pgx.BatchTracer.
func (tracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is pgx.BatchTracer.
func (tracer) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchEndData) {
	stopAfterWait(ctx, conn)
}

func stopAfterWait(ctx context.Context, conn *pgx.Conn) {
	if a := actorOf(ctx); a != nil && a.waited.Swap(false) {
		a.conn = conn.PgConn().PID()
		a.yield(a.s.now, false)
		a.conn = 0
	}
}
