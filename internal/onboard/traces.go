package onboard

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"storelink"
)

// newTracer returns what begins the spans of passes; without a provider, spans that nobody sees.
func newTracer(traces trace.TracerProvider) trace.Tracer {
	if traces == nil {
		traces = noop.NewTracerProvider()
	}
	return traces.Tracer("storelink/internal/onboard")
}

// beginSpan begins a pass's span. The first pass of an ask goes on with the trace of the request; later ones, and looks at
// what was settled, have traces of their own with a link to it, so that no trace grows for as long as a mapping lives.
func (w *Workers) beginSpan(ctx context.Context, work *storelink.Work) (context.Context, trace.Span) {
	options := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(
			attribute.String("storelink.mapping_id", work.MappingID),
			attribute.String("storelink.run_id", work.RunID),
			attribute.String("storelink.request_id", work.RequestID),
			attribute.String("storelink.lane", string(work.Lane)),
		),
	}
	asked := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": work.TraceParent})
	switch parent := trace.SpanContextFromContext(asked); {
	case !parent.IsValid():
	case !work.Settled && work.Attempts == 0:
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	default:
		options = append(options, trace.WithLinks(trace.Link{SpanContext: parent}))
	}
	return w.tracer.Start(ctx, "pass "+string(work.DueFor), options...)
}

// endSpan says whether the pass broke, and leaves why to the log.
func endSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
