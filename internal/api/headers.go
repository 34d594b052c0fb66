package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// secureHeaders sets the headers that every answer carries. Styles may stand inline, since the component library of the
// page needs that; scripts may not.
func secureHeaders(publicURL *url.URL, logo string) echo.MiddlewareFunc {
	csp := "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src " + imageSources(logo) +
		"; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", csp)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			if publicURL.Scheme == "https" {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			if under(c.Request().URL.Path, "/auth", "/api", "/admin") {
				h.Set("Cache-Control", "no-store")
			}
			return next(c)
		}
	}
}

func imageSources(logo string) string {
	sources := "'self' data:"
	if u, err := url.Parse(logo); err == nil && u.Scheme == "https" && u.Host != "" {
		sources += " https://" + u.Host
	}
	return sources
}

// under reports whether the path is one of the folders or inside it.
func under(path string, folders ...string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, f+"/") {
			return true
		}
	}
	return false
}

// safe reports whether the method changes nothing (RFC 9110 section 9.2.1).
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
