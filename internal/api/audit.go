package api

import (
	"log/slog"

	"github.com/labstack/echo/v4"

	"storelink"
)

// auditChanges writes one line for each change that an operator asked for: who, what, of which mapping, run or grant, and
// whether it was done. The reason is the history's: it is the operator's text, and no log needs it.
func auditChanges(logger *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			r := c.Request()
			v := visitOf(r.Context())
			if safe(r.Method) || v.actor == "" {
				return err
			}
			attrs := []slog.Attr{
				slog.String("request_id", v.id),
				slog.String("actor", v.actor),
				slog.String("method", r.Method),
				slog.String("route", c.Path()),
				slog.Bool("done", err == nil),
			}
			for _, p := range []struct{ name, attr string }{{"mappingId", "mapping_id"}, {"organizationId", "organization_id"}, {"runId", "run_id"}, {"grantId", "grant_id"}, {"localStoreId", "local_store_id"}, {"connectSessionId", "connect_session_id"}} {
				if id := c.Param(p.name); id != "" {
					attrs = append(attrs, slog.String(p.attr, cut(id)))
				}
			}
			if err != nil {
				attrs = append(attrs, slog.String("code", string(storelink.CodeOf(err))))
			}
			logger.LogAttrs(r.Context(), slog.LevelInfo, "admin change", attrs...)
			return err
		}
	}
}
