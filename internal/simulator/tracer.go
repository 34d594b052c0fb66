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
	a := actorOf(ctx)
	if a == nil || a.s.blocked == nil || conn.PgConn().TxStatus() == 'I' || data.SQL == "rollback" {
		return ctx
	}
	sql := strings.Join(strings.Fields(data.SQL), " ")
	a.step("  %.70s", sql)
	return ctx
}

// TraceQueryEnd is pgx.QueryTracer.
func (tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if a := actorOf(ctx); a != nil && a.waited.Swap(false) {
		a.yield(a.s.now, false)
	}
}
