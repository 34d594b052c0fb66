package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceRequests begins each request's span, in the trace that the client names (W3C Trace Context). It is named by the
// route's pattern and holds no address: queries carry codes, and paths ids. Of what the client sends alone the trace's
// id counts, never its state, which is free text.
func traceRequests(traces trace.TracerProvider) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if traces == nil {
			return next
		}
		tracer := traces.Tracer("storelink/internal/api")
		return func(c echo.Context) error {
			route, method := c.Path(), c.Request().Method
			switch route {
			case "/healthz", "/readyz", "/metrics":
				return next(c)
			case "":
				route = noRoute
			}
			if !slices.Contains(measured, method) {
				method = "other"
			}
			r := c.Request()
			ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
			if parent := trace.SpanContextFromContext(ctx); parent.IsValid() {
				ctx = trace.ContextWithRemoteSpanContext(ctx, parent.WithTraceState(trace.TraceState{}))
			}
			ctx, span := tracer.Start(ctx, method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
				attribute.String("http.request.method", method),
				attribute.String("http.route", route),
				attribute.String("storelink.request_id", visitOf(ctx).id),
			))
			// Deferred, since a stream whose client went away ends in a panic that is passed on.
			defer func() {
				span.SetAttributes(attribute.Int("http.response.status_code", c.Response().Status))
				if c.Response().Status >= http.StatusInternalServerError {
					span.SetStatus(codes.Error, "")
				}
				span.End()
			}()
			c.SetRequest(r.WithContext(ctx))
			return next(c)
		}
	}
}
