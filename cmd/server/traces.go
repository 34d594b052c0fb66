package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"

	"storelink/internal/config"
)

const (
	flushTraces   = 2 * time.Second // of what is left when the process ends
	longestInSpan = 2000            // bytes of an attribute
	complainEvery = time.Minute     // that traces cannot be sent
)

// traces send spans, in batches and behind everybody's back: where nobody takes them they are dropped. Nil sends nothing.
type traces struct{ provider *sdktrace.TracerProvider }

// newTraces returns nil where no endpoint is set, or OpenTelemetry's own variables turn traces off.
func newTraces(ctx context.Context, endpoint string, logger *slog.Logger) (*traces, error) {
	if endpoint == "" || os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil //nolint:nilnil // nil is what sends nothing
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"} {
		if protocol := os.Getenv(name); protocol != "" && protocol != "http/protobuf" {
			return nil, &config.Error{Setting: name, Problem: "must be http/protobuf"}
		}
	}
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(endpoint),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: 15 * time.Second,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare traces: %w", err)
	}
	// No detector that would show the command line or the environment.
	about, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName("storelink"), semconv.ServiceVersion(version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare traces: %w", err)
	}
	otel.SetErrorHandler(complain(logger))
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = longestInSpan
	return &traces{sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithResource(about), sdktrace.WithRawSpanLimits(limits),
	)}, nil
}

// of returns what makes spans, for the rooms; nil: nothing does.
func (t *traces) of() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// stop sends what is left, as far as somebody takes it in time.
func (t *traces) stop(logger *slog.Logger) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTraces)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		logger.Warn("the last traces were not sent", "error", err)
	}
}

// complain logs errors of the exporter now and then.
func complain(logger *slog.Logger) otel.ErrorHandlerFunc {
	var next atomic.Int64
	return func(err error) {
		now := time.Now()
		if at := next.Load(); now.UnixNano() >= at && next.CompareAndSwap(at, now.Add(complainEvery).UnixNano()) {
			logger.Warn("traces cannot be sent", "error", err)
		}
	}
}

// traceLogs adds the trace's id to what is logged within one.
type traceLogs struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traceLogs) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h traceLogs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceLogs{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h traceLogs) WithGroup(name string) slog.Handler { return traceLogs{h.Handler.WithGroup(name)} }
