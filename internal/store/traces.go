package store

import (
	"context"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// newSpanTracer makes a span of each statement that belongs to a trace. It holds the statement's text, in which values are
// numbered, and nothing of the values or of the connection.
func newSpanTracer(traces oteltrace.TracerProvider) pgx.QueryTracer {
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(traces),
		otelpgx.WithSpanNameFunc(nameOf),
		otelpgx.WithDisableConnectionDetailsInAttributes(),
	)
}

// traceParent names the trace that ctx is in (W3C Trace Context), for a pass to go on with; nil: none.
func traceParent(ctx context.Context) *string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	if parent := carrier.Get("traceparent"); parent != "" {
		return &parent
	}
	return nil
}
