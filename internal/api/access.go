package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
)

// logAccess writes one line for each request, with the route's pattern and never its query. Only what a person can act
// on is above debug for the health checks' sake.
func logAccess(logger *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			defer func() { writeAccess(logger, c, start) }() // an answer that is broken off leaves by a panic
			return next(c)
		}
	}
}

func writeAccess(logger *slog.Logger, c echo.Context, start time.Time) {
	ctx := c.Request().Context()
	v := visitOf(ctx)
	attrs := []slog.Attr{
		slog.String("request_id", v.id),
		slog.String("method", c.Request().Method),
		slog.String("route", c.Path()),
		slog.Int("status", c.Response().Status),
		slog.Int64("bytes", c.Response().Size),
		slog.Float64("ms", float64(time.Since(start).Microseconds())/1000),
		slog.String("address", v.address),
	}
	if v.user != nil {
		attrs = append(attrs, slog.String("organization_id", v.user.Organization.ID))
	}
	if v.actor != "" {
		attrs = append(attrs, slog.String("actor", v.actor))
	}
	level := slog.LevelInfo
	switch c.Path() {
	case "/healthz", "/readyz", "/metrics":
		level = slog.LevelDebug
	}
	logger.LogAttrs(ctx, level, "request", attrs...)
}

// recoverPanics turns a panic into an internal error with its stack for the log.
func recoverPanics() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				switch r := recover(); r {
				case nil:
				case http.ErrAbortHandler:
					panic(r)
				default:
					err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
				}
			}()
			return next(c)
		}
	}
}

// publicDeadline is how long a public operation may take: waiting for a run's end takes up to maxWait, a preview looks
// at up to 100 stores, a stream ends by itself (0).
func publicDeadline(operationID string, _ *http.Request) time.Duration {
	switch operationID {
	case "startRun", "disconnectStore":
		return maxWait + 15*time.Second
	case "followRun":
		return 0
	case "previewRun":
		return 60 * time.Second
	case "finishSignIn", "awaitSignIn":
		return 30 * time.Second
	}
	return 15 * time.Second
}

// internalDeadline is how long an internal operation may take: a profile as long as it was asked for, a stream for ever.
func internalDeadline(operationID string, r *http.Request) time.Duration {
	switch {
	case operationID == "getProfile":
		return maxProfile + 5*time.Second
	case operationID == "actOnMappings":
		return 40 * time.Second
	case operationID == "followAnyRun":
		return 0
	case (operationID == "listMappings" || operationID == "listCatalogue") && wantsExport(visitOf(r.Context())):
		return exportTime
	case operationID == "replaceCatalogue":
		return importTime
	}
	return 5 * time.Second
}

// limitTime ends the request's context after the operation's time, and the writing of its answer some time later.
func limitTime(contract *contract, deadline func(operationID string, r *http.Request) time.Duration) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			id := ""
			if op := contract.of(c); op != nil {
				id = op.id()
			}
			limit := deadline(id, c.Request())
			if limit == 0 {
				return next(c)
			}
			// A recorder has no deadline to set, and that is its only error here.
			_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(limit + 30*time.Second))

			parent := c.Request().Context()
			ctx, cancel := context.WithTimeout(parent, limit)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			err := next(c)
			c.SetRequest(c.Request().WithContext(parent))
			if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && storelink.CodeOf(err) == storelink.ErrInternal {
				return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
			}
			return err
		}
	}
}
