package auth

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// newTracer returns what begins the spans of token calls; without a provider, spans that nobody sees.
func newTracer(traces trace.TracerProvider) trace.Tracer {
	if traces == nil {
		traces = noop.NewTracerProvider()
	}
	return traces.Tracer("storelink/internal/auth")
}

// beginSpan begins the span of a token call, which holds its kind and nothing of what is sent.
func (e *endpoint) beginSpan(ctx context.Context, grantType string) trace.Span {
	_, span := e.tracer.Start(ctx, "token "+grantType, trace.WithSpanKind(trace.SpanKindClient))
	return span
}

func endSpan(span trace.Span, err error) {
	span.SetAttributes(attribute.String("storelink.result", tokenResult(err)))
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
