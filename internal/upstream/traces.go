package upstream

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"storelink"
)

// newTracer returns what begins the spans of calls; without a provider, spans that nobody sees.
func newTracer(traces trace.TracerProvider) trace.Tracer {
	if traces == nil {
		traces = noop.NewTracerProvider()
	}
	return traces.Tracer("storelink/internal/upstream")
}

// beginSpan begins the span of one call, by what it does: addresses hold ids and page tokens, so none is in it. Nothing of
// the trace goes upstream.
func (c *Client) beginSpan(ctx context.Context, r request) (context.Context, trace.Span) {
	return c.tracer.Start(ctx, r.op, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", r.method),
		attribute.String("server.address", c.host),
		attribute.String("storelink.lane", string(r.lane)),
	))
}

func endSpan(span trace.Span, failed *storelink.UpstreamError) {
	switch {
	case failed == nil:
	case failed.Status != 0:
		span.SetAttributes(attribute.Int("http.response.status_code", failed.Status))
		span.SetStatus(codes.Error, "")
	default:
		span.SetStatus(codes.Error, "no answer")
	}
	span.End()
}
