package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"storelink"
)

// origins knows which origins may send requests that carry a cookie.
type origins struct {
	strict   *http.CrossOriginProtection // our own pages
	trusting *http.CrossOriginProtection // the trusted origins, too
	trusted  []string
}

func (o *origins) trusts(origin string) bool {
	return origin != "" && slices.Contains(o.trusted, origin)
}

// openToOrigins reports whether trusted origins may call the path.
func openToOrigins(path string) bool {
	return strings.HasPrefix(path, "/api/") || path == "/auth/logout"
}

// checkHost refuses a Host that is not the listener's own wherever cookies count (RFC 9110 section 7.4), so that a name
// that somebody else points here reaches nothing.
func checkHost(own *url.URL, cookiesCount func(r *http.Request) bool) echo.MiddlewareFunc {
	want := plainHost(own.Host, own.Scheme)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if cookiesCount(r) && plainHost(r.Host, own.Scheme) != want {
				return storelink.Errorf(errWrongHost, "This service is %s.", own.Host)
			}
			return next(c)
		}
	}
}

// forBrowsers reports whether the public listener would read a cookie.
func forBrowsers(r *http.Request) bool { return under(r.URL.Path, "/auth", "/api") }

// byAdminCookie reports whether the internal listener would read its cookie, or set it. Other programs come with a token,
// to whatever address they reach it by.
func byAdminCookie(r *http.Request) bool {
	if r.URL.Path == "/admin/session" && r.Header.Get(echo.HeaderAuthorization) == "" {
		return true
	}
	return under(r.URL.Path, "/admin", "/debug") && cookieValue(r, adminCookie) != "" && r.Header.Get(echo.HeaderAuthorization) == ""
}

func plainHost(host, scheme string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// allowOrigins answers CORS (the Fetch standard, section 3.3) for the trusted origins and their paths.
func allowOrigins(o *origins) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, h := c.Request(), c.Response().Header()
			if !openToOrigins(r.URL.Path) {
				return next(c)
			}
			h.Add(echo.HeaderVary, echo.HeaderOrigin)
			origin := r.Header.Get(echo.HeaderOrigin)
			if !o.trusts(origin) {
				return next(c)
			}
			h.Set(echo.HeaderAccessControlAllowOrigin, origin)
			h.Set(echo.HeaderAccessControlAllowCredentials, "true")
			if r.Method == http.MethodOptions && r.Header.Get(echo.HeaderAccessControlRequestMethod) != "" {
				h.Set(echo.HeaderAccessControlAllowMethods, "GET, HEAD, POST, DELETE")
				h.Set(echo.HeaderAccessControlAllowHeaders, "Content-Type, Idempotency-Key, If-Match, Prefer")
				h.Set(echo.HeaderAccessControlMaxAge, "600")
				return c.NoContent(http.StatusNoContent)
			}
			h.Set(echo.HeaderAccessControlExposeHeaders, "Location, Preference-Applied, Retry-After, "+requestIDHeader)
			return next(c)
		}
	}
}

// refuseCrossSite refuses requests that another site made the browser send: changes by CrossOriginProtection, and, where
// a cookie comes along, changes without any proof of origin and reads of the API from elsewhere.
func refuseCrossSite(o *origins) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			protection := o.strict
			if openToOrigins(r.URL.Path) {
				protection = o.trusting
			}
			if protection.Check(r) != nil || carriesCookie(r) && !o.provesOrigin(r) {
				return storelink.Errorf(errCrossSite, "The request does not come from a page of this service.")
			}
			return next(c)
		}
	}
}

// provesOrigin reports whether a request with a cookie shows that it comes from our own pages or a trusted origin.
func (o *origins) provesOrigin(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if !safe(r.Method) {
		return site != "" || origin != ""
	}
	if !under(r.URL.Path, "/api", "/admin", "/debug") || openToOrigins(r.URL.Path) && o.trusts(origin) {
		return true
	}
	switch site {
	case "same-origin", "none":
		return true
	case "":
		u, err := url.Parse(origin)
		return origin == "" || err == nil && u.Host == r.Host
	}
	return false
}

func carriesCookie(r *http.Request) bool {
	for _, c := range r.Cookies() {
		switch c.Name {
		case sessionCookie, signInCookie, connectCookie, adminCookie:
			return true
		}
	}
	return false
}
